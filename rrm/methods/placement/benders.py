"""Benders decomposition: sites in the master, one cut per user in closed form."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array

from formulations.placement import LapPlacement
from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel, canonical
from formulations.placement_prices import ServicePrices
from rrm.incumbent import BySearch, Incumbent
from rrm.methods.placement.highs import MOST_PAIRS, in_units
from rrm.placement.dive import decide
from rrm.placement.service import has_limits, serve
from rrm.registry import method

INWARD = 0.5  # of the way from the master's point to the stabilising one
PULL = 0.3  # of the way by which that one follows
VIOLATED = 1e-7  # canonical value by which a cut must cut
ROUNDS = 400
LP_SHARE = 0.6  # of the time, at most, before sites are made integer


class Cuts(NamedTuple):
    """``theta[user] <= level + (value - level)+ y``, over the sites in range."""

    user: np.ndarray
    level: np.ndarray


def applies(problem: LapPlacement) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.is_capacitated:
        return "knows cuts in closed form only where no capacity binds"
    if len(problem.reach.site) > MOST_PAIRS:
        return f"takes at most {MOST_PAIRS} pairs in range"
    return None


@method(
    LapPlacement,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices from the cuts' duals, then by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=45,
    share=0.2,
)
def benders(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Cut off what users cannot earn from the sites that are open [1]_.

    Given open shares of sites, a user takes the best until they add up to one: what it
    earns by the last of them is the level of its cut. Cuts are made between the
    master's point and an average of such points, which stabilises it [2]_. Cuts of the
    relaxation stay when sites are made integer.

    References
    ----------
    .. [1] M. Fischetti, I. Ljubić, M. Sinnl, "Redesigning Benders decomposition for
       large-scale facility location", Management Science 63(7), 2017, section 3.
       https://doi.org/10.1287/mnsc.2016.2461
    .. [2] W. Ben-Ameur, J. Neto, "Acceleration of cutting-plane and column generation
       algorithms: applications to network design", Networks 49(1), 2007 (in-out).
       https://doi.org/10.1002/net.20137
    """
    import highspy

    scaled, model = canonical(problem)
    if not len(model.site) or has_limits(model.status >= FREE, model):
        return
    master = Master(highspy, model, incumbent)
    inside = master.first_point()
    master.add(cuts_at(inside, model))
    deadline = incumbent.remaining() * (1 - LP_SHARE)
    for _ in range(ROUNDS):
        if not master.solve(incumbent.remaining()):
            return
        argument = master.prices(scaled)
        incumbent.tighten(argument.bound(problem), argument)
        _offer(master.sites, model, incumbent)
        between = INWARD * inside + (1 - INWARD) * master.sites
        new = master.violated(cuts_at(between, model))
        if not len(new.user):
            new = master.violated(cuts_at(master.sites, model))
        inside = inside + PULL * (master.sites - inside)
        if not len(new.user):
            break
        master.add(new)
        if incumbent.expired() or incumbent.remaining() < deadline:
            break
    master.make_integer(incumbent)
    for _ in range(ROUNDS):
        if incumbent.expired() or not master.solve(incumbent.remaining()):
            return
        if np.isfinite(master.bound):
            incumbent.tighten(in_units(master.bound, scaled), BySearch("highs"))
        _offer(master.sites, model, incumbent)
        new = master.violated(cuts_at(master.sites, model))
        if not len(new.user):
            return
        master.add(new)


def cuts_at(sites: np.ndarray, model: SiteModel) -> Cuts:
    """Level of each user's cut at open shares ``sites`` (S,)."""
    users = len(model.demand)
    owner = np.repeat(np.arange(users), np.diff(model.start))
    order = np.lexsort((-model.value, owner))
    share = np.cumsum(sites[model.site[order]])
    before = np.concatenate(([0.0], share))[model.start[:-1]]
    share -= before[owner]
    level = np.zeros(users)
    if model.must_serve:
        filled = np.diff(model.start) > 0
        level[filled] = model.value[order][model.start[1:][filled] - 1]
    reached = np.flatnonzero(share >= 1 - 1e-9)
    first = reached[np.diff(owner[reached], prepend=-1) > 0]
    found = model.value[order][first]
    level[owner[first]] = found if model.must_serve else np.maximum(found, 0.0)
    return Cuts(np.arange(users), level)


class Master:
    """Master on HiGHS: shares of sites, what each user earns, and cuts.

    Parameters
    ----------
    highspy : module
        Imported where it may be.
    model : SiteModel
        Arrays of the problem.
    incumbent : Incumbent
        For seed and gap.
    """

    def __init__(self, highspy: Any, model: SiteModel, incumbent: Incumbent) -> None:
        self._model, self._highspy = model, highspy
        users, sites = len(model.demand), len(model.capacity)
        self._users, self.sites = users, np.zeros(sites)
        self._theta, self.bound = np.zeros(users), np.inf
        self._cuts: list[Cuts] = []
        self._duals = np.empty(0)
        solver: Any = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", incumbent.seed % 2**31)
        self._solver = solver
        top = np.zeros(users)
        filled = np.flatnonzero(np.diff(model.start))
        heads = model.start[:-1][filled]
        top[filled] = np.maximum.reduceat(model.value, heads)
        lp = highspy.HighsLp()
        rows = self._first_rows()
        lp.num_col_, lp.num_row_ = sites + users, rows[0].shape[0]
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = np.concatenate((-model.cost, np.ones(users)))
        upper = (model.status != CLOSED).astype(float)
        lower = (model.status == OPEN).astype(float)
        inf = highspy.kHighsInf
        lp.col_lower_ = np.concatenate((lower, np.full(users, -inf)))
        lp.col_upper_ = np.concatenate((upper, top))
        matrix, lp.row_lower_, lp.row_upper_ = rows
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = matrix.indptr
        lp.a_matrix_.index_ = matrix.indices
        lp.a_matrix_.value_ = matrix.data
        self._first = lp.num_row_
        solver.passModel(lp)

    def _first_rows(self) -> tuple[Any, np.ndarray, np.ndarray]:
        """Number of sites, cliques, and a site for each user who must be served."""
        model, sites = self._model, len(self._model.capacity)
        inf = self._highspy.kHighsInf
        cliques = len(model.clique_start) - 1
        which = np.repeat(np.arange(cliques), np.diff(model.clique_start))
        row = [np.zeros(sites, np.intp), 1 + which]
        column = [np.arange(sites), model.clique_site]
        low, high = [[float(model.least)], np.full(cliques, -inf)], [
            [float(model.most)], np.ones(cliques),
        ]  # fmt: skip
        count = 1 + cliques
        if model.must_serve:
            owner = np.repeat(np.arange(self._users), np.diff(model.start))
            row.append(count + owner)
            column.append(model.site)
            low.append(np.ones(self._users))
            high.append(np.full(self._users, inf))
            count += self._users
        at = np.concatenate(row), np.concatenate(column)
        matrix = coo_array(
            (np.ones(len(at[0])), at), shape=(count, sites + self._users)
        ).tocsr()
        return matrix, np.concatenate(low), np.concatenate(high)

    @property
    def _clique_rows(self) -> slice:
        return slice(1, len(self._model.clique_start))

    def first_point(self) -> np.ndarray:
        """Equal shares of all sites that may be open."""
        free = self._model.status >= FREE
        return free * min(1.0, self._model.most / max(free.sum(), 1))

    def add(self, cuts: Cuts) -> None:
        """Add a row for each cut."""
        model = self._model
        index, value, starts = [], [], []
        length = 0
        for u, level in zip(cuts.user.tolist(), cuts.level.tolist(), strict=True):
            part = slice(model.start[u], model.start[u + 1])
            more = model.value[part] - level
            kept = more > 0
            starts.append(length)
            index += [model.site[part][kept], [len(self.sites) + u]]
            value += [-more[kept], [1.0]]
            length += int(kept.sum()) + 1
        inf = self._highspy.kHighsInf
        self._solver.addRows(
            len(starts),
            np.full(len(starts), -inf),
            cuts.level,
            length,
            np.array(starts, np.int32),
            np.concatenate(index).astype(np.int32),
            np.concatenate(value).astype(float),
        )
        self._cuts.append(cuts)

    def solve(self, seconds: float) -> bool:
        """Solve the master; whether it has an optimal point."""
        limit = self._solver.getRunTime() + seconds
        self._solver.setOptionValue("time_limit", max(limit, 1e-3))
        self._solver.run()
        info, solution = self._solver.getInfo(), self._solver.getSolution()
        values = np.asarray(solution.col_value)
        if len(values) != len(self.sites) + self._users:
            return False
        optimal = self._highspy.HighsModelStatus.kOptimal
        self.bound = info.mip_dual_bound
        self.sites = np.clip(values[: len(self.sites)], 0.0, 1.0)
        self._theta = values[len(self.sites) :]
        self._duals = np.asarray(solution.row_dual)
        return self._solver.getModelStatus() == optimal

    def violated(self, cuts: Cuts) -> Cuts:
        """Those of ``cuts`` that the master's point does not meet."""
        model = self._model
        owner = np.repeat(np.arange(self._users), np.diff(model.start))
        more = np.maximum(model.value - cuts.level[owner], 0.0)
        right = np.bincount(owner, more * self.sites[model.site], self._users)
        kept = self._theta > right + cuts.level + VIOLATED
        return Cuts(cuts.user[kept], cuts.level[kept])

    def prices(self, scaled: LapPlacement) -> ServicePrices:
        """Average level of each user's cuts by their duals, and prices of cliques."""
        user = np.concatenate([cuts.user for cuts in self._cuts])
        level = np.concatenate([cuts.level for cuts in self._cuts])
        weight = np.maximum(self._duals[self._first :], 0.0)
        total = np.bincount(user, weight, self._users)
        paid = np.bincount(user, weight * level, self._users)
        last = np.zeros(self._users)
        last[user] = level
        unit = scaled.units["value"]
        average = np.where(total > 1e-9, paid / np.maximum(total, 1e-9), last)
        clique = np.maximum(self._duals[self._clique_rows], 0.0)
        return ServicePrices(
            average * unit,
            np.zeros(len(self.sites)),
            np.zeros(len(self._model.backhaul)),
            clique * unit,
        )

    def make_integer(self, incumbent: Incumbent) -> None:
        """Have the sites decided from now on."""
        count = len(self.sites)
        kind = self._highspy.HighsVarType.kInteger
        self._solver.changeColsIntegrality(
            count, np.arange(count, dtype=np.int32), np.full(count, int(kind), np.uint8)
        )
        self._solver.setOptionValue("mip_rel_gap", 0.3 * incumbent.budget.gap)


def _offer(shares: np.ndarray, model: SiteModel, incumbent: Incumbent) -> None:
    """Serve users from the sites with the largest shares."""
    status = model.status.copy()
    for s in np.argsort(-shares, kind="stable"):
        if shares[s] < 0.1 or not (status == FREE).any():
            break
        child = decide(int(s), OPEN, status, model) if status[s] == FREE else None
        status = status if child is None else child
    service = serve(status == OPEN, model)
    if service.complete:
        incumbent.offer(service.placement())

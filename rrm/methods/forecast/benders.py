"""Benders decomposition by period: sites in the master, cuts on what they earn."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.sparse import block_diag, csr_array, vstack

from formulations.forecast import LapForecast
from formulations.forecast_prices import ForecastPrices
from formulations.placement_model import FREE
from rrm.argument import BySearch
from rrm.forecast.move_cuts import MoveCuts, Slot
from rrm.forecast.periods import Periods, periods_of, serve_all
from rrm.incumbent import Incumbent
from rrm.methods.placement.highs import BOUND_SLACK, MOST_PAIRS
from rrm.placement.cuts import Cuts, UserCuts, average_prices, service_prices
from rrm.placement.cuts_master import Master, MasterRows, site_rows, sites_by_share
from rrm.placement.cuts_service import ServiceCuts
from rrm.placement.service import has_limits
from rrm.registry import method

INWARD = 0.5  # of the way from the master's point to the stabilising one
PULL = 0.3  # of the way by which that one follows
NEAR = 0.1  # of the way, once sites are integer
ROUNDS = 400
LP_SHARE = 0.6  # of the time, at most, before sites are made integer
THREADS = 2  # periods whose linear programs are solved at a time
LARGE = 20_000  # pairs from which on threads pay


def applies(problem: LapForecast) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    pairs = sum(len(one.reach.site) for one in problem.placements)
    if pairs > MOST_PAIRS:
        return f"takes at most {MOST_PAIRS} pairs in range"
    return None


@method(
    LapForecast,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices from the cuts' duals, then by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=30,
    share=3.0,
)
def benders(problem: LapForecast, incumbent: Incumbent) -> None:
    """Cut off what users of each period, and moves between two, cannot earn [1]_.

    The sites of all periods are in the master. Each period has cuts of its own, as
    :func:`rrm.methods.placement.benders` makes them; periods with linear programs are
    solved side by side, as HiGHS leaves the interpreter to others. Moves have cuts at
    potentials of the sites left and taken. Cuts are made between the master's point
    and an average of such points [2]_.

    Complexity: exponential at worst; a cut takes O(E) for E pairs of user and site in a
    period.

    References
    ----------
    .. [1] R. M. Van Slyke, R. Wets, "L-shaped linear programs with applications to
       optimal control and stochastic programming", SIAM J. Appl. Math. 17(4), 1969;
       several cuts a round after J. R. Birge, F. V. Louveaux, EJOR 34(3), 1988.
       https://doi.org/10.1137/0117061
    .. [2] W. Ben-Ameur, J. Neto, "Acceleration of cutting-plane and column generation
       algorithms: applications to network design", Networks 49(1), 2007 (in-out).
       https://doi.org/10.1002/net.20137
    """
    periods = periods_of(problem)
    if not any(len(model.site) for model in periods.models):
        return
    search = PeriodCuts(periods, incumbent)
    if incumbent.allocation is not None:
        search.cut(search.columns_of(incumbent.allocation.open))
    inside = search.first_point()
    deadline = incumbent.remaining() * (1 - LP_SHARE)
    for _ in range(ROUNDS):
        if not search.master.solve(incumbent.remaining()):
            break
        argument = search.argument()
        incumbent.tighten(argument.bound(problem), argument)
        search.offer(problem)
        point = search.master.point
        inside = inside + PULL * (point - inside)
        between = INWARD * inside + (1 - INWARD) * point
        if incumbent.expired() or not (search.cut(between) or search.cut(point)):
            break
        if incumbent.remaining() < deadline:
            break
    search.master.make_integer()
    for _ in range(ROUNDS):
        if incumbent.expired():
            return
        solved = search.master.solve(incumbent.remaining())
        bound = search.master.bound
        if np.isfinite(bound):
            bound += BOUND_SLACK * max(abs(bound), 1e-3)
            unit = periods.scaled.units["value"]
            incumbent.tighten(bound * unit, BySearch("highs"))
        if not solved:
            if search.master.is_infeasible:
                incumbent.tighten(-np.inf, BySearch("highs"))
            return
        search.offer(problem)
        point = search.master.point
        between = NEAR * inside + (1 - NEAR) * point
        if incumbent.expired() or not (search.cut(between) or search.cut(point)):
            return


class PeriodCuts:
    """Master of all periods, and who makes cuts for it.

    Parameters
    ----------
    periods : Periods
        Models of the problem.
    incumbent : Incumbent
        Gets what is found.
    """

    def __init__(self, periods: Periods, incumbent: Incumbent) -> None:
        self._periods, self._incumbent = periods, incumbent
        models, moves = periods.models, periods.moves
        sites, count = len(models[0].capacity), len(models)
        self._sites = sites
        self._slots: list[Slot] = []
        self._owners: list[int] = []
        number = sites * count if moves else sites
        first = 0
        for t, model in enumerate(models):
            limited = has_limits(model.status >= FREE, model)
            made = ServiceCuts(model) if limited else UserCuts(model)
            columns = np.arange(sites) + (t * sites if moves else 0)
            self._slots.append(Slot(made, columns, first))
            first += made.blocks
        if moves and periods.saved.any():
            for t in range(count - 1):
                columns = np.arange(2 * sites) + t * sites
                made = MoveCuts(periods.saved)
                self._slots.append(Slot(made, columns, first))
                first += 1
        rows = [site_rows(model) for model in models]
        matrices = [part.matrix for part in rows]
        matrix = block_diag(matrices) if moves else vstack(matrices)
        together = MasterRows(
            csr_array(matrix),
            np.concatenate([part.low for part in rows]),
            np.concatenate([part.high for part in rows]),
        )
        self._row_ends = np.cumsum([len(part.low) for part in rows])[:-1]
        costs = np.array([model.cost for model in models])
        cost = costs.ravel() if moves else costs.sum(axis=0)
        status = np.tile(models[0].status, count if moves else 1)
        self.master = Master(cost, status, together, first, incumbent)
        pairs = max(len(model.site) for model in models)
        self._threads = THREADS if pairs >= LARGE else 1
        for place, slot in enumerate(self._slots):
            self._add(place, slot.placed(slot.separator.first(), number))

    def _add(self, place: int, cuts: Cuts) -> bool:
        if not len(cuts.block):
            return False
        self.master.add(cuts)
        self._owners.append(place)
        return True

    def columns_of(self, is_open: np.ndarray) -> np.ndarray:
        """Columns of the master for open sites (T, S)."""
        return (is_open.ravel() if self._periods.moves else is_open[0]).astype(float)

    def first_point(self) -> np.ndarray:
        """Equal shares of all sites that may be open."""
        model = self._periods.models[0]
        free = model.status >= FREE
        share = free * min(1.0, model.most / max(free.sum(), 1))
        return np.tile(share, len(self.master.point) // self._sites)

    def cut(self, point: np.ndarray) -> bool:
        """Add the cuts at ``point`` that the master's point does not meet; whether any.

        Before the master was solved all cuts count.
        """
        master = self.master
        if self._threads > 1:
            with ThreadPoolExecutor(self._threads) as pool:
                found = list(
                    pool.map(lambda s: s.separator.at(point[s.columns]), self._slots)
                )
        else:
            found = [slot.separator.at(point[slot.columns]) for slot in self._slots]
        added = False
        for place, (slot, cuts) in enumerate(zip(self._slots, found, strict=True)):
            new = slot.placed(cuts, len(point))
            if master.is_solved:
                new = new.violated(master.theta, master.point)
            added = self._add(place, new) or added
        return added

    def argument(self) -> ForecastPrices:
        """Prices that show the master's bound."""
        scaled, models = self._periods.scaled, self._periods.models
        count, sites = len(models), self._sites
        cliques = len(models[0].clique_start) - 1
        user = np.zeros(scaled.sizes["R"])
        site, leave = np.zeros((count, sites)), np.zeros((count, sites))
        gateway = np.zeros((count, len(scaled.backhaul)))
        clique = np.zeros((count, cliques))
        row_duals = np.split(self.master.row_duals, self._row_ends)
        for place, slot in enumerate(self._slots):
            cuts, duals = self._cuts_of(place)
            if place >= count:  # of moves
                leave[place - count] = _average(cuts, duals)
                continue
            one, width = scaled.placement_of(place), len(scaled.rows[place])
            local = [part._replace(block=_local(part, slot.first)) for part in cuts]
            served = average_prices(local, duals, slot.separator.blocks, width)
            cliqued = row_duals[place][1 : 1 + cliques]
            units = one.derived(units=scaled.units)
            prices = service_prices(*served, cliqued, units)
            user[scaled.rows[place]], site[place] = prices.user, prices.site
            gateway[place], clique[place] = prices.gateway, prices.clique
        leave *= scaled.units["value"]
        return ForecastPrices(user, site, gateway, clique, leave)

    def _cuts_of(self, place: int) -> tuple[list[Cuts], np.ndarray]:
        """Cuts of one slot and their duals."""
        cuts = self.master.cuts
        ends = np.cumsum([len(part.block) for part in cuts])[:-1]
        duals = np.split(self.master.cut_duals, ends)
        own = [k for k, owner in enumerate(self._owners) if owner == place]
        return [cuts[k] for k in own], np.concatenate([duals[k] for k in own])

    def offer(self, problem: LapForecast) -> None:
        """Serve users from the sites with the largest shares."""
        models = self._periods.models
        points = np.reshape(self.master.point, (-1, self._sites))
        chosen = [sites_by_share(shares, models[0]) for shares in points]
        is_open = np.array(chosen if self._periods.moves else chosen * len(models))
        plan = serve_all(is_open, self._periods, self._incumbent.expired)
        if plan.complete:
            self._incumbent.offer(plan.allocation(problem))


def _local(cuts: Cuts, first: int) -> np.ndarray:
    """Blocks of ``cuts`` counted from the first of their slot."""
    return np.where(cuts.block < 0, cuts.block, cuts.block - first)


def _average(cuts: list[Cuts], duals: np.ndarray) -> np.ndarray:
    """Potentials (S,) of leaving, by the duals of their cuts."""
    weight = np.maximum(duals, 0.0)
    leave = np.concatenate([part.prices.toarray() for part in cuts])
    return np.maximum(weight @ leave / max(weight.sum(), 1e-9), 0.0)

"""Which links to leave out where not all rate floors can be met together."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from formulations.power import Power, PowerControl
from formulations.problem import FEASIBLE
from rrm.budget import Budget, as_budget
from rrm.engine import solve
from rrm.incumbent import Incumbent
from twins.declaration import FieldError

MOST_EXACT = 30  # links with floors up to which all sets are searched
NODES = 5  # of the search between looks at the clock: about 0.3 ms
STEPS = 30  # of constrained power control before a removal
BATCH = 0.05  # of the links that miss their floor, removed at once
SEARCH = 0.7  # of the time; the rest solves the problem of the admitted links
HEADROOM = 1e-11  # of least powers against rounding


@dataclass(frozen=True, eq=False)
class Admission:
    """Links that are admitted, and their powers.

    Attributes
    ----------
    admitted : (L,) bool
        Links whose floors are met; a link without a floor always is.
    allocation : Power
        Of the problem without the other links, which stay silent.
    bound : int
        No more links than this can be admitted.
    is_optimal : bool
        Whether that many are.
    """

    admitted: np.ndarray
    allocation: Power
    bound: int
    is_optimal: bool


def admission(problem: PowerControl, budget: Budget | float = 1.0) -> Admission:
    """Admit as many links as can meet their rate floors within all limits.

    Links are removed gradually [1]_, then put back and exchanged where that pays; with
    up to 30 floors a branch and bound finds the largest set, since whatever is part of
    an admissible set is admissible.

    Parameters
    ----------
    problem : PowerControl
        On a single block, of any objective.
    budget : Budget or float
        In s; loading compiled kernels comes on top the first time.

    Raises
    ------
    FieldError
        If the problem is none of power control on a single block.

    References
    ----------
    .. [1] M. Andersin, Z. Rosberg, J. Zander, "Gradual removals in cellular PCS with
       constrained power control and noise", Wireless Networks 2(1), 1996.
       https://doi.org/10.1007/BF01201460
    """
    if not isinstance(problem, PowerControl) or len(problem.shape) == 2:
        raise FieldError("problem", None, type(problem).__name__, "of a single block")
    budget = as_budget(budget)
    floors = problem.derived(objective="min_power")
    _load_kernels()
    clock = Incumbent(floors, Budget(SEARCH * budget.seconds))
    wanted = problem.min_rate > 0
    wanted &= np.isfinite(_alone(floors)) & (_alone(floors) <= _caps(floors))
    wanted_bound = _packed(floors, wanted, clock)
    kept, power = _removed(floors, wanted, clock)
    kept, power = _exchanged(floors, wanted, kept, power, clock)
    if kept.sum() < wanted_bound and wanted.sum() <= MOST_EXACT:
        more, wanted_bound = _searched(floors, wanted, kept, wanted_bound, clock)
        found = _least(floors, more, None)
        kept, power = (kept, power) if found is None else (more, found)
    admitted = kept | ~(problem.min_rate > 0)
    allocation = Power(power)
    if problem.objective != "min_power":
        rest = Budget((1 - SEARCH) * budget.seconds, budget.gap)
        reduced = problem.replace(
            min_rate=np.where(kept, problem.min_rate, 0.0),
            weight=np.where(admitted, problem.weight, 0.0),
            p_mask=np.where(admitted, problem.p_mask, 0.0),
        )
        found = solve(reduced, rest, start=allocation).allocation
        allocation = allocation if found is None else found
    bound = int(wanted_bound + (problem.min_rate == 0).sum())
    return Admission(admitted, allocation, bound, bool(admitted.sum() == bound))


@cache
def _load_kernels() -> None:
    """Run the search on two links, so that compiling it takes none of the time."""
    pair = PowerControl(
        np.eye(2) + 1.0, np.ones(2), np.ones(2), min_rate=np.ones(2) / 4
    ).derived(objective="min_power")
    wanted = np.ones(2, bool)
    _searched(pair, wanted, ~wanted, 2, Incumbent(pair, Budget(np.inf)))


def _caps(floors: PowerControl) -> np.ndarray:
    return np.minimum(floors.p_max, floors.p_mask)


def _alone(floors: PowerControl) -> np.ndarray:
    """Power (L,) W that each floor takes without interference."""
    from rrm.methods.power.fixed_point import floor_factor

    return floor_factor(floors) * floors.noise


def _of(floors: PowerControl, kept: np.ndarray) -> PowerControl:
    """Least power for the floors of some links alone."""
    return floors.derived(min_rate=np.where(kept, floors.min_rate, 0.0))


def _solved(
    floors: PowerControl, kept: np.ndarray, clock: Incumbent | None
) -> np.ndarray:
    """Solution of ``p = F p + u`` for some links; negative where there is none."""
    from rrm.methods.power.fixed_point import least_power

    clock = Incumbent(floors, Budget(np.inf)) if clock is None else clock
    return least_power(_of(floors, kept), clock)


def _least(
    floors: PowerControl, kept: np.ndarray, clock: Incumbent | None
) -> np.ndarray | None:
    """Least power that meets the floors of some links within the limits, or None."""
    power = _solved(floors, kept, clock) * (1 + HEADROOM)
    if not (np.isfinite(power) & (power >= 0)).all():
        return None
    worst = max(_of(floors, kept).violations(Power(power)).values())
    return power if worst <= FEASIBLE else None


def _packed(floors: PowerControl, wanted: np.ndarray, clock: Incumbent) -> int:
    """Bound: each of a number of disjoint sets that are not admissible loses a link."""
    from rrm.methods.power.fixed_point import PowerFloor, SpectralRadius, shrunk_floor

    left, lost = wanted.copy(), 0
    while left.any() and not clock.expired():
        power = _solved(floors, left, clock)
        if clock.expired() or not np.isfinite(power).all():
            break
        together = _of(floors, left)
        if (power >= 0).all():
            floor = PowerFloor(shrunk_floor(power, together))
            lost += floor.bound(together) == np.inf
            break
        excess = np.maximum(-power, 0.0)
        if SpectralRadius(excess).bound(together) != np.inf:
            break
        left, lost = left & ~(excess > 0), lost + 1
    return int(wanted.sum()) - lost


def _removed(
    floors: PowerControl, wanted: np.ndarray, clock: Incumbent
) -> tuple[np.ndarray, np.ndarray]:
    """Remove the links that miss their floor by most until the rest can be met."""
    kept, caps = wanted.copy(), _caps(floors)
    while kept.any() and not clock.expired():
        power = _least(floors, kept, clock)
        if power is not None:
            return kept, power
        alone = np.where(kept, _alone(floors), 0.0)
        power = needed = alone
        for _ in range(STEPS):
            needed = _needed(floors, kept, power)
            power = np.minimum(needed, caps)
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = np.where(kept, needed / caps, 0.0)
        missing = int((excess > 1).sum())
        if not missing:
            excess = _share_of_worst(floors, power)
        count = max(1, int(BATCH * missing))
        kept[np.argpartition(excess, -count)[-count:]] = False
    return np.zeros_like(kept), np.zeros(len(kept))


def _needed(floors: PowerControl, kept: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Power (L,) W that the kept links need against what all of them send."""
    from rrm.methods.power.fixed_point import floor_factor

    factor = np.where(kept, floor_factor(floors), 0.0)
    return factor * floors.interference(power)


def _share_of_worst(floors: PowerControl, power: np.ndarray) -> np.ndarray:
    """Part (L,) of each link in the use of the limit that is exceeded by most."""
    from rrm.methods.power.max_min import use_of

    index, share = use_of(floors, power)
    used = np.zeros(len(power))
    used[index] = share * power[index]
    return np.where(power > 0, used + np.finfo(float).tiny, 0.0)


def _exchanged(
    floors: PowerControl,
    wanted: np.ndarray,
    kept: np.ndarray,
    power: np.ndarray,
    clock: Incumbent,
) -> tuple[np.ndarray, np.ndarray]:
    """Put links back, the humblest first; then give up one where two can replace it."""
    order = np.argsort(_alone(floors))
    kept, power = _filled(floors, wanted, kept, power, order, clock)
    is_better = True
    while is_better and not clock.expired():
        is_better = False
        for link in np.flatnonzero(kept)[::-1]:
            others = kept.copy()
            others[link] = False
            allowed = wanted.copy()
            allowed[link] = False
            if clock.expired() or (allowed == others).all():
                break
            found = _filled(floors, allowed, others, power, order, clock)
            if found[0].sum() > kept.sum():
                kept, power = _filled(floors, wanted, *found, order, clock)
                is_better = True
    return kept, power


def _filled(
    floors: PowerControl,
    allowed: np.ndarray,
    kept: np.ndarray,
    power: np.ndarray,
    order: np.ndarray,
    clock: Incumbent,
) -> tuple[np.ndarray, np.ndarray]:
    """Admit allowed links one by one, as long as all floors can be met."""
    for link in order[allowed[order] & ~kept[order]]:
        if clock.expired():
            break
        more = kept.copy()
        more[link] = True
        found = _least(floors, more, clock)
        if found is not None:
            kept, power = more, found
    return kept, power


def _searched(
    floors: PowerControl,
    wanted: np.ndarray,
    kept: np.ndarray,
    bound: int,
    clock: Incumbent,
) -> tuple[np.ndarray, int]:
    """Largest set by branch and bound, or the best of it when time is out."""
    from formulations.kernels.admission import conflicts, search

    links = np.flatnonzero(wanted)
    links = links[np.argsort(_alone(floors)[links])]
    coupled, alone, rows = _few(floors, links)
    apart = conflicts(coupled, alone, rows)
    count = len(links)
    chosen, best = np.zeros(count + 2, np.int64), np.zeros(count, np.int64)
    candidates = np.zeros((count + 2, count), np.int64)
    candidates[0] = np.arange(count)
    counts, place = np.zeros((2, count + 2), np.int64)
    counts[0] = count
    before = int(kept.sum())
    state = np.array([0, before])
    arrays = coupled, alone, rows, apart, chosen, candidates, counts, place, state, best
    is_done = search(*arrays, 0)
    while not is_done and not clock.expired():
        is_done = search(*arrays, NODES)
    if state[1] > before:
        kept = np.zeros_like(kept)
        kept[links[best[: state[1]]]] = True
    if is_done:
        return kept, int(state[1])
    depths = np.arange(state[0] + 1)
    still = (depths + counts[depths] - place[depths]).max()
    return kept, min(bound, max(int(still), int(state[1])))


def _few(
    floors: PowerControl, links: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coupling (n, n), power alone (n,) and uses of the limits (K, n) of few links."""
    from formulations.rows import dense
    from rrm.methods.power.fixed_point import floor_factor

    factor = floor_factor(floors)[links]
    coupled = factor[:, None] * dense(floors.cross[links][:, links])
    senders = floors.transmitter[links]
    shared = np.equal.outer(np.unique(senders), senders) / floors.p_max[links]
    parts = [shared, np.diag(1 / floors.p_mask[links])]
    if floors.protected_limit.size:
        heard = dense(floors.protected_gain[:, links])
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append(
                np.where(heard > 0, heard / floors.protected_limit[:, None], 0.0)
            )
    rows = np.ascontiguousarray(np.concatenate(parts))
    return np.ascontiguousarray(coupled), factor * floors.noise[links], rows

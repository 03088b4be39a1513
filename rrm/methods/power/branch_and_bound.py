"""Global optimum of sum and proportionally fair rates by branch and bound."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.power import Power, PowerControl
from rrm.incumbent import BySearch, Incumbent
from rrm.registry import method

MOST_LINKS = 30  # beyond, the boxes do not get small in any time
MOST_BOXES = 400_000  # kept at a time: 200 MB at 30 links
OPERATIONS_PER_CHUNK = 100_000  # about 0.2 ms between looks at the clock
SWEEPS = 2  # of coordinate Newton steps towards the best point of a relaxation
SLACK = 1e-9  # relative, added to bounds against rounding
WITHIN = 0.98  # of the allowed gap that closes a box
EDGE = 0.1  # share of a range that a split leaves at least on each side
OBJECTIVES = {"sum_rate": False, "proportional_fair": True}


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective not in OBJECTIVES:
        return f"bounds sums of rates or of their logarithms, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if len(problem.p_max) > MOST_LINKS:
        return f"takes at most {MOST_LINKS} links"
    if not problem.weight.any():
        return "needs a link that counts"
    return None


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="the global optimum by branch and bound",
    rank=60,
)
def branch_and_bound(problem: PowerControl, incumbent: Incumbent) -> None:
    """Split boxes of powers, the one with the highest bound first [1]_, [2]_.

    The bound of a box is the lower of two: the mixed monotonic one, where each rate has
    its own power high and the others low, and the concave one, where the logarithm of
    each interference is replaced by its secant over the box and the rest is maximized
    and linearized, which is valid from any point. Powers are fixed where the objective
    is monotone over the box, and ranges are cut by the slopes of the linearization.
    Boxes that no limit, floor or protected receiver allows are dropped.

    References
    ----------
    .. [1] B. Matthiesen, C. Hellings, E. A. Jorswieck, W. Utschick, "Mixed monotonic
       programming for fast global optimization", IEEE TSP 68, 2020.
       https://doi.org/10.1109/TSP.2020.2983467
    .. [2] P. C. Weeraddana, M. Codreanu, M. Latva-aho, A. Ephremides, "Weighted
       sum-rate maximization in wireless networks: a review", Foundations and Trends in
       Networking 6(1-2), 2012. https://doi.org/10.1561/1300000036
    """
    scaled = problem.scaled()
    box = box_of(scaled)
    tree = tree_of(box)
    watt = scaled.units["W"]
    known = incumbent.allocation
    start = np.zeros(len(box.limit)) if known is None else known.power / watt
    best = np.minimum(start, box.limit)
    shift = scale = 0.0
    if problem.objective == "proportional_fair":
        shift = problem.weight.sum() * np.log(problem.bandwidth / np.log(2.0))
        scale = 1.0
    else:
        scale = problem.bandwidth / np.log(2.0)
    links = len(best)
    count = max(1, OPERATIONS_PER_CHUNK // ((4 * SWEEPS + 16) * links * links))
    target = -np.inf
    while tree.heap[0] and not incumbent.expired():
        if np.isfinite(incumbent.objective):
            target = (incumbent.objective - shift) / scale
        gap = 0.0
        if np.isfinite(target):
            gap = WITHIN * incumbent.budget.gap * abs(target)
        found = explore(count, target, gap, best, box, tree)
        if found > target:
            incumbent.offer(scaled.restored(Power(best)))
            target = found
        highest = max(target, tree.bound[tree.top[0]] if tree.heap[0] else -np.inf)
        highest = max(highest, tree.closed[0])
        if np.isfinite(highest):
            highest += SLACK * max(abs(highest), 1.0)
            incumbent.tighten(highest * scale + shift, BySearch("branch and bound"))
        if tree.heap[0] + 2 >= MOST_BOXES:
            return


class Box(NamedTuple):
    """Canonical problem as arrays."""

    gain: np.ndarray  # (L, L)
    noise: np.ndarray  # (L,)
    weight: np.ndarray  # (L,)
    limit: np.ndarray  # (L,) of each power
    floor: np.ndarray  # (L,) SINR
    heard: np.ndarray  # (M, L)
    allowed: np.ndarray  # (M,)
    transmitter: np.ndarray  # (L,)
    p_max: np.ndarray  # (L,)
    fair: bool


class Tree(NamedTuple):
    """Open boxes: a heap of slots with the highest bound on top."""

    low: np.ndarray  # (slots, L)
    high: np.ndarray  # (slots, L)
    bound: np.ndarray  # (slots,)
    branch: np.ndarray  # (slots,) power to split
    at: np.ndarray  # (slots,) where to split it
    top: np.ndarray  # (slots,) heap order of slots; free slots follow the heap
    heap: np.ndarray  # (1,) boxes in the heap
    closed: np.ndarray  # (1,) highest bound among boxes closed within the gap


def box_of(scaled: PowerControl) -> Box:
    """Arrays of a scaled problem as the kernels take them."""
    return Box(
        gain=scaled.gain.copy(),
        noise=scaled.noise.copy(),
        weight=scaled.weight.copy(),
        limit=np.minimum(scaled.p_max, scaled.p_mask),
        floor=np.expm1(np.log(2.0) * scaled.min_rate) * (1 - SLACK),
        heard=scaled.protected_gain.copy(),
        allowed=scaled.protected_limit * (1 + SLACK),
        transmitter=scaled.transmitter.copy(),
        p_max=scaled.p_max * (1 + SLACK),
        fair=OBJECTIVES[scaled.objective],
    )


def tree_of(box: Box) -> Tree:
    """Tree with the whole range of powers as its only box."""
    links = len(box.limit)
    slots = min(MOST_BOXES, 4_000_000 // max(links, 1))
    tree = Tree(
        low=np.empty((slots, links)),
        high=np.empty((slots, links)),
        bound=np.empty(slots),
        branch=np.zeros(slots, np.int64),
        at=np.empty(slots),
        top=np.arange(slots),
        heap=np.ones(1, np.int64),
        closed=np.full(1, -np.inf),
    )
    tree.low[0], tree.high[0], tree.bound[0] = 0.0, box.limit, np.inf
    tree.branch[0], tree.at[0] = split(tree.low[0], tree.high[0], 0, box)
    return tree


@njit(cache=True, error_model="numpy")
def value_of(power, box):  # pragma: no cover
    """Objective at ``power`` (L,) in nat, -inf where a constraint is violated."""
    links = len(power)
    value = 0.0
    for i in range(links):
        heard = box.noise[i]
        for j in range(links):
            if j != i:
                heard += box.gain[i, j] * power[j]
        sinr = box.gain[i, i] * power[i] / heard
        if sinr < box.floor[i]:
            return -np.inf
        rate = np.log1p(sinr)
        if box.weight[i] > 0.0:
            value += box.weight[i] * (np.log(rate) if box.fair else rate)
    return value if allows(power, box) else -np.inf


@njit(cache=True, error_model="numpy")
def allows(low, box):  # pragma: no cover
    """Whether transmitters and protected receivers allow powers of ``low`` (L,)."""
    links = len(low)
    for m in range(len(box.allowed)):
        received = 0.0
        for j in range(links):
            received += box.heard[m, j] * low[j]
        if received > box.allowed[m]:
            return False
    for i in range(links):
        total = 0.0
        for k in range(links):
            if box.transmitter[k] == box.transmitter[i]:
                total += low[k]
        if total > box.p_max[i]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def shrink(low, high, box):  # pragma: no cover
    """Fix powers where the objective is monotone; whether the box may hold a point."""
    links = len(low)
    if not allows(low, box):
        return False
    quiet, loud = np.empty(links), np.empty(links)
    for i in range(links):
        quiet[i] = loud[i] = box.noise[i]
        for j in range(links):
            if j != i:
                quiet[i] += box.gain[i, j] * low[j]
                loud[i] += box.gain[i, j] * high[j]
        if box.gain[i, i] * high[i] < box.floor[i] * quiet[i]:
            return False
        if box.floor[i] > 0.0:
            low[i] = max(low[i], box.floor[i] * quiet[i] / box.gain[i, i])
    if box.fair:
        return True
    for j in range(links):
        if low[j] == high[j] or box.floor[j] > 0.0:
            continue
        own = box.weight[j] * box.gain[j, j]
        most = own / (quiet[j] + box.gain[j, j] * low[j])
        least = own / (loud[j] + box.gain[j, j] * high[j])
        for i in range(links):
            if i != j and box.gain[i, j] > 0.0:
                harm = box.weight[i] * box.gain[i, j]
                signal = box.gain[i, i] * low[i]
                most -= harm * signal / (loud[i] * (loud[i] + signal))
                signal = box.gain[i, i] * high[i]
                least -= harm * signal / (quiet[i] * (quiet[i] + signal))
        if most <= 0.0:
            high[j] = low[j]  # less power of j never hurts here, nor breaks a limit
        elif least >= 0.0 and is_free(j, box):
            low[j] = high[j]
    return True


@njit(cache=True, error_model="numpy")
def is_free(j, box):  # pragma: no cover
    """Whether only its own range limits power ``j``."""
    for m in range(len(box.allowed)):
        if box.heard[m, j] > 0.0:
            return False
    for i in range(len(box.limit)):
        if i != j and box.transmitter[i] == box.transmitter[j]:
            return False
        if i != j and box.floor[i] > 0.0 and box.gain[i, j] > 0.0:
            return False
    return True


@njit(cache=True, error_model="numpy")
def bound_of(low, high, target, point, box):  # pragma: no cover
    """Upper bound over a box, and the link whose secant errs most; cuts the box.

    ``point`` (L,) starts and ends the search for the best point of the relaxation.
    """
    links = len(low)
    quiet, slope, whole = np.empty(links), np.empty(links), np.empty(links)
    mixed = 0.0
    for i in range(links):
        quiet[i] = box.noise[i]
        loud = box.noise[i]
        for j in range(links):
            if j != i:
                quiet[i] += box.gain[i, j] * low[j]
                loud += box.gain[i, j] * high[j]
        slope[i] = -1.0 / quiet[i]
        if loud > quiet[i] * (1.0 + 1e-12):
            slope[i] = -np.log(loud / quiet[i]) / (loud - quiet[i])
        rate = np.log1p(box.gain[i, i] * high[i] / quiet[i])
        if box.weight[i] > 0.0:
            mixed += box.weight[i] * (np.log(rate) if box.fair else rate)
    for j in range(links):
        point[j] = min(max(point[j], low[j]), high[j])
    for i in range(links):
        whole[i] = box.noise[i]
        for j in range(links):
            whole[i] += box.gain[i, j] * point[j]
    pull, rates = np.empty(links), np.empty(links)
    for _ in range(SWEEPS):
        for j in range(links):
            if low[j] == high[j]:
                continue
            first, second = 0.0, 0.0
            for i in range(links):
                if box.weight[i] <= 0.0:
                    continue
                part = box.gain[i, j] / whole[i]
                rise = part + (slope[i] * box.gain[i, j] if i != j else 0.0)
                weight = box.weight[i]
                if box.fair:
                    rate = relaxed(i, whole[i], point[i], quiet[i], slope[i], box)
                    weight /= rate
                    second += weight / rate * rise * rise
                first += weight * rise
                second += weight * part * part
            if second <= 0.0:
                goal = high[j] if first > 0.0 else low[j]
            else:
                goal = min(max(point[j] + first / second, low[j]), high[j])
            if goal != point[j]:
                for i in range(links):
                    whole[i] += box.gain[i, j] * (goal - point[j])
                point[j] = goal
    concave, worst, link = 0.0, -1.0, 0
    for i in range(links):
        rates[i] = relaxed(i, whole[i], point[i], quiet[i], slope[i], box)
        pull[i] = 0.0
        if box.weight[i] > 0.0:
            pull[i] = box.weight[i] / (rates[i] if box.fair else 1.0)
            rate = np.log(rates[i]) if box.fair else rates[i]
            concave += box.weight[i] * rate
            heard = whole[i] - box.gain[i, i] * point[i]
            error = pull[i] * (np.log(heard / quiet[i]) + slope[i] * (heard - quiet[i]))
            if error > worst:
                worst, link = error, i
    rise = np.zeros(links)
    for j in range(links):
        for i in range(links):
            rise[j] += pull[i] * box.gain[i, j] / whole[i]
            if i != j:
                rise[j] += pull[i] * slope[i] * box.gain[i, j]
        end = high[j] if rise[j] > 0.0 else low[j]
        concave += rise[j] * (end - point[j])
    if concave > target and target > -np.inf:
        spare = concave - target
        for j in range(links):
            if rise[j] > 0.0:
                low[j] = max(low[j], high[j] - spare / rise[j])
            elif rise[j] < 0.0:
                high[j] = min(high[j], low[j] - spare / rise[j])
    return min(mixed, concave), link


@njit(cache=True, error_model="numpy")
def relaxed(i, whole, power, quiet, slope, box):  # pragma: no cover
    """Rate of link ``i`` with the secant for the logarithm of its interference."""
    heard = whole - box.gain[i, i] * power
    return max(np.log(whole / quiet) + slope * (heard - quiet), 1e-300)


@njit(cache=True, error_model="numpy")
def explore(count, target, gap, best, box, tree):  # pragma: no cover
    """Split ``count`` boxes; the best objective found, its power in ``best``."""
    links = len(best)
    point = np.empty(links)
    found = target
    for _ in range(count):
        if tree.heap[0] == 0 or tree.heap[0] + 2 >= len(tree.top):
            break
        slot = pop(tree)
        if tree.bound[slot] <= found + gap:
            tree.closed[0] = max(tree.closed[0], tree.bound[slot])
            tree.heap[0] = 0  # the others are no higher
            break
        low, high = tree.low[slot].copy(), tree.high[slot].copy()
        parent = tree.bound[slot]  # the first half takes the slot
        j, x = tree.branch[slot], tree.at[slot]
        for side in range(2):
            into = tree.top[tree.heap[0]]
            tree.low[into], tree.high[into] = low, high
            if side == 0:
                tree.high[into, j] = x
            else:
                tree.low[into, j] = x
            if not shrink(tree.low[into], tree.high[into], box):
                continue
            point[:] = best
            bound, link = bound_of(tree.low[into], tree.high[into], found, point, box)
            value = value_of(point, box)
            if value > found:
                found = value
                best[:] = point
            bound = min(bound, parent)
            if bound <= found:
                continue
            if bound <= found + gap:
                tree.closed[0] = max(tree.closed[0], bound)
                continue
            tree.bound[into] = bound
            half = split(tree.low[into], tree.high[into], link, box)
            tree.branch[into], tree.at[into] = half
            push(into, tree)
    return found


@njit(cache=True, error_model="numpy")
def split(low, high, link, box):  # pragma: no cover
    """Power to split and where: the log of the interference at ``link`` is halved."""
    quiet = box.noise[link]
    for j in range(len(low)):
        if j != link:
            quiet += box.gain[link, j] * low[j]
    widest, power = -1.0, -1
    for j in range(len(low)):
        width = box.gain[link, j] * (high[j] - low[j])
        if j != link and width > widest:
            widest, power = width, j
    if widest <= 0.0:  # nothing is left of its interference: the widest range at all
        for j in range(len(low)):
            if high[j] - low[j] > widest:
                widest, power = high[j] - low[j], j
        return power, 0.5 * (low[power] + high[power])
    step = (np.sqrt(quiet * (quiet + widest)) - quiet) / widest
    step = min(max(step, EDGE), 1.0 - EDGE)
    return power, low[power] + step * (high[power] - low[power])


@njit(cache=True, error_model="numpy")
def push(slot, tree):  # pragma: no cover
    """Put a slot, which stands first behind the heap, into it."""
    child = tree.heap[0]
    tree.heap[0] += 1
    while child > 0:
        parent = (child - 1) // 2
        if tree.bound[tree.top[parent]] >= tree.bound[tree.top[child]]:
            break
        tree.top[parent], tree.top[child] = tree.top[child], tree.top[parent]
        child = parent


@njit(cache=True, error_model="numpy")
def pop(tree):  # pragma: no cover
    """Take the slot with the highest bound, which becomes free behind the heap."""
    tree.heap[0] -= 1
    size = tree.heap[0]
    slot = tree.top[0]
    tree.top[0], tree.top[size] = tree.top[size], slot
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        right = child + 1
        if right < size and tree.bound[tree.top[right]] > tree.bound[tree.top[child]]:
            child = right
        if tree.bound[tree.top[parent]] >= tree.bound[tree.top[child]]:
            break
        tree.top[parent], tree.top[child] = tree.top[child], tree.top[parent]
        parent = child
    return slot

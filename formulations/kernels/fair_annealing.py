"""Simulated annealing of users who share cells' time, within all that is limited."""

from typing import NamedTuple

import numpy as np
from numba import njit

ROOM = 1e-12  # relative rounding allowed in what a cell carries
GAIN = 1e-9  # least gain that counts as an improvement
RECOUNTED = 1 << 20  # moves between sums from scratch


class Annealing(NamedTuple):
    """Users at one of their entries each; the last cell stands for nobody.

    Only users with a choice have entries; what others take is in ``fixed``.
    """

    start: np.ndarray  # (U + 1,) entries of each user, one of them nobody
    cell: np.ndarray  # (E,)
    value: np.ndarray  # (E,)
    load: np.ndarray  # (E,)
    traffic: np.ndarray  # (E,) rate over backhaul, less 1; 0 without backhaul
    capacity: np.ndarray  # (B + 1,)
    slack: np.ndarray  # (B + 1,) sum of traffic allowed: rounding, or infinite
    cost: np.ndarray  # n log n for any number of users
    fixed: np.ndarray  # (3, B + 1) users who do not move, their load and traffic
    group: np.ndarray  # (G, U) whether a user's load counts for a group
    limit: np.ndarray  # (G, B + 1) load that a group may take
    taken: np.ndarray  # (G, B + 1)
    choice: np.ndarray  # (U,) entry
    best: np.ndarray  # (U,) choice of the highest value
    used: np.ndarray  # (B + 1,)
    carried: np.ndarray  # (B + 1,)
    number: np.ndarray  # (B + 1,) users with a choice
    first: np.ndarray  # (B + 1,) where the list of each cell's users begins
    member: np.ndarray  # users of all cells
    place: np.ndarray  # (U,) in the list of the cell
    random: np.ndarray  # (1,) state of the generator
    score: np.ndarray  # value now, and the highest


def annealing_of(
    entries: tuple[np.ndarray, ...],
    capacity: np.ndarray,
    has_backhaul: np.ndarray,
    choice: np.ndarray,
    fixed: np.ndarray,
    seed: int,
    group: np.ndarray,
    limit: np.ndarray,
) -> Annealing:
    """State at ``choice`` (U,); ``entries`` are start, cell, value, load, traffic.

    ``fixed`` (3, B + 1) are the number, load and traffic of users who do not move, none
    of them of a ``group`` (G, U), which may take ``limit`` (G, B) of each cell.
    """
    start, cell, value, load, traffic = entries
    users, cells = len(start) - 1, len(capacity) + 1
    count = np.bincount(cell, minlength=cells)
    n = np.arange(users + fixed[0].max() + 1.0)
    state = Annealing(
        start=start,
        cell=cell,
        value=value,
        load=load,
        traffic=traffic,
        capacity=np.append(capacity * (1 + ROOM), np.inf),
        slack=np.append(np.where(has_backhaul, ROOM, np.inf), np.inf),
        cost=n * np.log(np.maximum(n, 1.0)),
        fixed=fixed,
        group=np.ascontiguousarray(group),
        limit=np.column_stack([limit * (1 + ROOM), np.full(len(group), np.inf)]),
        taken=np.zeros((len(group), cells)),
        choice=choice.copy(),
        best=choice.copy(),
        used=np.zeros(cells),
        carried=np.zeros(cells),
        number=np.zeros(cells, np.int64),
        first=np.cumsum(count) - count,
        member=np.zeros(len(cell), np.int64),
        place=np.zeros(users, np.int64),
        random=np.array([88172645463325252 + seed % 2**31]),
        score=np.zeros(2),
    )
    enter(state)
    state.score[1] = state.score[0]
    return state


@njit(cache=True, error_model="numpy")
def enter(s):  # pragma: no cover
    """Fill lists and sums from the choices."""
    s.number[:] = 0
    for u in range(len(s.choice)):
        b = s.cell[s.choice[u]]
        s.member[s.first[b] + s.number[b]] = u
        s.place[u] = s.number[b]
        s.number[b] += 1
    recount(s)


@njit(cache=True, error_model="numpy")
def recount(s):  # pragma: no cover
    """Add up anew what cells carry, and the value: rounding gathers in sums."""
    s.used[:] = s.fixed[1]
    s.carried[:] = s.fixed[2]
    s.taken[:] = 0.0
    s.score[0] = 0.0
    for u in range(len(s.choice)):
        e = s.choice[u]
        s.used[s.cell[e]] += s.load[e]
        s.carried[s.cell[e]] += s.traffic[e]
        _take(s, u, e, 1.0)
        s.score[0] += s.value[e]
    for b in range(len(s.number) - 1):
        s.score[0] -= s.cost[s.number[b] + np.int64(s.fixed[0, b])]


@njit(cache=True, error_model="numpy")
def _draw(s):  # pragma: no cover
    """Next pseudo-random integer: xorshift of Marsaglia."""
    x = s.random[0]
    x ^= x << 13
    x ^= (x >> 7) & 0x01FFFFFFFFFFFFFF
    x ^= x << 17
    s.random[0] = x
    return x & 0x7FFFFFFFFFFFFFFF


@njit(cache=True, error_model="numpy")
def _move(s, u, e):  # pragma: no cover
    """Move user ``u`` to entry ``e``."""
    now = s.choice[u]
    a, b = s.cell[now], s.cell[e]
    _take(s, u, now, -1.0)
    _take(s, u, e, 1.0)
    s.used[a] -= s.load[now]
    s.carried[a] -= s.traffic[now]
    s.used[b] += s.load[e]
    s.carried[b] += s.traffic[e]
    s.number[a] -= 1
    last = s.member[s.first[a] + s.number[a]]
    s.member[s.first[a] + s.place[u]] = last
    s.place[last] = s.place[u]
    s.member[s.first[b] + s.number[b]] = u
    s.place[u] = s.number[b]
    s.number[b] += 1
    s.choice[u] = e


@njit(cache=True, error_model="numpy")
def _joining(s, b, more):  # pragma: no cover
    """Value of a cell's company with ``more`` users, against now."""
    if b == len(s.number) - 1:
        return 0.0
    n = s.number[b] + np.int64(s.fixed[0, b])
    return s.cost[n] - s.cost[n + more]


@njit(cache=True, error_model="numpy")
def _fits(s, b, load, traffic):  # pragma: no cover
    """Whether cell ``b`` can change what it carries by so much."""
    return s.used[b] + load <= s.capacity[b] and s.carried[b] + traffic <= s.slack[b]


@njit(cache=True, error_model="numpy")
def _take(s, u, e, sign):  # pragma: no cover
    """Add what user ``u`` takes at entry ``e`` to its groups, with ``sign``."""
    for g in range(len(s.group)):
        if s.group[g, u]:
            s.taken[g, s.cell[e]] += sign * s.load[e]


@njit(cache=True, error_model="numpy")
def _groups_fit(s, u, e, leaves):  # pragma: no cover
    """Whether groups of ``u`` allow entry ``e``; user ``leaves`` (-1: none) goes."""
    b = s.cell[e]
    for g in range(len(s.group)):
        if s.group[g, u]:
            freed = 0.0
            if leaves >= 0 and s.group[g, leaves]:
                freed = s.load[s.choice[leaves]]
            if s.taken[g, b] + s.load[e] - freed > s.limit[g, b]:
                return False
    return True


@njit(cache=True, error_model="numpy")
def anneal(s, temperature, moves):  # pragma: no cover
    """Try ``moves`` random shifts, and exchanges where those do not fit or pay [1]_.

    A user goes to another of its entries; if need be a random user of that cell leaves,
    to the cell that the first came from or to any other.

    References
    ----------
    .. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated
       annealing", Science 220, 1983. https://doi.org/10.1126/science.220.4598.671
    """
    users, nobody = len(s.choice), len(s.number) - 1
    for turn in range(moves):
        if turn % RECOUNTED == 0:
            recount(s)
        u = _draw(s) % users
        e = s.start[u] + _draw(s) % (s.start[u + 1] - s.start[u])
        now = s.choice[u]
        if e == now:
            continue
        a, b = s.cell[now], s.cell[e]
        least = temperature * np.log((_draw(s) % (1 << 30) + 1) / (1 << 30))
        gain = s.value[e] - s.value[now]
        leaves = _fits(s, a, -s.load[now], -s.traffic[now])
        fits = leaves and _fits(s, b, s.load[e], s.traffic[e])
        if fits and _groups_fit(s, u, e, -1):
            alone = gain + _joining(s, a, -1) + _joining(s, b, 1)
            if alone >= least:
                _move(s, u, e)
                _keep(s, alone)
                continue
        if b == nobody or s.number[b] == 0:
            continue
        w = s.member[s.first[b] + _draw(s) % s.number[b]]
        of_w = s.choice[w]
        f = s.start[w] + _draw(s) % (s.start[w + 1] - s.start[w])
        if _draw(s) & 1:
            for g in range(s.start[w], s.start[w + 1]):
                f = g if s.cell[g] == a else f
        if f == of_w:
            continue
        traffic = s.traffic[e] - s.traffic[of_w]
        if not _fits(s, b, s.load[e] - s.load[of_w], traffic):
            continue
        if not _groups_fit(s, u, e, w):
            continue
        c = s.cell[f]
        if not _groups_fit(s, w, f, u if c == a else -1):
            continue
        gain += s.value[f] - s.value[of_w]
        if c == a:
            traffic = s.traffic[f] - s.traffic[now]
            if not _fits(s, a, s.load[f] - s.load[now], traffic):
                continue
        else:
            if not (leaves and _fits(s, c, s.load[f], s.traffic[f])):
                continue
            gain += _joining(s, a, -1) + _joining(s, c, 1)
        if gain >= least:
            _move(s, u, e)
            _move(s, w, f)
            _keep(s, gain)


@njit(cache=True, error_model="numpy")
def _keep(s, gain):  # pragma: no cover
    """Note a gain, and the choice if it is the best so far."""
    s.score[0] += gain
    if s.score[0] > s.score[1] + GAIN:
        s.score[1] = s.score[0]
        s.best[:] = s.choice

"""Users who must all be served, put where they fit, dear users first."""

import numpy as np
from numba import njit

from formulations.kernels.ordering import ascending

ROUNDING = 1e-9  # relative, of sums of loads
STEP = 4.0  # between weights of load that are tried
FEW = 3  # users left out that a place is looked for, besides 1% of all
MOST_USERS = 40  # among whom a place for everybody is searched for
SEARCHED = 20_000  # places looked at by that, about 0.3 ms


@njit(cache=True, error_model="numpy")
def parts_of(cell, gate, value, load, traffic, capacity, backhaul):  # pragma: no cover
    """Part (E,) of the limits that each entry takes, inf where it fits none.

    Parameters
    ----------
    cell, gate, value, load, traffic, capacity, backhaul
        As in :func:`pack`.
    """
    part = np.zeros(len(cell))
    for e in range(len(cell)):
        if load[e] > capacity[cell[e]] or value[e] == -np.inf:
            part[e] = np.inf
            continue
        if load[e] > 0.0:
            part[e] = load[e] / capacity[cell[e]]
        if gate[e] >= 0 and traffic[e] > 0.0:
            if traffic[e] > backhaul[gate[e]]:
                part[e] = np.inf
            else:
                part[e] += traffic[e] / backhaul[gate[e]]
    return part


@njit(cache=True, error_model="numpy")
def pack(
    start, cell, gate, value, part, load, traffic, capacity, backhaul, weight, chosen
):  # pragma: no cover
    """Put users into cells by falling regret; how many are left out.

    An entry is worth its value less ``weight`` times its part of the limits. Who finds
    no room takes the place of a user that another cell has room for.

    Parameters
    ----------
    start, cell, gate : (U + 1,), (E,), (E,)
        Candidates by user, their cell and what carries their traffic, -1 for none.
    value, part, load, traffic : (E,)
        Of each candidate; part of the limits as in :func:`parts_of`.
    capacity, backhaul : (B,), (G,)
        Limits of load and traffic.
    weight : float
        Of load and traffic, in the unit of the values; inf: only these count.
    chosen : (U,)
        Gets the entry of each user, -1 for none.
    """
    users = len(start) - 1
    room, left = capacity.copy(), backhaul.copy()
    worth = np.full(len(cell), -np.inf)
    regret = np.zeros(users)
    for u in range(users):
        best, second = -np.inf, -np.inf
        for e in range(start[u], start[u + 1]):
            if part[e] == np.inf:
                continue
            worth[e] = -part[e] if weight == np.inf else value[e] - weight * part[e]
            if worth[e] > best:
                best, second = worth[e], best
            elif worth[e] > second:
                second = worth[e]
        regret[u] = second - best if second > -np.inf else -np.inf
    missing = 0
    for u in ascending(regret):
        chosen[u] = _best_fit(
            u, -1, start, cell, gate, worth, load, traffic, room, left
        )
        if chosen[u] >= 0:
            _take(chosen[u], 1.0, cell, gate, load, traffic, room, left)
        else:
            missing += 1
    if missing > FEW + users // 100:
        return missing
    for u in range(users):
        if chosen[u] < 0:
            missing -= _displace(
                u, start, cell, gate, worth, load, traffic, room, left, chosen
            )
    return missing


@njit(cache=True, error_model="numpy")
def _best_fit(
    u, without, start, cell, gate, worth, load, traffic, room, left
):  # pragma: no cover
    """Entry of user ``u`` that is worth most of those that fit, not in ``without``."""
    found, highest = -1, -np.inf
    for e in range(start[u], start[u + 1]):
        if worth[e] <= highest or cell[e] == without or load[e] > room[cell[e]]:
            continue
        if gate[e] < 0 or traffic[e] <= left[gate[e]]:
            found, highest = e, worth[e]
    return found


@njit(cache=True, error_model="numpy")
def _take(e, sign, cell, gate, load, traffic, room, left):  # pragma: no cover
    """Take what entry ``e`` needs, or give it back (``sign`` -1)."""
    room[cell[e]] -= sign * load[e]
    if gate[e] >= 0:
        left[gate[e]] -= sign * traffic[e]


@njit(cache=True, error_model="numpy")
def _displace(
    u, start, cell, gate, worth, load, traffic, room, left, chosen
):  # pragma: no cover
    """Serve ``u`` in the place of somebody who moves on; whether anybody could."""
    for e in range(start[u], start[u + 1]):
        if worth[e] == -np.inf:
            continue
        for v in range(len(chosen)):
            own = chosen[v]
            if own < 0 or cell[own] != cell[e] or load[own] <= 0.0:
                continue
            if room[cell[e]] + load[own] < load[e]:
                continue
            _take(own, -1.0, cell, gate, load, traffic, room, left)
            fits = load[e] <= room[cell[e]]
            fits &= gate[e] < 0 or traffic[e] <= left[gate[e]]
            if fits:
                _take(e, 1.0, cell, gate, load, traffic, room, left)
                other = _best_fit(
                    v, cell[e], start, cell, gate, worth, load, traffic, room, left
                )
                if other >= 0:
                    _take(other, 1.0, cell, gate, load, traffic, room, left)
                    chosen[v], chosen[u] = other, e
                    return 1
                _take(e, -1.0, cell, gate, load, traffic, room, left)
            _take(own, 1.0, cell, gate, load, traffic, room, left)
    return 0


@njit(cache=True, error_model="numpy")
def pack_best(
    start, cell, gate, value, load, traffic, capacity, backhaul, least, tries
):  # pragma: no cover
    """Entry (U,) of everybody, -1 for none, by the weight of load that gives most.

    By ``tries`` weights, then by load alone, unless all must be served and are. Where
    all must, lower weights while all are, else higher ones, then between; otherwise
    ever lower ones. Where few must all be served and none does it, a place for each is
    searched for.

    Parameters
    ----------
    start, cell, gate, value, load, traffic, capacity, backhaul
        As in :func:`pack`.
    least : float
        Value above which it is worth to serve a user; -inf: all must be served.
    tries : int
        Weights to try.
    """
    users = len(start) - 1
    must = least == -np.inf
    kept = value if must else np.where(value > least, value, -np.inf)
    best, trial = np.full(users, -1, np.int64), np.full(users, -1, np.int64)
    limits = capacity, backhaul
    part = parts_of(cell, gate, kept, load, traffic, *limits)
    most, spread, taken = -np.inf, 0.0, 0.0
    for u in range(users):
        highest, lowest, need = least if not must else -np.inf, np.inf, 0.0
        for e in range(start[u], start[u + 1]):
            highest, lowest = max(highest, kept[e]), min(lowest, kept[e])
            if 0.0 < load[e] < np.inf:
                need += min(load[e] / capacity[cell[e]], 1.0)
            if gate[e] >= 0 and traffic[e] > 0.0:
                need += min(traffic[e] / backhaul[gate[e]], 1.0)
        if start[u + 1] > start[u]:
            spread += highest - (lowest if must else least)
            taken += need / (start[u + 1] - start[u])
    fewest = users + 1
    weight, low, high = np.inf, 0.0, np.inf
    if taken > 0.0 and spread > 0.0:
        weight = spread / taken
    for k in range(tries + 1):
        if k == tries or weight == np.inf:
            if must and fewest == 0:
                break
            weight = np.inf
        missing = pack(
            start, cell, gate, kept, part, load, traffic, *limits, weight, trial
        )
        total = 0.0
        for u in range(users):
            if trial[u] >= 0:
                total += kept[trial[u]]
        is_better = total > most and (missing == fewest or not must)
        if is_better or (must and missing < fewest):
            most, fewest = total, missing
            best[:] = trial
        if weight == np.inf:
            break
        if missing and must:
            low = weight
        else:
            high = weight
        if low == 0.0:
            weight = high / STEP
        elif high == np.inf:
            weight = low * STEP
        else:
            weight = np.sqrt(low * high)
    if not must or fewest == 0 or users > MOST_USERS:
        return best
    if search_places(start, cell, gate, kept, load, traffic, *limits, trial):
        return trial
    return best


@njit(cache=True, error_model="numpy")
def search_places(
    start, cell, gate, value, load, traffic, capacity, backhaul, chosen
):  # pragma: no cover
    """Places for everybody, depth first, the largest users first; whether found.

    Parameters
    ----------
    start, cell, gate, value, load, traffic, capacity, backhaul, chosen
        As in :func:`pack`.
    """
    users = len(start) - 1
    size, least = np.zeros(users), np.full(users, np.inf)
    for u in range(users):
        for e in range(start[u], start[u + 1]):
            least[u] = min(least[u], load[e])
            if load[e] > 0.0:
                size[u] = max(size[u], load[e] / capacity[cell[e]])
    order = np.argsort(-size)
    need = np.zeros(users + 1)  # of those from a depth on, at the least
    for d in range(users - 1, -1, -1):
        need[d] = need[d + 1] + least[order[d]]
    room, left, free = capacity.copy(), backhaul.copy(), capacity.sum()
    at, depth = start[order], 0
    chosen[:] = -1
    for _ in range(SEARCHED):
        u = order[depth]
        if chosen[u] >= 0:
            _take(chosen[u], -1.0, cell, gate, load, traffic, room, left)
            free += load[chosen[u]]
            chosen[u] = -1
        e = at[depth]
        at[depth] += 1
        if e == start[u + 1]:
            at[depth] = start[u]
            depth -= 1
            if depth < 0:
                return False
            continue
        fits = value[e] > -np.inf and load[e] <= room[cell[e]]
        fits &= gate[e] < 0 or traffic[e] <= left[gate[e]]
        if not fits or free - load[e] < need[depth + 1] * (1 - ROUNDING):
            continue
        _take(e, 1.0, cell, gate, load, traffic, room, left)
        free -= load[e]
        chosen[u] = e
        depth += 1
        if depth == users:
            return True
    return False


@njit(cache=True, error_model="numpy")
def pour(
    start, site, gate, value, demand, capacity, backhaul, share
):  # pragma: no cover
    """Serve users in parts from their best sites with room; demand that is left.

    Users for whom the second best site is much worse come first. ``share`` (E,) gets
    the part of the user's demand at each entry; others are as in :func:`pack`.
    """
    users = len(start) - 1
    room, left = capacity.copy(), backhaul.copy()
    regret = np.zeros(users)
    for u in range(users):
        best, second = -np.inf, -np.inf
        for e in range(start[u], start[u + 1]):
            if value[e] > best:
                best, second = value[e], best
            elif value[e] > second:
                second = value[e]
        regret[u] = second - best if second > -np.inf else -np.inf
    share[:] = 0.0
    missing = 0.0
    for u in np.argsort(regret):
        open_ = 1.0
        while open_ > 0.0:
            found, highest = -1, -np.inf
            for e in range(start[u], start[u + 1]):
                has = room[site[e]] > 0.0 or demand[u] == 0.0
                has &= gate[e] < 0 or left[gate[e]] > 0.0 or demand[u] == 0.0
                if has and share[e] == 0.0 and value[e] > highest:
                    found, highest = e, value[e]
            if found < 0:
                missing += open_ * demand[u] if demand[u] > 0.0 else 1.0
                break
            part = open_
            if demand[u] > 0.0:
                part = min(part, room[site[found]] / demand[u])
                if gate[found] >= 0:
                    part = min(part, left[gate[found]] / demand[u])
            if part <= 0.0:
                room[site[found]] = 0.0
                continue
            share[found] = part
            open_ = open_ - part if part < open_ else 0.0
            amount = part * demand[u]
            room[site[found]] = max(room[site[found]] - amount, 0.0)
            if gate[found] >= 0:
                left[gate[found]] = max(left[gate[found]] - amount, 0.0)
    return missing

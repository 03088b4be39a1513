"""What sites earn at prices on service, and subgradient steps on the prices."""

import numpy as np
from numba import njit

DEFLECTION = 0.7  # part of the last direction in the next
PATIENCE = 30  # steps without a better bound before the step is cut
CUT = 0.6
SMALLEST_STEP = 1e-5
MEMORY = 0.95  # of the average of what was open
SHRINK = 0.7  # of how far off a guess of a price may be, in each step
ALL = 1e300  # a price that nobody pays
BETTER = 1e-6  # relative to the gap, for a bound to count as better


@njit(cache=True, error_model="numpy")
def knapsack_price(ratio, weight, count, room):  # pragma: no cover
    """Least price at which what pays more fits ``room``; reorders both (count,)."""
    low, high = 0, count
    left = room
    while low < high:
        pivot = ratio[(low + high) // 2]
        a, b = ratio[low], ratio[high - 1]
        if (a - pivot) * (pivot - b) < 0:  # median of three
            pivot = a if (pivot - a) * (a - b) >= 0 else b
        above, below, i = low, high, low
        heavy = 0.0
        while i < below:
            if ratio[i] > pivot:
                heavy += weight[i]
                ratio[i], ratio[above] = ratio[above], ratio[i]
                weight[i], weight[above] = weight[above], weight[i]
                above += 1
                i += 1
            elif ratio[i] < pivot:
                below -= 1
                ratio[i], ratio[below] = ratio[below], ratio[i]
                weight[i], weight[below] = weight[below], weight[i]
            else:
                i += 1
        if heavy > left:
            high = above
            continue
        equal = 0.0
        for k in range(above, below):
            equal += weight[k]
        if heavy + equal > left:
            return pivot
        left -= heavy + equal
        low = below
    return 0.0


@njit(cache=True, error_model="numpy")
def site_earning(
    s, user_price, toll, model, price, width, ratio, weight
):  # pragma: no cover
    """Earning of site ``s`` less its cost, and its price of capacity.

    ``price`` (S,) are guesses, ``width`` (S,) how far off they may be: of what pays
    more than that only sums are kept. Learns ``width``.
    """
    room = model.capacity[s]
    gained = 0.0
    if np.isinf(room) and toll == 0.0:
        for e in range(model.first[s], model.first[s + 1]):
            gained += max(model.worth[e] - user_price[model.user[e]], 0.0)
        return gained - model.cost[s], 0.0
    low, high = max(price[s] - width[s], 0.0), min(price[s] + width[s], ALL)
    while True:
        gained, used, top, heavy, middle, count = 0.0, 0.0, 0.0, 0.0, 0.0, 0
        for e in range(model.first[s], model.first[s + 1]):
            u = model.user[e]
            demand = model.demand[u]
            reduced = model.worth[e] - user_price[u] - toll * demand
            over = reduced > high * demand
            gained += max(reduced, 0.0)
            used += demand if reduced > 0.0 else 0.0
            top += reduced if over else 0.0
            heavy += demand if over else 0.0
            if reduced > low * demand and not over:
                ratio[count] = reduced / demand
                weight[count] = demand
                middle += demand
                count += 1
        if used <= room:
            width[s] = max(SHRINK * width[s], price[s]) if price[s] > 0.0 else ALL
            return gained - model.cost[s], 0.0
        if heavy <= room < heavy + middle:
            break
        if low == 0.0 and high == ALL:  # room and sums differ by rounding alone
            return gained - model.cost[s], 0.0
        low, high = 0.0, ALL
    found = knapsack_price(ratio, weight, count, room - heavy)
    gained = top + found * (room - heavy)
    for k in range(count):
        gained += max(ratio[k] - found, 0.0) * weight[k]
    off = abs(found - price[s]) if width[s] < ALL else found
    width[s] = max(SHRINK * min(width[s], found), 2 * off)
    return gained - model.cost[s], found


@njit(cache=True, error_model="numpy")
def earn(prices, status, model, scratch, earned, site_price):  # pragma: no cover
    """Fill ``earned`` (S,) and ``site_price`` (S,) of all sites that may be open.

    ``site_price`` holds guesses before; ``scratch`` their widths, and room for entries.
    """
    user_price, gateway_price, clique_price = prices
    width, ratio, weight = scratch
    for s in range(len(status)):
        if status[s] < 0:
            earned[s] = -np.inf
            site_price[s] = 0.0
            continue
        g = model.gateway[s]
        toll = gateway_price[g] if g >= 0 else 0.0
        earned[s], site_price[s] = site_earning(
            s, user_price, toll, model, site_price, width, ratio, weight
        )
    for q in range(len(clique_price)):
        if clique_price[q] != 0.0:
            for k in range(model.clique_start[q], model.clique_start[q + 1]):
                earned[model.clique_site[k]] -= clique_price[q]


@njit(cache=True, error_model="numpy")
def choose(earned, status, model, chosen):  # pragma: no cover
    """Mark the sites that open at the prices.

    Returns what they earn, the earning of the last free one taken (inf if none) and of
    the best one left (-inf if none), and how many they are: what fixing needs.
    """
    total, number = 0.0, 0
    chosen[:] = False
    for s in range(len(status)):
        if status[s] > 0:
            chosen[s] = True
            total += earned[s]
            number += 1
    order = np.argsort(-earned)
    last, following = np.inf, -np.inf
    for s in order:
        if status[s] != 0:
            continue
        takes = number < model.most and (earned[s] > 0.0 or number < model.least)
        if not takes:
            following = earned[s]
            break
        chosen[s] = True
        total += earned[s]
        number += 1
        last = earned[s]
    return total, last, following, number


@njit(cache=True, error_model="numpy")
def respond(
    prices, site_price, chosen, model, used, through, crowd
):  # pragma: no cover
    """Service (U,), traffic (G,) and open sites of cliques (Q,) at the prices."""
    user_price, gateway_price, _ = prices
    used[:] = 0.0
    through[:] = 0.0
    crowd[:] = 0.0
    for s in range(len(chosen)):
        if not chosen[s]:
            continue
        g = model.gateway[s]
        each = site_price[s] + (gateway_price[g] if g >= 0 else 0.0)
        left = model.capacity[s]
        carried = 0.0
        if each == 0.0 and np.isinf(left) and g < 0:
            for e in range(model.first[s], model.first[s + 1]):
                if model.worth[e] > user_price[model.user[e]]:
                    used[model.user[e]] += 1.0
            continue
        tied = 0.0
        for e in range(model.first[s], model.first[s + 1]):
            u = model.user[e]
            reduced = model.worth[e] - user_price[u] - each * model.demand[u]
            slack = 1e-12 * (abs(model.worth[e]) + abs(user_price[u]))
            if reduced > slack:
                used[u] += 1.0
                carried += model.demand[u]
            elif reduced > -slack and site_price[s] > 0.0:
                tied += model.demand[u]
        left -= carried
        if tied > 0.0 and left > 0.0:
            part = min(1.0, left / tied)
            for e in range(model.first[s], model.first[s + 1]):
                u = model.user[e]
                reduced = model.worth[e] - user_price[u] - each * model.demand[u]
                slack = 1e-12 * (abs(model.worth[e]) + abs(user_price[u]))
                if -slack < reduced <= slack:
                    used[u] += part
            carried += part * tied
        if g >= 0:
            through[g] += carried
    for q in range(len(crowd)):
        for k in range(model.clique_start[q], model.clique_start[q + 1]):
            if chosen[model.clique_site[k]]:
                crowd[q] += 1.0


@njit(cache=True, error_model="numpy")
def sold(prices, model):  # pragma: no cover
    """Worth of all service, backhaul and cliques at the prices."""
    user_price, gateway_price, clique_price = prices
    total = user_price.sum() + clique_price.sum()
    for g in range(len(gateway_price)):
        if gateway_price[g] > 0.0:
            total += gateway_price[g] * model.backhaul[g]
    return total


@njit(cache=True, error_model="numpy")
def descend(
    steps, known, prices, scales, step, search, status, model, scratch
):  # pragma: no cover
    """Take ``steps`` subgradient steps on ``prices`` towards the least bound.

    ``search`` holds what a run of steps remembers: the best prices, capacity prices,
    last directions, and averages. ``scales`` are the sizes that prices are expected to
    have, and ``known`` the best objective, towards which the step is sized. Returns the
    step that is left.
    """
    best, best_site, moves, numbers, average, earned, site_price = search
    users, gateways = len(prices[0]), len(prices[1])
    used = np.empty(users)
    through = np.empty(gateways)
    crowd = np.empty(len(prices[2]))
    chosen = np.zeros(len(status), np.bool_)
    for _ in range(steps):
        earn(prices, status, model, scratch, earned, site_price)
        total, _, _, number = choose(earned, status, model, chosen)
        if number < model.least or (model.must_serve and number == 0):
            numbers[0] = -np.inf  # too few sites are left
            return step
        total += sold(prices, model)
        if total < numbers[0] - BETTER * abs(numbers[0] - known) * (known > -1e300):
            numbers[1] = 0.0
        else:
            numbers[1] += 1.0
        if total < numbers[0]:
            numbers[0] = total
            best_site[:] = site_price
            for k in range(3):
                best[k][:] = prices[k]
        if numbers[1] >= PATIENCE:
            numbers[1] = 0.0
            step *= CUT
            for k in range(3):
                prices[k][:] = best[k]
                moves[k][:] = 0.0
            if step < SMALLEST_STEP:
                return step
            continue
        for s in range(len(status)):
            average[s] = MEMORY * average[s] + (1 - MEMORY) * chosen[s]
        respond(prices, site_price, chosen, model, used, through, crowd)
        size = 0.0
        for u in range(users):
            slack = 1.0 - used[u]
            if prices[0][u] <= model.floor[u] and slack > 0.0:
                slack = 0.0
            moves[0][u] = slack * scales[0][u] + DEFLECTION * moves[0][u]
            size += moves[0][u] ** 2
        for g in range(gateways):
            slack = model.backhaul[g] - through[g]
            if np.isinf(slack) or (prices[1][g] <= 0.0 and slack > 0.0):
                slack = 0.0
            moves[1][g] = slack * scales[1][g] + DEFLECTION * moves[1][g]
            size += moves[1][g] ** 2
        for q in range(len(crowd)):
            slack = 1.0 - crowd[q]
            if prices[2][q] <= 0.0 and slack > 0.0:
                slack = 0.0
            moves[2][q] = slack * scales[2][q] + DEFLECTION * moves[2][q]
            size += moves[2][q] ** 2
        if size == 0.0:
            return 0.0
        gap = total - known
        if not gap < 1e300 or gap <= 0.0:
            gap = 0.1 * abs(total)
        length = step * gap / size
        for k in range(3):
            for i in range(len(prices[k])):
                low = model.floor[i] if k == 0 else 0.0
                change = length * moves[k][i] * scales[k][i]
                prices[k][i] = max(prices[k][i] - change, low)
    return step

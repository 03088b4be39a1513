"""Links switched on one after the other: a first answer within a tenth of a ms."""

import numpy as np
from numba import njit

from formulations.power import Power, PowerControl
from rrm.incumbent import Incumbent
from rrm.methods.power.coordinate_ascent import climb, model_of
from rrm.registry import method

MOST = 300  # links, as no look at the clock is taken between two starts
STEEPEST = 4  # links that are chosen as the best of all, before those in order
PASSES = 4  # over all links, at the most
LEAST_STARTS, LINKS_PER_START = 8, 4  # starts without a better set that end it
SHORT = 8e-4  # s, in which there is no time to polish
CHANGES = 8_000  # of one link's rate between looks at the clock: about 0.1 ms
PAIRED = 40  # links, best alone, whose best partners decide which of them leads first
QUICK = 2_500  # before the first look
SWAPS = 40_000  # changes of one link's rate that are worth a pass of swaps
FACTORS = 8  # of a product of changes, below 1e30 each, without overflow
BITS = 2.0**21 + 1.0  # to round to 32 bits: T. J. Dekker, 1971
GAIN = 1e-9  # nat, of a step worth taking


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "sum_rate":
        return f"adds links for their sum rate, not {problem.objective}"
    if problem.has_sparse_gain or len(problem.shape) == 2:
        return "needs a dense gain on a single block"
    if len(problem.p_max) > MOST:
        return f"takes at most {MOST} links"
    if problem.min_rate.any() or problem.protected_limit.size:
        return "knows no limits but those of each link"
    if problem.shares_transmitters:
        return "needs links that do not share a transmitter"
    return None


@method(PowerControl, kind="heuristic", applies=applies, rank=12, share=6.0)
def greedy_activation(problem: PowerControl, incumbent: Incumbent) -> None:
    """Switch links to full power or off, one after the other, while the rate grows.

    Each link leads once, first those with the best partners. The links that add most
    follow, then all in the order of their rates alone; then single links and pairs of
    one on and one off change places [1]_. With two links one of these sets is the
    optimum, and with more rarely far from it: the best is polished one power at a time.

    Complexity: a start takes O(L^2) for each link that is switched on.

    References
    ----------
    .. [1] A. Gjendemsjø, D. Gesbert, G. E. Øien, S. G. Kiani, "Binary power control for
       sum rate maximization over multiple interfering links", IEEE TWC 7(8), 2008.
       https://doi.org/10.1109/TWC.2008.070227
    """
    weight, limit = problem.weight, np.minimum(problem.p_max, problem.p_mask)
    heard, order, common = prepared(problem.gain, problem.noise, limit, weight)
    leaders = by_pairs(order, heard, weight, common)
    best, chosen, polished, since = 0.0, None, None, 0
    changes, patience = QUICK, LEAST_STARTS + len(order) // LINKS_PER_START
    while len(leaders) and since < patience:
        is_on, total, starts = activated(leaders, order, heard, weight, common, changes)
        leaders, since, changes = leaders[starts:], since + starts, CHANGES
        is_late = incumbent.expired()
        if total > best + GAIN:
            best, chosen, since = total, is_on, 0
            incumbent.offer(Power(np.where(is_on, limit, 0.0)))
        if is_late:
            return
        if polished is None and incumbent.remaining() > SHORT:
            polished = chosen
            polish(problem, chosen, incumbent)
    if chosen is not polished and incumbent.remaining() > SHORT:
        polish(problem, chosen, incumbent)


def polish(
    problem: PowerControl, is_on: np.ndarray | None, incumbent: Incumbent
) -> None:
    """Climb from a set of links (L,), one power at a time."""
    if is_on is None:
        return
    scaled = problem.scaled()
    if incumbent.expired():
        return
    model = model_of(scaled)
    if incumbent.expired():
        return

    def offer(power: np.ndarray) -> None:
        incumbent.offer(scaled.restored(Power(power.ravel())))

    climb(np.where(is_on[:, None], model.mask, 0.0), model, incumbent, offer)


@njit(cache=True, error_model="numpy")
def prepared(gain, noise, limit, weight):  # pragma: no cover
    """What each link at its limit sends to each receiver (L, L), relative to the noise.

    Also the links by their rates alone, and the weight of all, 0 where they differ.
    """
    links = len(noise)
    heard, alone, common = np.empty((links, links)), np.empty(links), weight[0]
    for i in range(links):
        for j in range(links):
            ratio = gain[i, j] * limit[j] / noise[i]
            large = ratio * BITS
            heard[j, i] = large - (large - ratio)
        alone[i] = weight[i] * np.log1p(heard[i, i])
        if weight[i] != common:
            common = 0.0
    return heard, np.argsort(-alone), common


@njit(cache=True, error_model="numpy")
def by_pairs(order, heard, weight, common):  # pragma: no cover
    """Links by the rate of each with its best partner, after the best ``PAIRED``."""
    links = len(order)
    rate = np.zeros(links)
    for place in range(min(PAIRED, links)):
        i = order[place]
        for j in range(links):
            if j == i:
                continue
            one = 1.0 + heard[i, i] / (1.0 + heard[j, i])
            other = 1.0 + heard[j, j] / (1.0 + heard[i, j])
            if common > 0.0:
                both = one * other
            else:
                both = weight[i] * np.log(one) + weight[j] * np.log(other)
            rate[place] = max(rate[place], both)
    return order[np.argsort(-rate)]


@njit(cache=True, error_model="numpy")
def activated(leaders, order, heard, weight, common, changes):  # pragma: no cover
    """Links (L,) to send at their limit, their sum rate, and how many have led.

    One after the other leads until another would not fit into ``changes``.
    """
    best, most, spent, starts = np.zeros(len(order), np.bool_), 0.0, 0, 0
    while starts < len(leaders) and spent * (starts + 1) <= changes * starts:
        is_on = np.zeros(len(order), np.bool_)
        total, more = grown(leaders[starts], order, heard, is_on, weight, common)
        spent += more
        starts += 1
        if total > most + GAIN:
            best, most = is_on, total
    return best, most, starts


@njit(cache=True, error_model="numpy")
def grown(first, order, heard, is_on, weight, common):  # pragma: no cover
    """Sum rate in nat from a first link on, and changes of one link's rate tried."""
    links = len(order)
    level = np.ones(links)  # interference and noise at each receiver
    lit = np.empty(links, np.int64)
    count, spent = switch_on(first, heard, level, is_on, lit, 0), 0
    for _ in range(STEEPEST):
        k = best_to_add(-1, order, heard, level, is_on, lit, count, weight, common)
        spent += count * links
        if k < 0:
            break
        count = switch_on(k, heard, level, is_on, lit, count)
    for _ in range(PASSES):
        is_better = False
        for k in order:
            spent += count
            if is_on[k]:
                more = change(k, -1, heard, level, lit, count, weight, common)
                if more > GAIN:
                    count = switch_off(k, heard, level, is_on, lit, count)
                    is_better = True
            else:
                more = change(-1, k, heard, level, lit, count, weight, common)
                if more > GAIN:
                    count = switch_on(k, heard, level, is_on, lit, count)
                    is_better = True
        if count * count * links <= SWAPS:
            for place in range(count):
                k = lit[place]
                j = best_to_add(
                    k, order, heard, level, is_on, lit, count, weight, common
                )
                spent += count * links
                if j >= 0:
                    count = switch_off(k, heard, level, is_on, lit, count)
                    count = switch_on(j, heard, level, is_on, lit, count)
                    is_better = True
        if not is_better:
            break
    total = 0.0
    for i in lit[:count]:
        total += weight[i] * np.log1p(heard[i, i] / level[i])
    return total, spent


@njit(cache=True, error_model="numpy")
def best_to_add(
    gone, order, heard, level, is_on, lit, count, weight, common
):  # pragma: no cover
    """Link that adds most once ``gone`` is off (-1: none), -1 where none adds."""
    best, most = -1, GAIN
    for k in order:
        if not is_on[k]:
            more = change(gone, k, heard, level, lit, count, weight, common)
            if more > most:
                best, most = k, more
    return best


@njit(cache=True, error_model="numpy")
def change(gone, new, heard, level, lit, count, weight, common):  # pragma: no cover
    """Change of the sum rate where ``gone`` is switched off and ``new`` on (-1: none).

    Where all weights are alike, one logarithm of a product takes the place of several.
    """
    total, ratio, factors = 0.0, 1.0, 0
    if new >= 0:
        now = level[new] - (heard[gone, new] if gone >= 0 else 0.0)
        ratio = 1.0 + heard[new, new] / now
        if common == 0.0:
            total, ratio = weight[new] * np.log(ratio), 1.0
    for place in range(count):
        i = lit[place]
        before, own = level[i], heard[i, i]
        if i == gone:
            factor = before / (before + own)
        else:
            after = before
            if new >= 0:
                after += heard[new, i]
            if gone >= 0:
                after -= heard[gone, i]
            factor = (after + own) * before / (after * (before + own))
        if common == 0.0:
            total += weight[i] * np.log(factor)
            continue
        ratio *= factor
        factors += 1
        if factors == FACTORS:
            total += common * np.log(ratio)
            ratio, factors = 1.0, 0
    return total + common * np.log(ratio)


@njit(cache=True, error_model="numpy")
def switch_on(k, heard, level, is_on, lit, count):  # pragma: no cover
    """Add link ``k``; the number of links that are on."""
    for i in range(len(level)):
        if i != k:
            level[i] += heard[k, i]
    is_on[k] = True
    lit[count] = k
    return count + 1


@njit(cache=True, error_model="numpy")
def switch_off(k, heard, level, is_on, lit, count):  # pragma: no cover
    """Take link ``k`` away, and what others hear of all that are left; their number."""
    is_on[k] = False
    left = 0
    for place in range(count):
        if lit[place] != k:
            lit[left] = lit[place]
            left += 1
    for i in range(len(level)):
        level[i] = 1.0
        for place in range(left):
            if lit[place] != i:
                level[i] += heard[lit[place], i]
    return left

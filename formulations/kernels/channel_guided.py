"""Descent over the states of groups, guided out of local minima by penalties."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_annealing import draw_below
from formulations.kernels.channel_costs import Costs, spread, tabulate

ZERO = 1e-9  # cost that counts as none
SMALLEST = 1e-12  # relative gain that is worth a move


class Guided(NamedTuple):
    """Where a search stands.

    Attributes
    ----------
    chosen, best : (W,)
        State of each group now, and in the best assignment so far.
    cost : (S,)
        What each state would cost now, penalties included.
    mirror : (A,)
        The same pair at the other group.
    times : (A,)
        How often a pair was penalized.
    weight : (A,)
        Cost of violating a pair, with its penalties.
    waiting, is_waiting : (W,)
        Groups to be looked at, in a ring, and whether they are there.
    at : (2,)
        Where the ring begins, and how many groups are in it.
    value : (2,)
        Cost now without penalties, and of the best.
    random : (1,) uint64
        State of the random numbers.
    """

    chosen: np.ndarray
    best: np.ndarray
    cost: np.ndarray
    mirror: np.ndarray
    times: np.ndarray
    weight: np.ndarray
    waiting: np.ndarray
    is_waiting: np.ndarray
    at: np.ndarray
    value: np.ndarray
    random: np.ndarray


@njit(cache=True, error_model="numpy")
def mirrored(costs: Costs) -> np.ndarray:  # pragma: no cover
    """Where each pair (A,) stands at its other group."""
    mirror = np.full(len(costs.neighbour), -1, np.int64)
    for w in range(len(costs.first) - 1):
        for a in range(costs.first[w], costs.first[w + 1]):
            u = costs.neighbour[a]
            if u < w:
                continue
            for b in range(costs.first[u], costs.first[u + 1]):
                same = mirror[b] < 0 and costs.neighbour[b] == w
                same = same and costs.by[b] == costs.at[a]
                same = same and costs.at[b] == costs.by[a]
                same = same and costs.gap[b] == costs.gap[a]
                same = same and costs.exact[b] == costs.exact[a]
                if same and costs.weight[b] == costs.weight[a]:
                    mirror[a], mirror[b] = b, a
                    break
    return mirror


@njit(cache=True, error_model="numpy")
def forget(costs: Costs, guided: Guided) -> float:  # pragma: no cover
    """Go back to the best without penalties; mean cost of what it violates."""
    guided.chosen[:] = guided.best
    guided.times[:] = 0
    guided.weight[:] = costs.weight
    guided.value[0] = tabulate(costs, guided.chosen, guided.cost)
    guided.value[1] = guided.value[0]
    guided.at[1] = violated = 0
    for w in range(len(guided.chosen)):
        guided.is_waiting[w] = False
        _look(w, guided)
        for a in range(costs.first[w], costs.first[w + 1]):
            u = costs.neighbour[a]
            violated += is_violated(a, guided.chosen[w], guided.chosen[u], costs)
    return 2.0 * guided.value[0] / max(violated, 1)


@njit(cache=True, error_model="numpy")
def guide(
    work: Any, step: float, costs: Costs, guided: Guided
) -> bool:  # pragma: no cover
    """Descend, penalize what is violated in the local minimum, and so on [1]_.

    Parameters
    ----------
    work : int
        States and pairs to look at.
    step : float
        What a penalty adds to the cost of a pair.
    costs : Costs
        What is moved in, without rows.
    guided : Guided
        Changed.

    Returns
    -------
    bool
        Whether nothing costs anything.

    References
    ----------
    .. [1] C. Voudouris, E. Tsang, "Solving the radio link frequency assignment problem
       using guided local search", NATO RTO Symposium on Frequency Assignment, 1998.
    """
    start, first = costs.start, costs.first
    chosen, cost, at = guided.chosen, guided.cost, guided.at
    groups = len(chosen)
    while work > 0 and guided.value[1] > ZERO:
        if at[1] == 0:
            if guided.value[0] < guided.value[1] - ZERO:
                guided.value[1] = guided.value[0]
                guided.best[:] = chosen
            work -= _penalize(step, costs, guided)
            if at[1] == 0:
                for w in range(groups):
                    _look(w, guided)
            continue
        w = guided.waiting[at[0]]
        at[0] = at[0] + 1 if at[0] + 1 < groups else 0
        at[1] -= 1
        guided.is_waiting[w] = False
        here = start[w] + chosen[w]
        move, least, ties = here, cost[here] * (1 - SMALLEST) - ZERO, 0
        for s in range(start[w], start[w + 1]):
            if cost[s] > least or s == here:
                continue
            if cost[s] < least:
                move, least, ties = s, cost[s], 1
                continue
            ties += 1
            if draw_below(guided.random, ties) == 0:
                move = s
        work -= start[w + 1] - start[w]
        if move == here:
            continue
        _move(w, move - start[w], costs, guided)
        work -= 8 * (first[w + 1] - first[w])
        _look(w, guided)
    return guided.value[1] <= ZERO


@njit(cache=True, error_model="numpy")
def _look(w: Any, guided: Guided) -> None:  # pragma: no cover
    """Put a group at the end of the ring."""
    if not guided.is_waiting[w]:
        guided.is_waiting[w] = True
        place = guided.at[0] + guided.at[1]
        groups = len(guided.waiting)
        guided.waiting[place - groups if place >= groups else place] = w
        guided.at[1] += 1


@njit(cache=True, error_model="numpy")
def is_violated(a: int, own: Any, other: Any, costs: Costs) -> Any:  # pragma: no cover
    """Whether states of its two groups violate a pair."""
    ours = np.int64(costs.channel[costs.by[a] + own])
    apart = abs(np.int64(costs.channel[costs.at[a] + other]) - ours)
    return apart != costs.gap[a] if costs.exact[a] else apart < costs.gap[a]


@njit(cache=True, error_model="numpy")
def _move(w: Any, state: Any, costs: Costs, guided: Guided) -> None:  # pragma: no cover
    """Give a group another state; look at those that now are in conflict with it."""
    chosen = guided.chosen
    before = chosen[w]
    begin = costs.start[w]
    change = costs.own[begin + state] - costs.own[begin + before]
    for a in range(costs.first[w], costs.first[w + 1]):
        u = costs.neighbour[a]
        was = is_violated(a, before, chosen[u], costs)
        now = is_violated(a, state, chosen[u], costs)
        if was != now:
            change += costs.weight[a] if now else -costs.weight[a]
        if now:
            _look(u, guided)
        _add(a, before, -guided.weight[a], costs, guided)
        _add(a, state, guided.weight[a], costs, guided)
    chosen[w] = state
    guided.value[0] += change


@njit(cache=True, error_model="numpy")
def _add(
    a: int, state: Any, weight: float, costs: Costs, guided: Guided
) -> None:  # pragma: no cover
    """Add a weight to the neighbour's states that are in conflict with a state."""
    spread(
        np.int64(costs.channel[costs.by[a] + state]),
        weight,
        costs.begin[a],
        costs.end[a],
        costs.at[a],
        costs.gap[a],
        costs.exact[a],
        costs.channel,
        costs.ascending,
        costs.order,
        guided.cost,
    )


@njit(cache=True, error_model="numpy")
def _penalize(step: float, costs: Costs, guided: Guided) -> Any:  # pragma: no cover
    """Penalize violated pairs of most cost for the penalties they have; work done."""
    chosen, times = guided.chosen, guided.times
    most, work = 0.0, len(chosen)
    for turn in range(2):
        for w in range(len(chosen)):
            if guided.cost[costs.start[w] + chosen[w]] <= ZERO:
                continue
            for a in range(costs.first[w], costs.first[w + 1]):
                u = costs.neighbour[a]
                if u < w or not is_violated(a, chosen[w], chosen[u], costs):
                    continue
                useful = costs.weight[a] / (1 + times[a])
                if turn == 0:
                    most = max(most, useful)
                elif useful >= most * (1 - SMALLEST):
                    b = guided.mirror[a]
                    times[a] += 1
                    times[b] += 1
                    guided.weight[a] += step
                    guided.weight[b] += step
                    _add(a, chosen[w], step, costs, guided)
                    _add(b, chosen[u], step, costs, guided)
                    _look(w, guided)
                    _look(u, guided)
            work += costs.first[w + 1] - costs.first[w]
    return work

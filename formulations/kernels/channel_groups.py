"""What groups of transmitters cost by themselves, and their channels in order."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def own_costs(
    pairs: np.ndarray,
    separation: np.ndarray,
    exact: np.ndarray,
    weight: np.ndarray,
    begin: np.ndarray,
    offset: np.ndarray,
    states: np.ndarray,
    channel: np.ndarray,
    hard: np.ndarray,
    soft: np.ndarray,
) -> None:  # pragma: no cover
    """Add what pairs (E, 2) within groups cost to their states, in place.

    Parameters
    ----------
    separation, exact, weight : (E,)
        What each pair asks for, and what it costs if it is missed: inf if it must hold.
    begin, offset, states : (V,)
        Of each transmitter: first state of its group, where its channels by state
        begin in ``channel``, and how many they are.
    hard, soft : (S,)
        Pairs that must hold and are missed, and costs of the others.
    """
    for e in range(len(pairs)):
        u, v = pairs[e]
        for k in range(states[u]):
            apart = abs(channel[offset[u] + k] - channel[offset[v] + k])
            if apart != separation[e] if exact[e] else apart < separation[e]:
                if weight[e] == np.inf:
                    hard[begin[u] + k] += 1
                else:
                    soft[begin[u] + k] += weight[e]


@njit(cache=True, error_model="numpy")
def other_costs(
    preferred: np.ndarray,
    cost: np.ndarray,
    begin: np.ndarray,
    offset: np.ndarray,
    states: np.ndarray,
    channel: np.ndarray,
    soft: np.ndarray,
) -> None:  # pragma: no cover
    """Add the ``cost`` (V,) of all channels but the ``preferred`` (V,) to ``soft``.

    Others as in :func:`own_costs`.
    """
    for v in range(len(preferred)):
        if cost[v] > 0.0:
            for k in range(states[v]):
                if channel[offset[v] + k] != preferred[v]:
                    soft[begin[v] + k] += cost[v]


@njit(cache=True, error_model="numpy")
def sort_lists(
    member: np.ndarray,
    offset: np.ndarray,
    states: np.ndarray,
    channel: np.ndarray,
    order: np.ndarray,
    ascending: np.ndarray,
) -> None:  # pragma: no cover
    """Sort the channels of transmitters ``member`` (M,), in place.

    ``ascending`` (C,) gets the channels and ``order`` (C,) the state of each, those of
    equal channels in their order. Others as in :func:`own_costs`.
    """
    for v in member:
        low, high = offset[v], offset[v] + states[v]
        place = np.argsort(channel[low:high], kind="mergesort")
        for k in range(states[v]):
            order[low + k] = place[k]
            ascending[low + k] = channel[low + place[k]]

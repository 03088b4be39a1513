"""Least cost of a few groups for each state of one of them, by branch and bound."""

from collections.abc import Callable

import numpy as np

from formulations.channel_network import ChannelNetwork
from formulations.channel_tables import Messages, moved, tables_of
from formulations.kernels.channel_tree import Walk, explore, next_group

ROUNDS = 20  # of messages that sharpen the bounds of all nodes
LOOK = 500  # nodes between two questions whether it is over
BETTER = 1e-9
"""Part of a cost by which another must be lower to count."""


def least_costs(
    part: ChannelNetwork,
    groups: np.ndarray,
    root: int,
    nodes: int,
    is_over: Callable[[], bool],
) -> tuple[np.ndarray, np.ndarray] | None:
    """Cost (C,) of the best assignment with each state of ``root``, and it (C, K).

    ``inf`` where there is none. None if a state takes more than ``nodes`` nodes, or it
    ``is_over``.

    Parameters
    ----------
    part : ChannelNetwork
        Groups ``groups`` (K,) alone; its transmitters do not matter.
    root : int
        One of them.
    nodes : int
        Most for each state of it.
    is_over : callable
        Whether to stop, asked at each round of messages and every ``LOOK`` nodes.
    """
    network, place = part.network, int(np.searchsorted(groups, root))
    start = network.start
    worst = 1.0 + network.soft.sum() + network.weight[np.isfinite(network.weight)].sum()
    messages = Messages(part, float(worst))
    for _ in range(ROUNDS):
        if is_over():
            return None
        messages.round()
    tables, constant = moved(tables_of(part, np.inf), messages)
    begin, edges = messages.moves.begin, messages.moves.edges
    size = len(start) - 1
    own = slice(start[place], start[place + 1])
    count = int(start[place + 1] - start[place])
    least, best = np.full(count, np.inf), np.full((count, size), -1, np.intp)
    nothing = np.zeros(start[-1] + 1, np.int64)
    for k in range(count):
        if network.hard[start[place] + k]:
            continue
        single = tables.single.copy()
        single[own] = np.inf
        single[start[place] + k] = tables.single[start[place] + k]
        walk = Walk(
            np.zeros(size + 1, np.int64),
            np.full(size, -1),
            np.full(size, -1),
            np.zeros(start[-1], np.bool_),
            np.zeros((size + 1, start[-1])),
            np.zeros(size + 1),
            np.zeros(1, np.int64),
            np.array([worst]),
            np.zeros(3, np.int64),
        )
        walk.price[0] = single
        walk.group[0] = next_group(tables, begin, walk, 0, walk.upper[0])
        walk.at[0] = min(walk.group[0], 0)
        left = nodes
        while walk.at[0] >= 0:
            if left <= 0 or is_over():
                return None
            spent = min(left, max(nodes // 8, 1), LOOK)
            found = explore(tables, begin, edges, nothing, nothing, False, spent, walk)
            left -= 0 if found else spent
            if found:  # not all of the nodes were needed
                least[k] = walk.upper[0] + constant
                best[k] = walk.best
                walk.upper[0] -= BETTER * max(abs(walk.upper[0]), 1.0)
    return least, best

"""Tables of a channel assignment, and bounds by moving their costs."""

from dataclasses import dataclass

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_network import ChannelNetwork
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_tables import (
    Moves,
    Tables,
    best_states,
    bound_of_messages,
    fill,
    move_costs,
    pass_messages,
)

ROUNDING = 1e-12
"""Relative error of sums of minima."""
WHOLE = 1e-9
"""Part of a step by which a bound may be above a multiple and not be rounded up."""
SAME = 1e-12
"""Relative distance from multiples at which penalties count as such."""


def tables_of(known: ChannelNetwork, forbidden: float) -> Tables:
    """Costs in the network's unit; what is forbidden costs ``forbidden``."""
    network = known.network
    states = np.diff(network.start)
    owner = np.repeat(np.arange(len(states)), np.diff(network.first))
    arc = np.flatnonzero(owner < network.neighbour)
    key = owner[arc] * len(states) + network.neighbour[arc]
    pairs, place = np.unique(key, return_inverse=True)
    first, second = np.divmod(pairs, max(len(states), 1))
    offset = np.concatenate(([0], np.cumsum(states[first] * states[second])))
    tables = Tables(
        network.start,
        np.zeros(network.start[-1]),
        first,
        second,
        offset,
        np.zeros(offset[-1]),
    )
    fill(network, owner[arc], arc, place, forbidden, tables)
    return tables


@dataclass(frozen=True)
class MovedCosts:
    """Costs moved between pairs of groups and single groups [1]_.

    The sum over groups and pairs stays what it was for every assignment, so that the
    sum of the least entries of each is a bound.

    Attributes
    ----------
    forbidden : float
        What a violated hard pair counts, in the largest penalty.
    up, down : arrays
        What is moved from each table to its second and its first group, by state.

    References
    ----------
    .. [1] M. C. Cooper et al., "Soft arc consistency revisited", Artificial
       Intelligence 174, 2010. https://doi.org/10.1016/j.artint.2010.02.001
    """

    forbidden: float
    up: np.ndarray
    down: np.ndarray

    def bound(self, problem: ChannelAssignment) -> float:
        """Least interference, rounded up where all penalties are multiples of one."""
        known = problem.network
        if isinstance(known, EmptyDomain):
            return np.inf
        if problem.objective != "min_interference" or not self.forbidden >= 0:
            return np.nan
        tables = tables_of(known, self.forbidden)
        states = np.diff(tables.start)
        if (len(self.up), len(self.down)) != (
            states[tables.second].sum(),
            states[tables.first].sum(),
        ):
            return np.nan
        value, scale = bound_of_messages(tables, self.up, self.down)
        scale += np.abs(self.up).sum() + np.abs(self.down).sum()
        return rounded_up((value - ROUNDING * scale) * known.unit, problem)


def rounded_up(value: float, problem: ChannelAssignment) -> float:
    """Least sum of penalties from ``value`` on, where all are multiples of one."""
    costs = np.append(problem.penalty[~problem.is_hard], problem.preferred_cost)
    costs = costs[costs > 0]
    if not costs.size:
        return max(value, 0.0) + 0.0
    step = costs.min()
    multiples = costs / step
    if (np.abs(multiples - np.rint(multiples)) > SAME * multiples).any():
        return max(value, 0.0) + 0.0
    return (
        max(float(np.ceil(value / step * (1 - WHOLE) - WHOLE)), 0.0) * float(step) + 0.0
    )


class Messages:
    """Messages that raise the bound with each round.

    Parameters
    ----------
    known : ChannelNetwork
        Groups and pairs.
    forbidden : float
        What a violated hard pair counts, in the largest penalty.
    """

    def __init__(self, known: ChannelNetwork, forbidden: float) -> None:
        self.tables, self.forbidden = tables_of(known, forbidden), forbidden
        tables, states = self.tables, np.diff(self.tables.start)
        ends = np.concatenate((tables.first, tables.second))
        order = np.argsort(ends, kind="stable")
        up, down = states[tables.second], states[tables.first]
        self.moves = Moves(
            np.searchsorted(ends[order], np.arange(len(states) + 1)),
            np.tile(np.arange(len(tables.first)), 2)[order],
            np.cumsum(up) - up,
            np.cumsum(down) - down,
            np.zeros(up.sum()),
            np.zeros(down.sum()),
            tables.single.copy(),
            np.empty(states.max(initial=0)),
        )

    def round(self) -> None:
        """Send messages up and down once."""
        pass_messages(self.tables, self.moves, True)
        pass_messages(self.tables, self.moves, False)

    def states(self) -> np.ndarray:
        """State (W,) of each group that moved costs suggest."""
        chosen = np.zeros(len(self.tables.start) - 1, np.intp)
        best_states(self.tables, self.moves, chosen)
        return chosen

    def value(self) -> float:
        """Bound by now, in the largest penalty, but for rounding."""
        return bound_of_messages(self.tables, self.moves.up, self.moves.down)[0]

    def argument(self) -> MovedCosts:
        """What has been moved by now."""
        return MovedCosts(self.forbidden, self.moves.up.copy(), self.moves.down.copy())


def moved(tables: Tables, messages: Messages) -> tuple[Tables, float]:
    """Tables after moving costs, each with a least entry of 0; what that takes away."""
    cost = tables.cost.copy()
    constant = move_costs(tables, messages.moves, cost)
    single = np.where(np.isinf(tables.single), np.inf, messages.moves.total)
    return tables._replace(single=single, cost=cost), constant

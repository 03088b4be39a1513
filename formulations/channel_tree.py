"""A search over all states of a channel assignment, some nodes at a time."""

import numpy as np

from formulations.channel_network import ChannelNetwork
from formulations.channel_tables import Messages, moved, rounded_up, tables_of
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_tree import Walk, explore, next_group

ROUNDING = 1e-9
"""Part of the best cost by which another must be lower to count."""


class ChannelTree:
    """Search for assignments that are better than the best known.

    Parameters
    ----------
    problem : ChannelAssignment
        Whose objective counts.
    known : ChannelNetwork
        Its groups and states.
    messages : Messages
        Of the network. For the least interference, with the forbidden at least as dear
        as ``upper``: what they have moved makes the bounds of all nodes sharper. For
        others with the forbidden at inf.
    upper : float
        Objective to be beaten, inf without one.

    Attributes
    ----------
    nodes : int
        States that it was allowed to try.
    """

    def __init__(
        self,
        problem: ChannelAssignment,
        known: ChannelNetwork,
        messages: Messages,
        upper: float,
    ) -> None:
        self.problem, self.known, self.nodes = problem, known, 0
        self.by_number = problem.objective == "min_order"
        self.first, self.channel = _channels_of_states(known)
        self.begin, self.edges = messages.moves.begin, messages.moves.edges
        self.tables, self.constant = messages.tables, 0.0
        if problem.objective == "min_interference":
            self.tables, self.constant = moved(tables_of(known, np.inf), messages)
        self.single = self.tables.single.copy()
        states, groups = len(self.single), len(self.begin) - 1
        self.walk = Walk(
            np.zeros(groups + 1, np.int64),
            np.full(groups, -1),
            np.full(groups, -1),
            np.zeros(states, np.bool_),
            np.zeros((groups + 1, states)),
            np.zeros(groups + 1),
            np.zeros(self.channel.max(initial=0) + 1, np.int64),
            np.zeros(1),
            np.zeros(3, np.int64),
        )
        self._beat(upper)
        self._restart()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left that could be better than the best known."""
        return bool(self.walk.at[0] < 0)

    def explore(self, nodes: int) -> Channels | None:
        """Go on for some nodes, until something better is found."""
        self.nodes += nodes
        found = explore(
            self.tables,
            self.begin,
            self.edges,
            self.first,
            self.channel,
            self.by_number,
            nodes,
            self.walk,
        )
        if not found:
            return None
        better = Channels(self.known.channels(self.walk.best))
        self._beat(self.problem.evaluate(better))
        if self.problem.objective == "min_span":
            self._restart()
        return better

    def bound(self, upper: float) -> float:
        """What an exhausted search proves, with the best objective known."""
        if self.problem.objective != "min_interference" or np.isinf(upper):
            return upper
        return rounded_up(upper * (1 - 2 * ROUNDING), self.problem)

    def _beat(self, upper: float) -> None:
        """Look only for what is better than ``upper``."""
        walk = self.walk
        walk.upper[0] = upper
        if self.problem.objective == "min_interference":
            unit = self.known.unit
            walk.upper[0] = upper * (1 - ROUNDING) / unit - self.constant
        elif self.problem.objective == "min_span":
            walk.upper[0] = np.inf
            self.single[self.known.highest >= upper] = np.inf
        elif self.problem.objective == "feasible" and upper < np.inf:
            walk.at[0] = -1

    def _restart(self) -> None:
        """Begin at the root."""
        walk = self.walk
        if walk.at[0] < 0:
            return
        walk.chosen[:], walk.tried[:], walk.used[:] = -1, False, 0
        walk.price[0], walk.at[1] = self.single, 0
        room = np.inf if self.by_number else walk.upper[0]
        walk.group[0] = next_group(self.tables, self.begin, walk, 0, room)
        walk.at[0] = min(walk.group[0], 0)


def _channels_of_states(known: ChannelNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Channels of each state of the groups, numbered from 0, and where they begin."""
    entry, place, _ = known.entries()
    order = np.argsort(place, kind="stable")
    number = np.unique(known.network.channel[entry], return_inverse=True)[1]
    first = np.searchsorted(place[order], np.arange(known.network.start[-1] + 1))
    return first, number[order]

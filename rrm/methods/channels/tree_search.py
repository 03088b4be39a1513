"""Branch and bound over the states of groups: for small problems, exact."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channel_dominance import of_whole
from formulations.channel_tables import Messages
from formulations.channel_tree import ChannelTree
from formulations.channels import ChannelAssignment
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.registry import method

NODES = 1000  # between looks at the clock, at most
PRICES = 500_000  # that nodes between two looks write, one for each state
ROUNDS = 50  # of messages that sharpen the bounds of all nodes
MOST_ENTRIES = 4_000_000  # of tables
PAIR_SECONDS = 1e-8  # that tables take for each pair of channels
MOST_PRICES = 10_000_000  # states times groups: one row of prices a depth


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    prices = len(problem.choices.channel) * problem.sizes["V"]
    if prices > MOST_PRICES or problem.pairs_of_channels > MOST_ENTRIES:
        return "searches through small problems alone"
    return None


@method(
    ChannelAssignment,
    kind="exact",
    applies=applies,
    proves="the optimum by search, and that there is no assignment",
    rank=30,
    share=0.3,
)
def tree_search(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Decide the group with fewest states left, cheapest state first [1]_.

    Costs of interference are moved to single groups before, so that their least ones
    add up to a bound at every node.

    Complexity: exponential at worst; a node takes O(E C^2) for E pairs and C channels.

    References
    ----------
    .. [1] M. C. Cooper et al., "Soft arc consistency revisited", Artificial
       Intelligence 174, 2010. https://doi.org/10.1016/j.artint.2010.02.001
    """
    if incumbent.remaining() < PAIR_SECONDS * problem.pairs_of_channels:
        return
    reduced = problem.undominated
    known = reduced.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(np.inf, of_whole(known, problem))
        return
    if incumbent.expired(0):
        return
    upper = np.inf if incumbent.allocation is None else incumbent.objective
    adds_up = problem.objective == "min_interference"
    messages = Messages(known, dear(upper, known.unit) if adds_up else np.inf)
    if adds_up:
        for _ in range(ROUNDS):
            if incumbent.expired(0):  # one unit of work is a number of nodes
                return
            messages.round()
    tree = ChannelTree(reduced, known, messages, upper)
    nodes = min(NODES, PRICES // len(known.network.soft) + 1)
    while not tree.is_done:
        if incumbent.expired():
            return
        better = tree.explore(nodes)
        if better is not None:
            upper = problem.evaluate(better)
            incumbent.offer(better)
    incumbent.tighten(tree.bound(upper), BySearch("tree of channels", tree.nodes))


def dear(upper: float, unit: float) -> float:
    """What a violated hard pair costs, in units: more than what is to be beaten."""
    return 1.0 + (1.0 if np.isinf(upper) else upper / unit)

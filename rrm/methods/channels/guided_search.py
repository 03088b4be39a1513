"""Local search that makes dearer what it cannot get rid of."""

import numpy as np

from formulations.channel_domains import EmptyDomain
from formulations.channels import ChannelAssignment, Channels
from formulations.kernels.channel_costs import windows
from formulations.kernels.channel_guided import Guided, forget, guide, mirrored
from formulations.kernels.channel_moves import FREE, greedy, tables
from rrm.incumbent import Incumbent
from rrm.registry import method

WORK_PER_CHUNK = 100_000  # states and pairs between looks at the clock: 0.5 ms
HEAVY = 2.0  # what a hard pair costs where the largest penalty is in [1, 2)
STEPS = (3.0, 0.3)  # of penalties, in the mean cost of what is violated
FIRST_CHUNKS = 100  # of the first phases; those of each next round are twice as long


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "min_interference":
        return f"weighs penalties, not {problem.objective}"
    return None


@method(ChannelAssignment, kind="heuristic", applies=applies, rank=9, share=2.0)
def guided_search(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Descend; penalize violated pairs that cost most for their penalties; go on [1]_.

    The step of penalties takes turns, each time from the best assignment and without
    penalties: large steps find what heavy pairs allow, small ones the rest.

    References
    ----------
    .. [1] C. Voudouris, E. Tsang, "Guided local search and its application to the
       traveling salesman problem", EJOR 113(2), 1999.
       https://doi.org/10.1016/S0377-2217(98)00099-X
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    network = known.network
    costs = windows(network, HEAVY)
    groups, states = len(network.start) - 1, network.start[-1]
    chosen = np.full(groups, FREE, np.intp)
    if incumbent.allocation is not None:
        chosen = known.states(incumbent.allocation.channel)
    hard, soft = tables(network, chosen)
    greedy(known.highest, network, chosen, hard, soft)
    guided = Guided(
        chosen,
        chosen.copy(),
        np.empty(states),
        mirrored(costs),
        np.zeros(len(costs.neighbour), np.int64),
        costs.weight.copy(),
        np.zeros(groups, np.intp),
        np.zeros(groups, bool),
        np.zeros(2, np.intp),
        np.zeros(2),
        np.array([incumbent.seed + 88172645463325252], np.uint64),
    )
    chunks = FIRST_CHUNKS
    while True:
        for step in STEPS:
            size = step * forget(costs, guided)
            before = guided.value[1]
            for _ in range(chunks):
                done = guide(WORK_PER_CHUNK, size, costs, guided)
                if guided.value[1] < before:
                    before = guided.value[1]
                    incumbent.offer(Channels(known.channels(guided.best)))
                if done or incumbent.expired():
                    incumbent.offer(Channels(known.channels(guided.best)))
                    return
        chunks *= 2

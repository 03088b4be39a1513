"""Channels that a transmitter need not take, as another one is never worse."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from formulations.channel_blocks import BlockTree
from formulations.channel_domains import EmptyDomain
from formulations.channel_elimination import Elimination
from formulations.channel_network import ChannelNetwork
from formulations.channels import ChannelAssignment
from twins.record import frozen


@dataclass(frozen=True, eq=False)
class Undominated:
    """A bound that holds without the channels that are dominated, and so with them.

    Attributes
    ----------
    argument : object
        Its ``bound`` is asked of ``problem.undominated``.
    """

    argument: Any

    def bound(self, problem: ChannelAssignment) -> float:
        """What the argument proves of the problem without dominated channels.

        nan where it is none of those that are recomputed here.
        """
        if type(self.argument) not in (EmptyDomain, Elimination, BlockTree):
            return np.nan
        return float(self.argument.bound(problem.undominated))

    def __str__(self) -> str:
        return f"without dominated channels: {self.argument}"


def of_whole(argument: Any, problem: ChannelAssignment) -> Any:
    """What ``argument`` about ``problem.undominated`` says of ``problem``."""
    return argument if problem.undominated is problem else Undominated(argument)


def without_dominated(problem: ChannelAssignment) -> ChannelAssignment:
    """Build the problem without dominated channels, itself where there are none.

    A state of a group is dominated if another one costs no more by itself, violates no
    pair with any channel left at the other end that it does not violate, too, and, for
    the span, uses no larger channel: some optimum is left [1]_, [2]_. Nothing is known
    of how many channels are used in all (``min_order``).

    Complexity: O(A S^2) for A pairs and S states of a group, mostly O(S^2) a group.

    References
    ----------
    .. [1] J. Desmet, M. De Maeyer, B. Hazes, I. Lasters, "The dead-end elimination
       theorem and its use in protein side-chain positioning", Nature 356, 1992.
       https://doi.org/10.1038/356539a0
    .. [2] E. C. Freuder, "Eliminating interchangeable values in constraint satisfaction
       problems", Proc. AAAI, 1991 (neighborhood substitutability).
    """
    from formulations.kernels.channel_dominance import dominated

    known = problem.network
    if problem.objective == "min_order" or not isinstance(known, ChannelNetwork):
        return problem
    is_span = problem.objective == "min_span"
    top = known.highest if is_span else np.zeros(known.network.start[-1], np.int64)
    gone = dominated(known.network, top)
    if not gone.any():
        return problem
    entry, state, width = known.entries()
    stays = ~gone[state]
    owner = np.repeat(np.arange(len(width)), width)[stays]
    first = np.searchsorted(owner, np.arange(len(width) + 1)).tolist()
    left = known.network.channel[entry[stays]]
    distinct: dict[bytes, np.ndarray] = {}  # what is equal stays one array
    domains = []
    for begin, end in pairwise(first):
        own = left[begin:end]
        key = own.tobytes()
        if key not in distinct:
            distinct[key] = frozen(np.unique(own).astype(np.intp))
        domains.append(distinct[key])
    return problem.derived(domains=tuple(domains))

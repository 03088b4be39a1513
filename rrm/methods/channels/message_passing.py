"""Bounds on interference by moving costs between pairs and single transmitters."""

from formulations.channel_domains import EmptyDomain
from formulations.channel_tables import Messages
from formulations.channels import ChannelAssignment, Channels
from rrm.incumbent import Incumbent
from rrm.registry import method

MOST_ENTRIES = 40_000_000  # of tables: 320 MB
GROWTH = 1.2  # of the number of rounds between looks at the bound
ENOUGH = 1e-4  # relative rise of the bound between looks that is worth more rounds
STALLS = 12  # looks without that, until the end


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "min_interference":
        return f"bounds interference, not {problem.objective}"
    if problem.pairs_of_channels > MOST_ENTRIES:
        return f"lists at most {MOST_ENTRIES} pairs of channels"
    return None


@method(
    ChannelAssignment,
    kind="decomposition",
    applies=applies,
    proves="a lower bound on interference from costs that were moved",
    rank=20,
    share=0.3,
)
def message_passing(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Send costs up and down the groups; offer what the moved costs suggest [1]_.

    Complexity: a round takes O(E C) for E pairs and C channels, O(E C^2) where a pair's
    costs have no order.

    References
    ----------
    .. [1] V. Kolmogorov, "A new look at reweighted message passing", IEEE TPAMI 37(5),
       2015. https://doi.org/10.1109/TPAMI.2014.2363465
    """
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
        return
    most = 1.0
    if incumbent.allocation is not None:
        most = max(most, incumbent.objective / known.unit)
    messages = Messages(known, 1.0 + most)
    done, look, best, stalled = 0, 1, 0.0, 0
    while not incumbent.expired() and stalled < STALLS:
        messages.round()
        done += 1
        if done < look and incumbent.remaining() > 0.0:
            continue
        look = int(GROWTH * done) + 1
        incumbent.offer(Channels(known.channels(messages.states())))
        if incumbent.expired(0):
            return
        value = messages.value()
        stalled = 0 if value > best + ENOUGH * abs(best) else stalled + 1
        if value >= best:
            best = value
            incumbent.tighten(value, messages.argument())

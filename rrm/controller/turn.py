"""What a turn did, and how the loop fares."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rrm.controller.command import Command
from rrm.controller.settlement import Unfollowed
from twins.declaration import FieldError

SHARES = {
    "measure": 0.20,
    "observe": 0.02,
    "update": 0.33,
    "report": 0.03,
    "compose": 0.02,
    "solve": 0.30,
    "confirm": 0.04,
    "send": 0.06,
}
"""Part of the deadline that each step has; a step may take more, as long as half
of the shares of all later steps is left.

Observing is of what earlier turns sent, so it stands where the report has come."""
WORDS = {
    "measure": "no report",
    "update": "last snapshot",
    "report": "last context report",
    "compose": "last allocation",
    "solve": "last allocation",
    "confirm": "last allocation",
    "send": "the rest is not sent",
    "observe": "asked again next turn",
}
"""What stands in for each step."""


def duration(field: str, seconds: float) -> float:
    """``seconds``, if a turn may take them.

    Raises
    ------
    FieldError
        If they are no time in which anything could be decided.
    """
    if not isinstance(seconds, (int, float, np.number)) or not 0 < seconds < np.inf:
        raise FieldError(f"Controller.{field}", None, repr(seconds), "in (0, inf) s")
    return float(seconds)


def ends(name: str) -> float:
    """Part of the deadline at which a step must have ended."""
    later = list(SHARES)[list(SHARES).index(name) + 1 :]
    return 1.0 - 0.5 * sum(SHARES[one] for one in later)


@dataclass(frozen=True)
class Turn:
    """One turn of the loop.

    Attributes
    ----------
    number : int
        From 1.
    id : str
        Of the decision in the journal; empty where none was made.
    time : float
        s since epoch.
    sent : tuple of Command
        All that went out.
    acknowledged : int
        Of them.
    without_effect : tuple of Command
        Acknowledged earlier, and not to be seen in the network.
    fallbacks : tuple of str
        What stood in for which step, and why.
    seconds : float
        What the turn took.
    set_aside : tuple of Unfollowed
        What was asked and is not followed, for whom, and why.
    """

    number: int
    id: str
    time: float
    sent: tuple[Command, ...]
    acknowledged: int
    without_effect: tuple[Command, ...]
    fallbacks: tuple[str, ...]
    seconds: float
    set_aside: tuple[Unfollowed, ...] = ()

    def fields(self) -> dict[str, Any]:
        """Fields of the turn's log record."""
        return {
            "turn": self.number,
            "decision": self.id,
            "sent": len(self.sent),
            "acknowledged": self.acknowledged,
            "without_effect": len(self.without_effect),
            "fallbacks": list(self.fallbacks),
            "seconds": self.seconds,
            "set_aside": [one.sentence for one in self.set_aside],
        }


@dataclass(frozen=True)
class Health:
    """Whether the loop turns, and whether its decisions can be relied on.

    Attributes
    ----------
    alive : bool
        A turn began not long ago; a step that hangs is in ``reasons``.
    ready : bool
        There is nothing in ``reasons``.
    reasons : tuple of str
        What is not as it should be.
    set_aside : tuple of Unfollowed
        What was asked and is not followed in the last turn; the loop is ready all the
        same.
    """

    alive: bool
    ready: bool
    reasons: tuple[str, ...]
    set_aside: tuple[Unfollowed, ...] = ()

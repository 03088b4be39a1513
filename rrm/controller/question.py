"""What a decision rests on, and what the engine said to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from rrm.controller.settlement import Unfollowed
from rrm.solution import Solution, Stopped
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport

WORK = 40
"""Of a search; it ends by this and not by time, so that it repeats."""


@dataclass(frozen=True, eq=False)
class Question:
    """All that a decision rests on.

    Attributes
    ----------
    id : str
        Of the decision.
    snapshot, report
        What is known, and what was said and can hold together.
    power : (B,) W
        What cells are set to send.
    moved : mapping
        By user: s since epoch until which it was told where to be.
    deaf : tuple of (target, attribute)
        What did not follow and is not asked again for now.
    prices : mapping
        By sentence: what it costs, from the turn before.
    seed, seconds, work
        Of each of the two searches.
    expires, frees : float
        s since epoch until which the decision holds, and until which a user holds on
        to the cell that it was moved to for the sake of loads.
    waiting : tuple of (B,) W
        Powers found in the turn before, for other places and demands than now: a search
        that is tried on what it was made for always looks good.
    tolerance : float
        Share of the demand by which the twin was wrong of late.
    set_aside : tuple of Unfollowed
        What was said and does not hold, or not for all.
    excess : tuple of str
        Sentences with floors that no powers keep; powers do not aim at these.
    """

    id: str
    snapshot: TwinSnapshot
    report: "ContextReport | None"
    power: np.ndarray
    moved: Mapping[str, float] = field(default_factory=dict)
    deaf: tuple[tuple[str, str], ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 0.03
    work: int = WORK
    expires: float = np.inf
    frees: float = np.inf
    waiting: tuple[np.ndarray, ...] = ()
    tolerance: float = 0.0
    set_aside: tuple[Unfollowed, ...] = ()
    excess: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Answer:
    """What the engine said, and what is made of it.

    Attributes
    ----------
    cell : (U,) int
        Serving cell, -1 for none.
    power : (B,) W
        Of all cells.
    told : (U,) bool
        Users who must be told; others go to their cells by themselves.
    balanced : (U,) bool
        Of them: moved for the sake of loads alone.
    association, powers : Solution or None
        None where the search gave nothing, or there was nobody to serve.
    served : float
        Share of the demand that the twin expects to be carried.
    waiting : tuple of (B,) W
        Powers that were found, to be tried next turn.
    notes : tuple of str
        What was given up.
    itself : (U,) int
        Where users go by themselves at the powers that are set, -1 for none.
    unkept : tuple of Unfollowed
        Shares of slices that the serving cells do not keep.
    """

    cell: np.ndarray
    power: np.ndarray
    told: np.ndarray
    balanced: np.ndarray
    association: Solution | None = None
    powers: Solution | None = None
    served: float = np.nan
    waiting: tuple[np.ndarray, ...] = ()
    notes: tuple[str, ...] = ()
    itself: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    unkept: tuple[Unfollowed, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether both searches ended by work, gap or by themselves, not by time."""
        found = [one for one in (self.association, self.powers) if one is not None]
        return all(
            one.stopped is not Stopped.DEADLINE
            and all(s["seconds"] < 0.8 * s["share"] for s in one.plan if "share" in s)
            for one in found
        )

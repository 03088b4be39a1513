"""What methods reached in calls of ``solve``, in the form that models are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rrm.registry import INSTANT
from rrm.selection.features import names_of
from rrm.selection.models import GRID, TIERS
from rrm.selection.schedule import NO_ANSWER
from rrm.solution import Solution, relative_gap
from twins.declaration import FieldError

BEGINNING = b'{"problem": "'
"""Of each line."""


class Event(NamedTuple):
    """An improvement during a call: when, to which objective and bound, by whom."""

    seconds: float
    objective: float
    bound: float
    method: str


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the methods that a call began with have reached by when.

    Attributes
    ----------
    problem : str
        Name of the problem's class.
    features : dict
        Of the problem, by name, see :mod:`rrm.selection.features`.
    tier : float
        Limit of time in s that the curves belong to.
    curves : dict
        By method (2, P): gaps of its answers and bounds to the best that the call came
        to, at the times of ``GRID``; nan from where it no longer ran.
    """

    problem: str
    features: dict[str, float]
    tier: float
    curves: dict[str, np.ndarray]

    def line(self) -> str:
        """Return the outcome as a line of JSON, without numbers that JSON lacks."""
        curves = {
            name: [[None if np.isnan(x) else round(x, 7) for x in row] for row in rows]
            for name, rows in ((name, c.tolist()) for name, c in self.curves.items())
        }
        row = {"problem": self.problem, "features": self.features}
        row |= {"tier": self.tier, "curves": curves}
        return json.dumps(row, allow_nan=False) + "\n"


def outcome_of(
    solution: Solution, events: Sequence[Event], seconds: float, features: np.ndarray
) -> Outcome | None:
    """Outcome of a call, None where no method began with it.

    Only methods that begin with the call can be compared with those of the training:
    the first of the plan, and the first beside it. Later ones have others' answers.

    Parameters
    ----------
    solution : Solution
        What the call gave.
    events : sequence of Event
        Its improvements.
    seconds : float
        Its budget.
    features : (F,)
        Of its problem.
    """
    kind = type(solution.problem)
    tier = next((tier for tier in TIERS if seconds <= 1.001 * tier), TIERS[-1])
    curves = {}
    for place in ("inline", "beside"):
        step = next((row for row in solution.plan if row.get("place") == place), None)
        if step is not None and step["method"] not in curves:
            curve = curve_of(step, events, solution.objective, tier)
            curves[step["method"]] = curve
    if not curves:
        return None
    named = zip(names_of(kind), features.tolist(), strict=True)
    return Outcome(kind.__name__, dict(named), tier, curves)


def curve_of(
    step: Mapping[str, Any], events: Sequence[Event], best: float, tier: float
) -> np.ndarray:
    """Gaps (2, P) of one method's answers and bounds, nan from where it was stopped.

    Answers without a search count as everybody's. ``step`` is the row of the plan.
    """
    name, ran = step["method"], step["seconds"]
    times = GRID * tier
    curve = np.empty((2, len(GRID)))
    curve[0], curve[1] = NO_ANSWER, 1.0
    for event in events:
        if event.method not in (INSTANT, name):
            continue
        after = times >= event.seconds
        if not np.isnan(event.objective):
            gap = min(relative_gap(event.objective, best), 1.0)
            curve[0, after] = np.minimum(curve[0, after], gap)
        if event.method == name:
            proof = min(relative_gap(event.bound, best), 1.0)
            curve[1, after] = np.minimum(curve[1, after], proof)
    if ran >= 0.95 * step["share"]:  # stopped: what it would have done is not known
        curve[:, times > ran] = np.nan
    return curve


def read_outcomes(path: Path) -> list[Outcome]:
    """Outcomes in a file, the oldest first; a last line that was cut off is left out.

    Only the beginning of an outcome is one that was cut off.

    Raises
    ------
    FieldError
        If another line is not an outcome; names the line.
    """
    lines = path.read_bytes().split(b"\n")
    if lines[-1][: len(BEGINNING)] == BEGINNING[: len(lines[-1])]:
        lines.pop()
    outcomes = []
    for number, line in enumerate(lines, start=1):
        try:
            outcomes.append(_outcome(json.loads(line.decode())))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            allowed = "a line that rrm.Selector has written"
            found = line[:80].decode(errors="replace")
            raise FieldError(str(path), (number,), found, allowed) from error
    return outcomes


def _outcome(row: Mapping[str, Any]) -> Outcome:
    features = {str(name): float(value) for name, value in row["features"].items()}
    curves = {
        str(name): np.array(curve, dtype=float)  # null becomes nan
        for name, curve in row["curves"].items()
    }
    if row["tier"] not in TIERS:
        raise ValueError(row["tier"])
    if not all(curve.shape == (2, len(GRID)) for curve in curves.values()):
        raise ValueError(row["curves"])
    return Outcome(str(row["problem"]), features, float(row["tier"]), curves)

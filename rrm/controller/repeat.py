"""A kept decision made again from its inputs, and compared bit for bit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import rrm
from rrm.controller.decision import Engine, answered, commanded, composed
from rrm.controller.journal import question_of

PATIENCE = 60.0
"""s for a search that work ends; the machine may be slower than the one before."""


@dataclass(frozen=True)
class Repeated:
    """What came of making a decision again.

    Attributes
    ----------
    id : str
        Of the decision.
    differences : tuple of str
        Parts that differ from what was kept; empty: the same bit for bit.
    searched : bool
        Whether the engine searched again. Where time ended the search, as no amount of
        work had been reached, the kept allocation stands for it.
    commands : tuple of dict
        As they come out now.
    """

    id: str
    differences: tuple[str, ...]
    searched: bool
    commands: tuple[dict[str, Any], ...]


def repeated(record: Mapping[str, Any], engine: Engine | None = None) -> Repeated:
    """Make the decision of a record again.

    Raises
    ------
    ValueError
        If the record is not of this schema.
    """
    question, kept = question_of(record), record["answer"]
    question = replace(question, seconds=PATIENCE)
    solver = rrm if engine is None else engine
    answer = answered(question, composed(question), solver)
    differences = []
    if kept["repeats"]:
        for name in ("cell", "power", "told", "balanced"):
            if getattr(answer, name).tolist() != kept[name]:
                differences.append(name)
    else:
        names = ("cell", "power", "told", "balanced")
        answer = replace(answer, **{name: np.array(kept[name]) for name in names})
    made = [one.to_json() for one in commanded(question, answer)]
    commands = json.loads(json.dumps(made))
    if commands != record["commands"]:
        differences.append("commands")
    return Repeated(
        question.id, tuple(differences), bool(kept["repeats"]), tuple(commands)
    )

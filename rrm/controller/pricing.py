"""What sentences cost, found in the background when they change."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from rrm.controller.background import Background
from rrm.controller.decision import (
    Answer,
    Engine,
    Question,
    associated,
    composed,
    searched,
)
from rrm.prices import ItemPrice, prices_by

logger = logging.getLogger(__name__)


def priced(
    question: Question, answer: Answer, engine: Engine
) -> dict[str, Mapping[str, ItemPrice]]:
    """Prices of sentences in a decision: by problem, then by sentence.

    The same searches are made without each of the items.
    """
    report, time = question.report, question.snapshot.time
    found: dict[str, Mapping[str, ItemPrice]] = {}
    if report is None:
        return found
    if answer.association is not None:
        found["association"] = prices_by(
            report,
            time,
            answer.association,
            lambda other: associated(
                (without := replace(question, report=other)), composed(without), engine
            ),
        )
    if answer.powers is not None:
        found["powers"] = prices_by(
            report,
            time,
            answer.powers,
            lambda other: searched(
                replace(question, report=other), answer.itself, engine, []
            ),
        )
    return found


class Pricing:
    """Latest prices by sentence; they may be some turns old.

    Parameters
    ----------
    engine : Engine
        Of the decisions.

    Attributes
    ----------
    prices : mapping
        By sentence, in the objective's unit, of powers where both have one.
    """

    def __init__(self, engine: Engine) -> None:
        self.prices: Mapping[str, float] = {}
        self._engine = engine
        self._priced: tuple[str, ...] = ()
        self._search = Background("rrm-price")

    def start(self, question: Question, answer: Answer) -> None:
        """Price the items that hold now, if they are others than before."""
        report = question.report
        if report is None or self._search.is_busy:
            return
        held = report.items_at(question.snapshot.time)
        said = tuple(item.model_dump_json() for item in held)
        if said == self._priced:
            return
        self._priced = said
        self._search.start(partial(self._price, question, answer))

    def wait(self, seconds: float) -> None:
        """Return when prices are found, or after ``seconds`` s."""
        self._search.wait(seconds)

    def _price(self, question: Question, answer: Answer) -> None:
        found: dict[str, float] = {}
        try:
            for prices in priced(question, answer, self._engine).values():
                found |= {word: one.price for word, one in prices.items()}
        except Exception:  # prices explain a decision, they do not make it
            logger.exception("sentences could not be priced")
        self.prices = {word: p for word, p in found.items() if np.isfinite(p)}

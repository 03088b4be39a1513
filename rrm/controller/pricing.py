"""What sentences cost, found in the background when they change."""

import logging
import threading
from collections.abc import Mapping

import numpy as np

from rrm.controller.decision import Answer, Question
from rrm.prices import item_prices

logger = logging.getLogger(__name__)

SECONDS = 0.05
"""For each problem without one of the sentences."""


class Pricing:
    """Latest prices by sentence; they may be some turns old.

    Attributes
    ----------
    prices : mapping
        By sentence, in the objective's unit, of powers where both have one.
    """

    def __init__(self) -> None:
        self.prices: Mapping[str, float] = {}
        self._priced: tuple[str, ...] = ()
        self._thread: threading.Thread | None = None

    def start(self, question: Question, answer: Answer) -> None:
        """Price the items that hold now, if they are others than before."""
        report = question.report
        if report is None or (self._thread is not None and self._thread.is_alive()):
            return
        held = report.items_at(question.snapshot.time)
        said = tuple(item.model_dump_json() for item in held)
        if said == self._priced:
            return
        self._priced = said
        self._thread = threading.Thread(
            target=self._price, args=(question, answer), name="rrm-price", daemon=True
        )
        self._thread.start()

    def _price(self, question: Question, answer: Answer) -> None:
        found: dict[str, float] = {}
        decided = question.snapshot.derived(previous=answer.cell)
        report = question.report
        try:
            for solution, snapshot in (
                (answer.association, question.snapshot),
                (answer.powers, decided),
            ):
                if solution is None or report is None:
                    continue
                kind = type(solution.problem)
                prices = item_prices(snapshot, report, kind, solution, SECONDS)
                found |= {w: p.price for w, p in prices.items()}
        except Exception:  # prices explain a decision, they do not make it
            logger.exception("sentences could not be priced")
        self.prices = {word: p for word, p in found.items() if np.isfinite(p)}

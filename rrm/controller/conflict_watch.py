"""What contradicts in what was said: settled and told in turns, searched beside."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from formulations import PowerControl, UserAssociation
from formulations.precedence import FLOORS
from rrm.budget import Budget
from rrm.conflicts import Conflict, resolved
from rrm.controller.background import Background
from rrm.controller.decision import ASSOCIATE, GAP, Engine, composed, power_methods
from rrm.controller.presence import present
from rrm.controller.question import Answer, Question
from rrm.controller.settlement import Unfollowed, sentence, settled
from rrm.solution import Solution

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport

logger = logging.getLogger(__name__)

SECONDS = 0.2
"""Of each search in the background."""
AGAIN = 60.0
"""s after which floors that powers could not keep are looked at again."""
ITEMS = 8
"""In conflict at most for which options are searched; this takes time from turns."""


class ConflictWatch:
    """What contradicts in what was said, and what each way out would give.

    Parameters
    ----------
    engine : Engine
        Of the decisions.

    Attributes
    ----------
    conflicts : tuple of Conflict
        The latest that were found, with their options; they may be some turns old.
    """

    def __init__(self, engine: Engine) -> None:
        self.conflicts: tuple[Conflict, ...] = ()
        self._engine = engine
        self._excess: dict[str, Unfollowed] = {}
        self._told: frozenset[Unfollowed] = frozenset()
        self._searched: tuple[Any, ...] = ()
        self._again = 0.0
        self._search = Background("rrm-conflicts")

    def composed(self, question: Question) -> tuple[Question, UserAssociation]:
        """Question about what can hold together of all that was said; its problem."""
        found = settled(question.snapshot, question.report)
        said = () if found.report is None else found.report.items
        held = [one for one in said if one.is_valid_at(question.snapshot.time)]
        words = {sentence(item) for item in held if str(item.kind) in FLOORS}
        given_up = self._excess  # the search may replace it at any time
        excess = tuple(one for one in given_up if one in words)
        gone = tuple(given_up[one] for one in excess)
        gone = (*question.set_aside, *found.set_aside, *gone)
        question = replace(question, report=found.report, set_aside=gone, excess=excess)
        return question, composed(question)

    def told(
        self, question: Question, answer: Answer | None, turn: int
    ) -> tuple[Unfollowed, ...]:
        """All that is not followed; logged where it was followed in the turn before."""
        unkept = () if answer is None else answer.unkept
        gone = (*question.set_aside, *unkept)
        for one in gone:
            if one not in self._told:
                extra = {"turn": turn, "decision": question.id, **one.to_json()}
                text = "set aside: %r of %s: %s (%r)"
                values = one.sentence, one.author, one.reason, one.instead
                logger.warning(text, *values, extra=extra)
        self._told = frozenset(gone)
        return gone

    def start(
        self, question: Question, said: "ContextReport | None", answer: Answer
    ) -> None:
        """Search conflicts in all that was ``said``, if it is something else now."""
        if self._search.is_busy:
            return
        if said is None:
            self.conflicts, self._excess, self._searched = (), {}, ()
            return
        now = question.snapshot.time
        floors = bool(answer.notes) or bool(question.excess)
        others = set(question.set_aside).difference(self._excess.values())
        key = (said.items, floors, {one.sentence for one in others})
        if key == self._searched and not (question.excess and now >= self._again):
            return
        self._searched, self._again = key, now + AGAIN
        explained = answer if floors else None
        self._search.start(partial(self._find, question, said, explained))

    def wait(self, seconds: float) -> None:
        """Return when the search has ended, or after ``seconds`` s."""
        self._search.wait(seconds)

    def _find(
        self, question: Question, said: "ContextReport", answer: Answer | None
    ) -> None:
        try:
            found = self._excluded(question, said)
            excess: dict[str, Unfollowed] = {}
            if answer is not None:
                infeasible = self._infeasible(question, answer)
                found += infeasible
                given_up = filter(None, map(_given_up, infeasible))
                excess = {one.sentence: one for one in given_up}
        except Exception:  # conflicts explain a decision, the turn has settled them
            logger.exception("conflicts could not be searched")
            return
        self.conflicts, self._excess = found, excess
        for one in found:
            _log(one)

    def _excluded(
        self, question: Question, said: "ContextReport"
    ) -> tuple[Conflict, ...]:
        """Conflicts of items that exclude each other as they stand."""
        here = present(question.snapshot, said).report or said
        chosen: list[ContextItem] = []
        for one in question.set_aside:
            pair = [item for item in here.items if _is_behind(item, one)]
            new = [item for item in pair if item not in chosen]
            if len(chosen) + len(new) <= ITEMS:
                chosen += new
        if not chosen:
            return ()
        few = said.model_copy(update={"items": tuple(chosen)})
        return self._resolved(question, few, UserAssociation, lambda _: ASSOCIATE)

    def _infeasible(self, question: Question, answer: Answer) -> tuple[Conflict, ...]:
        """Conflicts of floors that no powers keep, where users are now."""
        report = question.report
        if report is None:
            return ()
        snapshot = question.snapshot.derived(previous=answer.itself)
        there = replace(question, snapshot=snapshot)
        return self._resolved(there, report, PowerControl, power_methods)

    def _resolved(
        self,
        question: Question,
        report: "ContextReport",
        problem: Any,
        methods: Callable[[Any], tuple[str, ...]],
    ) -> tuple[Conflict, ...]:
        def solve(one: Any, budget: Any) -> Solution:
            return self._engine.solve(one, budget, methods(one), question.seed)

        budget = Budget(SECONDS, gap=GAP, work=question.work)
        now = tuple(report.items_at(question.snapshot.time))
        report = report.model_copy(update={"items": now})
        return resolved(question.snapshot, report, problem, budget, solve)[1]


def _is_behind(item: "ContextItem", one: Unfollowed) -> bool:
    """Whether an item is what is not followed, or what holds instead."""
    author = f"{item.source.role}/{item.source.author}"
    words = sentence(item)
    return (author, words) == (one.author, one.sentence) or words == one.instead


def _given_up(conflict: Conflict) -> Unfollowed | None:
    """What is told of the item that powers do not aim at, if any gives way."""
    item = conflict.gives_way
    if item is None:
        return None
    others = [sentence(one) for one in conflict.items if one is not item]
    reason = "no powers keep it, proven by the engine; it is not aimed at"
    return Unfollowed.of(item, (), "; ".join(others), reason)


def _log(conflict: Conflict) -> None:
    """Say what cannot hold together, and what the problem is worth without each."""
    words = [sentence(item) for item in conflict.items]
    options = [
        {"without": sentence(one.dropped), "objective": float(one.solution.objective)}
        for one in conflict.options
    ]
    extra = {"items": words, "options": options}
    logger.warning("cannot hold together: %s", "; ".join(words), extra=extra)

"""A language model that is told what bears on a sentence."""

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from llm_bridge.context_report import Retrieved, Told
from llm_bridge.load_changes import load_changes
from llm_bridge.prompts import Prompt
from llm_bridge.providers import Model
from llm_bridge.retrieval import KnowledgeBase, Note, knowledge

if TYPE_CHECKING:
    from twins import TwinSnapshot

NOTES = 3
"""Most notes for a sentence."""


@dataclass
class Informed:
    """A model and what it may be told.

    Parameters
    ----------
    model : Model
        That answers.
    before, now : TwinSnapshot or None
        An earlier state of the network, and the one that the text is about.
    """

    model: Model
    before: "TwinSnapshot | None" = None
    now: "TwinSnapshot | None" = None
    told: list[Told] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Compare the snapshots."""
        self._changes: list[tuple[float, str, str]] = []
        if self.before is not None and self.now is not None:
            self._changes = list(load_changes(self.before, self.now))
        self._notes: dict[str, Note] = {}

    @property
    def name(self) -> str:
        """Of the model."""
        return self.model.name

    def answer(self, prompt: Prompt, seconds: float) -> str | None:
        """Answer of the model."""
        return self.model.answer(prompt, seconds)

    def facts(
        self, sentence: str, cells: tuple[str, ...] = ()
    ) -> list[tuple[float, str]]:
        """Relevance and words: changes of named cells, notes, other changes."""
        found = []
        for share, cell, words in self._changes:
            large = min(abs(share), 1.0)
            found.append((1.0 + large if cell in cells else 0.5 * large, words))
        base = _knowledge()
        best = [] if base is None else base.best(sentence, NOTES)
        for place, note in enumerate(best):
            self._notes[note.text] = note
            found.append((0.9 - 0.1 * place, note.text))
        return found

    def tell(self, sentence: str, facts: tuple[str, ...]) -> None:
        """Remember which facts a prompt had room for."""
        changes = tuple(one for one in facts if one not in self._notes)
        notes = tuple(
            Retrieved(id=note.id, source=note.source, text=note.text)
            for note in (self._notes[one] for one in facts if one in self._notes)
        )
        self.told.append(Told(sentence=sentence, changes=changes, notes=notes))


@cache
def _knowledge() -> KnowledgeBase | None:
    """The notes, where what finds them is installed."""
    try:
        return knowledge()
    except ImportError:
        return None

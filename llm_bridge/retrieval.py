"""Notes that bear on a question: own short texts with source, ranked by BM25 [1]_.

Where :mod:`llm_bridge.embeddings` finds its matrix, what a note means counts as well.

What is retrieved is shown to a model as data, and never read as a request.

References
----------
.. [1] S. Robertson, H. Zaragoza, "The probabilistic relevance framework: BM25 and
   beyond", Foundations and Trends in Information Retrieval 3(4), 2009, section 3.
   https://doi.org/10.1561/1500000019
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from llm_bridge.embeddings import Embeddings, installed

QUESTIONS = ("questions", "paraphrases")
"""Written with the notes at hand; and in other words, before they were ever asked."""
ALIKE = 0.1
"""Cosine from which a note without a word of the question bears on it."""
_WORD = re.compile(r"[a-z0-9][a-z0-9.-]*[a-z0-9]|[a-z0-9]")
_COMMON = {
    "a", "an", "and", "are", "as", "at", "be", "by", "do", "does", "for", "from",
    "has", "have", "how", "in", "into", "is", "it", "its", "many", "much", "not",
    "of", "on", "or", "than", "that", "the", "their", "them", "they", "this", "to",
    "was", "what", "when", "where", "which", "who", "with",
}  # fmt: skip
_ENDINGS = (
    "ations", "ation", "ings", "ing", "ions", "ion", "ies", "es", "ed", "s", "e",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """A short text.

    Attributes
    ----------
    id : str
        Name.
    source : str
        Where it comes from.
    text : str
        What it says.
    """

    id: str
    source: str
    text: str


class KnowledgeBase:
    """Notes, found by words and, with embeddings, by meaning.

    Parameters
    ----------
    notes : sequence of Note
        The notes.
    embeddings : Embeddings or None
        Of tokens; None: by words alone.
    is_lexical : bool
        Whether words count.
    """

    def __init__(
        self,
        notes: Sequence[Note],
        embeddings: Embeddings | None = None,
        is_lexical: bool = True,
    ) -> None:
        import bm25s

        self.notes = tuple(notes)
        self._embeddings, self._is_lexical = embeddings, is_lexical
        self._vectors = None
        if embeddings is not None:
            texts = [f"{note.id.replace('-', ' ')} {note.text}" for note in notes]
            self._vectors = embeddings.vectors(texts)
        self._index: Any = bm25s.BM25()
        words = [stems(f"{note.id} {note.text}") for note in self.notes]
        self._index.index(words, show_progress=False)

    def best(self, question: str, count: int = 5) -> list[Note]:
        """The ``count`` notes that fit a question best, best first."""
        scores, bears = self._scores(question)
        order = sorted(range(len(self.notes)), key=lambda place: -scores[place])
        return [self.notes[place] for place in order[:count] if bears[place]]

    def _scores(self, question: str) -> tuple[np.ndarray, np.ndarray]:
        """Score of each note, and whether it bears on the question at all."""
        words = stems(question) if self._is_lexical else []
        scores = np.zeros(len(self.notes))
        if words:
            scores += self._index.get_scores(words)
            scores /= max(float(scores.max()), 1e-30)
        bears = scores > 0
        if self._embeddings is not None and self._vectors is not None:
            alike = self._vectors @ self._embeddings.vectors([question])[0]
            scores, bears = scores + alike, bears | (alike >= ALIKE)
        return scores, bears


def stems(text: str) -> list[str]:
    """Words of a text without the commonest ones and without endings."""
    words = [word for word in _WORD.findall(text.lower()) if word not in _COMMON]
    parts = [part for word in words for part in (word, *_parts(word))]
    return [_stem(part) for part in parts]


def _parts(word: str) -> list[str]:
    return word.split("-") if "-" in word else []


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def knowledge(by: str = "both") -> KnowledgeBase:
    """The notes that ship with the package.

    Parameters
    ----------
    by : str
        ``words``, ``meaning`` or ``both``; meaning where embeddings are installed.
    """
    notes = [Note(**row) for row in rows("notes")]
    embeddings = None if by == "words" else installed()
    return KnowledgeBase(notes, embeddings, is_lexical=by != "meaning")


def recall(count: int = 5, by: str = "both", questions: str = "questions") -> float:
    """Share of the written questions whose note is among the first ``count``."""
    base, asked = knowledge(by), rows(questions)
    hits = [
        row["note"] in [note.id for note in base.best(row["question"], count)]
        for row in asked
    ]
    return sum(hits) / len(hits)


def rows(name: str) -> list[dict[str, str]]:
    """Notes or questions that ship with the package."""
    path = files("llm_bridge") / "data" / "knowledge" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

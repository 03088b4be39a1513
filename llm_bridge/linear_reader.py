"""A linear reader of whole texts: which kinds of items, and who plays which part.

Logistic regressions on the masked words of a text and around its mentions; weights are
bytes. ``python -m benchmarks.linear_training`` learns them again; the card beside them
says from what, and how well they do.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from llm_bridge.masked_text import (
    checksums,
    masked_text,
    role_features,
    text_features,
)
from llm_bridge.mention_roles import LABELS, ROLES, allowed
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import LEARNED
from llm_bridge.text_mentions import TYPES, TextMention
from llm_bridge.whole_reading import LEAST, Judged

FILE = "linear.npz"
MOST_MENTIONS = 100
"""Of a text; one with more is not judged."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Weights by class and feature, and what they make of features.

    Attributes
    ----------
    known : (F,) uint32
        Checksums of the features that were learned, sorted.
    weights : (C, F) int8
        In units of ``scale``.
    scale, offset : (C,)
        Of the weights, and what is added for each class.
    """

    known: np.ndarray
    weights: np.ndarray
    scale: np.ndarray
    offset: np.ndarray

    def of(self, features: set[str]) -> np.ndarray:
        """Score (C,) of each class."""
        found = checksums(features)
        place = np.searchsorted(self.known, found)
        place = np.minimum(place, len(self.known) - 1)
        place = place[self.known[place] == found]
        score = self.weights[:, place].sum(axis=1, dtype=np.int64) * self.scale
        return score / np.sqrt(len(found)) + self.offset


def quantized(known: np.ndarray, weights: np.ndarray, offset: np.ndarray) -> Scores:
    """Scores of weights (C, F) in floats, rounded to bytes."""
    if weights.shape != (len(offset), len(known)):
        allowed_shape = f"({len(offset)}, {len(known)})"
        raise ValueError(f"weights have shape {weights.shape}: must be {allowed_shape}")
    scale = np.maximum(np.abs(weights).max(axis=1), 1e-30) / 127
    rounded = np.rint(weights / scale[:, None]).astype(np.int8)
    return Scores(known, rounded, scale, offset)


@dataclass(frozen=True, eq=False)
class LinearReader:
    """Judges texts by the kinds' scores and those of the roles."""

    kinds: Scores
    roles: Scores
    name: str = LEARNED

    def judged(
        self, text: PlainText, mentions: list[TextMention], role: str
    ) -> Judged | None:
        """Judgement of a text by an author's role; None if it has too much in it."""
        if len(mentions) > MOST_MENTIONS:
            return None
        masked = masked_text(text, mentions)
        chances = 1 / (1 + np.exp(-self.kinds.of(text_features(masked, role))))
        roles = {}
        for place in np.flatnonzero(chances >= LEAST):
            found = np.zeros((len(mentions), len(ROLES)))
            for number, one in enumerate(mentions):
                may = allowed()[place, TYPES.index(one.type)]
                if may.sum() > 1:
                    score = self.roles.of(
                        role_features(masked, mentions, number, LABELS[place])
                    )
                    odds = np.where(may, np.exp(score - score[may].max()), 0.0)
                    found[number] = odds / odds.sum()
                else:
                    found[number, 0] = 1.0
            roles[int(place)] = found
        return Judged(chances, roles, None)

    def to_file(self, path: str) -> None:
        """Write the arrays."""
        np.savez_compressed(
            path,
            **{
                f"{name}_{field}": getattr(scores, field)
                for name, scores in (("kinds", self.kinds), ("roles", self.roles))
                for field in Scores.__dataclass_fields__
            },
        )


@cache
def linear_reader() -> LinearReader:
    """The reader that comes with the package."""
    with (
        as_file(files("llm_bridge") / "data" / "reading" / FILE) as path,
        np.load(path) as arrays,
    ):
        kinds, roles = (
            Scores(
                *(arrays[f"{name}_{field}"] for field in Scores.__dataclass_fields__)
            )
            for name in ("kinds", "roles")
        )
    return LinearReader(kinds, roles)

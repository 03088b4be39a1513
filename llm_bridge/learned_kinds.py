"""Which kind of item a sentence states, learned from the texts of the corpus.

Multinomial logistic regression on words, pairs of words and signs; its weights are
bytes. ``python -m benchmarks.kind_training`` learns them again; ``data/kinds/card.md``
says from what, and how well it does on sets of texts that it did not see.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from llm_bridge.clause import Clause
from llm_bridge.kind_features import features

NOTHING = "nothing"
"""Label of sentences without an item."""
FILE = "kinds.npz"


@dataclass(frozen=True, eq=False)
class LearnedKinds:
    """Weights by label and feature.

    Attributes
    ----------
    labels : tuple of str
        :data:`NOTHING`, a kind, or a kind and which way its value goes: ``kind:way``.
    known : (F,) uint32
        Checksums of the features that were learned, sorted.
    weights : (K, F) int8
        In units of ``scale``.
    scale, offset : (K,)
        Of the weights, and what is added for each label.
    """

    labels: tuple[str, ...]
    known: np.ndarray
    weights: np.ndarray
    scale: np.ndarray
    offset: np.ndarray

    def probabilities(self, one: Clause, now: float) -> dict[str, float]:
        """Probability of each label for a sentence at ``now``, s since epoch."""
        found = features(one, now)
        columns = np.flatnonzero(np.isin(self.known, found, assume_unique=True))
        score = self.weights[:, columns].sum(axis=1) * self.scale
        score = score / np.sqrt(len(found)) + self.offset
        odds = np.exp(score - score.max())
        return dict(zip(self.labels, (odds / odds.sum()).tolist(), strict=True))

    def to_file(self, path: str) -> None:
        """Write the arrays."""
        np.savez_compressed(
            path, labels=np.array(self.labels), known=self.known,
            weights=self.weights, scale=self.scale, offset=self.offset,
        )  # fmt: skip


def quantized(
    labels: list[str], known: np.ndarray, weights: np.ndarray, offset: np.ndarray
) -> LearnedKinds:
    """Kinds of weights (K, F) in floats, rounded to bytes."""
    if weights.shape != (len(labels), len(known)):
        allowed = f"({len(labels)}, {len(known)})"
        raise ValueError(f"weights have shape {weights.shape}: must be {allowed}")
    scale = np.maximum(np.abs(weights).max(axis=1), 1e-30) / 127
    rounded = np.rint(weights / scale[:, None]).astype(np.int8)
    return LearnedKinds(tuple(labels), known, rounded, scale, offset)


@cache
def shipped() -> LearnedKinds:
    """The kinds that come with the package."""
    with (
        as_file(files("llm_bridge") / "data" / "kinds" / FILE) as path,
        np.load(path) as arrays,
    ):
        return LearnedKinds(
            tuple(map(str, arrays["labels"])), arrays["known"], arrays["weights"],
            arrays["scale"], arrays["offset"],
        )  # fmt: skip

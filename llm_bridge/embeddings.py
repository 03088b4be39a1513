"""Texts as vectors, offline: static embeddings of tokens that ``wordllama`` ships [1]_.

A text is the mean of its tokens' rows in one matrix; tokens are found by byte pair
encoding [2]_. Only the two files of the package are read, so none of its code and none
of what it depends on is needed: ``pip install --no-deps wordllama``.

References
----------
.. [1] D. L. Miller, "WordLlama: recycled token embeddings from large language models",
   2024. https://github.com/dleemiller/WordLlama
.. [2] R. Sennrich, B. Haddow, A. Birch, "Neural machine translation of rare words with
   subword units", ACL 2016, algorithm 1. https://doi.org/10.18653/v1/P16-1162
"""

import importlib.metadata
import itertools
import json
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

PACKAGE = "wordllama"
MATRIX, TOKENS = "l2_supercat_256.safetensors", "l2_supercat_tokenizer_config.json"
_SPACE = "\u2581"


class Embeddings:
    """Rows of a matrix by token.

    Parameters
    ----------
    rows : (T, D) array
        One row for each token.
    tokens : dict
        Row of each token; a space before a word is U+2581.
    merges : sequence of (str, str)
        Pairs of tokens that become one, the first first.
    """

    def __init__(
        self,
        rows: np.ndarray,
        tokens: dict[str, int],
        merges: Sequence[tuple[str, str]],
    ) -> None:
        self._rows, self._tokens = rows, tokens
        self._rank = {pair: place for place, pair in enumerate(merges)}
        self._word = lru_cache(maxsize=10_000)(self._split)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (N, D) of texts; zeros for a text without tokens."""
        found = np.zeros((len(texts), self._rows.shape[1]), dtype=np.float32)
        for place, text in enumerate(texts):
            numbers = [n for word in text.split() for n in self._word(word)]
            if numbers:
                mean = self._rows[numbers].astype(np.float32).mean(axis=0)
                found[place] = mean / max(float(np.linalg.norm(mean)), 1e-30)
        return found

    def _split(self, word: str) -> tuple[int, ...]:
        """Rows of the tokens of a word: the pair of the lowest rank is merged first."""
        parts = [_SPACE, *word]
        while len(parts) > 1:
            ranks = [
                self._rank.get(pair, len(self._rank))
                for pair in itertools.pairwise(parts)
            ]
            best = min(ranks)
            if best == len(self._rank):
                break
            place = ranks.index(best)
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        names = [
            name
            for part in parts
            for name in (
                [part]
                if part in self._tokens
                else [f"<0x{byte:02X}>" for byte in part.encode()]
            )
        ]
        return tuple(self._tokens[name] for name in names if name in self._tokens)


@cache
def installed() -> Embeddings | None:
    """Embeddings of the installed package; None where it is not installed."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    paths = {one.name: Path(str(one.locate())) for one in files}
    model = json.loads(paths[TOKENS].read_text(encoding="utf-8"))["model"]
    merges = [
        (one[0], one[1])
        for one in (
            pair.split(" ") if isinstance(pair, str) else pair
            for pair in model["merges"]
        )
    ]
    return Embeddings(_matrix(paths[MATRIX]), model["vocab"], merges)


def _matrix(path: Path) -> np.ndarray:
    """The one array of a safetensors file: a length, a JSON header, then numbers."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    ((_, entry),) = json.loads(content[8:start]).items()
    if entry["dtype"] != "F16":
        raise ValueError(f"{path.name}: dtype = {entry['dtype']!r}: must be F16")
    return np.frombuffer(content, np.float16, offset=start).reshape(entry["shape"])

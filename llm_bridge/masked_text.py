"""A text with its names, numbers and times as classes: how people put it.

A cell is any cell and 12 W are any power, so that what is learned is how people put
it, not what they put into it.
"""

import itertools
import re
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from llm_bridge.mention_roles import VALUE_TYPES, parted
from llm_bridge.plain_text import PlainText
from llm_bridge.text_mentions import TIMES, TextMention

WINDOW, GROUP = 5, 4
"""Words on each side of a mention, and letters of a group of letters."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[^\sa-z\d]")


@dataclass(frozen=True)
class MaskedText:
    """Words of a text between ``^`` and ``$``, and where its mentions are in them."""

    words: tuple[str, ...]
    places: tuple[int, ...]


def masked_text(text: PlainText, mentions: list[TextMention]) -> MaskedText:
    """Words of a text with mentions as ``<type>`` and other numbers as ``#``."""
    words, places, place = ["^"], [], 0
    for one in mentions:
        words += _words(text.plain[place : one.span[0]])
        places.append(len(words))
        words.append(f"<{one.type}>")
        place = one.span[1]
    words += _words(text.plain[place:])
    return MaskedText((*words, "$"), tuple(places))


def _words(plain: str) -> list[str]:
    return ["#" if word.isdigit() else word for word in _WORD.findall(plain)]


def checksums(features: set[str]) -> np.ndarray:
    """Checksums (n,) of features, each once, sorted."""
    found = {crc32(feature.encode()) for feature in features}
    return np.fromiter(sorted(found), np.uint32, len(found))


def text_features(masked: MaskedText, role: str) -> set[str]:
    """Words, pairs, pairs over a gap and groups of letters of a text by a role."""
    words = masked.words
    found = {*words, f"by {role}"}
    found |= {f"{a} {b}" for a, b in itertools.pairwise(words)}
    found |= {f"{a} _ {b}" for a, b in zip(words, words[2:], strict=False)}
    for word in words:
        if word[0] != "<" and len(word) > GROUP:
            found |= {f"{word[:GROUP]}-", f"-{word[-GROUP:]}"}
            found |= {f"-{word[n : n + GROUP]}-" for n in range(len(word) - GROUP + 1)}
    return found


def role_features(
    masked: MaskedText, mentions: list[TextMention], place: int, label: str
) -> set[str]:
    """What is around a mention, by its type and by the kind of a label."""
    kind, _ = parted(label)
    one, words = mentions[place], masked.words
    around = _around(words, masked.places[place])
    same = [n for n, other in enumerate(mentions) if _is_alike(other, one)]
    around.append(f"{same.index(place)} of {min(len(same), 4)}")
    around.append(f"has {' '.join(sorted({other.type for other in mentions}))}")
    around.append("first" if one.sentence == mentions[0].sentence else "later")
    values = [m for m in mentions if m.type in VALUE_TYPES.get(kind, ())]
    if values:
        near = min(values, key=lambda other: abs(other.span[0] - one.span[0]))
        side = np.sign(one.sentence[0] - near.sentence[0])
        around.append(f"value {side} {one.span[0] < near.span[0]}")
    return {
        *(f"{one.type}|{feature}" for feature in around),
        *(f"{kind}|{one.type}|{feature}" for feature in around),
        *(f"{one.type}|any {word}" for word in words),
        f"{kind}|{one.type}",
    }


def _around(words: tuple[str, ...], at: int) -> list[str]:
    """Words on both sides of a place, with and without how far away."""
    padded = ("-",) * WINDOW + words + ("-",) * WINDOW
    left, right = padded[at : at + WINDOW][::-1], padded[at + WINDOW + 1 :][:WINDOW]
    found = [f"left {left[1]} {left[0]}", f"right {right[0]} {right[1]}"]
    found.append(f"both {left[0]} {right[0]}")
    for side, near in (("left", left), ("right", right)):
        for far, word in enumerate(near):
            found += [f"{side} {far} {word}", f"{side} {word}"]
    return found


def _is_alike(one: TextMention, other: TextMention) -> bool:
    """Whether two mentions are of one type; times of day are."""
    return one.type == other.type or {one.type, other.type} <= {*TIMES[:2]}

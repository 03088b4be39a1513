"""Words of a text as the numbers of pieces that a language model knows."""

import re
from collections.abc import Mapping
from pathlib import Path

UNKNOWN, FIRST, LAST = 100, 101, 102
"""Numbers of an unknown word and of the ends of a text in BERT's vocabulary."""
_WORD = re.compile(r"[a-z]+|\d+|[^\sa-z\d]")


def vocabulary(path: Path) -> dict[str, int]:
    """Number of each piece in a file with one a line."""
    words = path.read_text(encoding="utf-8").split("\n")
    return {word: number for number, word in enumerate(words) if word}


def word_pieces(plain: str, known: Mapping[str, int]) -> list[int]:
    """Numbers of the longest known pieces of each word of plain lower case."""
    found: list[int] = []
    for word in _WORD.findall(plain):
        made, place = [], 0
        while place < len(word):
            mark = "##" if place else ""
            ends = range(len(word), place, -1)
            end = next((e for e in ends if mark + word[place:e] in known), None)
            if end is None:
                made = [UNKNOWN]
                break
            made.append(known[mark + word[place:end]])
            place = end
        found += made
    return found

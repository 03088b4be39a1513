"""Attacks that came as texts, one a line: ``llm_bridge/data/corpus/attacks.jsonl``."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class WrittenAttack:
    """A text, who wrote it, the kinds that he may get, and for whom alone."""

    family: str
    author: str
    text: str
    allowed: frozenset[str]
    own: str | None


@cache
def written_attacks() -> tuple[WrittenAttack, ...]:
    """All attacks of the corpus."""
    path = files("llm_bridge") / "data" / "corpus" / "attacks.jsonl"
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return tuple(
        WrittenAttack(
            row["family"], row["author"], row["text"],
            frozenset(row["allowed"]), row["own"],
        )
        for row in rows
    )  # fmt: skip

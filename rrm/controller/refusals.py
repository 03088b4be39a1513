"""What was written and is not followed, and why: the latest of each author."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rrm.controller.notes import HIGHEST, Note

OF_AUTHOR, IN_ALL = 20, 200
"""Refusals that are listed at most; the oldest go first."""
WORDS = 200
"""Characters of a note that are listed at most."""


@dataclass(frozen=True)
class Refused:
    """Words that are not followed.

    Attributes
    ----------
    author : str
        As ``role/name``.
    kind, text : str
        What it would have been, if that far was read, and the words.
    reason : str
        Why.
    """

    author: str
    kind: str
    text: str
    reason: str

    @property
    def item(self) -> dict[str, str]:
        """As the list of refused items of a context report takes it."""
        found = {"author": self.author, "kind": self.kind, "text": self.text}
        return {name: value for name, value in found.items() if value}


class Refusals:
    """List of refusals; who may ask nothing shares one author's part of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listed: list[Refused] = []

    def add(
        self, note: Note, reason: str, item: Mapping[str, Any] | None = None
    ) -> bool:
        """List a note, or a part of it; whether that is news."""
        item = {"text": note.text} if item is None else item
        kind, text = str(item.get("kind", "")), str(item.get("text", ""))[:WORDS]
        one = Refused(note.author, kind, text, reason)
        with self._lock:
            if one in self._listed:
                return False
            own = [other for other in self._listed if _whose(other) == _whose(one)]
            if len(own) >= OF_AUTHOR:
                self._listed.remove(own[0])
            self._listed = [*self._listed, one][-IN_ALL:]
        return True

    def listed(self) -> list[Refused]:
        """The oldest first."""
        with self._lock:
            return list(self._listed)


def _whose(one: Refused) -> str:
    role = one.author.partition("/")[0]
    return one.author if role in HIGHEST else ""

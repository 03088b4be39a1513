"""Which notes keep their place where there is no room for all."""

import threading
from dataclasses import dataclass
from typing import Generic, TypeVar

Content = TypeVar("Content")

HIGHEST = {"regulator": 3, "operator": 2, "tenant": 1, "user": 0}
"""Rank (``formulations.precedence``) of the most that a role can ask; others: none."""
OF_AUTHOR = {"regulator": 50, "operator": 50, "tenant": 20, "user": 5}
"""Notes of one author at most."""
IN_ALL = 200
"""Notes at most; each costs time in every turn."""
ITEMS = {"regulator": 200, "operator": 200, "tenant": 20, "user": 10}
"""Items of one note at most, by the author's role; so does each of them."""


@dataclass(frozen=True)
class Note:
    """A text and who wrote it, as ``role/name``."""

    text: str
    author: str

    @property
    def role(self) -> str:
        """Role of the author."""
        return self.author.partition("/")[0]


class Room(Generic[Content]):
    """Notes and what belongs to them, by priority, at most so many.

    Where an author has his share, his own oldest note of the lowest priority gives way
    to a new one. Where all places are taken, the oldest note of the lowest priority
    does, if that is below the new one's, or his own. No note gives way to one of lower
    priority, nor to one of the same priority by somebody else: that is turned away.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[Note, tuple[int, Content]] = {}

    def put(self, note: Note, priority: int, content: Content) -> Note | None:
        """Give a note a place; who has none then, which may be itself."""
        with self._lock:
            self._places.pop(note, None)
            own = sum(one.author == note.author for one in self._places)
            has_share = own >= OF_AUTHOR[note.role]
            gone = None
            if has_share or len(self._places) >= IN_ALL:
                gone = self._gives_way(note.author, priority, has_share)
                if gone is None:
                    return note
                del self._places[gone]
            self._places[note] = priority, content
            return gone

    def _gives_way(self, author: str, priority: int, own_alone: bool) -> Note | None:
        """The oldest note of the lowest priority that may give way."""
        ranks = {
            note: rank
            for note, (rank, _) in self._places.items()
            if rank < priority or (rank == priority and note.author == author)
        }
        if own_alone:
            ranks = {note: ranks[note] for note in ranks if note.author == author}
        return min(ranks, key=lambda note: ranks[note], default=None)

    def take(self) -> tuple[Note, Content] | None:
        """Remove and return the oldest note of the highest priority; None: no more."""
        with self._lock:
            if not self._places:
                return None
            note = max(self._places, key=lambda one: self._places[one][0])
            return note, self._places.pop(note)[1]

    def remove(self, note: Note) -> None:
        """Free the place of a note."""
        with self._lock:
            del self._places[note]

    def get(self, note: Note) -> Content | None:
        """What belongs to a note; None if it has no place."""
        with self._lock:
            return self._places[note][1] if note in self._places else None

    def items(self) -> list[tuple[Note, Content]]:
        """All notes, the oldest first, and what belongs to them."""
        with self._lock:
            return [(note, content) for note, (_, content) in self._places.items()]

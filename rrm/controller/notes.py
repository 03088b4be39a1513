"""Notes that wait or hold: places for all, shared fairly by roles and authors."""

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Generic, TypeVar

Content = TypeVar("Content")

HIGHEST = {"regulator": 3, "operator": 2, "tenant": 1, "user": 0}
"""Rank (``formulations.precedence``) of the most that a role can ask; others: none."""
OF_AUTHOR = {"regulator": 50, "operator": 50, "tenant": 20, "user": 5}
"""Notes of one author at most."""
OF_ROLE = {"regulator": 50, "operator": 50, "tenant": 50, "user": 50}
"""Places that a role can count on, and lends to others while it leaves them free."""
IN_ALL = sum(OF_ROLE.values())
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


class Notes(Generic[Content]):
    """Notes and what belongs to them, at most so many.

    Where all places are taken, the lowest role that has more than it can count on gives
    one back; there the author with the most notes loses his oldest one of the lowest
    priority. So each author's newest notes stay, round by round; who would have the
    most with others gives way to them, unless a note of theirs has a lower priority.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[Note, tuple[int, Content]] = {}
        self._taken: dict[str, int] = {}  # by author who still has notes here

    def put(self, note: Note, priority: int, content: Content) -> Note | None:
        """Give a note a place; who has none then, which may be itself."""
        with self._lock:
            self._places.pop(note, None)
            self._places[note] = priority, content
            gone = self._too_many(note)
            if gone is not None:
                del self._places[gone]
            return gone

    def _too_many(self, new: Note) -> Note | None:
        """Note that must give way after ``new`` came, if any."""
        own = [one for one in self._places if one.author == new.author]
        if len(own) > OF_AUTHOR[new.role]:
            return self._weakest(own, new)
        if len(self._places) <= IN_ALL:
            return None
        roles = Counter(one.role for one in self._places)
        role = min(
            (role for role in roles if roles[role] > OF_ROLE[role]),
            key=lambda role: HIGHEST[role],
        )
        notes = [one for one in self._places if one.role == role]
        authors = Counter(one.author for one in notes)
        most = max(authors.values())
        return self._weakest([o for o in notes if authors[o.author] == most], new)

    def _weakest(self, notes: list[Note], new: Note) -> Note:
        """Oldest of the lowest priority; the new one, if only others' are as low."""
        lowest = min(self._places[one][0] for one in notes)
        low = [one for one in notes if self._places[one][0] == lowest]
        own = [one for one in low if one.author == new.author]
        return (own or low)[0] if new in low else low[0]

    def take(self) -> tuple[Note, Content] | None:
        """Remove and return the next note to read; None: no more.

        The highest priority first; of these the oldest of the author of whom the fewest
        were taken, so that nobody waits for all that another wrote.
        """
        with self._lock:
            if not self._places:
                return None
            best = max(priority for priority, _ in self._places.values())
            waiting = [one for one, (rank, _) in self._places.items() if rank == best]
            authors = {one.author for one in self._places}
            taken = {who: self._taken.get(who, 0) for who in authors}
            note = min(waiting, key=lambda one: taken[one.author])
            self._taken = {**taken, note.author: taken[note.author] + 1}
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

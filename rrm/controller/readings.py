"""What was written to the controller: read by the floor at once, by a model later."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from formulations.context import in_context
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport

logger = logging.getLogger(__name__)

MOST = 100
"""Notes that hold, and notes that wait, at most; the oldest go first."""


class Bridge(Protocol):
    """What reads texts; the module ``llm_bridge`` is one."""

    def report(
        self, text: str, snapshot: TwinSnapshot, author: str, *args: Any, **more: Any
    ) -> "ContextReport":
        """Context report of a text."""
        ...


@dataclass(frozen=True)
class Note:
    """A text and who wrote it, as ``role/name``."""

    text: str
    author: str


class Readings:
    """Reports of notes. A model may add items to those of the floor, and none else.

    Parameters
    ----------
    bridge : Bridge
        Reads without a model, in milliseconds.
    model : object or None
        Provider that reads beside it in the background, one note at a time.
    """

    def __init__(self, bridge: Bridge, model: Any = None) -> None:
        self._reader, self.model = bridge.report, model  # loads what is lazy
        self.refused: deque[tuple[str, str]] = deque(maxlen=MOST)
        self._lock = threading.Lock()
        self._new: deque[Note] = deque(maxlen=MOST)
        self._for_model: deque[tuple[Note, TwinSnapshot]] = deque(maxlen=MOST)
        self._by_model: deque[tuple[Note, ContextReport]] = deque(maxlen=MOST)
        self._held: dict[Note, ContextReport] = {}
        self._thread: threading.Thread | None = None

    def note(self, text: str, author: str) -> None:
        """Take a text; it is read in the next turn."""
        with self._lock:
            self._new.append(Note(text, author))

    def wait(self, seconds: float) -> None:
        """Return when the model has read what it was given, or after ``seconds`` s."""
        if self._thread is not None:
            self._thread.join(seconds)

    def report(self, snapshot: TwinSnapshot) -> "ContextReport | None":
        """All that was said and may still hold; None if nothing was said."""
        while self._new:
            with self._lock:
                note = self._new.popleft()  # first: one that hangs is not read again
            found = self._read(note, snapshot, partial(self._by_floor, note, snapshot))
            if found is not None:
                self._held[note] = found
            if self.model is not None:
                with self._lock:
                    self._for_model.append((note, snapshot))
        self._take_from_model(snapshot)
        self._start_model()
        for note in list(self._held):
            items = self._held[note].items
            if len(self._held) > MOST or all(
                item.end.timestamp() <= snapshot.time for item in items
            ):
                del self._held[note]
        if not self._held:
            return None
        reports = list(self._held.values())
        items = tuple(item for one in reports for item in one.items)
        return reports[-1].model_copy(update={"items": items, "refused": ()})

    def _by_floor(self, note: Note, snapshot: TwinSnapshot) -> Any:
        return self._reader(note.text, snapshot, author=note.author)

    def _read(
        self, note: Note, snapshot: TwinSnapshot, reader: Callable[[], Any]
    ) -> "ContextReport | None":
        """Report whose items are of the note, and fit the network; None if none is."""
        from llm_bridge import ContextReport

        try:
            found = reader()
            if not isinstance(found, ContextReport):
                raise TypeError(f"{type(found).__name__} is no context report")
            kept = [item for item in found.items if self._fits(item, note, snapshot)]
        except Exception as error:  # of a reader, which must not spoil other notes
            self._refuse(note, str(error))
            return None
        return found.model_copy(update={"items": tuple(kept)})

    def _fits(self, item: "ContextItem", note: Note, snapshot: TwinSnapshot) -> bool:
        """Whether an item rests on the note's text and is about this network."""
        author = f"{item.source.role}/{item.source.author}"
        if item.source.text != note.text or author != note.author:
            self._refuse(note, f"{item.kind}: rests on what another wrote")
            return False
        lone = _lone(item)
        try:
            in_context(snapshot.derived(time=lone.created.timestamp()), lone)
        except Exception as error:
            self._refuse(note, f"{item.kind}: {error}")
            return False
        return True

    def _refuse(self, note: Note, reason: str) -> None:
        self.refused.append((note.author, reason))
        logger.warning(
            "a reading is refused: %s", reason, extra={"author": note.author}
        )

    def _take_from_model(self, snapshot: TwinSnapshot) -> None:
        """Add what the model found beside the floor's items."""
        while self._by_model:
            note, found = self._by_model.popleft()
            read = self._read(note, snapshot, partial(_given, found))
            if read is None:
                continue
            floor = self._held.get(note)
            known = () if floor is None else floor.items
            spans = {(item.kind, item.source.span) for item in known}
            more = [
                item
                for item in read.items
                if (item.kind, item.source.span) not in spans
            ]
            items = (*known, *more)
            self._held[note] = read.model_copy(update={"items": items})

    def _start_model(self) -> None:
        """Let the model read, if it is not still busy."""
        if not self._for_model or (self._thread and self._thread.is_alive()):
            return
        self._thread = threading.Thread(
            target=self._ask_model, name="rrm-model", daemon=True
        )
        self._thread.start()

    def _ask_model(self) -> None:
        while self._for_model:
            with self._lock:
                note, snapshot = self._for_model.popleft()
            try:
                found = self._reader(
                    note.text, snapshot, author=note.author, provider=self.model
                )
            except BaseException as error:  # a server that is down is no news
                self._refuse(note, f"the model: {error}")
            else:
                self._by_model.append((note, found))


def _given(found: Any) -> Any:
    return found


def _lone(item: "ContextItem") -> "ContextReport":
    """Report of one item at its beginning."""
    from llm_bridge import ContextReport

    return ContextReport(created=item.start, items=(item,))

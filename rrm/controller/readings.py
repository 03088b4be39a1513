"""What was written to the controller: read by the floor at once, by a model later."""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from formulations.context import in_context
from formulations.precedence import rank
from rrm.controller.background import Background
from rrm.controller.notes import HIGHEST, ITEMS, Note, Notes
from rrm.controller.refusals import WORDS, Refusals
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport

logger = logging.getLogger(__name__)

TOLD = 20
"""Sentences of which is kept what a model was told about them."""
Seen = tuple[TwinSnapshot | None, Any]
"""Snapshot before, and that of the turn in which a note was read."""
ROOM_IS_SHORT = "there is no room for it beside other notes"


class Bridge(Protocol):
    """What reads texts; the module ``llm_bridge`` is one."""

    def report(
        self, text: str, snapshot: TwinSnapshot, author: str, *args: Any, **more: Any
    ) -> "ContextReport":
        """Context report of a text."""
        ...


class Readings:
    """Reports of notes. A model may add items to those of the floor, and none else.

    Parameters
    ----------
    bridge : Bridge
        Reads without a model, in milliseconds.
    model : object or None
        Provider that reads beside it in the background, one note at a time; it is told
        what changed since the snapshot before (``before=``).
    """

    def __init__(self, bridge: Bridge, model: Any = None) -> None:
        self._reader, self.model = bridge.report, model  # loads what is lazy
        self._refusals = Refusals()
        self._new: Notes[None] = Notes()
        self._held: Notes[tuple[ContextItem, ...]] = Notes()
        self._for_model: Notes[Seen] = Notes()
        self._seen: Seen = (None, None)
        self._told: deque[Any] = deque(maxlen=TOLD)
        self._by_model: deque[tuple[Note, ContextReport]] = deque()
        self._background = Background("rrm-model")

    @property
    def refused(self) -> tuple[tuple[str, str], ...]:
        """Authors and reasons of what was refused of late, the oldest first."""
        return tuple((one.author, one.reason) for one in self._refusals.listed())

    def note(self, text: str, author: str) -> None:
        """Take a text; it is read in the next turn, if its author may ask anything."""
        note = Note(text, author)
        reason = _no_note(note)
        if reason is not None:
            self._refuse(note, reason)
        else:
            self._place(self._new, note, HIGHEST[note.role], None)

    def wait(self, seconds: float) -> None:
        """Return when the model has read what it was given, or after ``seconds`` s."""
        self._background.wait(seconds)

    def report(
        self, snapshot: TwinSnapshot, seconds: float = np.inf
    ) -> "ContextReport | None":
        """All that was said and may still hold; None if nothing was said.

        What is new is read for ``seconds`` s, the highest priority first; the rest
        waits for the next call.
        """
        from llm_bridge import ContextReport
        from llm_bridge.context_report import RefusedItem

        until = time.monotonic() + seconds
        if self._seen[1] is not snapshot:
            self._seen = self._seen[1], snapshot
        for note, items in self._held.items():
            if not _may_hold(items, snapshot.time):
                self._held.remove(note)
        while (taken := self._new.take()) is not None:
            note = taken[0]  # is taken first: one that hangs is not read again
            items = self._read(note, snapshot, partial(self._by_floor, note, snapshot))
            self._hold(note, items, snapshot.time)
            if self.model is not None:
                self._place(self._for_model, note, HIGHEST[note.role], self._seen)
            if time.monotonic() >= until:
                break
        self._take_from_model(snapshot)
        self._start_model()
        held, refused = self._held.items(), self._refusals.listed()
        if not held and not refused:
            return None
        return ContextReport(
            created=datetime.fromtimestamp(snapshot.time, UTC),
            items=tuple(item for _, items in held for item in items),
            refused=tuple(RefusedItem(item=o.item, reason=o.reason) for o in refused),
            told=tuple(self._told),
        )

    def _place(
        self, notes: Notes[Any], note: Note, priority: int, content: Any
    ) -> None:
        """Give a note a place among others, and list the one that loses its own."""
        gone = notes.put(note, priority, content)
        if gone is not None:
            self._refuse(gone, ROOM_IS_SHORT)

    def _hold(self, note: Note, items: "tuple[ContextItem, ...]", now: float) -> None:
        """Keep items that may hold; no note ranks higher than its author may ask."""
        if not _may_hold(items, now):
            return
        asked = max(rank(item) for item in items)
        self._place(self._held, note, min(asked, HIGHEST[note.role]), items)

    def _by_floor(self, note: Note, snapshot: TwinSnapshot) -> Any:
        return self._reader(note.text, snapshot, author=note.author)

    def _read(
        self, note: Note, snapshot: TwinSnapshot, reader: Callable[[], Any]
    ) -> "tuple[ContextItem, ...]":
        """Items that are of the note, and fit the network; others are refused."""
        from llm_bridge import ContextReport

        try:
            found = reader()
            if not isinstance(found, ContextReport):
                raise TypeError(f"{type(found).__name__} is no context report")
            kept = [item for item in found.items if self._fits(item, note, snapshot)]
        except Exception as error:  # of a reader, which must not spoil other notes
            self._refuse(note, str(error))
            return ()
        for one in found.refused:
            self._refuse(note, one.reason, one.item)
        most = ITEMS[note.role]
        if len(kept) > most:
            self._refuse(note, f"more than {most} items of a note by a {note.role}")
        return tuple(kept[:most])

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

    def _refuse(
        self, note: Note, reason: str, item: Mapping[str, Any] | None = None
    ) -> None:
        if self._refusals.add(note, reason, item):
            words = note.text if item is None else str(item.get("text", ""))
            extra = {"author": note.author, "text": words[:WORDS]}
            logger.warning("%r is refused: %s", words[:WORDS], reason, extra=extra)

    def _take_from_model(self, snapshot: TwinSnapshot) -> None:
        """Add what the model found beside the floor's items."""
        while self._by_model:
            note, found = self._by_model.popleft()
            self._told.extend(getattr(found, "told", ()))
            read = self._read(note, snapshot, partial(_given, found))
            known = self._held.get(note) or ()
            spans = {(item.kind, item.source.span) for item in known}
            more = [item for item in read if (item.kind, item.source.span) not in spans]
            if more:
                self._hold(note, (*known, *more), snapshot.time)

    def _start_model(self) -> None:
        """Let the model read, if it is not still busy."""
        if self._for_model.items() and not self._background.is_busy:
            self._background.start(self._ask_model)

    def _ask_model(self) -> None:
        while (taken := self._for_model.take()) is not None:
            note, (before, snapshot) = taken
            try:
                found = self._reader(
                    note.text,
                    snapshot,
                    author=note.author,
                    provider=self.model,
                    before=before,
                )
            except BaseException as error:  # a server that is down is no news
                self._refuse(note, f"the model: {error}")
            else:
                self._by_model.append((note, found))


def _no_note(note: Note) -> str | None:
    """Why a note is not even read, or None."""
    from llm_bridge.plain_text import LONGEST

    if note.role == "device":
        return "a device reports telemetry and may ask nothing"
    if note.role not in HIGHEST:
        return f"role {note.role[:WORDS]!r} is none of {', '.join(HIGHEST)}, device"
    if len(note.text) > LONGEST:
        return f"the text has {len(note.text)} characters, more than {LONGEST}"
    return None


def _may_hold(items: "tuple[ContextItem, ...]", now: float) -> bool:
    """Whether any of the items has not ended."""
    return any(item.end.timestamp() > now for item in items)


def _given(found: Any) -> Any:
    return found


def _lone(item: "ContextItem") -> "ContextReport":
    """Report of one item at its beginning."""
    from llm_bridge import ContextReport

    return ContextReport(created=item.start, items=(item,))

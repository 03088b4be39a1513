"""Where reports of the network arrive: a bounded queue before the context database."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import pandas as pd

from twins.context_db import ContextDatabase, Plausibility, frames
from twins.context_db.arrival import batch_number
from twins.declaration import FieldError


class Busy(RuntimeError):
    """The queue is full: send the batch again later."""


@dataclass(frozen=True)
class Receipt:
    """What became of a batch.

    Attributes
    ----------
    source, number : str, int
        Which batch.
    rows : int
        That it had.
    new : int
        That were kept; the others repeat what is there, or are in the quarantine.
    """

    source: str
    number: int
    rows: int
    new: int


class Ingest:
    """Endpoint that takes numbered batches and commits them in a thread of its own.

    A batch is either refused at once (:class:`Busy`, or ``FieldError`` with the
    reason), or waits, and is committed as a whole. What was not acknowledged by
    ``on_commit`` when the process died is sent again; batches that were committed are
    known by source and number and not taken twice. Order of arrival does not matter. A
    batch that is lost stops no other; its source is told at its next call, and who
    drains or closes.

    Parameters
    ----------
    database : ContextDatabase
        Where batches go.
    clock : callable
        Time of the receiver, s since epoch.
    judge : Plausibility
        What is put aside.
    waiting : int
        Most rows that wait; a batch that does not fit is refused, unless the queue is
        empty.
    on_commit : callable
        Called in the endpoint's thread with the receipt of each batch.

    Raises
    ------
    FieldError
        If no row may wait.
    """

    def __init__(
        self,
        database: ContextDatabase,
        clock: Callable[[], float],
        judge: Plausibility | None = None,
        waiting: int = 200_000,
        on_commit: Callable[[Receipt], object] | None = None,
    ) -> None:
        if not waiting >= 1:
            raise FieldError("Ingest.waiting", None, waiting, "1 row or more")
        self._database, self._clock = database, clock
        self._judge = Plausibility() if judge is None else judge
        self._most, self._waiting = waiting, 0
        self._room = threading.Condition()
        self._queue: queue.SimpleQueue[tuple[str, int, pd.DataFrame] | None]
        self._queue = queue.SimpleQueue()
        self._on_commit = on_commit
        self._lost: list[tuple[str, int, str, Exception]] = []
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="ingest", daemon=True)
        self._thread.start()

    def offer(
        self, frame: pd.DataFrame, source: str, number: int, patience: float = 0.0
    ) -> None:
        """Hand a batch over; waits up to ``patience`` s for room.

        The batch is copied: what becomes of ``frame`` later does not matter.

        Raises
        ------
        FieldError
            If it is no batch of measurements.
        Busy
            If there is no room for it.
        RuntimeError
            If the endpoint is closed, or lost another batch of this source (the cause
            is attached); this one is not taken then.
        """
        number = batch_number(number)
        frames.measurements(frame, source)
        frame = frame.copy()
        rows = len(frame)
        with self._room:
            fits = self._room.wait_for(lambda: self._takes(rows), timeout=patience)
            if self._closed:
                raise RuntimeError("the endpoint is closed")
            self._tell(source)
            if not fits:
                raise Busy(f"{self._waiting} of {self._most} rows are waiting")
            self._waiting += rows
            self._queue.put((source, number, frame))

    def drain(self) -> None:
        """Wait until all that was taken is committed.

        Raises
        ------
        RuntimeError
            If batches were lost, which are to be sent again; each is told once.
        """
        with self._room:
            self._room.wait_for(lambda: not self._waiting)
            self._tell()

    def close(self) -> None:
        """Commit what was taken, then take no more.

        Raises
        ------
        RuntimeError
            If batches were lost that nobody was told of.
        """
        with self._room:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _takes(self, rows: int) -> bool:
        fits = self._waiting + rows <= self._most
        return self._closed or not self._waiting or fits

    def _tell(self, source: str | None = None) -> None:
        """Raise what was lost of ``source``, or at all, and forget it."""
        told = [one for one in self._lost if source in (None, one[0])]
        if told:
            self._lost = [one for one in self._lost if one not in told]
            text = "; ".join(f"batch {n} of {who!r} {what}" for who, n, what, _ in told)
            raise RuntimeError(text) from told[0][3]

    def _work(self) -> None:
        while (batch := self._queue.get()) is not None:
            source, number, frame = batch
            what = "was not committed"
            try:
                new = self._database.append(
                    frame, source, number=number, now=self._clock(), judge=self._judge
                )
                what = "was committed, but not acknowledged"
                if self._on_commit is not None:
                    self._on_commit(Receipt(source, number, len(frame), new))
            except Exception as error:  # told to whoever calls next
                with self._room:
                    what = f"{what} ({type(error).__name__}: {error})"
                    self._lost.append((source, number, what, error))
            with self._room:
                self._waiting -= len(frame)
                self._room.notify_all()

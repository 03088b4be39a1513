"""Each decision in the context database, with all that is needed to repeat it."""

import base64
import json
import logging
import queue
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rrm.controller.command import Command
from rrm.controller.question import Answer, Question
from rrm.controller.settlement import Unfollowed
from twins import TwinSnapshot
from twins.declaration import FieldError

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

SCHEMA = "rrm.decision/1"
DIRECTIVES, DECISIONS = "directive", "decision"
"""Tables of commands and what became of them, and of whole decisions."""
SOURCE = "rrm.Controller"
ROUNDED = 1e-3  # s, of the time in a decision's number
Entry = tuple[str, dict[str, Any]]
"""Table, and a row of it."""
BACKLOG = 100
"""Decisions that wait for the database at most; more are dropped and counted."""
RETRY = 0.2  # s
SLOW = 2.0  # s for one row, after which the database counts as hanging
KEPT = 7 * 86400.0
"""s for which decisions and commands are kept by default."""
FORGETS = 3600.0  # s of the decisions' time between looks for what is older


class Store(Protocol):
    """Where decisions are kept; ``twins.context_db.ContextDatabase`` is one."""

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Commit rows to a table."""
        ...

    def between(
        self, table: str, since: float, until: float, name: str | None = None
    ) -> "pd.DataFrame":
        """Rows of a table."""
        ...

    def forget(self, table: str, before: float) -> int:
        """Drop rows of a table made before ``before``; how many."""
        ...


class Journal:
    """Writes in the background: a locked or slow database never delays a turn.

    Parameters
    ----------
    store : Store
        The database.
    kept : float
        s that rows stay, by the time of the newest; math.inf: for ever.

    Raises
    ------
    FieldError
        If ``kept`` is not above 0.
    """

    def __init__(self, store: Store, kept: float = KEPT) -> None:
        if not kept > 0:
            raise FieldError("journal_kept", None, kept, "above 0 s, or inf")
        self.store, self.kept = store, kept
        self.dropped = 0
        self.written = 0
        self.last_error = ""
        self._began: float | None = None  # when the row at hand went to the store
        self._forgot = -np.inf
        self._waiting: queue.Queue[Entry] = queue.Queue(BACKLOG)
        self._ends = threading.Event()
        self._thread = threading.Thread(
            target=self._write, name="rrm-journal", daemon=True
        )
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Entries that are not written yet."""
        return self._waiting.unfinished_tasks

    @property
    def trouble(self) -> str:
        """Why rows wait; empty if none does for long."""
        began = self._began
        since = 0.0 if began is None else time.monotonic() - began
        if self.last_error or since < SLOW:
            return self.last_error
        return f"the database has been writing a row for {since:.0f} s"

    def keep(self, entry: Entry) -> bool:
        """Queue a row; whether there was room for it."""
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def close(self, seconds: float = 10.0) -> bool:
        """Wait until nothing waits, or for ``seconds`` s; whether nothing does.

        What was dropped does not wait.
        """
        until = time.monotonic() + seconds
        while self.backlog and time.monotonic() < until:
            time.sleep(0.01)
        done = self.backlog == 0
        self._ends.set()
        return done

    def _write(self) -> None:
        while not self._ends.is_set():
            try:
                table, row = self._waiting.get(timeout=RETRY)
            except queue.Empty:
                continue
            try:
                self._commit(table, _finished(row))
            except Exception:  # of a value that is no JSON; the next ones are written
                self.dropped += 1
                logger.exception("a decision cannot be kept")
            self._waiting.task_done()

    def _commit(self, table: str, row: dict[str, Any]) -> None:
        """Try until it works or the journal ends."""
        while not self._ends.is_set():
            self._began = time.monotonic()
            try:
                self.store.add(table, [row])
            except Exception as error:  # of any database, which must not end this
                if str(error) != self.last_error:
                    logger.warning("journal waits: %s", error)
                self.last_error = str(error)
                self._ends.wait(RETRY)
            else:
                self.written += 1
                self.last_error = ""
                self._forget(float(row["time"]))
                return
            finally:
                self._began = None

    def _forget(self, now: float) -> None:
        """Drop what is too old, now and then; what fails is tried the next time."""
        if now - self._forgot < FORGETS or self.kept == np.inf:
            return
        self._forgot = now
        for table in (DECISIONS, DIRECTIVES):
            try:
                self.store.forget(table, now - self.kept)
            except Exception:  # of any database, which must not end this
                logger.exception("old rows of %s stay for now", table)


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    """Row with its content as text, made here and not in the turn."""
    content = row["content"]
    return {**row, "content": content() if callable(content) else content}


def row_of(
    question: Question,
    answer: Answer,
    commands: tuple[Command, ...],
    status: str,
) -> Entry:
    """Row of a decision; its content is made when it is written."""

    def content() -> str:
        return json.dumps(to_json(question, answer, commands), allow_nan=False)

    return DECISIONS, {
        "id": question.id,
        "time": question.snapshot.time,
        "source": SOURCE,
        "content": content,
        "status": status,
    }


def command_row(one: Command, now: float, status: str) -> Entry:
    """Row of a command, or of what became of it; its content is made when written."""

    def content() -> str:
        return json.dumps(one.to_json(), allow_nan=False)

    return DIRECTIVES, {
        "time": now,
        "id": one.id,
        "source": SOURCE,
        "target": one.target,
        "attribute": one.attribute,
        "content": content,
        "status": status,
    }


def to_json(
    question: Question, answer: Answer, commands: tuple[Command, ...]
) -> dict[str, Any]:
    """Plain values from which :func:`question_of` makes the same question.

    But for ``set_aside``, which has also what the answer does not keep.
    """
    report = question.report
    return {
        "schema": SCHEMA,
        "id": question.id,
        "snapshot": _encoded(question.snapshot),
        "report": None
        if report is None
        else report.model_dump(mode="json", by_alias=True),
        "power": question.power.tolist(),
        "moved": dict(question.moved),
        "deaf": [list(key) for key in question.deaf],
        "prices": dict(question.prices),
        "seed": question.seed,
        "seconds": question.seconds,
        "work": question.work,
        "expires": question.expires,
        "frees": question.frees,
        "tolerance": question.tolerance,
        "set_aside": [one.to_json() for one in (*question.set_aside, *answer.unkept)],
        "excess": list(question.excess),
        "waiting": [one.tolist() for one in question.waiting],
        "answer": {
            "cell": answer.cell.tolist(),
            "power": answer.power.tolist(),
            "told": answer.told.tolist(),
            "balanced": answer.balanced.tolist(),
            "repeats": answer.repeats,
        },
        "commands": [one.to_json() for one in commands],
    }


def question_of(record: Mapping[str, Any]) -> Question:
    """Question of a record.

    Raises
    ------
    ValueError
        If the record is not of this schema.
    """
    if record.get("schema") != SCHEMA:
        raise ValueError(f"schema = {record.get('schema')!r}: must be {SCHEMA!r}")
    report = None
    if record["report"] is not None:
        from llm_bridge import ContextReport

        report = ContextReport.from_json(json.dumps(record["report"]))
    return Question(
        id=record["id"],
        snapshot=_decoded(record["snapshot"]),
        report=report,
        power=np.array(record["power"]),
        moved=record["moved"],
        deaf=tuple((target, attribute) for target, attribute in record["deaf"]),
        prices=record["prices"],
        seed=record["seed"],
        seconds=record["seconds"],
        work=record["work"],
        expires=record["expires"],
        frees=record["frees"],
        tolerance=record["tolerance"],
        waiting=tuple(np.array(one) for one in record["waiting"]),
        set_aside=tuple(map(Unfollowed.from_json, record.get("set_aside", ()))),
        excess=tuple(record.get("excess", ())),
    )


def record_of(store: Store, number: str) -> dict[str, Any]:
    """Record of decision ``number``, which tells when it was made.

    Raises
    ------
    KeyError
        If there is none.
    """
    try:
        made = float(number.rsplit("-", 2)[-2])
    except (IndexError, ValueError):
        raise KeyError(f"no decision {number!r}") from None
    rows = store.between(DECISIONS, made - ROUNDED, made + ROUNDED)
    found = rows[rows["id"] == number]
    if found.empty:
        raise KeyError(f"no decision {number!r}")
    return json.loads(found["content"].iloc[0])


def decisions(store: Store, since: float = -np.inf, until: float = np.inf) -> list[str]:
    """Numbers of the decisions of a time (s since epoch), oldest first."""
    rows = store.between(DECISIONS, since, until)
    return rows.sort_values("time", kind="stable")["id"].tolist()


def _encoded(snapshot: TwinSnapshot) -> str:
    """Snapshot's file as text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.npz"
        snapshot.to_file(path)
        return base64.b64encode(path.read_bytes()).decode("ascii")


def _decoded(text: str) -> TwinSnapshot:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.npz"
        path.write_bytes(base64.b64decode(text))
        return TwinSnapshot.from_file(path)

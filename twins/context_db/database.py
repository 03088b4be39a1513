"""The context database: one interface to a DuckDB file or a PostgreSQL server."""

import json
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakValueDictionary

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # DuckDB's dialect derives from it

from twins.context_db import frames
from twins.context_db.acceptance import accepted
from twins.context_db.arrival import batch_number, copy, insert_new, keep_latest
from twins.context_db.bulk import connected, fetched, staged, write_alone
from twins.context_db.completion import completed
from twins.context_db.migration import migrate
from twins.context_db.plausibility import Plausibility
from twins.context_db.quantities import QUANTITIES, TABLE
from twins.context_db.retention import forgotten, horizon, thin
from twins.context_db.schema import (
    BATCH,
    DIRECTIVE,
    LATEST,
    MEASUREMENT_KEY,
    MEASUREMENTS,
    METADATA,
    POLICY,
    QUARANTINE,
    SUMMARY,
)
from twins.declaration import FieldError
from twins.snapshot import PolicyRule

KEY = list(MEASUREMENT_KEY)
_TURNS: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
"""By place: who holds the lock writes."""


class ContextDatabase:
    """What was measured, is known, was decided and predicted.

    Threads and connections write one after another; a batch is committed as a whole or
    not at all.

    Parameters
    ----------
    place : str or path
        A file (made if it is missing), or the URL of a server as
        ``postgresql://user@host/name``. ``":memory:"`` keeps nothing.

    Raises
    ------
    SchemaError
        If the database was made by a newer program.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        url = _url(place)
        self._turn = _TURNS.setdefault(str(url), threading.Lock())
        self.engine = connected(url)
        try:
            with self._writing() as connection:
                self.version = migrate(connection)
        except BaseException:
            self.engine.dispose()
            raise

    def close(self) -> None:
        """Give the file or the connections back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(
        self,
        frame: pd.DataFrame,
        source: str | None = None,
        *,
        number: int | None = None,
        now: float = np.inf,
        judge: Plausibility | None = None,
    ) -> int:
        """Commit a batch of measurements; how many rows were new and plausible.

        Rows that repeat the key of one that is kept are dropped, in any order of
        arrival. Implausible ones go to the quarantine.

        Parameters
        ----------
        frame : DataFrame
            See :func:`twins.context_db.frames.measurements`.
        source : str
            Who reports, where the frame does not say.
        number : int
            Of the batch; one of the same source and number is not taken again.
        now : s
            Receiver's clock, against which times in the future are noticed.
        judge : Plausibility
            What is taken as possible; without it, a judge without memory.

        Raises
        ------
        FieldError
            If the frame has not the columns of measurements, or ``number`` is none.
        """
        number = None if number is None else batch_number(number)
        if np.isnan(now):
            raise FieldError("now", None, now, "s since epoch, or inf")
        batch = frames.measurements(frame, source)
        sender = source if source is not None else "" if number is None else "frame"
        with self._writing() as connection:
            why = (judge or Plausibility()).reasons(batch, now)
            good = why == ""
            bad, batch = batch[~good], batch[good]
            batch = batch[~batch.duplicated(KEY).to_numpy()]
            kind = frames.places(batch["name"])
            if number is not None and not _first_time(
                connection, sender, number, now, len(batch)
            ):
                return 0
            new = 0
            for name in np.unique(TABLE[kind]):
                rows = batch[TABLE[kind] == name]
                new += insert_new(connection, MEASUREMENTS[str(name)], rows)
            keep_latest(connection, batch, kind)
            if len(bad):
                came = frames.as_text(frame[~good])
                bad = bad.assign(received=now, reason=why[~good], came=came)
                with staged(connection, QUARANTINE, bad) as source_rows:
                    copy(connection, QUARANTINE, source_rows)
        return new

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Commit rows of metadata, predictions or directives to ``table``.

        A row with the primary key of one that is kept replaces it.

        Raises
        ------
        FieldError
            If a row has a column that the table has not, or lacks one that must be.
        """
        target = self._table(table)
        values = completed(target, rows)
        if not values:
            return
        statement = insert(target)
        keys = [column.name for column in target.primary_key]
        rest = [name for name in values[0] if name not in keys]
        if keys and rest:
            statement = statement.on_conflict_do_update(
                index_elements=keys,
                set_={name: statement.excluded[name] for name in rest},
            )
        with self._writing() as connection:
            connection.execute(statement, values)

    def add_policy(self, rules: Iterable[PolicyRule], time: float) -> None:
        """Commit rules of the L3 twin, known since ``time``."""
        rows = [
            {
                "time": float(time),
                "kind": rule.kind,
                "value": json.dumps(rule.value),
                "unit": rule.unit,
                "cells": json.dumps(rule.cells),
                "users": json.dumps(rule.users),
                "start": None if rule.start == -np.inf else float(rule.start),
                "end": None if rule.end == np.inf else float(rule.end),
                "author": rule.author,
            }
            for rule in rules
        ]
        self.add(POLICY.name, rows)

    def policy(self, time: float) -> tuple[PolicyRule, ...]:
        """Rules that were known and hold at ``time``."""
        rows = sa.select(POLICY).where(POLICY.c.time <= time).order_by(POLICY.c.time)
        rows = rows.where(sa.func.coalesce(POLICY.c.start, time) <= time)
        rows = rows.where(sa.or_(POLICY.c.end.is_(None), POLICY.c.end > time))
        with self.engine.connect() as connection:
            found = connection.execute(rows).mappings().all()
        return tuple(
            PolicyRule(
                kind=row["kind"],
                value=json.loads(row["value"]),
                unit=row["unit"],
                cells=tuple(json.loads(row["cells"])),
                users=tuple(json.loads(row["users"])),
                start=-np.inf if row["start"] is None else row["start"],
                end=np.inf if row["end"] is None else row["end"],
                author=row["author"],
            )
            for row in found
        )

    def add_directives(
        self, directives: Iterable[Any], time: float, source: str, status: str = "sent"
    ) -> None:
        """Commit directives (with ``to_json``) as they were sent at ``time``."""
        rows = []
        for directive in directives:
            content = directive.to_json()
            rows.append(
                {
                    "time": time,
                    "id": content["id"],
                    "source": source,
                    "target": content["target"],
                    "attribute": content["attribute"],
                    "content": json.dumps(content),
                    "status": status,
                }
            )
        self.add(DIRECTIVE.name, rows)

    def between(
        self, table: str, since: float, until: float, name: str | None = None
    ) -> pd.DataFrame:
        """Rows of ``table`` with ``since <= time < until``, of one quantity or all.

        Raises
        ------
        FieldError
            If a time is no number, there is no such table, or it has no names.
        """
        target = self._table(table)
        for label, bound in (("since", since), ("until", until)):
            if np.isnan(bound):
                raise FieldError(
                    f"between.{label}", None, bound, "s since epoch, or inf"
                )
        rows = sa.select(target)
        if since > -np.inf:
            rows = rows.where(target.c.time >= float(since))
        if until < np.inf:
            rows = rows.where(target.c.time < float(until))
        if name is not None and "name" not in target.c:
            allowed = f"None: table {table!r} has no names"
            raise FieldError("between.name", None, repr(name), allowed)
        if name is not None:
            rows = rows.where(target.c.name == name)
        with self.engine.connect() as connection:
            return fetched(connection, rows.order_by(target.c.time))

    def latest(self, *names: str) -> pd.DataFrame:
        """Newest values of quantities, one row for each user or cell that has one.

        Columns: ``subject`` (user or cell), ``time`` and place of the newest row,
        ``cell_id`` it was reported from, and the value of each of ``names``, NaN where
        there is none.

        Raises
        ------
        FieldError
            If a name is unknown or describes a link.
        """
        for index, name in enumerate(names):
            if name not in QUANTITIES or QUANTITIES[name].subject == "link":
                allowed = [n for n, q in QUANTITIES.items() if q.subject != "link"]
                choice = f"one of {', '.join(allowed)}"
                raise FieldError("latest.names", (index,), repr(name), choice)
        wanted = ("subject", "name", "value", "time", "x", "y", "z", "cell_id")
        rows = sa.select(*(LATEST.c[one] for one in wanted))
        with self.engine.connect() as connection:
            long = fetched(connection, rows.where(LATEST.c.name.in_(names)))
        return frames.wide(long, names)

    def quarantined(self, since: float = -np.inf) -> pd.DataFrame:
        """Measurements put aside since ``since`` (receiver's clock), with reasons."""
        rows = sa.select(QUARANTINE)
        if np.isfinite(since):
            rows = rows.where(QUARANTINE.c.received >= float(since))
        with self.engine.connect() as connection:
            return fetched(connection, rows)

    def accept(self, rows: pd.DataFrame, author: str, now: float) -> int:
        """Take ``rows`` of :meth:`quarantined` as measured all the same; how many new.

        They leave the quarantine for the tables of measurements, and ``accepted`` has
        who took them in, when, and what had been against them. All in one transaction.

        Raises
        ------
        FieldError
            If a row is no measurement or not there, or it is not told who and when.
        """
        with self._writing() as connection:
            return accepted(connection, rows, author, now)

    def count(self, table: str) -> int:
        """Rows of ``table``."""
        statement = sa.select(sa.func.count()).select_from(self._table(table))
        with self.engine.connect() as connection:
            return int(connection.execute(statement).scalar_one())

    def retain(self, keep: float, now: float, period: float = 900.0) -> int:
        """Summarise measurements older than ``keep`` s by ``period`` s, and drop them.

        All in one transaction. Returns how many rows were dropped.

        Raises
        ------
        FieldError
            If a time is not finite, ``keep`` is negative, or ``period`` not positive.
        """
        before = horizon(keep, now, period)
        with self._writing() as connection:
            return thin(connection, before, period)

    def forget(self, table: str, before: float) -> int:
        """Drop what was decided, sent, predicted or put aside before ``before``.

        Returns how many rows were dropped. Measurements have :meth:`retain`.

        Raises
        ------
        FieldError
            If the time is not finite, or rows of that table are not forgotten.
        """
        with self._writing() as connection:
            return forgotten(connection, table, before)

    def summaries(self, name: str) -> pd.DataFrame:
        """What is left of old measurements of a quantity."""
        statement = sa.select(SUMMARY).where(SUMMARY.c.name == name)
        with self.engine.connect() as connection:
            return fetched(connection, statement.order_by(SUMMARY.c.time))

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Transaction in which nobody else writes."""
        with self._turn, self.engine.begin() as connection:
            write_alone(connection)
            yield connection

    @staticmethod
    def _table(name: str) -> sa.Table:
        if name not in METADATA.tables:
            known = ", ".join(METADATA.tables)
            raise FieldError("table", None, repr(name), f"one of {known}")
        return METADATA.tables[name]


def _url(place: str | os.PathLike[str]) -> sa.URL:
    """URL with the driver that we use."""
    text = os.fspath(place)
    if text == ":memory:":
        # a name of its own, by which all threads find the same one
        return sa.URL.create("duckdb", database=f":memory:{uuid.uuid4().hex}")
    if "://" not in text:
        return sa.URL.create("duckdb", database=str(Path(text).resolve()))
    url = sa.make_url(text)
    bare = url.drivername in ("postgresql", "postgres")
    return url.set(drivername="postgresql+psycopg") if bare else url


def _first_time(
    connection: sa.Connection, source: str, number: int, now: float, rows: int
) -> bool:
    """Whether this batch was never committed; it is noted if so."""
    same = (BATCH.c.source == source) & (BATCH.c.number == number)
    if connection.execute(sa.select(BATCH.c.rows).where(same)).first() is not None:
        return False
    row = {"source": source, "number": number, "time": now, "rows": rows}
    connection.execute(sa.insert(BATCH).values(row))
    return True

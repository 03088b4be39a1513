"""What is left of old rows: of measurements count, mean and range by period."""

import math

import sqlalchemy as sa

from twins.context_db.schema import (
    DECISION,
    DIRECTIVE,
    MEASUREMENTS,
    PREDICTION,
    QUARANTINE,
    SUMMARY,
)
from twins.declaration import FieldError

FORGOTTEN = {
    table.name: table.c.time for table in (DECISION, DIRECTIVE, PREDICTION)
} | {QUARANTINE.name: QUARANTINE.c.received}
"""When rows were made, by tables of which rows may go without anything left."""


def horizon(keep: float, now: float, period: float) -> float:
    """Start (s) of the period that ``now - keep`` lies in.

    Raises
    ------
    FieldError
        If a time is not finite, or one of those that must not be is negative.
    """
    if not 0 <= keep < math.inf:
        raise FieldError("retain.keep", None, keep, "finite, in [0, inf) s")
    if not math.isfinite(now):
        raise FieldError("retain.now", None, now, "finite, s since epoch")
    if not 0 < period < math.inf:
        raise FieldError("retain.period", None, period, "finite, in (0, inf) s")
    before = (now - keep) // period * period
    if not math.isfinite(before):
        raise FieldError("retain.period", None, period, "long enough to count periods")
    return before


def thin(connection: sa.Connection, before: float, period: float) -> int:
    """Summarise and drop measurements before ``before``, the start of a period.

    Periods start at multiples of ``period`` s since the epoch. Rows that come later for
    a period that is summarised already are merged into it when they are dropped.
    Returns how many were dropped.
    """
    dropped = 0
    for table in MEASUREMENTS.values():
        old = table.c.time < before
        start = (sa.func.floor(table.c.time / period) * period).label("time")
        rows = sa.select(
            start,
            sa.literal(period, sa.Double).label("period"),
            table.c.user_id,
            table.c.cell_id,
            table.c.name,
            sa.func.max(table.c.unit).label("unit"),
            sa.func.count().label("count"),
            sa.func.avg(table.c.value).label("mean"),
            sa.func.min(table.c.value).label("low"),
            sa.func.max(table.c.value).label("high"),
            *(sa.func.avg(table.c[axis]).label(axis) for axis in "xyz"),
        )
        rows = rows.where(old).group_by(
            start, table.c.user_id, table.c.cell_id, table.c.name
        )
        _merge(connection, rows)
        counted = sa.select(sa.func.count()).select_from(table).where(old)
        dropped += int(connection.execute(counted).scalar_one())
        connection.execute(sa.delete(table).where(old))
    return dropped


def forgotten(connection: sa.Connection, name: str, before: float) -> int:
    """Drop rows of table ``name`` made before ``before``; how many.

    Raises
    ------
    FieldError
        If the time is not finite, or the table is none of ``FORGOTTEN``.
    """
    if name not in FORGOTTEN:
        known = ", ".join(FORGOTTEN)
        raise FieldError("forget.table", None, repr(name), f"one of {known}")
    if not math.isfinite(before):
        raise FieldError("forget.before", None, before, "finite, s since epoch")
    made = FORGOTTEN[name]
    old = made < float(before)
    counted = sa.select(sa.func.count()).select_from(made.table).where(old)
    dropped = int(connection.execute(counted).scalar_one())
    connection.execute(sa.delete(made.table).where(old))
    return dropped


def _merge(connection: sa.Connection, rows: sa.Select) -> None:
    """Insert summaries; where there is one, both together."""
    from sqlalchemy.dialects.postgresql import insert

    names = [column.name for column in SUMMARY.c]
    statement = insert(SUMMARY).from_select(names, rows)
    new, old = statement.excluded, SUMMARY.c
    both = old.count + new.count
    weighted = {  # where only one has a place, that one
        name: sa.func.coalesce(
            (old[name] * old.count + new[name] * new.count) / both, old[name], new[name]
        )
        for name in ("mean", "x", "y", "z")
    }
    statement = statement.on_conflict_do_update(
        index_elements=[column.name for column in SUMMARY.primary_key],
        set_={
            **weighted,
            "count": both,
            "low": sa.func.least(old.low, new.low),
            "high": sa.func.greatest(old.high, new.high),
        },
    )
    connection.execute(statement)

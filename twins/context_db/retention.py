"""What is left of old measurements: count, mean and range by period."""

import sqlalchemy as sa

from twins.context_db.schema import MEASUREMENTS, SUMMARY


def thin(connection: sa.Connection, before: float, period: float) -> int:
    """Summarise and drop measurements of whole periods before ``before``; how many.

    Periods start at multiples of ``period`` s since the epoch. Rows that come later for
    a period that is summarised already are merged into it when they are dropped.
    """
    if not period > 0:
        raise ValueError(f"period = {period}: must be in (0, inf) s")
    before = before // period * period
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


def _merge(connection: sa.Connection, rows: sa.Select) -> None:
    """Insert summaries; where there is one, both together."""
    from sqlalchemy.dialects.postgresql import insert

    names = [column.name for column in SUMMARY.c]
    statement = insert(SUMMARY).from_select(names, rows)
    new, old = statement.excluded, SUMMARY.c
    both = old.count + new.count
    weighted = {
        name: (old[name] * old.count + new[name] * new.count) / both
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

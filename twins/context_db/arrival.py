"""How rows come into the tables: new ones only, and the newest apart."""

import operator

import numpy as np
import pandas as pd
import sqlalchemy as sa

from twins.context_db.bulk import staged
from twins.context_db.quantities import SUBJECT
from twins.context_db.schema import LATEST, MEASUREMENT_KEY
from twins.declaration import FieldError

KEY = list(MEASUREMENT_KEY)


def batch_number(number: object) -> int:
    """Number of a batch as the database keeps it.

    Raises
    ------
    FieldError
        If it is no integer, or one of more than 64 bits.
    """
    try:
        found = operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        found = None
    if found is None or not -(2**63) <= found < 2**63:
        allowed = "an integer in [-2**63, 2**63)"
        raise FieldError("number", None, repr(number), allowed)
    return found


def insert_new(connection: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> int:
    """Insert what repeats no row that is kept; how many.

    A unique index on five columns of text would make batches five times slower; rows of
    the same times are few, and their place is found by the index on time.
    """
    low, high = float(rows["time"].min()), float(rows["time"].max())
    with staged(connection, table, rows) as source:
        kept = sa.select(table.c.time).where(
            *(table.c[name] == source.c[name] for name in KEY),
            table.c.time.between(low, high),
        )
        fresh = sa.select(*source.c).where(~sa.exists(kept.correlate(source)))
        before = _rows_between(connection, table, low, high)
        connection.execute(sa.insert(table).from_select(list(rows.columns), fresh))
    return _rows_between(connection, table, low, high) - before


def _rows_between(
    connection: sa.Connection, table: sa.Table, low: float, high: float
) -> int:
    counted = sa.select(sa.func.count()).select_from(table)
    counted = counted.where(table.c.time.between(low, high))
    return int(connection.execute(counted).scalar_one())


def keep_latest(
    connection: sa.Connection, batch: pd.DataFrame, kind: np.ndarray
) -> None:
    """Bring the newest values of users and cells up to date.

    Of the same time the first to arrive stays, as it does in the tables.
    """
    subject = SUBJECT[kind]
    rows = batch.assign(
        subject=np.where(subject == "cell", batch["cell_id"], batch["user_id"])
    )[subject != "link"]
    rows = rows.sort_values("time", ascending=False, kind="stable")
    rows = rows[~rows.duplicated(["name", "subject"]).to_numpy()]
    if rows.empty:
        return
    with staged(connection, LATEST, rows) as source:
        same = (LATEST.c.name == source.c.name) & (LATEST.c.subject == source.c.subject)
        newer = sa.exists(
            sa.select(source.c.time)
            .where(same, source.c.time > LATEST.c.time)
            .correlate(LATEST)
        )
        connection.execute(sa.delete(LATEST).where(newer))  # DuckDB updates text slowly
        kept = sa.exists(sa.select(LATEST.c.time).where(same).correlate(source))
        fresh = sa.select(*source.c).where(~kept)
        connection.execute(sa.insert(LATEST).from_select(list(rows.columns), fresh))


def copy(connection: sa.Connection, table: sa.Table, source: sa.Table) -> None:
    """Insert all rows of ``source``."""
    names = [column.name for column in source.c]
    connection.execute(sa.insert(table).from_select(names, sa.select(*source.c)))

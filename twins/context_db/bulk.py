"""Many rows at once, as each driver does it best; all else is SQLAlchemy alone."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import event

STAGED = "staged_rows"
WRITER = 0x72726D  # "rrm": one lock for all who write to a server's database


def connected(url: sa.URL) -> sa.Engine:
    """Engine of a place, set up as that kind of database needs it.

    DuckDB writes at a checkpoint all those rows anew that it joins with new ones. Of
    decisions, of 90 kB each, that had been all there are, in memory, every few minutes.
    So it joins none; what is dropped makes room as whole groups of rows do. It is set
    on connections: a file has one configuration for all in a process who open it.
    """
    engine = sa.create_engine(url)
    if engine.dialect.name == "duckdb":

        @event.listens_for(engine, "connect")
        def join_nothing(connection: Any, _: Any) -> None:
            connection.cursor().execute("SET GLOBAL max_vacuum_tasks = 0")

    return engine


@contextmanager
def staged(
    connection: sa.Connection, table: sa.Table, frame: pd.DataFrame
) -> Iterator[sa.Table]:
    """Rows of ``frame`` as something to select from, with the columns of ``table``.

    DuckDB reads the frame where it lies; PostgreSQL copies it into a temporary table.
    """
    driver: Any = connection.connection.driver_connection
    columns = [sa.Column(name, table.c[name].type) for name in frame.columns]
    source = sa.Table(STAGED, sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    if connection.dialect.name == "duckdb":
        import pyarrow

        driver.register(STAGED, pyarrow.Table.from_pandas(frame, preserve_index=False))
        yield source
        driver.unregister(STAGED)  # a transaction that failed takes it away itself
        return
    source.create(connection)
    names = ", ".join(f'"{name}"' for name in frame.columns)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {STAGED} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(_comma_separated(frame))
    yield source
    source.drop(connection)


def write_alone(connection: sa.Connection) -> None:
    """Wait until no other connection writes; then none does before the commit.

    A file of DuckDB has one process at a time, which sees to that itself.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITER)))


def fetched(connection: sa.Connection, statement: sa.Select) -> pd.DataFrame:
    """Rows of ``statement``, with null numbers as NaN."""
    if connection.dialect.name == "duckdb":
        driver: Any = connection.connection.driver_connection
        text = statement.compile(connection, compile_kwargs={"literal_binds": True})
        return driver.sql(str(text)).to_arrow_table().to_pandas()
    result = connection.execute(statement)
    names, rows = list(result.keys()), result.all()
    # by columns, since a frame asks each row what it is
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)))
    for name, column in statement.selected_columns.items():
        if isinstance(column.type, (sa.Double, sa.Float)):
            frame[name] = frame[name].astype(float)
    return frame


def _comma_separated(frame: pd.DataFrame) -> bytes:
    """CSV without header; strings in quotes, so that empty ones are no nulls."""
    import pyarrow
    from pyarrow import csv

    stream = io.BytesIO()
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    csv.write_csv(
        pyarrow.Table.from_pandas(frame, preserve_index=False), stream, options
    )
    return stream.getvalue()

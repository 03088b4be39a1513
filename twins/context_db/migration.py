"""Versions of the schema, and the way from each to the next."""

from collections.abc import Callable

import sqlalchemy as sa

from twins.context_db import schema

VERSION = sa.Table(
    "schema_version", sa.MetaData(), sa.Column("version", sa.Integer, nullable=False)
)


class SchemaError(RuntimeError):
    """The database is of a version that this program does not know."""


def _first(connection: sa.Connection) -> None:
    """Version 1: measurements, metadata, policies, predictions, directives."""
    schema.METADATA.create_all(
        connection,
        tables=[
            *schema.MEASUREMENTS.values(),
            schema.LATEST,
            schema.BATCH,
            schema.QUARANTINE,
            schema.DEVICE,
            schema.QOS_PROFILE,
            schema.POLICY,
            schema.PREDICTION,
            schema.DIRECTIVE,
        ],
    )


def _summaries(connection: sa.Connection) -> None:
    """Version 2: what is left of old measurements."""
    schema.METADATA.create_all(connection, tables=[schema.SUMMARY])


def _decisions(connection: sa.Connection) -> None:
    """Version 3: whole decisions, which had been among the directives."""
    schema.METADATA.create_all(connection, tables=[schema.DECISION])
    old, new = schema.DIRECTIVE, schema.DECISION
    names = [column.name for column in new.c if column.name != "id"]
    ours = old.c.attribute == "decision"
    latest = [sa.func.max(old.c[name]).label(name) for name in names]
    moved = sa.select(old.c.id, *latest).where(ours).group_by(old.c.id)
    connection.execute(sa.insert(new).from_select(["id", *names], moved))
    connection.execute(sa.delete(old).where(ours))


def _acceptance(connection: sa.Connection) -> None:
    """Version 4: what people took out of the quarantine."""
    schema.METADATA.create_all(connection, tables=[schema.ACCEPTED])


def _as_they_came(connection: sa.Connection) -> None:
    """Version 5: rows of the quarantine also as they came."""
    for table in (schema.QUARANTINE, schema.ACCEPTED):  # new ones have the column
        added = f"ALTER TABLE {table.name} ADD COLUMN IF NOT EXISTS came TEXT"
        connection.execute(sa.DDL(added))


STEPS: tuple[Callable[[sa.Connection], None], ...] = (
    _first,
    _summaries,
    _decisions,
    _acceptance,
    _as_they_came,
)
"""Step ``k`` leads from version ``k`` to ``k + 1``; never change one that was used."""


def migrate(connection: sa.Connection) -> int:
    """Bring the database to the newest version, within a transaction; the version.

    Raises
    ------
    SchemaError
        If the database is newer than this program.
    """
    VERSION.metadata.create_all(connection)
    found = connection.execute(sa.select(VERSION.c.version)).scalar()
    if found is not None and found > len(STEPS):
        raise SchemaError(
            f"the database has schema version {found}, this program knows up to "
            f"{len(STEPS)}: use a newer one"
        )
    for step in STEPS[found or 0 :]:
        step(connection)
    if found != len(STEPS):
        connection.execute(sa.delete(VERSION))
        connection.execute(sa.insert(VERSION).values(version=len(STEPS)))
    return len(STEPS)

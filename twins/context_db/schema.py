"""Tables of the context database, in the words of SQLAlchemy only.

Times are s since epoch, UTC; places are m in the local frame of the snapshot, null
where unknown; every row says who it is from.
"""

import sqlalchemy as sa

from twins.context_db.quantities import MEASUREMENT_TABLES

METADATA = sa.MetaData()

MEASUREMENT_KEY = ("name", "user_id", "cell_id", "time", "source")
"""A row that agrees in all of these with one that is kept is a repetition."""


def _place() -> list[sa.Column]:
    return [sa.Column(axis, sa.Double) for axis in ("x", "y", "z")]


def _measured() -> list[sa.Column]:
    """Columns of a measurement; ``target`` is the other cell of a handover."""
    return [
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("period", sa.Double, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("cell_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        *_place(),
        sa.Column("target", sa.Text, nullable=False),
    ]


MEASUREMENTS = {
    name: sa.Table(name, METADATA, *_measured()) for name in MEASUREMENT_TABLES
}

LATEST = sa.Table(
    "latest",
    METADATA,
    sa.Column("subject", sa.Text, nullable=False),
    *_measured(),
)
"""Newest value of each user's and each cell's quantities; an index on the text of both
would slow every batch, and joins of whole tables are what brings it up to date."""

BATCH = sa.Table(
    "batch",
    METADATA,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
)
"""Batches that were committed, so that one that is sent again is known."""

QUARANTINE = sa.Table(
    "quarantine",
    METADATA,
    *(
        sa.Column(column.name, column.type)
        for column in _measured()
        if column.name != "unit"
    ),
    sa.Column("unit", sa.Text),
    sa.Column("received", sa.Double, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("came", sa.Text),  # JSON; null: put aside before version 5
)
"""Measurements that cannot be, each with the reason, and as it came."""

ACCEPTED = sa.Table(
    "accepted",
    METADATA,
    *(sa.Column(column.name, column.type) for column in QUARANTINE.c),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("taken", sa.Double, nullable=False),
)
"""Measurements that a person took out of the quarantine, and when (s since epoch)."""

DEVICE = sa.Table(
    "device",
    METADATA,
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("time", sa.Double, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("p_max", sa.Double),  # W
    sa.Column("antennas", sa.Integer),
    sa.Column("bands", sa.Text),  # "n78 n28"
)
QOS_PROFILE = sa.Table(
    "qos_profile",
    METADATA,
    sa.Column("five_qi", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("slice", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Double, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("min_rate", sa.Double),  # bit/s, gfbr
    sa.Column("max_rate", sa.Double),  # bit/s, mfbr
    sa.Column("delay", sa.Double),  # s, pdb
    sa.Column("priority", sa.Integer),
)
POLICY = sa.Table(
    "policy",
    METADATA,
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # JSON: a number or a word
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("cells", sa.Text, nullable=False),  # JSON
    sa.Column("users", sa.Text, nullable=False),  # JSON
    sa.Column("start", sa.Double),  # null: ever since
    sa.Column("end", sa.Double),  # null: for ever
    sa.Column("author", sa.Text, nullable=False),
)
PREDICTION = sa.Table(
    "prediction",
    METADATA,
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("due", sa.Double, nullable=False),
    sa.Column("source", sa.Text, nullable=False),  # model and version
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("cell_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("std", sa.Double),
    sa.Column("unit", sa.Text, nullable=False),
    *_place(),
)
DIRECTIVE = sa.Table(
    "directive",
    METADATA,
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("attribute", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # JSON, rrm.directive/1
    sa.Column("status", sa.Text, nullable=False),  # sent, confirmed, lost
)
DECISION = sa.Table(
    "decision",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # JSON, rrm.decision/1
    sa.Column("status", sa.Text, nullable=False),
)
"""Whole decisions, with all that is needed to make them again."""

SUMMARY = sa.Table(
    "summary",
    METADATA,
    sa.Column("time", sa.Double, primary_key=True),  # start of the period
    sa.Column("period", sa.Double, primary_key=True),  # s
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("cell_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("mean", sa.Double, nullable=False),
    sa.Column("low", sa.Double, nullable=False),
    sa.Column("high", sa.Double, nullable=False),
    *_place(),
)
"""What is left of measurements that are older than their retention."""

INDICES = [
    sa.Index(f"{name}_time", table.c.time) for name, table in MEASUREMENTS.items()
]

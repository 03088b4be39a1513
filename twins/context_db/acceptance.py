"""What a person takes out of the quarantine: measurements that were right after all."""

import numpy as np
import pandas as pd
import sqlalchemy as sa

from twins.context_db import frames
from twins.context_db.arrival import KEY, copy, insert_new, keep_latest
from twins.context_db.bulk import staged
from twins.context_db.quantities import SUBJECT, TABLE, UNIT
from twins.context_db.schema import ACCEPTED, MEASUREMENTS, QUARANTINE
from twins.declaration import FieldError

SAME = (*KEY, "value", "received", "reason")
"""What tells rows of the quarantine from each other."""


def accepted(
    connection: sa.Connection, rows: pd.DataFrame, author: str, now: float
) -> int:
    """Move ``rows`` as they are in the quarantine to the measurements; how many new."""
    if not author:
        raise FieldError("accept.author", None, repr(author), "the name of a person")
    if not np.isfinite(now):
        raise FieldError("accept.now", None, now, "finite, s since epoch")
    columns = [column.name for column in QUARANTINE.c]
    rows = rows[columns].drop_duplicates(list(SAME))
    kind = frames.places(rows["name"])
    unit = np.array([*UNIT, ""], object)[kind]
    wrong = (kind < 0) | (rows["unit"].to_numpy(object) != unit)
    wrong |= ~np.isfinite(rows[["value", "time", "period"]]).all(axis=1).to_numpy()
    wrong |= (rows["period"] < 0).to_numpy()
    of_user, of_cell = (SUBJECT != "cell")[kind], (SUBJECT != "user")[kind]
    wrong |= of_user & (rows["user_id"] == "").to_numpy()
    wrong |= of_cell & (rows["cell_id"] == "").to_numpy()
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        allowed = (
            "with a value, a time, a period, a known name and unit, and a user or cell "
            "as its name needs"
        )
        raise FieldError("accept.rows", (at,), rows["reason"].iloc[at], allowed)
    if rows.empty:
        return 0
    with staged(connection, QUARANTINE, rows) as source:
        same = sa.and_(*(QUARANTINE.c[name] == source.c[name] for name in SAME))
        there = sa.select(sa.func.count()).select_from(source)
        there = there.where(sa.exists(sa.select(QUARANTINE.c.time).where(same)))
        missing = len(rows) - int(connection.execute(there).scalar_one())
        if missing:
            found = f"{missing} of {len(rows)} that are not there"
            raise FieldError("accept.rows", None, found, "in the quarantine")
        gone = sa.exists(sa.select(source.c.time).where(same).correlate(QUARANTINE))
        connection.execute(sa.delete(QUARANTINE).where(gone))
    with staged(connection, ACCEPTED, rows.assign(author=author, taken=now)) as source:
        copy(connection, ACCEPTED, source)
    rows = rows[list(frames.MEASUREMENT_COLUMNS)]
    keep = ~rows.duplicated(KEY).to_numpy()
    rows, kind = rows[keep], kind[keep]
    keep_latest(connection, rows, kind)
    return sum(
        insert_new(connection, MEASUREMENTS[str(name)], rows[TABLE[kind] == name])
        for name in np.unique(TABLE[kind])
    )

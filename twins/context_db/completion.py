"""Rows of metadata with all columns of their table."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa

from twins.declaration import FieldError


def completed(
    table: sa.Table, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows with None where they say nothing.

    Raises
    ------
    FieldError
        If a row has a column that ``table`` has not, or lacks one that must be given.
    """
    names = [column.name for column in table.c]
    needed = [column.name for column in table.c if not column.nullable]
    values = []
    for index, row in enumerate(rows):
        for name in row:
            if name not in names:
                allowed = f"of {', '.join(names)}"
                raise FieldError(f"{table.name}.columns", (index,), name, allowed)
        for name in needed:
            if row.get(name) is None:
                raise FieldError(f"{table.name}.{name}", (index,), "nothing", "given")
        values.append({name: _plain(row.get(name)) for name in names})
    return values


def _plain(value: Any) -> Any:
    """Python's own number for one of NumPy, which drivers do not know."""
    return value.item() if isinstance(value, np.generic) else value

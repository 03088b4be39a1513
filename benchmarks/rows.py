"""Rows of measured runs: one JSON line each, whole or not at all."""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twins.declaration import FieldError

SCHEMA = "rrm.bench-row/1"
RUN_SCHEMA = "rrm.bench-run/1"
ROWS, RUN = "rows.jsonl", "run.json"
KEY = ("instance", "method", "budget", "seed", "repetition")
"""Fields that tell one run of a folder from another."""

Row = dict[str, Any]
Key = tuple[Any, ...]


def key_of(row: Row) -> Key:
    """What identifies a run within a folder."""
    return tuple(row[name] for name in KEY)


def finite(value: Any) -> float | None:
    """``value`` as JSON knows it: None where it is no finite number."""
    return float(value) if value is not None and math.isfinite(value) else None


class RowFile:
    """The rows of a folder, appended one by one.

    A line is written by one call to the end of the file, so a process that is killed
    leaves at most one torn line, the last, which is cut off when the file is opened
    again.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / ROWS
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        self._file = os.open(path, flags, 0o644)
        whole = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        self.known = {key_of(row) for row in read_rows(folder)}

    def append(self, row: Row) -> None:
        """Write one row, and remember its key."""
        line = json.dumps({"schema": SCHEMA, **row}, allow_nan=False) + "\n"
        os.write(self._file, line.encode())
        self.known.add(key_of(row))

    def close(self) -> None:
        """Have everything on the disk."""
        os.fsync(self._file)
        os.close(self._file)


def read_rows(folder: Path) -> Iterator[Row]:
    """Rows of a folder in the order in which they ended; a torn last line is left out.

    Raises
    ------
    FieldError
        If a line has another schema.
    """
    path = folder / ROWS
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if not line.endswith(b"\n"):
                return
            row = json.loads(line)
            if row.get("schema") != SCHEMA:
                found = repr(row.get("schema"))
                raise FieldError(f"{path}: schema", (number,), found, SCHEMA)
            yield row


def write_run(folder: Path, run: dict[str, Any]) -> None:
    """Replace what is known about a folder's runs: options, plan, sessions."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{RUN}.{os.getpid()}"
    text = json.dumps({"schema": RUN_SCHEMA, **run}, indent=1, allow_nan=False)
    partial.write_text(text + "\n")
    partial.replace(folder / RUN)


def read_run(folder: Path) -> dict[str, Any] | None:
    """What :func:`write_run` wrote, None where nothing was run.

    Raises
    ------
    FieldError
        If the file has another schema.
    """
    path = folder / RUN
    if not path.exists():
        return None
    run = json.loads(path.read_text())
    if run.get("schema") != RUN_SCHEMA:
        raise FieldError(f"{path}: schema", None, repr(run.get("schema")), RUN_SCHEMA)
    return run

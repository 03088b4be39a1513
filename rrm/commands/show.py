"""The command ``rrm show``: what a file holds, whichever of ours it is."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from formulations.problem import SCHEMA as PROBLEM
from formulations.problem import Problem
from llm_bridge import ContextReport
from rrm.commands.report import show as show_report
from twins import TwinSnapshot
from twins.files import FileFormatError, read_npz
from twins.record import Record, is_sparse
from twins.snapshot import SCHEMA as SNAPSHOT

SHOWN, SOLUTION = "rrm.show/1", "rrm.solution/1"
REPORT = "rrm.context_report/1"
ARCHIVE = b"PK"  # first bytes of an .npz
SCHEMAS = ", ".join((PROBLEM, SNAPSHOT, REPORT, SOLUTION))


def read(path: Path, problem: Callable[[Path], Problem]) -> dict[str, Any]:
    """Content of a problem, snapshot, report or solution file as plain values.

    Parameters
    ----------
    path : Path
        A ``.npz`` of a problem or snapshot, JSON of a report, or what
        ``rrm solve --json`` printed.
    problem : callable
        Reads a problem file, of whatever class it says.

    Returns
    -------
    dict
        ``schema`` ``rrm.show/1`` and ``kind``, then for problems and snapshots the axes
        and fields; reports and solutions stand under their kind, unchanged.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is none of these; the text says why.
    """
    with path.open("rb") as stream:
        start = stream.read(len(ARCHIVE))
    kind, content = (_archive if start == ARCHIVE else _text)(path, problem)
    return {"schema": SHOWN, "kind": kind, **content}


def _archive(
    path: Path, problem: Callable[[Path], Problem]
) -> tuple[str, dict[str, Any]]:
    try:
        read_npz(path, SNAPSHOT)
    except FileFormatError:
        read_npz(path, PROBLEM)  # which says what is wrong
        found = problem(path)
        return "problem", {
            "problem": type(found).__name__,
            "sense": found.sense,
            "unit": found.objective_unit,
            **_record(found),
            "origin": {name: len(rows) for name, rows in found.origin.items()},
        }
    snapshot = TwinSnapshot.from_file(path)
    return "snapshot", {
        "time": float(snapshot.time),
        **_record(snapshot),
        "policy": len(snapshot.policy),
        "provenance": {name: str(text) for name, text in snapshot.provenance.items()},
    }


def _text(path: Path, _: Any) -> tuple[str, dict[str, Any]]:
    try:
        content = json.loads(path.read_bytes().decode())
    except ValueError as error:
        raise FileFormatError(f"{path}: must be .npz or JSON of ours") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema == SOLUTION:
        return "solution", {"solution": content}
    if schema == REPORT:
        report = ContextReport.from_file(path)
        return "report", {"report": report.model_dump(mode="json", by_alias=True)}
    raise FileFormatError(f"{path}: schema = {schema!r}: must be one of {SCHEMAS}")


def _record(record: Record) -> dict[str, Any]:
    """Axes and fields of a record."""
    sizes = {axis: n for axis, n in record.sizes.items() if not axis.isdigit()}
    fields = [
        {"name": name, **_field(getattr(record, name), getattr(spec, "unit", ""))}
        for name, spec in record.specs()
    ]
    return {"sizes": sizes, "fields": fields}


def _field(value: Any, unit: str) -> dict[str, Any]:
    """Shape, unit and range of one field; what is not finite is left out of these."""
    if isinstance(value, (bool, int, float, str)):
        return {"value": _plain(value), "unit": unit}
    if isinstance(value, tuple):
        return {"entries": len(value), "unit": unit}
    shape = [int(n) for n in value.shape]
    entries = value.data if is_sparse(value) else value.ravel()
    found: dict[str, Any] = {"shape": shape, "unit": unit}
    if entries.dtype.kind in "biuf" and entries.size:
        numbers = entries.astype(float)
        finite = numbers[np.isfinite(numbers)]
        found["finite"] = int(finite.size)
        if finite.size:
            found |= {"low": float(finite.min()), "high": float(finite.max())}
    return found


def _plain(value: Any) -> Any:
    """JSON has no word for infinity and NaN: null."""
    return value if isinstance(value, (str, bool)) or np.isfinite(value) else None


def show(content: Mapping[str, Any], console: Console) -> None:
    """Print what :func:`read` gave, as tables."""
    kind = content["kind"]
    if kind == "report":
        text = json.dumps(content["report"])
        show_report(ContextReport.from_json(text), console)
        return
    rows = content["solution"] if kind == "solution" else content
    summary = Table(show_header=False, title=kind, title_justify="left")
    for name, value in rows.items():
        if name not in {"kind", "schema", "fields", "allocation"}:
            summary.add_row(name, Text(_words(value)))
    console.print(summary)
    if kind == "solution":
        _show_allocation(rows.get("allocation") or {}, console)
    else:
        _show_fields(content["fields"], console)


def _show_fields(fields: list[dict[str, Any]], console: Console) -> None:
    table = Table("field", "shape", "unit", "from", "to", "finite entries")
    for one in fields:
        if "value" in one:
            cells = ("", one["unit"], _words(one["value"]), "", "")
        else:
            shape = " x ".join(map(str, one.get("shape", [one.get("entries", 0)])))
            ends = [_words(one.get(name, "")) for name in ("low", "high", "finite")]
            cells = (shape, one["unit"], *ends)
        table.add_row(one["name"], *map(Text, cells))
    console.print(table)


def _show_allocation(allocation: Mapping[str, Any], console: Console) -> None:
    table = Table("allocation", "shape", "entries")
    for name, values in allocation.items():
        entries = np.asarray(values)
        shape = " x ".join(map(str, entries.shape))
        text = np.array2string(entries, precision=4, threshold=12)
        table.add_row(name, shape, Text(text))
    console.print(table)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_words(one)}" for name, one in value.items())
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else str(value)

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
from twins.description import HEADINGS, described, row_of, words
from twins.files import FileFormatError, read_npz
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
            **described(found),
            "origin": {name: len(rows) for name, rows in found.origin.items()},
        }
    snapshot = TwinSnapshot.from_file(path)
    return "snapshot", {
        "time": float(snapshot.time),
        **described(snapshot),
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
            summary.add_row(name, Text(words(value)))
    console.print(summary)
    if kind == "solution":
        _show_allocation(rows.get("allocation") or {}, console)
    else:
        _show_fields(content["fields"], console)


def _show_fields(fields: list[dict[str, Any]], console: Console) -> None:
    table = Table(*HEADINGS)
    for one in fields:
        table.add_row(*map(Text, row_of(one)))
    console.print(table)


def _show_allocation(allocation: Mapping[str, Any], console: Console) -> None:
    table = Table("allocation", "shape", "entries")
    for name, values in allocation.items():
        entries = np.asarray(values)
        shape = " x ".join(map(str, entries.shape))
        text = np.array2string(entries, precision=4, threshold=12)
        table.add_row(name, shape, Text(text))
    console.print(table)

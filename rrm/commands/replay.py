"""The command ``rrm replay``: a decision of the journal, made again."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from rrm.controller import Repeated, record_of, repeated
from twins.context_db import ContextDatabase, SchemaError


def make_again(number: str, journal: str) -> Repeated:
    """Decision ``number`` of a context database, made again.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be opened: it is no database, or another
        process holds it.
    KeyError
        If there is no such decision.
    """
    if "://" not in journal and not Path(journal).exists():
        raise FileNotFoundError(f"{journal}: no such file")
    try:
        with ContextDatabase(journal) as database:
            record = record_of(database, number)
    except (ImportError, SQLAlchemyError, SchemaError) as error:
        why = str(getattr(error, "orig", error)).partition("\n")[0]
        raise OSError(f"the journal cannot be read: {why}") from error
    return repeated(record)


def show(found: Repeated, console: Console) -> None:
    """Print whether it is the same, and its directives."""
    same = "the same bit for bit"
    if found.differences:
        same = f"differs in {', '.join(found.differences)}"
    how = "searched again" if found.searched else "as kept, since time had ended it"
    console.print(f"{found.id}: {same} ({how})")
    table = Table("target", "attribute", "old", "new", "why", title="Directives")
    for one in found.commands:
        cells = (one["target"], one["attribute"], str(one["old"]), str(one["new"]))
        table.add_row(*(Text(cell) for cell in cells), Text("; ".join(one["reason"])))
    console.print(table)

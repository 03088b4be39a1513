"""The command ``rrm report``: a text file and a snapshot become a context report."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

import llm_bridge
from llm_bridge import ContextItem, ContextReport
from twins import TwinSnapshot


def read_report(
    text: Path, snapshot: Path, author: str, provider: str
) -> ContextReport:
    """Report of a text file about the network of a snapshot file.

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If a file or the provider's name is not valid.
    """
    words = text.read_bytes().decode("utf-8", errors="replace")
    network = TwinSnapshot.from_file(snapshot)
    return llm_bridge.report(words, network, author=author, provider=provider)


def show(found: ContextReport, console: Console) -> None:
    """Print items and what was refused as tables."""
    table = Table("kind", "whom", "value", "from", "until", "words", title="Items")
    for item in found.items:
        cells = (str(item.kind), whom(item), value(item), *times(item))
        table.add_row(*cells, Text(item.source.sentence))
    console.print(table)
    if found.refused:
        table = Table("kind", "words", "why", title="Refused")
        for one in found.refused:
            kind, words = one.item.get("kind", ""), one.item.get("text", "")
            table.add_row(Text(str(kind)), Text(str(words)), Text(one.reason))
        console.print(table)


def whom(item: ContextItem) -> str:
    """Target of an item in a few words."""
    names = [*item.target.cells, *item.target.users]
    if item.target.band_hz is not None:
        low, high = item.target.band_hz
        names.append(f"{low / 1e6:g}-{high / 1e6:g} MHz")
    return ", ".join(names) or "all"


def value(item: ContextItem) -> str:
    """Value of an item with its unit."""
    if item.value is None:
        return ""
    number = item.value if isinstance(item.value, str) else f"{item.value:.4g}"
    return " ".join(filter(None, (item.bound, number, item.unit.replace("1", ""))))


def times(item: ContextItem) -> tuple[str, str]:
    """Start and end of an item, to the minute."""
    return item.start.isoformat(" ", "minutes"), item.end.isoformat(" ", "minutes")

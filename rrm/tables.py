"""Tables of the registered methods for README and docs, written from the registry.

``python -m rrm.tables README.md docs/methods.md`` puts them between the markers.
"""

import sys
from pathlib import Path

from rrm.registry import Method, all_methods

BEGIN, END = "<!-- methods -->", "<!-- /methods -->"


def methods_table() -> str:
    """Markdown table of the methods that ship with the engine."""
    rows = ["| problem | method | kind | runs | proves |", "|---|---|---|---|---|"]
    rows += [_row(entry) for entry in all_methods() if entry.is_own]
    return "\n".join(rows)


def with_table(text: str) -> str:
    """``text`` with the table between its markers.

    Raises
    ------
    ValueError
        If the markers are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"must hold {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{methods_table()}\n{END}{after}"


def _row(entry: Method) -> str:
    place = "in a worker" if entry.isolated else "inline"
    cells = (entry.problem.__name__, f"`{entry.name}`", entry.kind, place)
    return f"| {' | '.join(cells)} | {entry.proves or '-'} |"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(with_table(Path(name).read_text()))

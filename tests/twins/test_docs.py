"""The documents of the twins say what the code does."""

import subprocess
import sys
from pathlib import Path

from twins.context_db.quantities import describe

DOCS = Path(__file__).parents[2] / "docs"


def blocks(name):
    """Python blocks of a document."""
    parts = (DOCS / name).read_text().split("```python\n")[1:]
    return [part.split("```")[0] for part in parts]


def test_quantities_are_listed():
    """The table is that of the code."""
    assert describe() in (DOCS / "context_database.md").read_text()


def test_the_example_of_the_database_prints_what_it_says(tmp_path):
    """The comment behind the call is the output."""
    (code,) = blocks("context_database.md")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert f"# {done.stdout.strip()}" in code

"""The documents of the twins say what the code does."""

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


def test_the_example_of_the_database_runs(capsys):
    """And prints what its comment says."""
    (code,) = blocks("context_database.md")
    exec(compile(code, "context_database.md", "exec"), {})
    assert f"# {capsys.readouterr().out.strip()}" in code

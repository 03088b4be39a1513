"""Pages that are made from code say what the code does."""

import importlib
import sys
from pathlib import Path

import pytest

from rrm.registry import all_methods
from rrm.selection.models import FOLDER

DOCS = Path(__file__).parents[2] / "docs"
sys.path.append(str(DOCS / "extensions"))
choices = importlib.import_module("method_choices")
generated = importlib.import_module("generated_pages")


@pytest.fixture(scope="module")
def contents():
    """Text of the generated pages."""
    return generated.contents()


def test_each_method_has_its_entry(contents):
    """With kind, proof, and its docstring."""
    for entry in all_methods():
        if entry.is_own:
            page = contents[f"methods_{entry.problem.__name__}.rst"]
            where = f".. autofunction:: {entry.function.__module__}.{entry.name}"
            before = page[: page.index(where)].rsplit("\n---", 1)[1]
            assert entry.kind.capitalize() in before
            assert (entry.proves or "nothing by itself") in before


def test_each_public_name_has_its_entry(contents):
    """On the page of its package, in the table and in full."""
    for package, names in generated.packages():
        page = contents[f"names_{package}.rst"]
        for name in names:
            assert page.count(f"{package}.{name}\n") == 2, name


def test_choices_are_those_of_the_stored_benchmarks(contents):
    """Each method that was run has its row; the card's tables follow."""
    page = contents["which_method.md"]
    for model in FOLDER.glob("*.npz"):
        assert f"### {model.stem}" in page
    assert "| `max_min` | exact |" in page
    closed = [line for line in (FOLDER / "card.md").read_text().splitlines()
              if line.startswith("| mean |")]  # fmt: skip
    assert closed
    assert all(line in page for line in closed)
    family = next(line for line in page.splitlines() if "`blocks-sum`" in line)
    assert family.count("`greedy`") == 3


def test_commands_are_those_of_the_program(contents):
    """With options and exit codes."""
    page = contents["command_line.md"]
    for name in ("solve", "show", "plot", "methods", "doctor"):
        assert f"## `rrm {name}`" in page
    assert "3 proven infeasible" in page


def test_each_page_is_in_a_table_of_contents():
    """Nothing is written that no reader finds."""
    listed = " ".join(
        path.read_text() for path in DOCS.glob("*.md") if "toctree" in path.read_text()
    ).split()
    for path in DOCS.glob("*.md"):
        assert path.stem == "index" or path.stem in listed, path.stem
    for path in (DOCS.parent / "notebooks").glob("*.py"):
        assert f"notebooks/{path.stem}" in listed

"""The command ``rrm replay``: one line and the code for usage where it cannot read."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from rrm.cli import USAGE, app
from twins.context_db import ContextDatabase
from twins.context_db.migration import VERSION

HOLDS = """
import sys
from twins.context_db import ContextDatabase
with ContextDatabase(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def said(journal):
    """What the command says of a journal, which is one line."""
    result = CliRunner().invoke(app, ["replay", "x", "--journal", str(journal)])
    assert result.exit_code == USAGE, result.exception
    (line,) = result.stderr.splitlines()
    return line


def test_a_journal_that_another_process_holds(tmp_path):
    """As while the controller runs: the line says who holds it."""
    place = tmp_path / "context.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, place],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout.readline() == "held\n"
        line = said(place)
        holder.stdin.close()
    assert "the journal cannot be read" in line
    assert f"PID {holder.pid}" in line
    assert "no decision 'x'" in said(place)


@pytest.mark.parametrize(
    ("journal", "reason"),
    [
        ("notes.txt", "not a valid DuckDB database"),
        ("", "cannot be read"),  # the folder itself
        ("none.duckdb", "no such file"),
    ],
)
def test_what_is_no_journal(tmp_path, journal, reason):
    """The line says why."""
    (tmp_path / "notes.txt").write_text("no database")
    assert reason in said(tmp_path / journal)


def test_a_journal_of_a_kind_that_is_not_known():
    """Of a URL."""
    assert "the journal cannot be read" in said("foo://bar")


def test_a_journal_of_a_newer_program(tmp_path):
    """It is not guessed at."""
    place = tmp_path / "context.duckdb"
    with ContextDatabase(place) as database, database.engine.begin() as connection:
        connection.execute(sa.update(VERSION).values(version=99))
    assert "the journal cannot be read" in said(place)

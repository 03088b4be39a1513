"""``rrm bench train`` and ``report``: JSON, and one-line errors before any work."""

import json

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.tables import Table


@pytest.fixture
def unlike(monkeypatch):
    """Nothing is run or trained; whether it came to that is noted."""
    begun = []

    def collect(folder, *_):
        begun.append(folder)
        return folder / "none"

    table = Table("closed", ["problem"], [["PowerControl"]], "")
    monkeypatch.setattr("benchmarks.training.collect", collect)
    monkeypatch.setattr("benchmarks.training.read_runs", lambda path: [])
    monkeypatch.setattr("benchmarks.training_card.cross_validated", lambda _: [table])
    monkeypatch.setattr("benchmarks.training_card.card", lambda *_: "card")
    return begun


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["/proc/x"], "/proc/x"),
        (["DATA", "--models", "/proc/x"], "/proc/x"),
        (["DATA", "--families", "nope"], "families = 'nope': must be one of"),
        (["DATA", "--longest", "soon"], "budget = 'soon': must be like"),
        (["DATA", "--longest", "nan"], "longest = 'nan': must be at least"),
        (["DATA", "--longest=-1s"], "longest = '-1s': must be at least"),
    ],
)
def test_wrong_usage_of_training_is_one_line(unlike, options, message, tmp_path):
    """It comes before anything is loaded or run."""
    options = [str(tmp_path / "data") if one == "DATA" else one for one in options]
    done = CliRunner().invoke(app, ["train", *options])
    assert done.exit_code == 2
    assert message in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not unlike


def test_training_and_reports_tell_their_tables_as_json(unlike, tmp_path, monkeypatch):
    """On stdout there is nothing else."""
    models = tmp_path / "models"
    options = ["train", str(tmp_path), "--models", str(models), "--json"]
    found = json.loads(CliRunner().invoke(app, options).stdout)
    assert found["schema"] == "rrm.bench-train/1"
    assert found["models"] == str(models)
    assert [table["title"] for table in found["tables"]] == ["closed"]
    assert (models / "card.md").read_text() == "card"
    assert unlike == [tmp_path]
    monkeypatch.setattr("benchmarks.report.write_report", lambda folder: folder / "p")
    found = json.loads(CliRunner().invoke(app, ["report", "run", "--json"]).stdout)
    assert found == {"schema": "rrm.bench-report/1", "page": "run/p"}

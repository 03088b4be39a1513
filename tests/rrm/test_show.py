"""``rrm show``: every kind of file, as JSON and as a table, and what is refused."""

import json

import numpy as np
import pytest

import twins
from formulations import PowerControl, UserAssociation
from llm_bridge import example
from tests.rrm.test_cli import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One file of each kind."""
    folder = tmp_path_factory.mktemp("show")
    PowerControl.example().to_file(folder / "problem.npz")
    twins.example().to_file(folder / "snapshot.npz")
    example().to_file(folder / "report.json")
    done = run("solve", folder / "problem.npz", "--budget", "50ms", "--json")
    (folder / "solution.json").write_text(done.stdout)
    return folder


def shown(path) -> dict:
    """What ``rrm show --json`` says of a file."""
    return json.loads(run("show", path, "--json").stdout)


def test_problem(folder):
    """Class, axes, and the range and unit of each field."""
    content = shown(folder / "problem.npz")
    fields = {one["name"]: one for one in content["fields"]}
    gain = PowerControl.example().gain
    assert (content["kind"], content["problem"]) == ("problem", "PowerControl")
    assert content["sizes"]["L"] == 8
    assert fields["gain"]["shape"] == [8, 8]
    assert fields["gain"]["high"] == gain.max()
    assert fields["noise"]["unit"] == "W"
    assert fields["p_mask"]["finite"] == 0
    assert fields["objective"]["value"] == "sum_rate"
    assert "noise" in run("show", folder / "problem.npz").stdout


def test_infinite_numbers_are_null(folder):
    """An infinite battery is no JSON number, and no error."""
    from formulations import LapPlacement

    LapPlacement.example().to_file(folder / "placement.npz")
    content = shown(folder / "placement.npz")
    fields = {one["name"]: one for one in content["fields"]}
    assert fields["battery"]["value"] is None


def test_sparse_problem(folder):
    """Of a sparse field, entries that are stored count."""
    from scipy.sparse import csr_array

    utility = csr_array(np.array([[1.0, 0.0], [2.0, 3.0]]))
    problem = UserAssociation(utility, np.ones(2), np.ones(2))
    problem.to_file(folder / "sparse.npz")
    fields = {one["name"]: one for one in shown(folder / "sparse.npz")["fields"]}
    assert fields["utility"]["finite"] == 3
    assert fields["utility"]["low"] == 1.0


def test_snapshot(folder):
    """Axes of Munich, and where its values come from."""
    content = shown(folder / "snapshot.npz")
    assert content["kind"] == "snapshot"
    assert (content["sizes"]["U"], content["sizes"]["B"]) == (200, 21)
    assert "attribution" in content["provenance"]
    assert "p_max" in run("show", folder / "snapshot.npz").stdout


def test_report(folder):
    """The report itself."""
    content = shown(folder / "report.json")
    assert content["kind"] == "report"
    assert len(content["report"]["items"]) == len(example().items)
    assert "Items" in run("show", folder / "report.json").stdout


def test_solution(folder):
    """What ``rrm solve --json`` printed, with its certificate."""
    content = shown(folder / "solution.json")
    assert content["kind"] == "solution"
    assert content["solution"]["status"] in ("optimal", "feasible")
    text = run("show", folder / "solution.json").stdout
    assert "power" in text
    assert "bound_by" in text


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("nowhere", None, "nowhere"),
        ("words", b"no file of ours", "must be .npz or JSON of ours"),
        ("list", b"[]", "schema = None: must be one of rrm.problem/1"),
        ("broken", b"PK nothing behind", "must be an .npz of plain arrays"),
        ("report", b'{"schema": "rrm.context_report/1"}', "created"),
    ],
)
def test_what_is_refused(tmp_path, name, content, text):
    """One line on stderr and exit code 2."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run("show", tmp_path / name, code=2)
    assert text in done.stderr
    assert done.stdout == ""

"""The command line: tables and JSON, exit codes, one-line errors, the demo's page."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from formulations import PowerControl
from rrm.cli import seconds_of


def run(*arguments, code=0, **options) -> subprocess.CompletedProcess:
    """Run ``rrm`` with stdin closed; its exit code must be ``code``."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "rrm.cli", *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def problem_file(tmp_path) -> Path:
    """A power problem with names."""
    labels = {"L": tuple(f"cell-{k}" for k in range(8))}
    path = tmp_path / "problem.npz"
    PowerControl.example().replace(objective="max_min_rate", labels=labels).to_file(
        path
    )
    return path


def test_solve_prints_json(problem_file):
    """The answer is one JSON object, and nothing else is on stdout."""
    answer = json.loads(run("solve", problem_file, "--budget", "1s", "--json").stdout)
    assert answer["schema"] == "rrm.solution/1"
    assert answer["status"] == "optimal"
    assert len(answer["allocation"]["power"]) == 8


def test_solve_saves_what_it_prints(problem_file, tmp_path):
    """One JSON file, which show reads; a folder that is not there is wrong usage."""
    out = tmp_path / "answer.json"
    done = run("solve", problem_file, "--out", out, "--json")
    assert json.loads(out.read_text()) == json.loads(done.stdout)
    assert json.loads(run("show", out, "--json").stdout)["kind"] == "solution"
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []
    run("solve", problem_file, "--out", tmp_path / "missing" / "x.json", code=2)


def test_solve_prints_a_table(problem_file):
    """Status, bound with its argument, and the powers by name."""
    text = run("solve", problem_file, "--budget", "500ms", "--method", "max_min").stdout
    assert "LevelCeiling" in text
    assert "cell-7" in text


def test_infeasible_is_exit_code_3(tmp_path):
    """Proven infeasible; the allocation is null."""
    problem = PowerControl.example()
    problem = problem.replace(min_rate=3 * problem.rate(problem.p_max))
    problem.to_file(tmp_path / "problem.npz")
    done = run("solve", tmp_path / "problem.npz", "--json", code=3)
    answer = json.loads(done.stdout)
    assert answer["status"] == "infeasible"
    assert answer["allocation"] is None
    assert answer["objective"] is None


def test_no_answer_is_exit_code_4(tmp_path):
    """Floors on blocks that nothing meets and nothing rules out."""
    problem = PowerControl.example()
    floors = 3 * problem.rate(problem.p_max)
    problem = problem.replace(noise=np.full((8, 2), 1e-13), min_rate=floors)
    problem.to_file(tmp_path / "problem.npz")
    run("solve", tmp_path / "problem.npz", "--budget", "50ms", code=4)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("solve", "nowhere.npz"), "nowhere.npz"),
        (("solve", "text.npz"), "text.npz: must be an .npz of plain arrays"),
        (("solve", "problem.npz", "--budget", "soon"), "budget = 'soon': must be like"),
        (("solve", "problem.npz", "--method", "magic"), "method = 'magic': must be"),
        (("solve", "problem.npz", "--method", "wmmse"), "maximizes the sum rate"),
        (("methods", "text.npz"), "text.npz: must be an .npz of plain arrays"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(problem_file, arguments, text):
    """The line says what is wrong; stdout stays empty."""
    folder = problem_file.parent
    (folder / "text.npz").write_text("no file of ours")
    done = run(*arguments, code=2, cwd=folder)
    assert text in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_methods_tells_why_one_does_not_fit(problem_file):
    """Without a file all methods, with one the reasons."""
    everything = json.loads(run("methods", "--json").stdout)["methods"]
    assert {"PowerControl", "UserAssociation"} <= {row["problem"] for row in everything}
    fitting = json.loads(run("methods", problem_file, "--json").stdout)["methods"]
    reasons = {row["method"]: row["reason against"] for row in fitting}
    assert reasons["max_min"] == ""
    assert reasons["wmmse"] == "maximizes the sum rate, not max_min_rate"
    assert "max_min" in run("methods").stdout


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("100ms", 0.1), ("2s", 2.0), ("1min", 60.0), ("0.5", 0.5), ("20us", 2e-5)],
)
def test_durations(text, seconds):
    """Numbers with a unit, or seconds."""
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Output folder and text of the demo."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, run("demo", "--out", folder, env=None).stdout


def test_the_demo_prints_answers_and_reasons(demo):
    """Every section, both certificates, the replay and the directives."""
    _, text = demo
    for heading in (
        "What was said",
        "User association",
        "Power control",
        "Allocation",
        "Turns",
        "Replay",
        "Directives",
    ):
        assert heading in text
    for word in ("objective", "bound", "gap", "largest violation", "argument", "price"):
        assert word in text
    assert "(above 0.6 nW)" in " ".join(text.split())
    assert "(within 0.6 nW)" in " ".join(text.split())


def test_the_page_stands_alone(demo):
    """No request leaves it, everything is in it, and it is of moderate size."""
    page = (demo[0] / "demo.html").read_text()
    outside = re.findall(r'(?:src|href|url\()\s*=?\s*["\']?(https?:[^"\'>]+)', page)
    assert outside == []
    assert "<script" not in page
    assert page.count("<svg") == 3
    assert "OpenStreetMap contributors" in page
    assert len(page) < 1_000_000
    assert page.count("<circle") + page.count("not served") == 200


def test_the_demo_as_json(tmp_path):
    """Controllers get the same as plain values."""
    answer = json.loads(run("demo", "--out", tmp_path, "--json").stdout)
    assert answer["schema"] == "rrm.demo/2"
    assert answer["read"].startswith("5 items read by the grammar")
    assert len(answer["cells"]) == 21
    assert len(answer["items"]) == 5
    assert [row["fallbacks"] for row in answer["turns"]] == ["none"] * 5
    sent = answer["directives"]
    assert {one["schema"] for one in sent} == {"rrm.command/1"}
    assert {"confirmed"} <= {one["status"] for one in sent}
    said = {row["sentence"] for row in answer["items"]}
    assert any(said & set(one["reason"]) for one in sent)

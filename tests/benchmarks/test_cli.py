"""The command ``rrm bench``: JSON, exit codes, one-line errors, tables in words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.rows import RowFile, write_run
from benchmarks.runner import Options, plain
from tests.benchmarks.simulated import simulated_row, simulated_rows

ROOT = Path(__file__).parents[2]


def bench(*arguments, code=0) -> subprocess.CompletedProcess:
    """Run ``rrm bench`` with stdin closed; its exit code must be ``code``."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "benchmarks.cli", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def written(folder: Path, rows) -> Path:
    """A folder with these rows."""
    file = RowFile(folder)
    for row in rows:
        file.append(row)
    file.close()
    options = plain(Options("simulated", ("auto",), (1.0,)))
    write_run(folder, {"options": options, "plan": {}, "sessions": []})
    return folder


def test_suites_are_listed():
    """Those without a folder are there, and those for wrong answers."""
    found = json.loads(bench("suites", "--json").stdout)["suites"]
    names = {row["suite"]: row["instances"] for row in found}
    assert {"quick", "hard-numerics", "power", "gap"} <= set(names)
    assert len({label.split("/")[0] for label in names["quick"]}) == 5


def test_runs_are_compared(tmp_path):
    """A slowed method is named; two equal runs do not differ."""
    a = written(tmp_path / "a", simulated_rows(1))
    b = written(tmp_path / "b", simulated_rows(2, slowed={"steady": 1.5}))
    found = json.loads(bench("compare", a, b, "--json").stdout)
    assert found["verdict"].startswith("A better in 2 of")
    text = bench("compare", a, a).stdout
    assert "no difference seen in" in text
    assert "below 1, B is better" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "no-such-suite"), "suite"),
        (("run", "quick", "--methods", "auto", "--budgets", "soon"), "budget"),
        (("run", "gap", "--folder", "/nowhere"), "folder"),
        (("run", "quick", "--instances", "zzz", "--out", "OUT"), "instances"),
        (("run", "moves", "--methods", "nobody", "--out", "OUT"), "methods"),
        (("report", "/nowhere"), "folder"),
        (("one", "quick", "power/none", "auto", "1s"), "instance"),
    ],
)
def test_wrong_usage_is_one_line(arguments, message, tmp_path):
    """It names what is wrong and ends with code 2."""
    arguments = [str(tmp_path) if one == "OUT" else one for one in arguments]
    said = bench(*arguments, code=2).stderr.strip().splitlines()[-1]
    assert message in said


def test_a_wrong_answer_of_the_engine_ends_with_its_own_code(tmp_path):
    """One of an outside solver does not."""
    from typer import Exit

    from benchmarks.cli import _summarize

    for method in ("swift", "outside/other"):
        bad = simulated_row(method, "family-0/0", 0.1, None, "violated")
        bad["claimed"] |= {"status": "optimal", "objective": 1.0}
        bad["verified"] |= {"violates": "p_max", "violation": 0.1}
        good = simulated_row("steady", "family-0/0", 0.1, 1.0, "optimal")
        folder = written(tmp_path / os.path.basename(method), [bad, good])
        if method == "swift":
            with pytest.raises(Exit) as ended:
                _summarize(folder, as_json=True)
            assert ended.value.exit_code == 5
        else:
            _summarize(folder, as_json=True)


def test_one_run_is_repeated():
    """Its row is JSON, with claims and what is verified apart."""
    row = json.loads(
        bench("one", "hard-numerics", "natural-units/least-power-19",
              "outside/highs-si", "2s").stdout
    )  # fmt: skip
    assert row["claimed"]["status"] == "optimal"
    assert row["verified"]["status"] == "violated"

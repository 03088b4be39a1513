"""A method of another package is benchmarked like ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.rows import read_rows

ROOT = Path(__file__).parents[2]
METHOD = '''"""Everybody leaves."""

import numpy as np

from formulations.move_list import Grants, MoveList
from rrm import Incumbent, method


@method(MoveList, kind="heuristic")
def all_leave(problem: MoveList, incumbent: Incumbent) -> None:
    """Keep no grant."""
    incumbent.offer(Grants(np.zeros(problem.sizes["L"], bool)))
'''


def test_a_package_with_an_entry_point_is_benchmarked(tmp_path):
    """By the command ``rrm bench``, which is an entry point, too."""
    package = tmp_path / "temporary_moves"
    package.mkdir()
    (package / "__init__.py").write_text('"""Methods of a third party."""\n')
    (package / "all_leave.py").write_text(METHOD)
    info = tmp_path / "temporary_moves-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: temporary-moves\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[rrm.methods]\nmoves = temporary_moves\n"
        "[rrm.commands]\nbench = benchmarks.cli:app\n"
    )
    out = tmp_path / "out"
    command = [
        *(sys.executable, "-m", "rrm.cli", "bench", "run", "moves", "--json"),
        *("--methods", "all_leave,exchange", "--budgets", "200ms"),
        *("--instances", "100x3", "--out", str(out)),
    ]
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["method"]: row for row in read_rows(out)}
    assert set(rows) == {"all_leave", "exchange"}
    assert rows["all_leave"]["verified"]["status"] == "feasible"
    assert rows["all_leave"]["verified"]["objective"] == 100.0
    assert rows["exchange"]["verified"]["objective"] < 100.0
    tables = json.loads(done.stdout)["tables"]
    assert [row[0] for row in tables[0]["rows"]] == ["exchange", "all_leave"]

"""A new method file is picked up by everything, with no other edit."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rrm", "formulations", "twins", "llm_bridge", "tests/conformance")
METHOD = '''"""Half of full power."""

from formulations.power import Power, PowerControl
from rrm import Incumbent, method


@method(PowerControl, kind="heuristic", proves="nothing at all")
def half_power(problem: PowerControl, incumbent: Incumbent) -> None:
    """Offer half of the trivial start."""
    start = problem.trivial()
    if start is not None:
        incumbent.offer(Power(0.5 * start.power))
'''
ASK = """
import json, rrm, rrm.tables
from formulations import PowerControl
problem = PowerControl.example()
applicable = [one.name for one in rrm.applicable(problem) if one.applies]
solution = rrm.solve(problem, 2.0, method="half_power")
print(json.dumps({
    "applicable": applicable,
    "plan": solution.plan[0],
    "refused": dict(solution.certificate.refused),
    "table": rrm.tables.methods_table(),
}))
"""


def run(folder: Path, *arguments: str) -> str:
    """Run Python in ``folder``, which comes first on its path."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,  # kernels are compiled anew where none are yet
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_file_in_the_folder_appears_everywhere(tmp_path):
    """In the registry, the conformance suite and the tables of README and docs."""
    for name in PACKAGES:  # with compiled kernels, which keep their files' times
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "tests/__init__.py").touch()
    (tmp_path / "rrm/methods/power/half_power.py").write_text(METHOD)
    answer = json.loads(run(tmp_path, "-c", ASK))
    assert "half_power" in answer["applicable"]
    assert answer["plan"]["place"] == "inline"
    assert "| PowerControl | `half_power` | heuristic |" in answer["table"]
    passed = run(
        tmp_path,
        *("-m", "pytest", "-v", "-x", "-p", "no:cacheprovider", "-k", "half_power"),
        "tests/conformance/test_conformance.py",
    )
    assert "[PowerControl.half_power-power-sum_rate-feasible] PASSED" in passed


def test_a_package_with_an_entry_point_appears(tmp_path):
    """A third party's method is found, and runs in a worker of its own."""
    package = tmp_path / "temporary_methods"
    package.mkdir()
    (package / "__init__.py").write_text('"""Methods of a third party."""\n')
    (package / "half_power.py").write_text(METHOD)
    info = tmp_path / "temporary_methods-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: temporary-methods\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[rrm.methods]\ntemporary = temporary_methods\n"
    )
    answer = json.loads(
        run(tmp_path, "-c", f"import sys; sys.path.append({str(ROOT)!r}){ASK}")
    )
    assert "half_power" in answer["applicable"]
    assert answer["plan"]["place"] == "worker"
    assert answer["plan"]["ended"] == "returned"
    assert "half_power" not in answer["table"]  # tables list what ships

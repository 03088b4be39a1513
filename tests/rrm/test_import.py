"""What importing costs, and whose packages are imported."""

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

pytestmark = pytest.mark.timed

HEAVY = ["cvxpy", "pyomo", "ortools", "pandas", "numba", "scipy", "matplotlib"]
HEAVY += ["plotly", "highspy", "pydantic", "typer", "rich"]
PACKAGES = ("rrm", "formulations", "twins", "llm_bridge", "benchmarks")
ASK = """
import json, sys, time
began = time.perf_counter()
import {module}
seconds = time.perf_counter() - began
print(json.dumps([seconds, sorted(set(sys.modules) & set({heavy!r}))]))
"""


def imported(module: str) -> tuple[float, list[str]]:
    """Seconds and heavy packages that importing ``module`` costs in a new process."""
    code = ASK.format(module=module, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("module", ["rrm", "formulations", "twins"])
def test_importing_loads_numpy_and_nothing_heavier(module):
    """Solvers, pandas and compilers wait until they are needed."""
    assert imported(module)[1] == []


def test_importing_takes_a_quarter_of_a_second():
    """The best of five; where numpy alone takes long, twice what it takes."""
    alone = min(imported("numpy")[0] for _ in range(5))
    assert min(imported("rrm")[0] for _ in range(5)) <= max(0.25, 2 * alone)


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_come_from_this_distribution(name):
    """Other distributions carry the same names; ours must be the one imported."""
    module = __import__(name)
    try:
        installed = distribution("rrm-engine")
    except PackageNotFoundError:
        pytest.fail("rrm-engine is not installed; pip install -e .")
    home = Path(str(module.__file__)).resolve().parent.parent
    url = json.loads(installed.read_text("direct_url.json") or "{}").get("url", "")
    recorded = {str(path).split("/")[0] for path in installed.files or []}
    assert name in recorded or url == f"file://{home}"


def test_the_demo_needs_no_extra():
    """It is what is shown after a plain installation."""
    code = (
        "import sys; sys.modules.update(dict.fromkeys("
        "['sqlalchemy', 'duckdb', 'sklearn', 'openai', 'matplotlib', 'pyarrow'])); "
        "import rrm.demo, rrm.demo_page, rrm.controller.rehearsal"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

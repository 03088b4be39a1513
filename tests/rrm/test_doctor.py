"""The doctor finds what is wrong, says what to do, and is quick."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rrm import doctor
from rrm.doctor import OK, SLOW, WRONG
from rrm.worker import WorkerLostError


def levels(findings):
    """Level by text."""
    return {one.text: one.level for one in findings}


def run(**variables):
    """What ``rrm doctor --json`` says, and its exit code, with variables set."""
    done = subprocess.run(
        [sys.executable, "-m", "rrm.cli", "doctor", "--json"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout), done.returncode, done.stderr


def test_here_all_is_well():
    """Each topic has a finding, the workers start, and the code is 0."""
    found, code, errors = run()
    wrong = [one for one in found["findings"] if one["level"] == WRONG]
    assert not wrong
    assert code == 0
    assert errors == ""
    assert found["schema"] == "rrm.doctor/1"
    topics = {one["topic"] for one in found["findings"]}
    assert topics >= {"versions", "packages", "threads", "kernels", "workers"}


def test_something_wrong_gives_code_one():
    """Without compiled kernels nothing is worth its time."""
    found, code, _ = run(NUMBA_DISABLE_JIT="1")
    wrong = [one for one in found["findings"] if one["level"] == WRONG]
    assert [one["advice"] for one in wrong] == ["unset NUMBA_DISABLE_JIT"]
    assert found["wrong"]
    assert code == 1


def test_nothing_heavy_is_imported():
    """Versions come from metadata."""
    code = (
        "import sys; from rrm import doctor; from itertools import chain; "
        "list(chain(doctor.versions(), doctor.packages(), doctor.environment(), "
        "doctor.threads(), doctor.kernels())); "
        "print({'numba', 'scipy', 'cvxpy', 'ortools', 'highspy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("name", "version", "level", "part"),
    [
        ("highspy", "1.15.1", WRONG, "libhighs.so.1"),
        ("highspy", "1.14.0", WRONG, "wrong optima"),
        ("highspy", "1.16.0", OK, "highspy 1.16.0"),
        ("highspy", "1.17.2", OK, "highspy 1.17.2"),
        ("ortools", "9.15.6755", OK, "exact separations infeasible"),
        ("ortools", "9.14", OK, "ortools 9.14"),
        ("numpy", "2.3.1", OK, "numpy 2.3.1"),
    ],
)
def test_known_trouble_is_named(name, version, level, part):
    """By version, with what to do where it is wrong."""
    found = doctor.judged(name, version)
    assert found.level == level
    assert part in found.text
    assert bool(found.advice) == (part != f"{name} {version}")


def test_known_trouble_is_told_before_age(monkeypatch):
    """That 1.15.1 is older than what is asked for is the lesser news."""
    have = dict.fromkeys(doctor.LIBRARIES, "99") | {"highspy": "1.15.1"}
    monkeypatch.setattr(doctor, "installed", have.get)
    (wrong,) = (one for one in doctor.versions() if one.level == WRONG)
    assert wrong.text.startswith("highspy 1.15.1 cannot be loaded beside ortools 9.15")
    assert wrong.advice == "pip install 'highspy>=1.16.0'"


class LatePool:
    """Pool whose workers do not come up."""

    is_alive = True

    def wait_until_ready(self, seconds):
        """Nobody is there."""
        raise WorkerLostError(f"not ready after {seconds} s")


@pytest.mark.parametrize(("load", "level"), [(0.5, WRONG), (99.0, SLOW)])
def test_workers_that_do_not_come_are_wrong(monkeypatch, load, level):
    """Unless others have the cores; how long was waited is said."""
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    found = doctor.workers(LatePool(), 0.0)
    assert found.level == level
    assert found.text.startswith("workers start in more than 4.5 s")
    assert found.advice


def test_libraries_that_miss_or_are_old_are_wrong(monkeypatch):
    """Each with the command that mends it."""
    have = dict.fromkeys(doctor.LIBRARIES, "99")
    have |= {"scipy": "1.9.3", "highspy": None}
    monkeypatch.setattr(doctor, "installed", have.get)
    wrong = {one.text: one.advice for one in doctor.versions() if one.level == WRONG}
    assert wrong == {
        "scipy 1.9.3 is older than 1.13": "pip install 'scipy>=1.13'",
        "highspy is not installed": "pip install 'highspy>=1.16.0'",
    }


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.16.0", (1, 16, 0)),
        ("2.0rc1", (2, 0)),
        ("9.15.6755", (9, 15, 6755)),
        ("1.2.dev3", (1, 2)),
        ("unknown", ()),
    ],
)
def test_versions_compare_as_numbers(text, number):
    """1.9 is before 1.13."""
    assert doctor.number_of(text) == number


def test_requirements_are_those_of_the_package():
    """The table of oldest versions is what pyproject.toml asks for."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    for name, oldest in doctor.LIBRARIES.items():
        assert f'"{name}>={oldest}"' in text


def test_settings_that_slow_are_named(monkeypatch):
    """What replaces OpenBLAS's own choice, and more threads than cores."""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (5.0, 0.0, 0.0))
    found = levels([*doctor.environment(), *doctor.threads()])
    assert found["OMP_NUM_THREADS=64"] == SLOW
    assert found["2 cores of 4"] == OK
    assert found["5.0 processes want to run on 2 cores"] == SLOW
    text = "OPENBLAS_CORETYPE=Prescott: OpenBLAS does not choose its kernels by itself"
    assert found[text] == SLOW


def test_kernels_are_counted_by_their_files(tmp_path):
    """Compiled, missing, and older than their source, named as numba names them."""
    folder = tmp_path / "formulations"
    folder.mkdir()
    (tmp_path / "rrm").mkdir()
    source = folder / "twice.py"
    source.write_text(
        "from numba import njit\n\n\n"
        "@njit(cache=True)\ndef twice(x):\n    return 2 * x\n\n\n"
        "@njit(cache=True)\ndef thrice(x):\n    return 3 * x\n"
    )
    names = {index.name for _, index in doctor.kernel_files(tmp_path)}
    code = "import twice; twice.twice(1)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
    made = {path.name for path in folder.rglob("*.nbi")}
    assert len(names) == 2
    assert len(made) == 1
    assert made < names


def test_our_packages_are_found_here():
    """No other distribution's ``twins`` or ``benchmarks`` is in the way."""
    assert [one.level for one in doctor.packages()] == [OK]

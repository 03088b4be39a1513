"""The page "Add a method in ten minutes", followed literally."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from benchmarks.rows import read_rows

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "add_a_method.md"
FILE = re.compile(r"```\{code-block\} \w+\n:caption: (\S+)\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def environment(folder: Path) -> dict[str, str]:
    """An environment with what is installed here, to which the page adds."""
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    paths = [str(ROOT), *(path for path in sys.path if "site-packages" in path)]
    (packages / "around.pth").write_text("\n".join(paths))
    python = folder / "bin" / "python"
    for name, module in (("rrm", "rrm.cli"), ("pip", "pip")):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{python}" -m {module} "$@"\n')
        script.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PIP_NO_BUILD_ISOLATION": "false",  # pip reads it the other way round
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "COLUMNS": "200",
    }


@pytest.mark.slow
def test_the_page_works_as_written(tmp_path):
    """Files as captioned, commands in order; the repository stays as it is."""
    text = PAGE.read_text()
    before = contents()
    for name, code in FILE.findall(text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    commands = SHELL.findall(text)
    assert len(commands) >= 5
    done = subprocess.run(
        ["bash", "-e"],
        input="\n".join(commands),
        cwd=tmp_path,
        env=environment(tmp_path / "venv"),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    folder = tmp_path / "reuse-patterns"
    assert "lattice" in done.stdout  # documented by `rrm methods`
    rows = list(read_rows(folder / "bench"))
    ours = [row for row in rows if row["method"] == "lattice"]
    assert [row["verified"]["status"] for row in ours] == ["feasible"] * 2
    assert {row["seed"]: row["verified"]["objective"] for row in ours} == {0: 13, 1: 13}
    assert "lattice" in (folder / "bench" / "report.html").read_text()
    assert (folder / "models" / "ChannelAssignment.npz").exists()
    runs = (folder / "training" / "trajectories.jsonl").read_text().splitlines()
    assert "lattice" in {json.loads(line)["method"] for line in runs}
    assert contents() == before


def contents() -> dict[str, int]:
    """Sizes of the files of the packages, but for compiled ones."""
    packages = ("rrm", "formulations", "twins", "llm_bridge", "benchmarks")
    return {
        str(path): path.stat().st_size
        for name in packages
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

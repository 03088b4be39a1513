"""Fronts in notebooks."""

import json
import subprocess
import sys

import numpy as np
import pytest

import rrm
from formulations import LapPlacement
from rrm.tradeoffs import axis
from rrm.tradeoffs.interactive import figure_of


@pytest.fixture(scope="module")
def fronts():
    """Of two and of three axes."""
    problem = LapPlacement.example().replace(energy=[5e5, 2e5, 4e5, 3e5, 6e5, 7e5])
    axes = [axis.objective(problem, "served"), axis.flight(problem), axis.laps(problem)]
    two = rrm.tradeoff(
        lambda flight: problem.replace(battery=flight), axes[:2], budget=5.0
    )
    three = rrm.tradeoff(
        lambda flight, laps: problem.replace(battery=flight, max_laps=laps),
        axes,
        budget=10.0,
    )
    return two, three


def test_points_and_what_is_out_of_reach(fronts):
    """All points with their proof, and a region that holds none of them."""
    front = fronts[0]
    closed, dots = figure_of(front).data
    assert np.allclose(np.transpose([dots.x, dots.y]), front.values)
    assert len(dots.text) == len(front)
    assert front.points[0].solution.certificate.argument in dots.text[0]
    assert sum("the knee" in text for text in dots.text) == 1
    grid = np.stack(np.meshgrid(closed.x, closed.y), axis=-1)
    assert np.array_equal(np.isfinite(closed.z), front.excludes(grid))


def test_third_axis_is_the_third_dimension(fronts):
    """All three values of each point."""
    (dots,) = figure_of(fronts[1]).data
    assert np.allclose(np.transpose([dots.x, dots.y, dots.z]), fronts[1].values)


def test_pages_stay_small(fronts, tmp_path):
    """``to_html`` is a picture without scripts, not a plotly page of megabytes."""
    page = tmp_path / "front.html"
    fronts[0].to_html(page)
    assert page.stat().st_size < 200_000
    assert "<script" not in page.read_text()


def test_scripts_get_matplotlib(fronts):
    """Outside of notebooks nothing interactive is made."""
    assert hasattr(fronts[0].plot(), "get_xlabel")


def test_notebooks_get_plotly():
    """In a kernel, and matplotlib where axes are given."""
    import nbformat

    code = """
import matplotlib.pyplot as plt
import rrm
from formulations import LapPlacement
from rrm.tradeoffs import axis
problem = LapPlacement.example()
front = rrm.tradeoff(lambda laps: problem.replace(max_laps=laps),
                     [axis.objective(problem, "served"), axis.laps(problem)],
                     budget=3.0)
axes = plt.subplots()[1]
print(type(front.plot()).__module__, front.plot(axes) is axes)
"""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=nbformat.writes(book),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == "plotly.graph_objs._figure True"


RUN = """
import json, sys, nbformat
from nbclient import NotebookClient
book = nbformat.reads(sys.stdin.read(), as_version=4)
NotebookClient(book, timeout=200, kernel_name="python3").execute()
text = "".join(one.get("text", "") for one in book.cells[0].outputs
               if one.get("name") == "stdout")
print(json.dumps(text.strip()))
"""

"""Pictures of every kind of file and answer."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import rrm
import twins
from formulations import ChannelAssignment, LapPlacement, Placement, PowerControl
from rrm.drawing import draw
from rrm.maps import plot_association, plot_coverage, plot_platforms
from rrm.spectrum_plots import plot_constraints
from tests.rrm.test_cli import run
from tests.rrm.test_rendering import PROBLEMS


@pytest.mark.parametrize("kind", PROBLEMS)
def test_problems_and_their_answers(kind, tmp_path):
    """Each becomes an SVG that parses."""
    problem = kind.example()
    solution = rrm.solve(problem, 0.1)
    for number, thing in enumerate((problem, solution, vars(solution.allocation))):
        file = tmp_path / f"{number}.svg"
        draw(thing).figure.savefig(file)
        assert ElementTree.parse(file).getroot().tag.endswith("svg")


def test_gains_are_in_decibel():
    """The picture of power control is the gain matrix."""
    problem = PowerControl.example()
    shown = draw(problem).images[0].get_array()
    assert np.allclose(shown, 10 * np.log10(problem.gain))


def test_bars_are_powers():
    """A bar for each link, in W."""
    axes = draw({"power": [0.5, 0.0, 2.0]})
    assert [bar.get_height() for bar in axes.patches] == [0.5, 0.0, 2.0]
    assert "W" in axes.get_ylabel()


def test_users_are_counted_by_cell():
    """Who is not served is in no bar."""
    axes = draw({"cell": [2, 0, 2, -1]})
    bars = {round(bar.get_x() + bar.get_width() / 2): bar.get_height()
            for bar in axes.patches}  # fmt: skip
    assert bars == {0: 1, 2: 2}
    assert "1 without" in axes.get_title()


def test_nothing_is_refused():
    """No allocation, no picture."""
    with pytest.raises(rrm.FieldError, match="allocation"):
        draw({})


def test_map_has_a_line_for_each_served_user():
    """In the colours of sites; the others are crosses."""
    snapshot = twins.example()
    cell = snapshot.previous.copy()
    cell[:7] = -1
    axes = plot_association(snapshot, cell)
    lines, users, crosses = axes.collections[:3]
    assert len(lines.get_segments()) == len(users.get_offsets()) == 193
    assert len(crosses.get_offsets()) == 7
    start = [segment[0] for segment in lines.get_segments()]
    assert np.allclose(start, snapshot.user_position[7:, :2])
    with pytest.raises(rrm.FieldError, match="cell"):
        plot_association(snapshot, cell[1:])


def test_coverage_is_the_strongest_cell():
    """Pixel by pixel, and nothing is left when all cells are off."""
    coverage = twins.example_coverage()
    power = twins.example().p_max
    image = plot_coverage(coverage, power).images[0].get_array()
    received = coverage.gain_db + 10 * np.log10(power / 1e-3)[:, None, None]
    best = np.nan_to_num(received, nan=-np.inf).max(axis=0)
    inside = (best > -110) & (best < -40)
    assert np.allclose(np.asarray(image)[inside], best[inside], atol=1e-3)
    off = plot_coverage(coverage, np.zeros_like(power)).images[0].get_array()
    assert np.asarray(off).max() == -110
    with pytest.raises(rrm.FieldError, match="power"):
        plot_coverage(coverage, power[1:])


@pytest.mark.parametrize(
    "placement",
    [
        Placement(np.array([True, False]), np.array([0, 0, -1])),
        Placement(
            np.array([True, False]), share=np.array([[1.0, 0], [0.5, 0], [0, 0]])
        ),
    ],
)
def test_platforms_have_lines_to_whom_they_serve(placement):
    """Whole and split users; who is not served is a cross."""
    users = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 5.0]])
    sites = np.array([[5.0, 5.0, 60.0], [9.0, 9.0, 60.0]])
    axes = plot_platforms(users, sites, placement)
    assert len(axes.collections[0].get_segments()) == 2
    assert axes.get_title() == "1 platforms, 2 users served"
    with pytest.raises(rrm.FieldError, match="user_position"):
        plot_platforms(users[1:], sites, placement)
    with pytest.raises(rrm.FieldError, match="site_position"):
        plot_platforms(users, sites[1:], placement)


def test_graph_tells_hard_pairs_from_soft_ones():
    """Soft pairs are dashed."""
    problem = ChannelAssignment(
        (np.arange(3),) * 3,
        np.array([[0, 1], [1, 2]]),
        np.array([2, 1]),
        penalty=np.array([np.inf, 1.0]),
        objective="min_interference",
    )
    axes = plot_constraints(problem)
    hard, soft = axes.collections[:2]
    assert (len(hard.get_segments()), len(soft.get_segments())) == (1, 1)
    assert "1 of them soft" in axes.get_title()


def test_answers_are_drawn_on_what_they_are_of():
    """Channels on their graph, cells on a map; anything else is refused."""
    problem = ChannelAssignment.example()
    solution = rrm.solve(problem, 0.5)
    parts = {"channel": solution.allocation.channel.tolist()}
    axes = draw(parts, on=problem)
    assert "0 pairs too close" in axes.get_title()
    snapshot = twins.example()
    cell = np.full(len(snapshot.user_position), -1)
    cell[:3] = 0
    assert draw({"cell": cell.tolist()}, on=snapshot).collections
    for ground in (problem, LapPlacement.example()):
        with pytest.raises(rrm.FieldError, match="on"):
            draw({"cell": cell.tolist()}, on=ground)
    with pytest.raises(rrm.FieldError, match="channel"):
        draw({"channel": [0]}, on=problem)


def test_command(tmp_path):
    """Problem, snapshot and solution files; the rest is usage."""
    LapPlacement.example().to_file(tmp_path / "problem.npz")
    twins.example().to_file(tmp_path / "snapshot.npz")
    done = run("solve", tmp_path / "problem.npz", "--budget", "50ms", "--json")
    (tmp_path / "solution.json").write_text(done.stdout)
    for name in ("problem.npz", "snapshot.npz", "solution.json"):
        out = tmp_path / f"{name}.svg"
        done = run("plot", tmp_path / name, "--out", out, "--json")
        assert json.loads(done.stdout)["kind"] == name.partition(".")[0]
        assert ElementTree.parse(out).getroot().tag.endswith("svg")
    again = tmp_path / "again.svg"
    run("plot", tmp_path / "problem.npz", "--out", again)
    assert len(again.read_bytes()) == len((tmp_path / "problem.npz.svg").read_bytes())
    for arguments in (("problem.npz", "a.bmp"), ("a.bmp", "a.svg")):
        file, out = (tmp_path / name for name in arguments)
        assert run("plot", file, "--out", out, code=2).stderr
    answer, ground = tmp_path / "solution.json", tmp_path / "snapshot.npz"
    out = tmp_path / "a.svg"
    assert "on" in run("plot", answer, "--on", ground, "--out", out, code=2).stderr

"""Channel plans as tables, and what pictures of spectrum show."""

import io
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import rrm
from formulations import BlockSchedule, ChannelAssignment, Schedule
from rrm.radar import RadarTrack
from rrm.spectrum_plots import channel_plan, plot_channels, plot_schedule


def crowded() -> ChannelAssignment:
    """A triangle on two channels whose first transmitter would rather have another."""
    return ChannelAssignment(
        (np.arange(2),) * 3,
        np.array([[0, 1], [1, 2], [0, 2]]),
        np.ones(3, int),
        penalty=np.array([4.0, 2.0, 8.0]),
        preferred=np.array([5, -1, -1]),
        preferred_cost=np.array([0.5, 0.0, 0.0]),
        objective="min_interference",
        labels={"V": ("a", "b", "c")},
    )


def test_costs_of_a_plan_add_up_and_survive_csv(tmp_path):
    """A plan names transmitters and shares what the objective counts."""
    solution = rrm.solve(crowded(), 0.3)
    plan = channel_plan(solution)
    assert solution.objective == 2.5
    assert plan.cost.sum() == pytest.approx(2.5)
    assert plan.broken.tolist() == [0, 1, 1]
    file = tmp_path / "plan.csv"
    plan.to_csv(file, index=False)
    again = pd.read_csv(file)
    assert again.transmitter.tolist() == ["a", "b", "c"]
    assert again.channel.tolist() == solution.allocation.channel.tolist()
    assert again.preferred.isna().tolist() == [False, True, True]


def svg_of(axes) -> ElementTree.Element:
    """What is written when a picture is saved as SVG, parsed."""
    file = io.BytesIO()
    axes.figure.savefig(file, format="svg")
    return ElementTree.fromstring(file.getvalue())


@pytest.mark.parametrize("position", [None, np.eye(3)])
def test_graph_shows_channels_and_pairs_too_close(position):
    """Each transmitter shows its channel, broken pairs are dashed, and it saves."""
    solution = rrm.solve(crowded(), 0.3)
    axes = plot_channels(solution, position)
    shown = [text.get_text() for text in axes.texts]
    assert shown == [str(c) for c in solution.allocation.channel]
    lines, broken = axes.collections[:2]
    assert len(lines.get_segments()) == 3
    assert len(broken.get_segments()) == 1
    assert svg_of(axes).tag.endswith("svg")


def test_graph_needs_places_of_all():
    """Too few positions are named."""
    solution = rrm.solve(crowded(), 0.3)
    with pytest.raises(rrm.FieldError, match="position"):
        plot_channels(solution, np.zeros((2, 2)))


def test_plan_needs_an_answer():
    """A problem of another class, or without an answer, is refused."""
    with pytest.raises(rrm.FieldError, match="ChannelAssignment"):
        channel_plan(rrm.solve(BlockSchedule.example(), 0.1))
    empty = crowded().replace(penalty=np.full(3, np.inf))
    with pytest.raises(rrm.FieldError, match="allocation"):
        channel_plan(rrm.solve(empty, 0.3))


def test_grid_shows_owners_masks_and_the_radar():
    """Owners and masks stand where schedules have them, the band where it is."""
    schedules = [Schedule(np.array([[0, -1, 1]])), Schedule(np.array([[1, -1, -1]]))]
    blocked = np.zeros((2, 1, 3), bool)
    blocked[1, 0, 2] = True
    track = RadarTrack(
        np.array([3e3, 4e3, 0, 0, 0, 0.0]), np.eye(6), np.array([2e6, 3e6]), limit=1e-13
    )
    axes = plot_schedule(
        schedules,
        blocked,
        times=np.array([0.0, 1.0]),
        edges=np.arange(4) * 1e6,
        track=track,
        cell_position=np.zeros(3),
    )
    owners, mask = axes.collections[:2]
    grid = np.ma.getmaskarray(owners.get_array().reshape(3, 2))
    assert grid.tolist() == [[False, False], [True, True], [False, True]]
    assert mask.get_array().count() == 1
    assert [line.get_ydata()[0] for line in axes.lines] == [2.0, 3.0]
    above = next(other for other in axes.figure.axes if other is not axes)
    assert above.lines[0].get_ydata() == pytest.approx([5.0, 5.0], rel=1e-3)
    assert svg_of(axes).tag.endswith("svg")


def test_grid_refuses_what_does_not_fit():
    """Masks of another shape and tracks without times are named."""
    schedules = [Schedule(np.array([[0, 1]]))]
    with pytest.raises(rrm.FieldError, match="blocked"):
        plot_schedule(schedules, np.zeros((1, 3), bool))
    track = RadarTrack(np.zeros(6), np.eye(6), np.array([1.0, 2.0]), limit=1.0)
    with pytest.raises(rrm.FieldError, match="track"):
        plot_schedule(schedules, np.zeros((1, 2), bool), track=track)

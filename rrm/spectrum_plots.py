"""Channel plans as tables and pictures, and schedules as time-frequency grids."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.blocks import Schedule
from formulations.channels import ChannelAssignment, Channels
from rrm.radar import RadarTrack
from rrm.solution import Solution
from twins.declaration import FieldError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED = 120  # transmitters up to which each shows its channel as a number
MAP = "viridis"  # in order also without colour vision
USERS = "tab20"
DRAWS = 400  # of the radar's position at each slot


def channel_plan(solution: Solution) -> pd.DataFrame:
    """Channel of each transmitter and what it costs; ``.to_csv`` writes it to a file.

    Columns: ``transmitter`` (its label or number), ``channel``, ``preferred`` (missing
    where none is), ``broken`` (soft pairs of it that are too close), ``cost`` (half of
    their penalties, and that of a channel that is not preferred): the costs add up to
    the objective of ``min_interference``.

    Raises
    ------
    FieldError
        If the solution has no allocation or is of another problem.
    """
    problem, channel = _channels(solution)
    broken = problem.shortfall(channel) > 0
    ends = problem.pairs[broken].ravel()
    half = np.repeat(problem.penalty[broken] / 2, 2)
    transmitters = len(channel)
    moved = (problem.preferred >= 0) & (channel != problem.preferred)
    cost = np.bincount(ends, half, transmitters) + moved * problem.preferred_cost
    preferred = pd.Series(problem.preferred, dtype="Int64")
    return pd.DataFrame(
        {
            "transmitter": problem.labels.get("V", range(transmitters)),
            "channel": channel,
            "preferred": preferred.where(preferred >= 0),
            "broken": np.bincount(ends, minlength=transmitters),
            "cost": cost,
        }
    )


def plot_channels(
    solution: Solution,
    position: np.ndarray | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the interference graph: transmitters in the colour of their channels.

    Pairs are thin lines, those that are too close thick dashed ones. Up to 120
    transmitters show the channel as a number, too.

    Parameters
    ----------
    solution : Solution
        Of a :class:`ChannelAssignment`.
    position : (V, 2 or 3) m
        Where transmitters are; by default those who must keep apart are drawn near each
        other, by springs [1]_.
    axes : matplotlib.axes.Axes
        To draw on; of a new figure by default.

    Raises
    ------
    FieldError
        If the solution has no allocation or is of another problem.

    References
    ----------
    .. [1] T. M. J. Fruchterman, E. M. Reingold, "Graph drawing by force-directed
       placement", Software: Practice and Experience 21(11), 1991.
       https://doi.org/10.1002/spe.4380211102
    """
    problem, channel = _channels(solution)
    return plot_plan(problem, channel, position, axes)


def plot_plan(
    problem: ChannelAssignment,
    channel: np.ndarray,
    position: np.ndarray | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw channels (V,) of transmitters as :func:`plot_channels` does a solution's.

    Raises
    ------
    FieldError
        If there is not one channel for each transmitter of the problem.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import MaxNLocator

    if channel.shape != (problem.sizes["V"],):
        raise FieldError("channel", None, channel.shape, f"({problem.sizes['V']},)")
    place = _near_partners(problem) if position is None else np.asarray(position)[:, :2]
    if place.shape != (len(channel), 2):
        allowed = f"shape ({len(channel)}, 2 or 3)"
        raise FieldError("position", None, place.shape, allowed)
    axes = axes or _new_axes()
    ends = place[problem.pairs]
    axes.add_collection(LineCollection(list(ends), colors="0.6", linewidths=0.6))
    broken = ends[problem.shortfall(channel) > 0]
    lines = LineCollection(
        list(broken), colors="#b00020", linewidths=1.5, linestyles="dashed"
    )
    axes.add_collection(lines)
    few = len(channel) <= NAMED
    dots = axes.scatter(
        *place.T, c=channel, cmap=MAP, s=160 if few else 12, zorder=2,
        edgecolors="black", linewidths=0.4,
    )  # fmt: skip
    if few:
        middle = (channel.min() + channel.max()) / 2
        for (x, y), number in zip(place, channel, strict=True):
            ink = "white" if number <= middle else "black"
            axes.annotate(
                str(number), (x, y), ha="center", va="center", size=7, color=ink
            )
    axes.figure.colorbar(
        dots, ax=axes, label="channel", ticks=MaxNLocator(integer=True)
    )
    axes.set_title(
        f"{len(np.unique(channel))} channels up to {channel.max()}, "
        f"{len(broken)} pairs too close"
    )
    if position is None:
        axes.set_axis_off()
    else:
        axes.set(xlabel="east, m", ylabel="north, m", aspect="equal")
    return axes


def plot_constraints(problem: ChannelAssignment, axes: "Axes | None" = None) -> "Axes":
    """Draw who must keep apart: the further the separation, the darker the line.

    Pairs that may be violated at a penalty are dashed.

    Parameters
    ----------
    problem : ChannelAssignment
        Transmitters who must keep apart are drawn near each other, by springs.
    axes : matplotlib.axes.Axes
        To draw on; of a new figure by default.
    """
    from matplotlib.collections import LineCollection

    place, axes = _near_partners(problem), axes or _new_axes()
    shade = 1.0 - 0.8 * problem.separation / max(
        int(problem.separation.max(initial=1)), 1
    )
    for hard, style in ((True, "solid"), (False, "dashed")):
        chosen = np.flatnonzero(problem.is_hard == hard)
        lines = LineCollection(
            list(place[problem.pairs[chosen]]),
            colors=[str(grey) for grey in shade[chosen]],
            linewidths=0.8,
            linestyles=style,
        )
        axes.add_collection(lines)
    transmitters = len(place)
    axes.scatter(*place.T, s=60 if transmitters <= NAMED else 12, zorder=2)
    soft = int((~problem.is_hard).sum())
    axes.set_title(
        f"{transmitters} transmitters, {len(problem.pairs)} pairs, {soft} of them soft"
    )
    axes.set_axis_off()
    return axes


def plot_schedule(
    schedules: Sequence[Schedule],
    blocked: np.ndarray,
    cell: int = 0,
    *,
    times: np.ndarray | None = None,
    edges: np.ndarray | None = None,
    track: RadarTrack | None = None,
    cell_position: np.ndarray | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the time-frequency grid of a cell: who has which block, and the radar.

    Blocks that are blocked are hatched, unused ones white. With a track its band is
    between dashed lines, and its distance to the cell, with the 5th and the 95th
    percentile, is drawn above.

    Parameters
    ----------
    schedules : sequence of T Schedule
        One for each slot, as of :func:`rrm.scheduling.horizon`.
    blocked : (T, B, N) or (B, N) bool
        Masks of :func:`rrm.radar.blanking`, or the same mask in each slot.
    cell : int
        Cell to draw.
    times : (T,) s
        Middle of each slot; slots are counted by default.
    edges : (N + 1,) Hz
        Where blocks begin and end; blocks are counted by default.
    track : RadarTrack
        Needs ``times``, ``edges`` and ``cell_position``.
    cell_position : (3,) m
        Of the cell.
    axes : matplotlib.axes.Axes
        To draw on; of a new figure by default.

    Raises
    ------
    FieldError
        If shapes do not fit, or a track comes without what it needs.
    """
    from matplotlib.patches import Patch

    owner = np.array([schedule.user[cell] for schedule in schedules])
    slots, blocks = owner.shape
    mask = np.asarray(blocked, bool)
    if mask.ndim == 2:
        mask = np.broadcast_to(mask, (slots, *mask.shape))
    if mask.ndim != 3 or mask.shape[0] != slots or mask.shape[2] != blocks:
        raise FieldError("blocked", None, mask.shape, f"shape ({slots}, B, {blocks})")
    if track is not None and (times is None or edges is None or cell_position is None):
        allowed = "with times, edges and cell_position"
        raise FieldError("track", None, "alone", allowed)
    axes = axes or _new_axes()
    when = _around(np.arange(slots) if times is None else np.asarray(times, float))
    where = np.arange(blocks + 1) - 0.5 if edges is None else np.asarray(edges) / 1e6
    shown = np.ma.masked_less(owner.T, 0)
    axes.pcolormesh(
        when, where, shown % 20, cmap=USERS, vmin=0, vmax=19, edgecolors="white",
        linewidth=0.2,
    )  # fmt: skip
    shut = np.ma.masked_equal(mask[:, cell].T.astype(float), 0.0)
    axes.pcolor(when, where, shut, hatch="///", cmap="gray", vmin=0, vmax=1.4)
    if track is not None:
        low, high = track.band / 1e6
        for edge in (low, high):
            axes.axhline(edge, color="black", linestyle="--", linewidth=1)
    axes.set(
        xlabel="slot" if times is None else "time, s",
        ylabel="block" if edges is None else "frequency, MHz",
        title=f"cell {cell}: {len(np.unique(owner[owner >= 0]))} users by colour",
    )
    axes.legend(handles=[Patch(facecolor="0.72", hatch="///", label="blocked")])
    if track is not None and times is not None and cell_position is not None:
        _draw_distance(axes, track, times, cell_position)
    return axes


def _draw_distance(
    axes: "Axes", track: RadarTrack, times: np.ndarray, cell_position: np.ndarray
) -> None:
    """Likely distance of the radar over time, above the grid."""
    from mpl_toolkits.axes_grid1 import make_axes_locatable

    random = np.random.default_rng(0)
    bands = []
    for time in times:
        place = track.positions(float(time), DRAWS, random)
        away = np.linalg.norm(place - np.asarray(cell_position), axis=1) / 1e3
        bands.append(np.percentile(away, (5, 50, 95)))
    low, middle, high = np.transpose(bands)
    above = make_axes_locatable(axes).append_axes("top", "30%", 0.1, sharex=axes)
    above.plot(times, middle, color="black", linewidth=1.5)
    above.fill_between(times, low, high, color="black", alpha=0.25)
    above.set(ylabel="radar, km", ylim=(0, None))
    above.tick_params(labelbottom=False)
    above.set_title(axes.get_title())
    axes.set_title("")


def _channels(solution: Solution) -> tuple[ChannelAssignment, np.ndarray]:
    problem, allocation = solution.problem, solution.allocation
    if not isinstance(problem, ChannelAssignment):
        found = type(problem).__name__
        raise FieldError("solution.problem", None, found, "a ChannelAssignment")
    if not isinstance(allocation, Channels):
        raise FieldError("solution.allocation", None, "absent", "an allocation")
    return problem, allocation.channel


def _near_partners(problem: ChannelAssignment) -> np.ndarray:
    """Place (V, 2) of each transmitter in the plane, near those it is paired with."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(problem.sizes["V"]))
    graph.add_edges_from(problem.pairs.tolist())
    layout = networkx.spring_layout(graph, seed=0)
    return np.array([layout[v] for v in range(problem.sizes["V"])])


def _around(middle: np.ndarray) -> np.ndarray:
    """Edges (T + 1,) of slots with these middles."""
    if len(middle) == 1:
        return middle[0] + np.array([-0.5, 0.5])
    between = (middle[1:] + middle[:-1]) / 2
    first = middle[0] - (between[0] - middle[0])
    return np.concatenate(([first], between, [2 * middle[-1] - between[-1]]))


def _new_axes() -> "Axes":
    from matplotlib.figure import Figure

    return Figure(figsize=(8, 5)).subplots()

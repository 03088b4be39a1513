"""A picture of anything: a problem, a snapshot, or an answer, by what it holds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.channels import ChannelAssignment
from formulations.problem import Problem
from rrm.solution import Solution
from twins import TwinSnapshot
from twins.declaration import ArraySpec, FieldError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAP = "viridis"  # in order also without colour vision
OWNERS = "tab20"
BAR = "#256f90"
UNITS = {"power": "W", "share": "part of the user"}
COUNTED = {"cell": "users", "site": "users", "channel": "transmitters"}
"""Parts of allocations that are shown as how often each value occurs, of what."""


def draw(
    thing: Problem | TwinSnapshot | Solution | Mapping[str, Any],
    axes: "Axes | None" = None,
    on: Problem | TwinSnapshot | None = None,
) -> "Axes":
    """Draw a problem's data, a snapshot's map, or an answer.

    A problem is its largest matrix, gains in dB; channel assignments are the graph of
    who must keep apart. An answer is bars of powers, users by cell, channels by use, a
    grid of blocks; a snapshot the users and their previous cells.

    Parameters
    ----------
    thing : Problem, TwinSnapshot, Solution or mapping
        The mapping is an allocation by its parts, as in ``rrm solve --json``.
    axes : matplotlib.axes.Axes
        To draw on; of a new figure by default.
    on : Problem or TwinSnapshot
        What an allocation by its parts is drawn on: a :class:`ChannelAssignment` for
        channels, a snapshot for the cells of users.

    Raises
    ------
    FieldError
        If there is nothing to draw: no allocation, no matrix, no positions; or if the
        allocation cannot be drawn ``on`` that.
    """
    if on is not None:
        return _draw_on(on, thing, axes)
    if isinstance(thing, TwinSnapshot):
        return _draw_snapshot(thing, axes)
    if isinstance(thing, ChannelAssignment):
        from rrm.spectrum_plots import plot_constraints

        return plot_constraints(thing, axes)
    if isinstance(thing, Problem):
        return _draw_problem(thing, axes)
    if isinstance(thing, Solution):
        if (
            isinstance(thing.problem, ChannelAssignment)
            and thing.allocation is not None
        ):
            from rrm.spectrum_plots import plot_channels

            return plot_channels(thing, axes=axes)
        thing = {} if thing.allocation is None else vars(thing.allocation)
    return _draw_allocation(thing, axes)


def _draw_on(on: Any, parts: Any, axes: "Axes | None") -> "Axes":
    """An allocation by its parts where it belongs: on a graph, or on a map."""
    if isinstance(parts, Mapping):
        if isinstance(on, ChannelAssignment) and "channel" in parts:
            from rrm.spectrum_plots import plot_plan

            return plot_plan(on, np.asarray(parts["channel"]), axes=axes)
        if isinstance(on, TwinSnapshot) and "cell" in parts:
            from rrm.maps import plot_association

            return plot_association(on, np.asarray(parts["cell"]), axes)
    allowed = "a ChannelAssignment for channels, a snapshot for the cells of users"
    raise FieldError("on", None, type(on).__name__, allowed)


def _draw_snapshot(snapshot: TwinSnapshot, axes: "Axes | None") -> "Axes":
    from rrm.maps import plot_association

    if not (snapshot.user_position.size and snapshot.cell_position.size):
        raise FieldError("snapshot", None, "no positions", "of users and cells")
    cell = snapshot.previous
    if not cell.size:
        cell = np.full(len(snapshot.user_position), -1)
    return plot_association(snapshot, cell, axes)


def _draw_problem(problem: Problem, axes: "Axes | None") -> "Axes":
    """Largest declared array of two axes, the mean over a third one."""
    found: tuple[int, str, str, np.ndarray] | None = None
    for name, spec in problem.specs():
        values = getattr(problem, name)
        if not isinstance(spec, ArraySpec) or len(values.shape) < 2:
            continue
        values = values.toarray() if hasattr(values, "toarray") else values
        if values.dtype.kind == "f" and (found is None or values.size > found[0]):
            found = values.size, name, spec.unit, values
    if found is None or not found[0]:
        raise FieldError("problem", None, type(problem).__name__, "with a matrix")
    _, name, unit, values = found
    matrix = values.mean(axis=2) if values.ndim > 2 else values
    if "gain" in name or "interference" in name:
        with np.errstate(divide="ignore"):
            matrix = 10 * np.log10(matrix)
        unit = "dB" if unit == "1" else f"dB({unit})"
    axes = axes or _new_axes()
    shown = np.ma.masked_invalid(matrix)
    image = axes.imshow(shown, cmap=MAP, aspect="auto", interpolation="nearest")
    label = name if unit in ("", "1") else f"{name}, {unit}"
    axes.figure.colorbar(image, ax=axes, label=label)
    axes.set_title(f"{type(problem).__name__}: {name}, white where there is none")
    return axes


def _draw_allocation(parts: Mapping[str, Any], axes: "Axes | None") -> "Axes":
    """Part that says most: grids before counts before bars."""
    arrays = {name: np.asarray(values) for name, values in parts.items()}
    arrays = {name: values for name, values in arrays.items() if values.size}
    if not arrays:
        raise FieldError("allocation", None, "absent", "an allocation to draw")
    axes = axes or _new_axes()
    name = max(arrays, key=lambda one: (arrays[one].ndim, one in COUNTED))
    values, unit = arrays[name], UNITS.get(name, "")
    label = f"{name}, {unit}" if unit else name
    if values.ndim > 1:
        owners = values.dtype.kind in "iu"
        shown = np.ma.masked_less(values, 0) % 20 if owners else values
        image = axes.imshow(
            shown,
            cmap=OWNERS if owners else MAP,
            vmin=0 if owners else None,
            vmax=19 if owners else None,
            aspect="auto",
            interpolation="nearest",
        )
        if not owners:
            axes.figure.colorbar(image, ax=axes, label=label)
        axes.set_title(f"{label}: by colour, white for nobody" if owners else label)
    elif name in COUNTED:
        used, count = np.unique(values[values >= 0], return_counts=True)
        axes.bar(used, count, color=BAR)
        axes.set(xlabel=name, ylabel=COUNTED[name])
        axes.set_title(f"{len(used)} in use, {int((values < 0).sum())} without")
    else:
        axes.bar(np.arange(len(values)), values.astype(float), color=BAR)
        axes.set(xlabel="number", ylabel=label)
    return axes


def _new_axes() -> "Axes":
    from matplotlib.figure import Figure

    return Figure(figsize=(8, 5), layout="constrained").subplots()

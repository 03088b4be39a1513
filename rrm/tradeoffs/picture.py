"""Fronts as pictures for paper and as pages."""

import html
import io
import os
from typing import TYPE_CHECKING

import numpy as np

from rrm import page
from rrm.tradeoffs.front import Front
from twins.declaration import FieldError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RASTER = 200  # values along each axis at which bounds are asked
MARGIN = 0.08  # of the extent, around the points
POINT, KNEE, CLOSED = "#0072b2", "#d55e00", "#d8d8d2"


def plot(front: Front, axes: "Axes | None" = None) -> "Axes":
    """Draw ``front``; see :meth:`Front.plot`."""
    if not front.points:
        raise FieldError("front", None, "no points", "a front with points")
    if axes is None:
        from matplotlib.figure import Figure

        axes = Figure(figsize=(6, 4), layout="constrained").add_subplot()
    values = front.values
    x, y = values[:, 0], values[:, 1]
    if len(front.axes) == 2:
        _draw_closed(front, axes)
        order = np.argsort(x)
        axes.plot(x[order], y[order], lw=0.6, color=POINT, alpha=0.5)
        axes.scatter(x, y, s=18, color=POINT, label="certified points", zorder=3)
    else:
        dots = axes.scatter(x, y, s=24, c=values[:, 2], cmap="viridis", zorder=3)
        axes.figure.colorbar(dots, ax=axes, label=front.axes[2].label)
    best = front.knee
    if best is not None:
        at = [best.values[axis.name] for axis in front.axes[:2]]
        ring = {"facecolors": "none", "edgecolors": KNEE, "zorder": 4}
        axes.scatter(*at, s=90, label="knee", **ring)
    axes.set_xlabel(front.axes[0].label)
    axes.set_ylabel(front.axes[1].label)
    axes.legend(loc="best", fontsize="small")
    return axes


def closed_region(front: Front) -> tuple[list[np.ndarray], np.ndarray]:
    """Values along both axes, and whether (y, x) the bounds exclude each pair."""
    values = front.values
    low, high = values.min(axis=0), values.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, np.maximum(np.abs(high), 1.0))
    low, high = low - margin, high + margin
    lines = [np.linspace(a, b, RASTER) for a, b in zip(low, high, strict=True)]
    return lines, front.excludes(np.stack(np.meshgrid(*lines), axis=-1))


def _draw_closed(front: Front, axes: "Axes") -> None:
    """Shade what the bounds exclude."""
    lines, closed = closed_region(front)
    axes.set_xlim(lines[0][0], lines[0][-1])
    axes.set_ylim(lines[1][0], lines[1][-1])
    if closed.any():
        axes.contourf(*lines, closed.astype(float), levels=[0.5, 1.5], colors=[CLOSED])
        axes.fill([], [], color=CLOSED, label="proven out of reach")


def write_front(front: Front, path: str | os.PathLike[str], title: str) -> None:
    """Write ``front`` as a page; see :meth:`Front.to_html`."""
    table = front.to_frame()
    rows = [tuple(_plain(value) for value in row) for row in table.to_numpy()]
    note = html.escape(repr(front))
    sections = [f'<p class="note">{note}</p>']
    if front.points:
        sections.append(_svg(front))
    sections.append(page.table(tuple(table.columns), rows))
    page.write_page(path, title, sections)


def _plain(value: object) -> object:
    if isinstance(value, (bool, np.bool_)):
        return "knee" if value else ""
    return float(value) if isinstance(value, (int, float, np.number)) else value


def _svg(front: Front) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    plot(front, figure.add_subplot())
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]

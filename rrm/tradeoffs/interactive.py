"""Fronts as plotly figures, for notebooks: certificates under the pointer."""

import html
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from rrm.tradeoffs.front import Front, Point
from rrm.tradeoffs.picture import CLOSED, KNEE, POINT, closed_region
from twins.declaration import FieldError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def is_notebook() -> bool:
    """Whether this is a Jupyter kernel that can show a plotly figure."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel") and find_spec("plotly") is not None


def figure_of(front: Front) -> "Figure":
    """Figure of a front; three axes are three dimensions.

    Raises
    ------
    FieldError
        If the front has no points.
    """
    from plotly import graph_objects

    if not front.points:
        raise FieldError("front", None, "no points", "a front with points")
    best = front.knee
    marks = {
        "mode": "markers",
        "marker": {
            "color": [KNEE if one is best else POINT for one in front.points],
            "size": 7,
        },
        "text": [_certificate(one, one is best) for one in front.points],
        "hoverinfo": "text",
        "name": "certified points",
    }
    columns = front.values.T
    labels = [axis.label for axis in front.axes]
    if len(front.axes) > 2:
        names = ("xaxis", "yaxis", "zaxis")
        scene = {name: {"title": {"text": text}}
                 for name, text in zip(names, labels, strict=True)}  # fmt: skip
        dots = graph_objects.Scatter3d(
            x=columns[0], y=columns[1], z=columns[2], **marks
        )
        return graph_objects.Figure(dots, {"scene": scene})
    figure = graph_objects.Figure(
        layout={
            "xaxis": {"title": {"text": labels[0]}},
            "yaxis": {"title": {"text": labels[1]}},
            "plot_bgcolor": "white",
        }
    )
    lines, closed = closed_region(front)
    if closed.any():
        figure.add_heatmap(
            x=lines[0],
            y=lines[1],
            z=np.where(closed, 1.0, np.nan),
            colorscale=[[0, CLOSED], [1, CLOSED]],
            showscale=False,
            hoverinfo="skip",
        )
    figure.add_scatter(x=columns[0], y=columns[1], **marks)
    return figure


def _certificate(point: Point, is_knee: bool) -> str:
    """What stands under the pointer: values, proof, argument."""
    solution = point.solution
    lines = [f"{name} {value:.6g}" for name, value in point.values.items()]
    lines.append(f"{solution.status}, gap {solution.gap:.2%}")
    lines.append(f"bound by {solution.certificate.argument or 'nobody'}")
    lines.append(f"found by {solution.method}")
    if is_knee:
        lines.append("the knee")
    return "<br>".join(html.escape(line) for line in lines)

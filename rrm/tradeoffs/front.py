"""A Pareto front with its certificates, and what they rule out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rrm.solution import Solution, Status
from rrm.tradeoffs.axis import Axis
from rrm.tradeoffs.volume import hypervolume, knee

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TOUCHING = 1e-9  # relative amount by which a bound must be passed to exclude


@dataclass(frozen=True, eq=False)
class Point:
    """One point of a front.

    Attributes
    ----------
    values : mapping
        By axis, in its unit.
    asked : mapping
        By axis: limit or price that the factory was given.
    solution : Solution
        Allocation with its certificate. ``optimal``: nothing within these limits, or at
        these prices, is better by more than the tolerance of the gap.
    """

    values: Mapping[str, float]
    asked: Mapping[str, float]
    solution: Solution


@dataclass(frozen=True, eq=False)
class Bounds:
    """What has been proven: (Q,) statements on all allocations.

    Values count with their sense, so that more is better. Who is within ``limit`` on
    all axes has no more than ``most`` of the values times ``weight``.

    Attributes
    ----------
    limit, weight : (Q, A)
        -inf: no limit.
    most : (Q,)
        -inf: nobody is within the limits.
    """

    limit: np.ndarray
    weight: np.ndarray
    most: np.ndarray

    def exclude(self, values: np.ndarray) -> np.ndarray:
        """Which of ``values`` (P, A), signed, nothing can reach or be better than."""
        total = values @ self.weight.T
        sizes = np.abs(values) @ self.weight.T
        within = (values[:, None, :] >= self.limit).all(axis=2)
        beyond = within & (total > self.most + TOUCHING * sizes)
        return np.asarray(beyond.any(axis=1))


@dataclass(frozen=True, eq=False)
class Front:
    """Points of which none dominates another, and what nothing can reach.

    Attributes
    ----------
    axes : tuple of Axis
        What was traded.
    points : tuple of Point
        From the best to the worst on the first axis.
    bounds : Bounds
        Proven by the bounds of all questions, those without an answer included.
    complete : bool
        Whether all limits, or all slopes up to the highest price, were settled by
        proof, within the tolerance of the gap.
    questions : int
        Problems solved.
    seconds : float
        From call to return.
    """

    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    bounds: Bounds
    complete: bool
    questions: int
    seconds: float

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.points)

    def __repr__(self) -> str:
        """One line with axes, points, proofs and time."""
        names = " against ".join(axis.name for axis in self.axes)
        proven = sum(one.solution.status is Status.OPTIMAL for one in self.points)
        extent = "complete" if self.complete else "not complete"
        return (
            f"Front({names}: {len(self)} points, {proven} proven, {extent}, "
            f"{self.questions} problems in {self.seconds:.3g} s)"
        )

    @property
    def values(self) -> np.ndarray:
        """Values (P, A) of the points, in the units of the axes."""
        rows = [[one.values[a.name] for a in self.axes] for one in self.points]
        return np.array(rows, float).reshape(len(rows), len(self.axes))

    @property
    def senses(self) -> np.ndarray:
        """+1 or -1 (A,) of each axis."""
        return np.array([axis.sense for axis in self.axes], float)

    @property
    def knee(self) -> Point | None:
        """Point beyond which much must be given for little; None without points."""
        if not self.points:
            return None
        return self.points[knee(self.values * self.senses)]

    def hypervolume(self, reference: Mapping[str, float] | None = None) -> float:
        """Volume that the points dominate, in the product of the axes' units.

        Parameters
        ----------
        reference : mapping
            By axis: value that is worse than what counts; by default the worst of the
            points, so that the ends add nothing.
        """
        signed = self.values * self.senses
        if not len(signed):
            return 0.0
        if reference is None:
            return hypervolume(signed, signed.min(axis=0))
        corner = np.array([reference[axis.name] for axis in self.axes]) * self.senses
        return hypervolume(signed, corner)

    def excludes(self, values: np.ndarray) -> np.ndarray:
        """Whether it is proven that no allocation is as good as ``values`` (..., A).

        As good: no worse on every axis. Values are in the units of the axes.
        """
        values = np.asarray(values, float)
        flat = values.reshape(-1, len(self.axes)) * self.senses
        return self.bounds.exclude(flat).reshape(values.shape[:-1])

    def to_frame(self) -> "pd.DataFrame":
        """Points as a pandas table: values, proof of each, and which one is the knee.

        ``bound`` and ``objective`` are those of the problem that was asked, ``asked``
        its limits or prices.
        """
        import pandas as pd

        corner = self.knee
        rows: list[dict[str, Any]] = []
        for one in self.points:
            solution = one.solution
            asked = ", ".join(f"{name}={v:.6g}" for name, v in one.asked.items())
            rows.append(
                {
                    **one.values,
                    "asked": asked,
                    "status": str(solution.status),
                    "objective": solution.objective,
                    "bound": solution.bound,
                    "gap": solution.gap,
                    "argument": solution.certificate.argument,
                    "violation": max(solution.certificate.violations.values()),
                    "method": solution.method,
                    "knee": one is corner,
                }
            )
        names = [axis.name for axis in self.axes]
        return pd.DataFrame(rows, columns=None if rows else names)

    def plot(self, axes: "Axes | None" = None) -> Any:
        """Draw the front: on ``axes`` with matplotlib, or with plotly in a notebook.

        Grey is what nothing can enter, by the bounds: drawn for two axes. A third axis
        is the colour, or the third dimension.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
            To draw on. Without it, the picture is a plotly figure where this runs in a
            notebook and plotly is installed, else the axes of a new figure.

        Returns
        -------
        matplotlib.axes.Axes or plotly.graph_objects.Figure
            What was drawn on.
        """
        from rrm.tradeoffs.interactive import figure_of, is_notebook
        from rrm.tradeoffs.picture import plot

        return figure_of(self) if axes is None and is_notebook() else plot(self, axes)

    def to_html(self, path: str | os.PathLike[str], title: str = "Trade-off") -> None:
        """Write a page with picture and table that needs nothing else."""
        from rrm.tradeoffs.picture import write_front

        write_front(self, path, title)

    def _repr_html_(self) -> str:
        """Render as a table in Jupyter, headings with units."""
        import html

        names = {axis.name: axis.label for axis in self.axes}
        table = self.to_frame().rename(columns=names).to_html(border=0)
        return f"<p>{html.escape(repr(self))}</p>{table}"

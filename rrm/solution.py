"""What a call of ``rrm.solve`` returns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.problem import Problem
from twins.record import is_sparse

if TYPE_CHECKING:
    import pandas as pd

WIDEST_REPORT = 20  # rows of an HTML table


class Status(StrEnum):
    """What is proven."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"

    @property
    def sentence(self) -> str:
        """The status in words."""
        return {
            Status.OPTIMAL: "verified feasible, and the gap is within the tolerance",
            Status.FEASIBLE: "verified feasible, not proven to be best",
            Status.INFEASIBLE: "proven that no allocation meets all constraints",
            Status.UNKNOWN: "no feasible allocation found, and none ruled out",
        }[self]


class Stopped(StrEnum):
    """Why the search ended."""

    GAP = "gap"
    DEADLINE = "deadline"
    WORK = "work"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Certificate:
    """Why the answer can be believed.

    Attributes
    ----------
    violations : mapping
        Largest relative violation by constraint, recomputed from the problem's arrays.
    tolerance : float
        What counts as met.
    bound_by : str
        Method that gave the bound; empty without one.
    argument : str
        What makes the bound valid: the name of a recomputed argument, or ``by search``.
    proof : object
        The argument itself: ``proof.bound(problem)`` recomputes the bound.
    claimed : mapping
        Bounds by method that came without a valid argument: shown, not counted.
    refused : mapping
        What the referee turned down, by method: how often, and the last reason.
    seconds : float
        Time spent on verifying.
    """

    violations: Mapping[str, float]
    tolerance: float
    bound_by: str = ""
    argument: str = ""
    proof: Any = None
    claimed: Mapping[str, float] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Solution:
    """Allocation with its proof, and how it came about.

    Attributes
    ----------
    status : Status
        What is proven: ``optimal``, ``feasible``, ``infeasible``, ``unknown``.
    stopped : Stopped
        Why the search ended: ``gap``, ``deadline``, ``work``, ``exhausted``,
        ``cancelled``.
    allocation : object or None
        Decision in physical units; None unless the referee passed it.
    objective, bound : float
        In the problem's objective unit; nan and infinite where there is none.
    gap : float
        ``|bound - objective| / max(|bound|, |objective|)``, 0/0 = 0.
    certificate : Certificate
        Violations, and who produced the bound by which argument.
    method : str
        Method that found the allocation.
    plan : list of dict
        What was tried in which order with which share of time, and how it ended.
    trace : list of (float, float, float)
        Seconds, objective, bound at each improvement.
    seconds : float
        From call to return.
    seed : int
        Seed of the call; reproducible together with ``Budget(work=...)``.
    work : int
        Units of work done.
    problem : Problem
        What was solved.
    least_violating : object or None
        Without a feasible allocation: the one found that violates least, with its
        violations in the certificate.
    """

    status: Status
    stopped: Stopped
    allocation: Any
    objective: float
    bound: float
    gap: float
    certificate: Certificate
    method: str
    plan: list[dict[str, Any]]
    trace: list[tuple[float, float, float]]
    seconds: float
    seed: int
    work: int
    problem: Problem
    least_violating: Any = None

    def __repr__(self) -> str:
        """One line with status, objective, bound, gap, method and time."""
        unit = self.problem.objective_unit
        return (
            f"Solution({self.status}, {type(self.problem).__name__}: "
            f"objective {self.objective:.6g} {unit}, bound {self.bound:.6g}, "
            f"gap {self.gap:.2%}, by {self.method or 'nobody'}, "
            f"stopped by {self.stopped} after {self.seconds * 1e3:.4g} ms)"
        )

    def to_frame(self) -> "pd.DataFrame":
        """Allocation as a pandas table, a row per entry, named by the labels.

        Parts on different axes, such as sites and users, are told apart by their name
        in the index. Empty if there is no allocation.
        """
        import pandas as pd

        if self.allocation is None:
            return pd.DataFrame()
        parts = {
            part.name: np.asarray(getattr(self.allocation, part.name))
            for part in fields(self.allocation)
        }
        parts = {name: values for name, values in parts.items() if values.size}
        lengths = {len(values) for values in parts.values()}
        if len(lengths) == 1:
            index = pd.Index(self._names(lengths.pop()), name=_entry(parts))
            columns = {
                name: column
                for part, values in parts.items()
                for name, column in _columns(part, values)
            }
            return pd.DataFrame(columns, index=index)
        rows = [
            (name, entry, value)
            for part, values in parts.items()
            for name, column in _columns(part, values)
            for entry, value in zip(self._names(len(column)), column, strict=True)
        ]
        table = pd.DataFrame(rows, columns=["part", "entry", "value"])
        return table.set_index(["part", "entry"])

    def _names(self, length: int) -> Any:
        for axis, names in self.problem.labels.items():
            if self.problem.sizes.get(axis) == length and len(names) == length:
                return list(names)
        return range(length)

    def _repr_html_(self) -> str:
        """Render as a table in Jupyter: answer, proof and the first entries."""
        import html

        unit = self.problem.objective_unit
        rows = {
            "status": f"{self.status}: {self.status.sentence}",
            "stopped": str(self.stopped),
            "objective": f"{self.objective:.6g} {unit}",
            "bound": f"{self.bound:.6g} {unit} ({self.certificate.argument or 'none'})",
            "gap": f"{self.gap:.3%}",
            "method": self.method,
            "time": f"{1e3 * self.seconds:.4g} ms",
        }
        body = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
            for name, value in rows.items()
        )
        shown = self.to_frame().head(WIDEST_REPORT)
        shown = shown.rename(columns=lambda name: _with_unit(str(name)))
        table = shown.to_html(border=0)
        return f"<table>{body}</table>{table}"


def _columns(part: str, values: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Columns of a part of an allocation; the second axis is numbered."""
    if values.ndim == 1:
        yield part, values
    else:
        for column in range(values.shape[1]):
            yield f"{part}[{column}]", values[:, column]


def _entry(parts: Mapping[str, np.ndarray]) -> str:
    """What a row of an allocation's table is about."""
    return "link" if "power" in parts else "user"


def _with_unit(column: str) -> str:
    """Heading of a column of an allocation: powers are in W, all else has no unit."""
    return f"{column} (W)" if column.startswith("power") else column


def relative_gap(objective: float, bound: float) -> float:
    """``|bound - objective| / max(|bound|, |objective|)``, with 0/0 = 0.

    inf where either is missing.
    """
    if not (np.isfinite(objective) and np.isfinite(bound)):
        return np.inf
    difference = abs(bound - objective)
    return difference / max(abs(bound), abs(objective)) if difference else 0.0


def size_of(problem: Problem) -> str:
    """Axes of a problem in words: ``U=200 B=21``."""
    sizes = " ".join(
        f"{axis}={length}"
        for axis, length in problem.sizes.items()
        if not axis.isdigit()
    )
    stored = any(is_sparse(getattr(problem, name)) for name, _ in problem.specs())
    return sizes + (" sparse" if stored else "")

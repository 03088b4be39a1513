"""Pictures of a run: performance profiles, gaps over time, lateness."""

import numpy as np

from benchmarks.chart import Line, Picture, chart, lines_text
from benchmarks.judgement import (
    LEAST_COST,
    TARGET,
    Place,
    Reference,
    is_answer,
    place_of,
)
from benchmarks.rows import Row
from benchmarks.statistics import profile
from benchmarks.tables import problems_of, seconds_text, target_times

SHOWN = 8  # lines of a picture; its CSV has all
LEAST_GAP = 1e-4  # drawn for what is as good as the best
POINTS = 60  # of time
QUANTILES = (0.25, 0.75)
FLOOR = 1e-5  # s of lateness: less is in time
References = dict[Place, Reference]


def pictures(rows: list[Row], known: References) -> list[Picture]:
    """All pictures, problem by problem at its largest budget."""
    found = []
    for problem in problems_of(rows):
        own = [row for row in rows if row["problem"] == problem]
        budget = max(row["budget"] for row in own)
        at = [row for row in own if row["budget"] == budget]
        methods, costs = target_times(at, known)
        order = _ranked(methods, costs, budget)
        shown = order[:SHOWN]
        found += [
            _profile(problem, budget, methods, costs, shown),
            _gap_over_time(problem, budget, at, known, shown),
            _lateness(problem, own, shown),
        ]
    return found


def _ranked(methods: list[str], costs: np.ndarray, budget: float) -> list[str]:
    """Methods, the one that reaches the target most often first, then the fastest."""
    reached = np.isfinite(costs).sum(axis=0)
    mean = np.log(np.minimum(costs, budget) + LEAST_COST).mean(axis=0)
    return [methods[k] for k in np.lexsort((mean, -reached))]


def _left_out(methods: list[str], shown: list[str]) -> str:
    rest = [name for name in methods if name not in shown]
    return f" Not drawn, but in the CSV: {', '.join(rest)}." if rest else ""


def _profile(
    problem: str,
    budget: float,
    methods: list[str],
    costs: np.ndarray,
    shown: list[str],
) -> Picture:
    ratio, share = profile(costs)
    end = max(ratio[-1] * 1.3, 2.0)
    x = np.append(ratio, end)
    lines = {
        name: Line(name, x, np.append(share[:, k], share[-1, k]), is_step=True)
        for k, name in enumerate(methods)
    }
    title = f"{problem}: performance profile in {seconds_text(budget)}"
    axes = "time / time of the fastest", "share of runs within it"
    svg = chart([lines[name] for name in shown], *axes, log_x=True, title=title)
    note = (
        f"Time to within {TARGET:.0%} of the best verified answer; higher is better. "
        "A line's left end is the share of runs where it is fastest, its right end the "
        "share that it solves at all."
    )
    return Picture(
        f"profile-{problem}",
        title,
        note + _left_out(methods, shown),
        svg,
        lines_text(list(lines.values()), "ratio", "share"),
    )


def _gap_over_time(
    problem: str, budget: float, rows: list[Row], known: References, shown: list[str]
) -> Picture:
    time = np.geomspace(max(budget * 1e-4, LEAST_COST), budget, POINTS)
    methods = sorted({row["method"] for row in rows})
    drawn, listed = [], []
    for name in [*shown, *(one for one in methods if one not in shown)]:
        gaps = np.array([_gaps(row, known, time) for row in rows
                         if row["method"] == name])  # fmt: skip
        middle = Line(name, time, _floored(np.median(gaps, axis=0)), is_step=True)
        edges = [
            Line(
                name,
                time,
                _floored(np.quantile(gaps, part, axis=0, method="nearest")),
                is_step=True,
                is_faint=True,
            )
            for part in QUANTILES
        ]
        listed.append(middle)
        for part, edge in zip(QUANTILES, edges, strict=True):
            listed.append(Line(f"{name} quantile {part}", edge.x, edge.y))
        if name in shown:
            drawn += [middle, *edges]
    title = f"{problem}: gap over time"
    svg = chart(
        drawn, "s", "gap to the best verified", log_x=True, log_y=True, title=title
    )
    note = (
        "Median over the runs, thin lines the quartiles; lower is better. No answer "
        f"counts as 100%, and what is closer than {LEAST_GAP:.2%} is drawn there. "
        "Solvers without a callback have all of their answer at the end."
    )
    return Picture(
        f"gap-{problem}",
        title,
        note + _left_out(methods, shown),
        svg,
        lines_text(listed, "s", "gap"),
    )


def _floored(gaps: np.ndarray) -> np.ndarray:
    return np.maximum(gaps, LEAST_GAP)


def _gaps(row: Row, known: References, time: np.ndarray) -> np.ndarray:
    """Gap of a row at each time; 1 before its first answer, and if none is verified."""
    gaps = np.ones(len(time))
    reference = known.get(place_of(row))
    if reference is None or not is_answer(row):
        return gaps
    end = [row["seconds"], row["verified"]["objective"], None]
    for at, value, _ in [*row["trace"], end]:
        if at is not None and value is not None:
            gaps[time >= at] = min(reference.gap(value), 1.0)
    if row["verified"]["status"] == "infeasible":
        gaps[time >= row["seconds"]] = 0.0
    return gaps


def _lateness(problem: str, rows: list[Row], shown: list[str]) -> Picture:
    methods = sorted({row["method"] for row in rows})
    lines = {}
    for name in methods:
        late = np.sort([row["overrun"] for row in rows if row["method"] == name])
        x = np.append(FLOOR, late[late > FLOOR])
        share = np.arange(len(x) - 1, -1, -1) / len(late)
        lines[name] = Line(name, x, share, is_step=True)
    title = f"{problem}: runs later than their limit"
    axes = "s beyond the limit", "share of runs that are later"
    svg = chart([lines[name] for name in shown], *axes, log_x=True, title=title)
    note = (
        "All limits together; lower and further left is better. The axis begins at "
        f"{seconds_text(FLOOR)}, within which runs are in time."
    )
    return Picture(
        f"lateness-{problem}",
        title,
        note + _left_out(methods, shown),
        svg,
        lines_text(list(lines.values()), "seconds", "share"),
    )

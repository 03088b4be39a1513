"""Line charts as SVG: readable in print and without colour, no script.

Lines differ in dashes and markers as well as in colour; each has its name in a legend
in the order of the lines' right ends.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 640.0, 330.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 210.0, 14.0, 44.0
COLOURS = ("#0072b2", "#d55e00", "#007a59", "#a6478d", "#555555", "#8a6d00")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "1 2", "12 4")
MARKERS = ("circle", "square", "triangle", "diamond", "cross", "plus", "ring", "bar")
MARKED = 7  # markers of a line


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes
    ----------
    name : str
        In the legend.
    x, y : (n,)
        Points, from left to right; nan breaks the line.
    is_step : bool
        Whether a value holds until the next point.
    is_faint : bool
        A thin line without marker or name, for the quantiles of the line before it.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    is_step: bool = False
    is_faint: bool = False


@dataclass(frozen=True)
class Picture:
    """A chart, and the numbers in it.

    Attributes
    ----------
    name : str
        Of its files.
    title, note : str
        What it shows, and what is better.
    svg, csv : str
        Texts of the files.
    """

    name: str
    title: str
    note: str
    svg: str
    csv: str


def table_text(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue()


def lines_text(lines: Sequence[Line], x_name: str, y_name: str) -> str:
    """Points of all lines as CSV."""
    rows = [
        (line.name, f"{x:.9g}", f"{y:.9g}")
        for line in lines
        for x, y in zip(line.x, line.y, strict=True)
        if np.isfinite(y)
    ]
    return table_text(("line", x_name, y_name), rows)


def chart(
    lines: Sequence[Line],
    x_name: str,
    y_name: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    title: str = "",
) -> str:
    """SVG of the lines, its axes from the least to the largest finite value."""
    x_axis = _Axis([line.x for line in lines], LEFT, WIDTH - RIGHT, log_x)
    y_axis = _Axis([line.y for line in lines], HEIGHT - BOTTOM, TOP, log_y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'role="img" aria-label="{escape(title)}" font-family="sans-serif" '
        f'font-size="11" fill="#222">',
        *_frame(x_axis, y_axis, x_name, y_name),
    ]
    named = [line for line in lines if not line.is_faint]
    style = {line.name: k for k, line in enumerate(named)}
    for line in lines:
        k = style.get(line.name, 0)
        parts.append(_path(line, x_axis, y_axis, k))
        if not line.is_faint:
            parts += _marks(line, x_axis, y_axis, k)
    parts += _legend(named, style)
    parts.append("</svg>")
    return "\n".join(parts)


class _Axis:
    """Maps values to positions."""

    def __init__(
        self, values: list[np.ndarray], first: float, last: float, log: bool
    ) -> None:
        found = np.concatenate([np.ravel(one) for one in values] or [np.ones(1)])
        found = found[np.isfinite(found) & ((found > 0) | (not log))]
        low, high = (found.min(), found.max()) if found.size else (1.0, 10.0)
        if high <= low:
            low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
        self.low, self.high, self.log = float(low), float(high), log
        self._first, self._last = first, last

    def at(self, values: np.ndarray | float) -> np.ndarray:
        values = np.asarray(values, float)
        low, high = self.low, self.high
        if self.log:
            low, high = np.log10(low), np.log10(high)
            values = np.log10(np.clip(values, self.low, None))
        part = (values - low) / (high - low)
        return self._first + np.clip(part, 0, 1) * (self._last - self._first)

    def ticks(self) -> list[float]:
        if self.log:
            low, high = np.floor(np.log10(self.low)), np.ceil(np.log10(self.high))
            powers = np.arange(low, high + 1)
            step = max(1, round(len(powers) / 7))
            tens = [10.0**k for k in powers[::step]]
            if self.high / self.low < 100:
                tens = [a * b for a in tens for b in (1, 2, 5)]
            inside = [t for t in tens if self.low * 0.999 <= t <= self.high * 1.001]
            return inside or [self.low, self.high]
        span = self.high - self.low
        step = 10 ** np.floor(np.log10(span / 4))
        step *= next(k for k in (1, 2, 5, 10) if span / (k * step) <= 6)
        first = np.ceil(self.low / step - 1e-9) * step
        ticks = np.arange(first, self.high + 1e-9 * span, step)
        return [float(tick) + 0.0 for tick in np.round(ticks / step) * step]


def _frame(x_axis: _Axis, y_axis: _Axis, x_name: str, y_name: str) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in x_axis.ticks():
        x = float(x_axis.at(tick))
        parts.append(
            f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#ddd"/><text x="{x:.1f}" '
            f'y="{bottom + 15}" text-anchor="middle">{tick:.3g}</text>'
        )
    for tick in y_axis.ticks():
        y = float(y_axis.at(tick))
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/><text x="{LEFT - 6}" '
            f'y="{y + 4:.1f}" text-anchor="end">{tick:.3g}</text>'
        )
    parts.append(
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#222"/>'
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
        f"{escape(x_name)}</text>"
        f'<text transform="translate(13 {(TOP + bottom) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_name)}</text>'
    )
    return parts


def _path(line: Line, x_axis: _Axis, y_axis: _Axis, k: int) -> str:
    known = np.isfinite(line.y)
    if not known.any():
        return ""
    x, y = x_axis.at(line.x), y_axis.at(np.where(known, line.y, 1.0))
    text, before = "", False
    for ok, left, height in zip(known, x, y, strict=True):
        if ok:
            step = f"H{left:.1f}V{height:.1f}"
            move = step if line.is_step else f"L{left:.1f} {height:.1f}"
            text += move if before else f"M{left:.1f} {height:.1f}"
        before = bool(ok)
    dash, colour = DASHES[k % len(DASHES)], COLOURS[k % len(COLOURS)]
    width = 0.7 if line.is_faint else 1.8
    return (
        f'<path d="{text}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-dasharray="{dash}"><title>{escape(line.name)}</title></path>'
    )


def _marks(line: Line, x_axis: _Axis, y_axis: _Axis, k: int) -> list[str]:
    known = np.flatnonzero(np.isfinite(line.y))
    chosen = np.unique(np.linspace(0, len(known) - 1, MARKED + k % 3).astype(int))
    return [
        _mark(float(x_axis.at(line.x[i])), float(y_axis.at(line.y[i])), k)
        for i in (known[chosen] if len(known) else [])
    ]


def _mark(x: float, y: float, k: int) -> str:
    colour, kind = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
    shapes = {
        "square": "m-3.5-3.5h7v7h-7z",
        "triangle": "m0-4.5l4.2 8h-8.4z",
        "diamond": "m0-4.8l4.2 4.8l-4.2 4.8l-4.2-4.8z",
        "cross": "m-3.5-3.5l7 7m0-7l-7 7",
        "plus": "m-4.5 0h9m-4.5-4.5v9",
        "bar": "m0-5v10",
    }
    if kind in shapes:
        hollow = kind in ("cross", "plus", "bar")
        fill = "none" if hollow else colour
        return (
            f'<path d="M{x:.1f} {y:.1f}{shapes[kind]}" fill="{fill}" '
            f'stroke="{colour}" stroke-width="1.5"/>'
        )
    fill = colour if kind == "circle" else "#fff"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4" fill="{fill}" stroke="{colour}" '
        'stroke-width="1.5"/>'
    )


def _legend(named: list[Line], style: dict[str, int]) -> list[str]:
    def end(line: Line) -> float:
        known = line.y[np.isfinite(line.y)]
        return float(known[-1]) if len(known) else -np.inf

    parts, left = [], WIDTH - RIGHT + 14
    for row, line in enumerate(sorted(named, key=end, reverse=True)):
        k, y = style[line.name], TOP + 10 + 19 * row
        parts.append(
            f'<path d="M{left} {y}h30" stroke="{COLOURS[k % len(COLOURS)]}" '
            f'stroke-width="1.8" stroke-dasharray="{DASHES[k % len(DASHES)]}"/>'
            + _mark(left + 15, y, k)
            + f'<text x="{left + 38}" y="{y + 4}">{escape(line.name)}</text>'
        )
    return parts

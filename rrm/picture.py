"""Drawings as SVG: a scene with coverage and who serves whom, and anytime curves."""

import html

import numpy as np

from rrm.solution import Solution
from twins import Coverage, TwinSnapshot

LEVELS_DBM = (-100, -90, -80, -70, -60, -50)
"""Steps of received power per cell band, at which the colour changes."""
SHADES = ("#f7f4ea", "#e6edd9", "#cbe3c9", "#a2d1bd", "#71b8b3", "#4598a8", "#256f90")
"""Light to dark, in order also without colour vision."""
CELL_COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7a3e9d",
)  # fmt: skip
"""After M. Okabe, K. Ito, "Color Universal Design", 2008, yellow darkened."""
SECTOR_M = 34.0
WIDTH = 960
MARGIN = 46


def scene(
    snapshot: TwinSnapshot,
    coverage: Coverage,
    cell: np.ndarray,
    power: np.ndarray,
) -> str:
    """Map of a scene: received power, buildings, cells, users and their cells.

    Parameters
    ----------
    snapshot : TwinSnapshot
        Positions and names.
    coverage : Coverage
        Path gains of the cells and outlines of buildings.
    cell : (U,) int
        Serving cell of each user, -1 for none.
    power : (B,) W
        Of each cell.
    """
    rows, columns = coverage.gain_db.shape[1:]
    scale = WIDTH / (columns * coverage.cell_m)
    height = rows * coverage.cell_m * scale
    left, bottom = coverage.origin_m

    def at(x: float, y: float) -> tuple[float, float]:
        return (x - left) * scale, height - (y - bottom) * scale

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        'role="img" aria-label="Map of coverage, cells and users">',
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="{SHADES[0]}"/>',
        *_coverage_paths(coverage, power, scale, height),
        _buildings(coverage, at),
        *_links(snapshot, cell, at),
        *_sectors(snapshot, power, at, scale),
        *_users(snapshot, cell, at),
        *_receivers(snapshot, at),
        _ruler(scale, height),
        "</svg>",
    ]
    return "\n".join(parts)


def cell_colour(cell: int) -> str:
    """Colour of a cell: one for each site of three sectors."""
    return CELL_COLOURS[cell // 3 % len(CELL_COLOURS)]


def _coverage_paths(
    coverage: Coverage, power: np.ndarray, scale: float, height: float
) -> list[str]:
    """One path for each class of received power, as runs along the rows."""
    with np.errstate(divide="ignore"):
        sent = 10 * np.log10(power / 1e-3)
    received = coverage.gain_db.astype(float) + sent[:, None, None]
    best = np.where(np.isnan(received), -np.inf, received).max(axis=0)
    shade = np.digitize(best, LEVELS_DBM)
    side = coverage.cell_m * scale
    paths = [[] for _ in SHADES]
    for row, classes in enumerate(shade):
        edges = np.flatnonzero(np.diff(classes)) + 1
        starts = np.concatenate(([0], edges))
        lengths = np.diff(np.concatenate((starts, [len(classes)])))
        y = height - (row + 1) * side
        for begin, length in zip(starts, lengths, strict=True):
            x, width = begin * side, length * side
            run = f"M{x:.0f} {y:.0f}h{width:.0f}v{side:.0f}h-{width:.0f}z"
            paths[classes[begin]].append(run)
    return [
        f'<path fill="{colour}" d="{"".join(runs)}"/>'
        for colour, runs in zip(SHADES[1:], paths[1:], strict=True)
        if runs
    ]


def _buildings(coverage: Coverage, at) -> str:
    """All outlines in one path, filled by the even-odd rule."""
    outline = []
    for ring in coverage.rings:
        points = [at(*point) for point in ring]
        steps = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
        outline.append(f"M{steps}z")
    return (
        '<path fill="#ffffff" fill-rule="evenodd" fill-opacity=".85" stroke="#8b8b83" '
        f'stroke-width=".5" d="{"".join(outline)}"/>'
    )


def _links(snapshot: TwinSnapshot, cell: np.ndarray, at) -> list[str]:
    """A thin line from each served user to its cell."""
    lines = []
    for user in np.flatnonzero(cell >= 0):
        x0, y0 = at(*snapshot.user_position[user, :2])
        x1, y1 = at(*snapshot.cell_position[cell[user], :2])
        colour = cell_colour(int(cell[user]))
        lines.append(
            f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" '
            f'stroke="{colour}" stroke-opacity=".35" stroke-width=".8"/>'
        )
    return lines


def _sectors(snapshot: TwinSnapshot, power: np.ndarray, at, scale: float) -> list[str]:
    """A wedge for each cell; hollow where it is silent."""
    parts = []
    for b, name in enumerate(snapshot.cell_id):
        x, y = at(*snapshot.cell_position[b, :2])
        radius = SECTOR_M * scale
        points = [f"{x:.1f} {y:.1f}"]
        for turn in np.radians((-32, -16, 0, 16, 32)):
            angle = snapshot.azimuth[b] + turn
            dx, dy = radius * np.sin(angle), -radius * np.cos(angle)
            points.append(f"{x + dx:.1f} {y + dy:.1f}")
        fill = cell_colour(b) if power[b] > 0 else "none"
        title = f"{name}: {power[b]:.3g} W"
        parts.append(
            f'<path d="M{"L".join(points)}z" fill="{fill}" stroke="#222" '
            f'stroke-width=".8"><title>{html.escape(title)}</title></path>'
        )
        if b % 3 == 0:
            parts.append(
                f'<text x="{x:.0f}" y="{y - radius - 4:.0f}" text-anchor="middle" '
                f'class="site">{html.escape(str(name)[:-1])}</text>'
            )
    return parts


def _users(snapshot: TwinSnapshot, cell: np.ndarray, at) -> list[str]:
    """A dot for each user in the colour of its cell; a cross for who is not served."""
    parts = []
    for user, name in enumerate(snapshot.user_id):
        x, y = at(*snapshot.user_position[user, :2])
        if cell[user] < 0:
            parts.append(
                f'<path d="M{x - 3:.1f} {y - 3:.1f}l6 6m0-6l-6 6" stroke="#b00020" '
                f'stroke-width="1.6"><title>{html.escape(str(name))}: not served'
                "</title></path>"
            )
            continue
        title = f"{name}: {snapshot.cell_id[cell[user]]}"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" '
            f'fill="{cell_colour(int(cell[user]))}" stroke="#fff" stroke-width=".6">'
            f"<title>{html.escape(title)}</title></circle>"
        )
    return parts


def _receivers(snapshot: TwinSnapshot, at) -> list[str]:
    """A diamond for each protected receiver."""
    parts = []
    for name, position in zip(
        snapshot.protected_id, snapshot.protected_position, strict=True
    ):
        x, y = at(*position[:2])
        parts.append(
            f'<path d="M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8-8z" fill="#ffd400" '
            f'stroke="#222" stroke-width="1.2"/><text x="{x + 11:.0f}" '
            f'y="{y + 4:.0f}" class="site">{html.escape(str(name))}</text>'
        )
    return parts


def _ruler(scale: float, height: float) -> str:
    """A bar of 200 m."""
    return (
        f'<path d="M16 {height - 16:.0f}h{200 * scale:.0f}" stroke="#222" '
        f'stroke-width="2"/><text x="16" y="{height - 22:.0f}" class="site">'
        "200 m</text>"
    )


def anytime(solution: Solution, title: str) -> str:
    """Objective and bound over time, on a logarithmic axis of milliseconds."""
    trace = solution.trace
    if not np.isfinite([entry[1:] for entry in trace]).any():
        return "<p>Nothing was found.</p>"
    end = max(solution.seconds, trace[-1][0] * 1.01)
    times = np.array([seconds for seconds, _, _ in trace] + [end])
    objective = np.array([value for _, value, _ in trace] + [trace[-1][1]])
    bound = np.array([value for _, _, value in trace] + [trace[-1][2]])
    finite = np.concatenate((objective, bound))
    finite = finite[np.isfinite(finite)]
    low, high = finite.min(), finite.max()
    pad = 0.06 * (high - low) or 1.0
    low, high = low - pad, high + pad
    first, last = np.log10(times[0]), np.log10(end)
    width, height = 470, 240

    def x_of(seconds: float) -> float:
        span = (last - first) or 1.0
        return MARGIN + (np.log10(seconds) - first) / span * (width - MARGIN - 12)

    def y_of(value: float) -> float:
        return 24 + (high - value) / (high - low) * (height - 64)

    ticks = [10.0**k for k in range(int(np.ceil(first)), int(np.floor(last)) + 1)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{html.escape(title)}">',
        f'<text x="{MARGIN}" y="14" class="axis">{html.escape(title)}</text>',
        f'<path d="M{MARGIN} 24v{height - 64}h{width - MARGIN - 12}" fill="none" '
        'stroke="#777"/>',
    ]
    for tick in ticks:
        x = x_of(tick)
        parts.append(
            f'<path d="M{x:.1f} {height - 40}v4" stroke="#777"/><text x="{x:.1f}" '
            f'y="{height - 22}" text-anchor="middle" class="axis">{1e3 * tick:g}</text>'
        )
    parts.append(
        f'<text x="{width - 12}" y="{height - 6}" text-anchor="end" class="axis">'
        "ms since the call</text>"
    )
    for value in (low + pad, high - pad):
        parts.append(
            f'<text x="{MARGIN - 4}" y="{y_of(value) + 4:.1f}" text-anchor="end" '
            f'class="axis">{value:.4g}</text>'
        )
    for values, colour, name in (
        (objective, "#0072b2", "objective"),
        (bound, "#d55e00", "bound"),
    ):
        steps = _steps(times, values, x_of, y_of)
        if steps:
            parts.append(
                f'<path d="{steps}" fill="none" stroke="{colour}" stroke-width="2">'
                f"<title>{name}</title></path>"
            )
    parts.append("</svg>")
    return "\n".join(parts)


def _steps(times: np.ndarray, values: np.ndarray, x_of, y_of) -> str:
    """Staircase through the finite values."""
    path = ""
    for seconds, value in zip(times, values, strict=True):
        if not np.isfinite(value):
            continue
        x, y = x_of(seconds), y_of(value)
        path += f"H{x:.1f}V{y:.1f}" if path else f"M{x:.1f} {y:.1f}"
    return path

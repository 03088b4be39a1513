"""Maps as matplotlib pictures: coverage, who serves whom, and where platforms fly."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.placement import Placement
from rrm.picture import LEVELS_DBM, SHADES, cell_colour
from twins import Coverage, TwinSnapshot
from twins.declaration import FieldError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOBODY = "#b00020"
UNUSED = "#9a9a93"
PLATFORM = "#d55e00"


def plot_coverage(
    coverage: Coverage, power: np.ndarray, axes: "Axes | None" = None
) -> "Axes":
    """Draw the received power of the strongest cell in steps, and the buildings.

    Parameters
    ----------
    coverage : Coverage
        Path gains of the cells and outlines of buildings.
    power : (B,) W
        Of each cell; 0: off.
    axes : matplotlib.axes.Axes
        To draw on; of a new figure by default.

    Raises
    ------
    FieldError
        If there is not one power for each cell.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import BoundaryNorm, ListedColormap

    cells, rows, columns = coverage.gain_db.shape
    power = np.asarray(power, float)
    if power.shape != (cells,):
        raise FieldError("power", None, power.shape, f"shape ({cells},)")
    axes = axes or _new_axes()
    with np.errstate(divide="ignore"):
        sent = 10 * np.log10(power / 1e-3)
    received = coverage.gain_db.astype(float) + sent[:, None, None]
    best = np.where(np.isnan(received), -np.inf, received).max(axis=0)
    left, bottom = coverage.origin_m
    right, top = left + columns * coverage.cell_m, bottom + rows * coverage.cell_m
    steps = (2 * LEVELS_DBM[0] - LEVELS_DBM[1], *LEVELS_DBM, LEVELS_DBM[-1] + 10)
    image = axes.imshow(
        np.clip(best, steps[0], steps[-1] - 1e-9),
        origin="lower",
        extent=(left, right, bottom, top),
        cmap=ListedColormap(list(SHADES)),
        norm=BoundaryNorm(steps, len(SHADES)),
    )
    axes.add_collection(
        PolyCollection(
            list(coverage.rings),
            facecolors="white",
            edgecolors="#8b8b83",
            linewidths=0.3,
        )
    )
    axes.figure.colorbar(
        image, ax=axes, label="strongest cell, dBm", extend="both", shrink=0.7
    )
    axes.set(xlim=(left, right), ylim=(bottom, top))
    return _in_metres(axes)


def plot_association(
    snapshot: TwinSnapshot, cell: np.ndarray, axes: "Axes | None" = None
) -> "Axes":
    """Draw a line from each user to its cell, in the colour of the cell's site.

    Users who are not served are red crosses, protected receivers yellow diamonds.

    Parameters
    ----------
    snapshot : TwinSnapshot
        Positions and names.
    cell : (U,) int
        Serving cell of each user, -1 for none.
    axes : matplotlib.axes.Axes
        To draw on, such as those of :func:`plot_coverage`; of a new figure by default.

    Raises
    ------
    FieldError
        If there is not one cell of the snapshot for each user.
    """
    from matplotlib.collections import LineCollection

    cell, users = np.asarray(cell), snapshot.user_position[:, :2]
    cells = snapshot.cell_position[:, :2]
    if cell.shape != (len(users),) or not (cell < len(cells)).all():
        allowed = f"{len(users)} cells below {len(cells)}"
        raise FieldError("cell", None, f"shape {cell.shape}", allowed)
    axes = axes or _new_axes()
    served = np.flatnonzero(cell >= 0)
    colours = [cell_colour(int(b)) for b in cell[served]]
    ends = np.stack((users[served], cells[cell[served]]), axis=1)
    axes.add_collection(
        LineCollection(list(ends), colors=colours, linewidths=0.6, alpha=0.5)
    )
    axes.scatter(*users[served].T, c=colours, s=10, linewidths=0.3, edgecolors="white",
                 zorder=2)  # fmt: skip
    axes.scatter(*users[cell < 0].T, marker="x", c=NOBODY, s=22, zorder=2)
    shades = [cell_colour(b) for b in range(len(cells))]
    axes.scatter(*cells.T, marker="^", c=shades, s=70, edgecolors="black", zorder=3)
    for name, place in _sites(snapshot).items():
        axes.annotate(name, place, (0, 6), textcoords="offset points", ha="center",
                      size=8, weight="bold")  # fmt: skip
    receivers = np.asarray(snapshot.protected_position).reshape(-1, 3)[:, :2]
    axes.scatter(*receivers.T, marker="D", c="#ffd400", s=45, edgecolors="black",
                 zorder=3)  # fmt: skip
    axes.set_title(f"{len(served)} of {len(users)} users served")
    return _in_metres(axes)


def plot_platforms(
    user_position: np.ndarray,
    site_position: np.ndarray,
    placement: Placement,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw where platforms fly and whom they serve; the other sites are small dots.

    Parameters
    ----------
    user_position : (U, 2 or 3) m
        In the local frame.
    site_position : (S, 2 or 3) m
        Candidate sites.
    placement : Placement
        A user whose service is split has a line to each platform.
    axes : matplotlib.axes.Axes
        To draw on; of a new figure by default.

    Raises
    ------
    FieldError
        If positions and placement are not of the same users and sites.
    """
    from matplotlib.collections import LineCollection

    users = np.asarray(user_position, float)[:, :2]
    sites = np.asarray(site_position, float)[:, :2]
    if len(placement.open) != len(sites):
        allowed = f"({len(placement.open)}, 2 or 3)"
        raise FieldError("site_position", None, sites.shape, allowed)
    if placement.share.size:
        who, where = np.nonzero(placement.share > 0)
    else:
        who = np.flatnonzero(placement.site >= 0)
        where = placement.site[who]
    if max(len(placement.site), len(placement.share)) != len(users):
        raise FieldError("user_position", None, users.shape, "those of the placement")
    axes = axes or _new_axes()
    ends = np.stack((users[who], sites[where]), axis=1)
    axes.add_collection(
        LineCollection(list(ends), colors=PLATFORM, linewidths=0.5, alpha=0.4)
    )
    axes.scatter(*sites.T, marker="+", c=UNUSED, s=18)
    left = np.setdiff1d(np.arange(len(users)), who)
    axes.scatter(*users[who].T, c="#256f90", s=8, zorder=2, label="served")
    axes.scatter(*users[left].T, marker="x", c=NOBODY, s=14, zorder=2,
                 label="not served")  # fmt: skip
    open_ = np.flatnonzero(placement.open)
    axes.scatter(*sites[open_].T, marker="*", c=PLATFORM, s=160, edgecolors="black",
                 zorder=3, label="platform")  # fmt: skip
    axes.legend(loc="upper right", fontsize="small")
    axes.set_title(f"{len(open_)} platforms, {len(np.unique(who))} users served")
    return _in_metres(axes)


def _sites(snapshot: TwinSnapshot) -> dict[str, tuple[float, float]]:
    """Place of each mast by its name: that of its cells without their last letter."""
    names = [str(name)[:-1] for name in snapshot.cell_id]
    places = [(float(x), float(y)) for x, y, _ in snapshot.cell_position]
    return dict(zip(names, places, strict=True))


def _in_metres(axes: "Axes") -> "Axes":
    axes.set(xlabel="east, m", ylabel="north, m", aspect="equal")
    return axes


def _new_axes() -> "Axes":
    from matplotlib.figure import Figure

    return Figure(figsize=(8, 6), layout="constrained").subplots()

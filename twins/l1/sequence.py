"""What the sequence of serving cells tells of a place where nobody measured.

A phone that passes from one sector of a mast to another is near the mast, and passes by
it where all sectors serve; one that
moves slowly is where streets, and masts, are dense; and what a cell is expected to send
bounds the next one's level where one takes over from the other.
"""

import numpy as np
from numba import njit

from twins.l1.drives import Drives
from twins.l1.features import Table
from twins.l1.naming import Names
from twins.l1.trace import Trace

SECTOR_LENGTHS = (150.0, 400.0)  # m from a change of sectors
SECTORS_WAY = 800.0  # m of way before and after on which sectors count
SLOW_LENGTHS = (200.0, 600.0)  # m of way before and after
AROUND_LENGTHS = (100.0, 400.0, 1500.0)  # m of way to other cells
USUAL_SPEED = 10.0  # m/s
LONGEST_STAY = 600.0  # s
LONGEST_CHANGE = 10.0  # s between the samples of a handover
AROUND_PULL = 3.0  # samples at zero that means of other cells start from
FAR = 1e5  # m
NO_LAYER = -1.0


def travelled(drives: Drives, motion: Trace) -> np.ndarray:
    """Way (n,) m since the start of each drive; unknown positions count as none."""
    east = np.diff(motion.x, prepend=motion.x[:1])
    north = np.diff(motion.y, prepend=motion.y[:1])
    step = np.nan_to_num(np.hypot(east, north))
    way = np.cumsum(step)
    first = np.flatnonzero(np.diff(drives.drive, prepend=drives.drive[:1] - 1))
    start = np.repeat(way[first], np.diff(np.append(first, len(way))))
    return way - start


def sequence(drives: Drives, motion: Trace, groups: Names, *, live: bool) -> Table:
    """Columns for all samples of ``drives``; with ``live``, from earlier ones only."""
    way = travelled(drives, motion)
    sector, sectors = np.full(len(drives), FAR), np.zeros(len(drives))
    slow = np.zeros((len(drives), len(SLOW_LENGTHS)))
    for number in np.unique(drives.drive):
        rows = np.flatnonzero(drives.drive == number)
        one, time = way[rows], drives.time[rows]
        site = groups.site[rows]
        changes = _sector_changes(drives.take(rows), site, groups.sector[rows])
        sector[rows] = _nearest_change(one, site, changes, live)
        sectors[rows] = _sectors(one, site, groups.sector[rows], live)
        for column, length in enumerate(SLOW_LENGTHS):
            first = np.searchsorted(one, one - length)
            last = np.searchsorted(one, one + length, side="right") - 1
            if live:
                last = np.arange(len(rows))
            stay = np.minimum(time[last] - time[first], LONGEST_STAY)
            usual = (1 if live else 2) * length / USUAL_SPEED
            slow[rows, column] = np.log1p(stay) - np.log1p(usual)
    made = {f"sector_{k:.0f}": np.exp(-sector / k) for k in SECTOR_LENGTHS}
    made |= {"sectors": sectors}
    made |= {f"slow_{k:.0f}": slow[:, i] for i, k in enumerate(SLOW_LENGTHS)}
    return Table(tuple(made), np.stack(list(made.values()), axis=1))


def around(
    drives: Drives, way: np.ndarray, level: np.ndarray, known: np.ndarray, *, live: bool
) -> np.ndarray:
    """Means (n, 3) of ``level`` (n,) of the drive's other cells, by way to them.

    Only ``known`` (n,) samples count; with ``live``, only earlier ones.
    """
    _, cell = np.unique(
        np.stack((drives.drive, drives.cell)), axis=1, return_inverse=True
    )
    drive = np.unique(drives.drive, return_inverse=True)[1]
    columns = np.zeros((len(drives), len(AROUND_LENGTHS)))
    for column, length in enumerate(AROUND_LENGTHS):
        args = drive, cell.ravel(), way, np.where(known, level, 0.0), known * 1.0
        total, weight = _faded(*args, length)
        if not live:
            there, whose, far, sent, counts = (one[::-1] for one in args)
            more, extra = _faded(there, whose, -far, sent, counts, length)
            total, weight = total + more[::-1], weight + extra[::-1]
        columns[:, column] = total / (weight + AROUND_PULL)
    return columns


def neighbour_layers(
    drives: Drives, layer: np.ndarray, known: np.ndarray, *, live: bool
) -> np.ndarray:
    """Layers (n, 2) of the drive's other cells, last before and first after a visit.

    Only ``known`` (n,) samples count; ``NO_LAYER`` where there is none. With ``live``,
    (n, 1): only what came before.
    """
    args = drives.drive, drives.cell, layer, known
    columns = [_layer_before(*args)]
    if not live:
        columns += [_layer_before(*(one[::-1] for one in args))[::-1]]
    return np.stack(columns, axis=1)


def _layer_before(
    drive: np.ndarray, cell: np.ndarray, layer: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """Layer (n,) at the end of the last visit to another cell that is ``known``."""
    begins = np.ones(len(drive), bool)
    begins[1:] = (np.diff(drive) != 0) | (np.diff(cell) != 0)
    start = np.flatnonzero(begins)
    end = np.append(start[1:], len(drive)) - 1
    found = np.empty(len(start))
    last = other = nobody = (-1, NO_LAYER)  # the last visit, and the last to elsewhere
    for visit, (i, j) in enumerate(zip(start, end, strict=True)):
        if i and drive[i] != drive[i - 1]:
            last = other = nobody
        found[visit] = (other if cell[i] == last[0] else last)[1]
        if known[i]:
            other = last if cell[i] != last[0] else other
            last = int(cell[i]), float(layer[j])
    return found[np.cumsum(begins) - 1]


def _sector_changes(drive: Drives, site: np.ndarray, sector: np.ndarray) -> np.ndarray:
    """Samples (k,) after which another sector of the same mast serves."""
    same = (site[1:] == site[:-1]) & (sector[1:] != sector[:-1])
    same &= (drive.cell[1:] >= 0) & (drive.cell[:-1] >= 0)
    return np.flatnonzero(same & (np.diff(drive.time) <= LONGEST_CHANGE))


def _nearest_change(
    way: np.ndarray, site: np.ndarray, changes: np.ndarray, live: bool
) -> np.ndarray:
    """Way (n,) m to the nearest of ``changes`` at the mast that serves."""
    nearest = np.full(len(way), FAR)
    for at in changes:
        rows = np.flatnonzero(site == site[at])
        rows = rows[rows > at] if live else rows
        nearest[rows] = np.minimum(nearest[rows], np.abs(way[rows] - way[at]))
    return nearest


def _sectors(
    way: np.ndarray, site: np.ndarray, sector: np.ndarray, live: bool
) -> np.ndarray:
    """How many sectors (n,) of the mast serve within ``SECTORS_WAY``."""
    count = np.zeros(len(way))
    for mast in np.unique(site):
        rows = np.flatnonzero(site == mast)
        for one in np.unique(sector[rows]):
            serves = rows[sector[rows] == one]
            first = np.searchsorted(way[serves], way[rows] - SECTORS_WAY)
            last = np.searchsorted(way[serves], way[rows] + SECTORS_WAY, side="right")
            if live:
                last = np.searchsorted(serves, rows, side="right")
            count[rows] += last > first
    return count


@njit(cache=True, error_model="numpy")
def _faded(drive, cell, way, level, weight, length):  # pragma: no cover -- compiled
    """Sums (n,) over earlier samples of a drive's other cells, fading over ``length``.

    The recursion keeps one sum for the drive and one for each cell to take away.
    """
    n = len(way)
    total, mass = np.zeros(n), np.zeros(n)
    own, own_mass = np.zeros(cell.max() + 1), np.zeros(cell.max() + 1)
    own_way = np.zeros(cell.max() + 1)
    every, every_mass = 0.0, 0.0
    for i in range(n):
        c = cell[i]
        if i == 0 or drive[i] != drive[i - 1]:
            every, every_mass = 0.0, 0.0
        else:
            kept = np.exp(-(way[i] - way[i - 1]) / length)
            every, every_mass = every * kept, every_mass * kept
        kept = np.exp(-(way[i] - own_way[c]) / length) if own_mass[c] > 0 else 0.0
        own[c], own_mass[c], own_way[c] = own[c] * kept, own_mass[c] * kept, way[i]
        total[i], mass[i] = every - own[c], max(every_mass - own_mass[c], 0.0)
        every, every_mass = every + weight[i] * level[i], every_mass + weight[i]
        own[c], own_mass[c] = own[c] + weight[i] * level[i], own_mass[c] + weight[i]
    return total, mass

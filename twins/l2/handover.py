"""Which cell comes next and for how long, by what happened to others who drove here.

Every handover of other drives votes for the cell it went to, with a weight that fades
with the distance and the difference in direction, and that is larger where it left the
same cell, and where it had come from the same one before. How long a phone stays is the
median of how long others stayed, with weights alike for the cell entered.
"""

from dataclasses import dataclass

import numpy as np

from twins.l1.drives import Drives
from twins.l1.trace import trace
from twins.l2.markov import CellChain, learn_chain

NEAR = 120.0  # m over which a vote fades
OTHER_CELL = 0.03  # weight of handovers that left (for stays: entered) another cell
SAME_BEFORE = 2.0  # weight where the cell before was the same
TURNED = 0.15  # weight of the opposite direction
CHAIN = 0.02  # weight of the chain's probability
FLOOR = 0.01  # vote of a handover of the same cell, however far away


@dataclass(frozen=True, eq=False)
class Handovers:
    """Changes of the serving cell.

    Parameters
    ----------
    drive, before, left, entered : (h,) int
        The drive, and the cell before the one left (-1: none), left and entered.
    x, y : (h,) m
        Where the last sample with the left cell was.
    east, north : (h,)
        Direction of travel.
    stay : (h,) s
        Time with the cell entered; NaN where the drive ends in it.
    """

    drive: np.ndarray
    before: np.ndarray
    left: np.ndarray
    entered: np.ndarray
    x: np.ndarray
    y: np.ndarray
    east: np.ndarray
    north: np.ndarray
    stay: np.ndarray

    def __len__(self) -> int:
        return len(self.drive)


@dataclass(frozen=True, eq=False)
class NextCell:
    """A predictor; :func:`learn_next_cell` makes one."""

    known: Handovers
    chain: CellChain

    def predict(self, query: Handovers) -> np.ndarray:
        """Cell (h,) int that each handover of ``query`` most likely goes to."""
        cells = self.chain.cell
        target = np.searchsorted(cells, self.known.entered)
        chosen = np.empty(len(query), np.int64)
        for i in range(len(query)):
            weight = self._votes(query, i)
            score = np.bincount(target, weight, minlength=len(cells))
            at = np.searchsorted(cells, query.left[i])
            if at < len(cells) and cells[at] == query.left[i]:
                score += CHAIN * self.chain.jump[at]
                score[at] = -1.0  # a handover leaves its cell
            chosen[i] = cells[score.argmax()]
        return chosen

    def stays(self, query: Handovers) -> np.ndarray:
        """How long (h,) s each phone of ``query`` stays with the cell it entered."""
        known = self.known
        ended = np.flatnonzero(np.isfinite(known.stay))
        order = ended[np.argsort(known.stay[ended], kind="stable")]
        median = np.full(len(query), np.nan)
        if not len(order):
            return median
        for i in range(len(query)):
            same = known.entered == query.entered[i]
            weight = self._nearness(query, i) * np.where(same, 1.0, OTHER_CELL)
            total = np.cumsum(weight[order])
            median[i] = known.stay[order[np.searchsorted(total, total[-1] / 2)]]
        return median

    def _votes(self, query: Handovers, i: int) -> np.ndarray:
        known = self.known
        same = known.left == query.left[i]
        weight = self._nearness(query, i) * np.where(same, 1.0, OTHER_CELL)
        before = same & (known.before == query.before[i]) & (query.before[i] >= 0)
        return weight * np.where(before, SAME_BEFORE, 1.0)

    def _nearness(self, query: Handovers, i: int) -> np.ndarray:
        known = self.known
        away = np.hypot(known.x - query.x[i], known.y - query.y[i])
        away = np.nan_to_num(away, nan=1e6)
        along = known.east * query.east[i] + known.north * query.north[i]
        weight = np.exp(-away / NEAR) + FLOOR
        return weight * (TURNED + (1 - TURNED) * (1 + along) / 2)


def learn_next_cell(drives: Drives) -> NextCell:
    """Remember the handovers of ``drives``.

    Raises
    ------
    ValueError
        If there is none.
    """
    known = handovers(drives)
    if not len(known):
        raise ValueError("the drives have no handover to learn from")
    return NextCell(known, learn_chain(*visits(drives)))


def handovers(drives: Drives) -> Handovers:
    """All changes of the serving cell of ``drives``, in order."""
    motion = trace(drives, live=True)
    parts = []
    for number in np.unique(drives.drive):
        rows = np.flatnonzero((drives.drive == number) & (drives.cell >= 0))
        cell = drives.cell[rows]
        change = np.flatnonzero(np.diff(cell) != 0)
        at = rows[change]
        before = np.r_[-1, cell[change[:-1]]] if len(change) else cell[:0]
        time = drives.time[rows[change + 1]]
        stay = np.diff(time, append=np.nan) if len(change) else time
        parts.append((
            drives.drive[at], before, cell[change], cell[change + 1],
            motion.x[at], motion.y[at], motion.east[at], motion.north[at], stay,
        ))  # fmt: skip
    return Handovers(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def visits(drives: Drives) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Cells (v,) that each drive visited, and how long (v,) s."""
    cells, dwells = [], []
    for number in np.unique(drives.drive):
        rows = np.flatnonzero((drives.drive == number) & (drives.cell >= 0))
        if not len(rows):
            continue
        cell, time = drives.cell[rows], drives.time[rows]
        start = np.flatnonzero(np.r_[True, np.diff(cell) != 0])
        cells.append(cell[start])
        dwells.append(np.diff(np.r_[time[start], time[-1]]))
    return cells, dwells

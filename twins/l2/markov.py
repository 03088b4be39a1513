"""Users as a Markov chain over cells, with the time they stay in each.

Semi-Markov: the next cell depends on the present one, the dwell time has its own mean
per cell, and both are pulled to what all cells share where little was counted.
"""

from dataclasses import dataclass

import numpy as np

DWELL_PULL = 2.0  # visits that the mean of all cells counts as
JUMP_PULL = 0.5  # visits that the popularity of cells counts as


@dataclass(frozen=True, eq=False)
class CellChain:
    """Jumps and dwell times; :func:`learn_chain` counts them.

    Parameters
    ----------
    cell : (c,) int
        Sorted identities.
    jump : (c, c)
        Probability of the next cell; rows sum to 1, the diagonal is 0.
    dwell : (c,) s
        Mean time in each cell.
    """

    cell: np.ndarray
    jump: np.ndarray
    dwell: np.ndarray

    def next_cell(self, cell: np.ndarray) -> np.ndarray:
        """Most likely next cell (n,) int; -1 after a cell that was never seen."""
        index = np.minimum(np.searchsorted(self.cell, cell), len(self.cell) - 1)
        likely = self.cell[self.jump[index].argmax(axis=1)]
        return np.where(self.cell[index] == cell, likely, -1)

    def occupancy(self) -> np.ndarray:
        """Share (c,) of time spent in each cell in the long run.

        The stationary distribution of the jumps, weighted by dwell times.
        """
        size = len(self.cell)
        if size == 1:
            return np.ones(1)
        system = np.vstack([self.jump.T - np.eye(size), np.ones(size)])
        target = np.r_[np.zeros(size), 1.0]
        visits = np.linalg.lstsq(system, target, rcond=None)[0]
        time = np.maximum(visits, 0.0) * self.dwell
        return time / time.sum()

    def spread(self, share: np.ndarray, seconds: float) -> np.ndarray:
        """Share (c,) of users per cell after ``seconds``, from ``share`` (c,) now.

        The chain in continuous time with rates 1 / dwell, by uniformization [1]_.

        References
        ----------
        .. [1] A. Jensen, "Markoff chains as an aid in the study of Markoff processes",
           Skandinavisk Aktuarietidskrift 36, 1953, pp. 87-91.
        """
        rate = 1.0 / self.dwell
        fastest = rate.max()
        step = self.jump * (rate / fastest)[:, None]
        step[np.diag_indices(len(rate))] += 1 - rate / fastest
        mean = fastest * seconds
        parts = max(1, int(np.ceil(mean / 50.0)))  # exp(-50) is still a number
        for _ in range(parts):
            term, weight = share, np.exp(-mean / parts)
            total = weight * term
            for jumps in range(1, int(mean / parts + 12 * np.sqrt(mean / parts) + 20)):
                term = term @ step
                weight *= mean / parts / jumps
                total = total + weight * term
            share = total / total.sum() * share.sum()
        return share


def learn_chain(cells: list[np.ndarray], dwells: list[np.ndarray]) -> CellChain:
    """Count visits: ``cells[i]`` (v,) int in order, each for ``dwells[i]`` (v,) s.

    Raises
    ------
    ValueError
        If there is no visit.
    """
    if not sum(map(len, cells)):
        raise ValueError("a chain needs visits to cells")
    names, index = np.unique(np.concatenate(cells), return_inverse=True)
    size, start = len(names), 0
    count = np.zeros((size, size))
    for visits in cells:
        own = index[start : start + len(visits)]
        np.add.at(count, (own[:-1], own[1:]), 1.0)
        start += len(visits)
    count[np.diag_indices(size)] = 0.0
    popular = np.bincount(index, minlength=size).astype(float)
    jump = count + JUMP_PULL * popular / popular.sum()
    jump[np.diag_indices(size)] = 1.0 if size == 1 else 0.0
    jump /= jump.sum(axis=1, keepdims=True)
    seconds = np.concatenate(dwells)
    total = np.bincount(index, seconds, minlength=size)
    dwell = (total + DWELL_PULL * seconds.mean()) / (popular + DWELL_PULL)
    return CellChain(names, jump, np.maximum(dwell, 1e-3))

"""Depth-first search for an association of a wanted value, pruned by prices."""

from collections.abc import Callable

import numpy as np

from formulations.kernels.cell_columns import FREE, IN, OUT, Cells, lose
from formulations.kernels.price_tree import (
    LEAST,
    WAITED,
    Walk,
    approach,
    begin,
    complete,
    decide,
    walk_at,
)

PAIRS_PER_CHUNK = 2000  # open pairs packed between looks at the clock, about 0.2 ms
LONGEST, PATIENCE = 60, 12  # iterations of a node, all and without progress
PROBED, PROBE = 3, 6  # pairs tried before branching, and iterations for each side
AGAIN = 0.1  # part of the open pairs that must be decided to go on with a node
MOST_BYTES = 200_000_000  # of all open nodes
LEAST_DROP = 1e-6  # of the way to the target, below which both sides count as equal


class CellTree:
    """Open nodes of one search; a node is what is decided of pairs, and prices.

    Pairs are decided by what it costs the bound of a cell to take or leave a user
    (Posta et al. 2012). A branch uses a pair or not: of those that cells take about
    half the time, the one whose two bounds fall most after a few steps of prices [1]_.

    Parameters
    ----------
    cells : Cells
        That solve the knapsacks.
    price : (U,)
        Prices to begin with.
    target : float
        Value to be reached, in canonical utility.
    expired : callable
        Whether to stop, asked at each chunk.

    Attributes
    ----------
    nodes : int
        Nodes looked at so far.
    found : (E,) bool or None
        Pairs of an association that reaches the target.

    References
    ----------
    .. [1] T. Achterberg, T. Koch, A. Martin, "Branching rules revisited", Operations
       Research Letters 33(1), 2005 (strong branching).
       https://doi.org/10.1016/j.orl.2004.04.002
    """

    def __init__(
        self,
        cells: Cells,
        price: np.ndarray,
        target: float,
        expired: Callable[[], bool],
    ) -> None:
        self.nodes = 0
        self.found: np.ndarray | None = None
        self._cells, self._target, self._expired = cells, target, expired
        self._walk, self._probe = walk_at(cells, price), walk_at(cells, price)
        self._loss = np.zeros(len(cells.user))
        status = np.full(len(cells.user), FREE, np.int8)
        self._open = [(status, price)] if complete(cells, status) else []
        self._stopped = False

    @property
    def is_exhausted(self) -> bool:
        """Whether no association reaches the target."""
        return not self._open and self.found is None and not self._stopped

    def run(self) -> None:
        """Search until one is found, none can be, or time or room is out."""
        while self._open and self.found is None and not self._stopped:
            status, price = self._open.pop()
            if len(self._open) * (status.nbytes + price.nbytes) > MOST_BYTES:
                self._stopped = True
                return
            self.nodes += 1
            self._branch(status, price)

    def _branch(self, status: np.ndarray, price: np.ndarray) -> None:
        """Bound a node, decide pairs, and put its children on the list."""
        bounded = self._bounded(status, price)
        if bounded is None or self._stopped:
            return
        price = bounded
        free = np.flatnonzero(status == FREE)
        if not len(free):
            self._close(status)
            return
        share = self._walk.share
        order = np.argsort(np.abs(share[free] - 0.5), kind="stable")
        best, most = -1, -1.0
        bound = self._walk.sums[LEAST]
        least = LEAST_DROP * (bound - self._target)
        for e in free[order[:PROBED]]:
            drops = []
            for decision in (IN, OUT):
                reached = self._probed(status, price, e, decision)
                if self._stopped:
                    return
                drops.append(bound - reached)
                if reached < self._target:  # only the other one is left
                    status[e] = OUT if decision == IN else IN
                    if complete(self._cells, status):
                        self._open.append((status, price))
                    return
            score = max(drops[0], least) * max(drops[1], least)
            if score > most:
                best, most = e, score
        first = IN if share[best] > 0.5 else OUT
        for decision in (IN + OUT - first, first):  # the last one is looked at first
            child = status.copy()
            child[best] = decision
            if complete(self._cells, child):
                self._open.append((child, price))

    def _bounded(self, status: np.ndarray, price: np.ndarray) -> np.ndarray | None:
        """Prices (U,) of a node after its pairs are decided; None if it is closed."""
        while True:
            begin(self._walk, price)
            is_met = self._approached(self._walk, status, LONGEST, PATIENCE)
            bound = self._walk.sums[LEAST]
            if self._stopped or bound < self._target:
                return None
            if is_met:
                self.found = self._walk.taken.copy()
                return None
            price = self._walk.best.copy()
            free = int((status == FREE).sum())
            decided = self._decided(status, price, bound - self._target)
            if self._stopped or decided < 0:
                return None
            if decided <= AGAIN * free:
                return price

    def _approached(
        self, walk: Walk, status: np.ndarray, most: int, patience: int
    ) -> bool:
        """Take up to ``most`` steps; whether the cells' sets are an association."""
        pairs = 1 + int((status != OUT).sum())
        chunk = max(1, PAIRS_PER_CHUNK // pairs)
        while most > 0:
            steps = min(chunk, most)
            is_met = approach(self._cells, walk, status, self._target, steps)
            if is_met or walk.sums[LEAST] < self._target:
                return bool(is_met)
            most -= steps
            if self._has_expired() or walk.counts[WAITED] >= patience:
                return False
        return False

    def _decided(self, status: np.ndarray, price: np.ndarray, slack: float) -> int:
        """Number of pairs that the bound decides, -1 if none can reach the target."""
        m, walk = self._cells, self._walk
        chunk = max(1, PAIRS_PER_CHUNK * len(m.capacity) // (1 + len(m.user)) // 4)
        for b in range(0, len(m.capacity), chunk):
            end = min(b + chunk, len(m.capacity))
            lose(m, b, end, price, status, walk.packed, walk.taken, slack, self._loss)
            if self._has_expired():
                return 0
        return int(decide(m, walk.taken, status, self._loss, slack))

    def _probed(
        self, status: np.ndarray, price: np.ndarray, e: int, decision: int
    ) -> float:
        """Bound with pair ``e`` decided, after a few steps of prices."""
        trial = status.copy()
        trial[e] = decision
        if not complete(self._cells, trial):
            return -np.inf
        begin(self._probe, price)
        self._approached(self._probe, trial, PROBE, PROBE + 1)
        return float(self._probe.sums[LEAST])

    def _close(self, status: np.ndarray) -> None:
        """Keep the only association of a node if it reaches the target."""
        chosen = status == IN
        if self._cells.value[chosen].sum() >= self._target:
            self.found = chosen

    def _has_expired(self) -> bool:
        self._stopped = self._stopped or self._expired()
        return self._stopped

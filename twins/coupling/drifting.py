"""Where the errors of gains drift, and the offset that is learned anew just there.

A domain is a cell of a band and a class of mobility. Errors on what arrives next are
filed by domain (Page's test, see :mod:`twins.l1.drift`). Where they grew, the offset of
that domain alone is learned from the older half of the errors since they grew, and held
against the newer half: if it is not better there, the older offset stays.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit

from twins.l1.drift import LARGEST, LEARN, MEMORY, SLACK, THRESHOLD, DriftEvent
from twins.l1.versions import Versions

MOBILITY = ("still", "walking", "riding")
SPEEDS = (0.3, 3.0)  # m/s from which a user walks, and rides
KEPT = 128  # newest errors of a domain from which it is learned anew
FEWEST = 32  # errors since they grew, half to learn from and half to judge by
PRIOR = 2.0  # errors of zero that an offset starts from


def mobility(velocity: np.ndarray) -> np.ndarray:
    """Position (U,) in ``MOBILITY`` of users with ``velocity`` (U, 3) m/s."""
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    return np.searchsorted(SPEEDS, np.nan_to_num(speed), side="right")


@dataclass(eq=False)
class Domains:
    """Errors and offsets of all domains.

    Parameters
    ----------
    cell_id : (B,) str
        Cells.
    carrier : (B,) Hz
        Their bands.

    Attributes
    ----------
    offset : (B, 3) dB
        What is added for a cell and class of mobility.
    versions : dict
        By domain that drifted: its offsets, with data range and scores.
    """

    cell_id: np.ndarray
    carrier: np.ndarray
    offset: np.ndarray = field(init=False)
    versions: dict[tuple[str, ...], Versions] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with nothing filed and no offset."""
        domains = len(self.cell_id) * len(MOBILITY)
        self.offset = np.zeros((len(self.cell_id), len(MOBILITY)))
        self._count, self._since = np.zeros((2, domains), np.int64)
        self._usual, self._excess = np.zeros((2, domains))
        self._error, self._time = np.zeros((2, domains, KEPT))

    def observe(
        self, time: np.ndarray, cell: np.ndarray, moves: np.ndarray, error: np.ndarray
    ) -> list[DriftEvent]:
        """File errors (n,) dB of cells and classes (n,) at ``time`` (n,) s, in order.

        Offsets of domains that drifted are learned anew. Returns the events.
        """
        domain = cell * len(MOBILITY) + moves
        raised = page_test(
            domain, time, error, self._count, self._since, self._usual, self._excess,
            self._error, self._time,
        )  # fmt: skip
        return [self._learn_anew(int(one)) for one in np.flatnonzero(raised)]

    def table(self) -> Any:
        """Versions of offsets as a ``pandas.DataFrame``, one row for each try."""
        import pandas as pd

        rows = [
            dict(zip(("band_mhz", "cell", "mobility"), domain, strict=True))
            | {"version": one.number, "offset_db": one.model, "first": one.first,
               "last": one.last, "rmse_db": one.score, "kept": one.kept}
            for domain, known in self.versions.items()
            for one in known.history
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def _learn_anew(self, number: int) -> DriftEvent:
        """Offer a new offset to one domain, and file its errors from the start."""
        cell, moves = divmod(number, len(MOBILITY))
        band = f"{self.carrier[cell] / 1e6:.0f}"
        domain = (band, str(self.cell_id[cell]), MOBILITY[moves])
        newest = (self._count[number] - 1) % KEPT
        back = np.arange(min(self._since[number], KEPT))[::-1]
        error = self._error[number, (newest - back) % KEPT]
        time = self._time[number, (newest - back) % KEPT]
        old, half = float(self.offset[cell, moves]), len(error) // 2
        new = old + float(error[:half].sum() / (half + PRIOR))
        known = self.versions.setdefault(domain, Versions())
        first, last = float(time[0]), float(time[-1])

        def rmse(offset: float) -> float:
            return float(np.sqrt(np.mean((error[half:] + old - offset) ** 2)))

        if known.current is None:
            known.offer(old, -np.inf, first, rmse)
        if known.offer(new, first, last, rmse):
            self.offset[cell, moves] = new
        before = float(np.sqrt(self._usual[number]))
        event = DriftEvent(domain, last, before, float(np.sqrt(np.mean(error**2))))
        for kept in (self._count, self._since, self._usual, self._excess):
            kept[number] = 0
        return event


@njit(cache=True, error_model="numpy")
def page_test(
    domain, time, error, count, since, usual, excess, kept_error, kept_time
):  # fmt: skip  # pragma: no cover -- compiled
    """Domains (D,) bool that drift after errors (n,); state (D,) and (D, K) follows."""
    keep = kept_error.shape[1]
    for k in range(len(domain)):
        d = domain[k]
        square = error[k] * error[k]
        if not np.isfinite(square):
            continue
        kept_error[d, count[d] % keep], kept_time[d, count[d] % keep] = (
            error[k],
            time[k],
        )
        count[d] += 1
        if count[d] <= LEARN:
            usual[d] += (square - usual[d]) / count[d]
            continue
        ratio = min(square / max(usual[d], 1e-12), LARGEST)
        usual[d] += usual[d] * (ratio - 1) / MEMORY
        excess[d] = max(0.0, excess[d] + ratio - 1 - SLACK)
        since[d] = since[d] + 1 if excess[d] > 0 else 0
    return (excess >= THRESHOLD) & (since >= FEWEST)

"""What is known of the users, and what was heard of them."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

GOES_ON = 3.0  # s for which users are taken to go on as they did


class Heard(NamedTuple):
    """Measurements as numbers.

    Attributes
    ----------
    kind, time, period, value, place
        Position in the names of quantities; s; s; in its unit; (n, 3) m.
    who, names
        Position of the user in ``names``.
    of_cell : (n,) bool
        Whether it is about nobody but a cell.
    cell : (n,) int
        Number of the cell, -1 for others.
    """

    kind: np.ndarray
    time: np.ndarray
    period: np.ndarray
    value: np.ndarray
    place: np.ndarray
    who: np.ndarray
    names: pd.Index
    of_cell: np.ndarray
    cell: np.ndarray


@dataclass
class Users:
    """What is known of the users, one row each.

    Attributes
    ----------
    name : Index
        Identifiers, in order of arrival.
    seen, placed, asked, served : (U,) s
        When it was heard of last; when of its place, demand and serving cell.
    position, velocity, demand, spread, group, cell
        (U, 3) m, (U, 3) m/s, bit/s, its usual change, slice, serving cell.
    """

    name: pd.Index = field(default_factory=lambda: pd.Index([], dtype="str"))
    seen: np.ndarray = field(default_factory=lambda: np.zeros(0))
    placed: np.ndarray = field(default_factory=lambda: np.zeros(0))
    asked: np.ndarray = field(default_factory=lambda: np.zeros(0))
    served: np.ndarray = field(default_factory=lambda: np.zeros(0))
    position: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    velocity: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    demand: np.ndarray = field(default_factory=lambda: np.zeros(0))
    spread: np.ndarray = field(default_factory=lambda: np.zeros(0))
    group: np.ndarray = field(default_factory=lambda: np.zeros(0, np.intp))
    cell: np.ndarray = field(default_factory=lambda: np.zeros(0, np.intp))

    TIMES = ("seen", "placed", "asked", "served")
    PARTS = (*TIMES, "position", "velocity", "demand", "spread", "group", "cell")

    def place_at(self, time: float) -> np.ndarray:
        """Where users (U, 3) m are at ``time`` s if they go on, for a short while."""
        elapsed = np.clip(time - self.placed, 0.0, GOES_ON)
        return self.position + self.velocity * elapsed[:, None]

    def take(self, rows: np.ndarray) -> None:
        """Keep ``rows``; -1 stands for a new user."""
        for part in self.PARTS:
            old = getattr(self, part)
            new = np.zeros((len(rows), *old.shape[1:]), old.dtype)
            new[rows >= 0] = old[rows[rows >= 0]]
            setattr(self, part, new)
        for part in self.TIMES:
            getattr(self, part)[rows < 0] = -np.inf
        self.cell[rows < 0] = -1
        self.position[rows < 0] = np.nan

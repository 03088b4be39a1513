"""From measurements to a snapshot: the layers of the twin, coupled both ways."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from twins.context_db import Plausibility, frames
from twins.coupling.demand import CellDemand, DemandForecast
from twins.coupling.gains import BaseGain
from twins.coupling.residual import Correction
from twins.coupling.what_if import WhatIf
from twins.l3 import BandRule, Calendar, Indicators, band_limits, bounds
from twins.snapshot import PolicyRule, TwinSnapshot

RSRP = "L1M.SS-RSRP"
SUBCARRIERS = 12
NOISE_DENSITY = 10 ** ((-174.0 + 7.0 - 30.0) / 10)  # W/Hz, with a figure of 7 dB
RSRP_ERROR_DB = 2.0  # of phones; 3GPP TS 38.133, clause 10.1.2, asks for 4.5 at 90%
SHADOWING_REACH = 40.0  # m, TR 38.901 v17, Table 7.5-6, UMa without line of sight
SILENCE = 180.0
"""Time in s without a report after which a cell counts as down."""


@dataclass
class Users:
    """What is known of the users, one row each.

    Attributes
    ----------
    name : Index
        Identifiers, in order of arrival.
    seen, position, velocity, demand, group, cell
        s, (U, 3) m, (U, 3) m/s, bit/s, slice, serving cell.
    """

    name: pd.Index = field(default_factory=lambda: pd.Index([], dtype="str"))
    seen: np.ndarray = field(default_factory=lambda: np.zeros(0))
    position: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    velocity: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    demand: np.ndarray = field(default_factory=lambda: np.zeros(0))
    spread: np.ndarray = field(default_factory=lambda: np.zeros(0))
    group: np.ndarray = field(default_factory=lambda: np.zeros(0, np.intp))
    cell: np.ndarray = field(default_factory=lambda: np.zeros(0, np.intp))

    PARTS = ("seen", "position", "velocity", "demand", "spread", "group", "cell")

    def take(self, rows: np.ndarray) -> None:
        """Keep ``rows``; -1 stands for a new user."""
        for part in self.PARTS:
            old = getattr(self, part)
            new = np.zeros((len(rows), *old.shape[1:]), old.dtype)
            new[rows >= 0] = old[rows[rows >= 0]]
            setattr(self, part, new)
        self.seen[rows < 0] = -np.inf
        self.cell[rows < 0] = -1
        self.position[rows < 0] = np.nan


class Twins:
    """The global twin. The same measurements in the same order give the same state.

    Bottom-up, what L1 learns of gains changes the spectral efficiency with which L2
    turns demand into load, and load changes L3's indicators. Top-down, rules of L3
    bound what L2 may carry and L1 may send.

    Parameters
    ----------
    cells : TwinSnapshot
        Cells and protected receivers; users, if any, start the state.
    base : BaseGain
        Model of the gains.
    correction : Correction
        Learns what the model misses; none: the model is believed.
    forecast : DemandForecast
        Learns what cells will carry.
    judge : Plausibility
        What is refused; it is told what gains to expect.
    policy, calendar, band_rules
        Rules of L3.
    forget : s
        After which a user who was not heard of is dropped.

    Attributes
    ----------
    refused : DataFrame
        Measurements of the last update that were put aside, with ``reason``.
    """

    def __init__(
        self,
        cells: TwinSnapshot,
        base: BaseGain,
        correction: Correction | None = None,
        forecast: DemandForecast | None = None,
        judge: Plausibility | None = None,
        policy: Iterable[PolicyRule] = (),
        calendar: Calendar | None = None,
        band_rules: Iterable[BandRule] = (),
        forget: float = 300.0,
    ) -> None:
        self.cells, self.base, self.correction = cells, base, correction
        count = len(cells.cell_id)
        self.forecast = CellDemand(count) if forecast is None else forecast
        self.policy, self.band_rules = tuple(policy), tuple(band_rules)
        self.calendar = Calendar() if calendar is None else calendar
        self.judge = Plausibility() if judge is None else judge
        self.judge.expected = self.expected_rsrp
        self.forget = forget
        self.time = cells.time
        self.power = cells.p_max.copy()
        self.refused = pd.DataFrame()
        self._cell_index = pd.Index(cells.cell_id.astype(object), dtype="str")
        self._heard = np.full(count, cells.time)
        self._users = self._first_users()
        self._links: tuple[np.ndarray, ...] | None = None
        self._snapshot: TwinSnapshot | None = None

    def update(self, measurements: pd.DataFrame, now: float) -> TwinSnapshot:
        """Learn from measurements, in any order; the network as it is at ``now`` s."""
        frame = frames.measurements(measurements, "p2v")
        why = self.judge.reasons(frame, now)
        good = why == ""
        self.refused = frame[~good].assign(reason=why[~good])
        frame = frame[good]
        self.time = max(self.time, now)
        self._hear_cells(frame)
        self._hear_users(frame)
        self._learn_gains(frame)
        self._snapshot = None  # frees the arrays of the last one
        self._snapshot = self._described()
        return self._snapshot

    def fork(self) -> WhatIf:
        """Copy of the state to try things on."""
        if self._snapshot is None:
            raise RuntimeError("there is no state before the first update")
        return WhatIf(self._snapshot, self.power)

    def indicators(self) -> Indicators:
        """Indicators of the present state."""
        return self.fork().indicators()

    def expected_rsrp(self, rows: pd.DataFrame) -> np.ndarray:
        """RSRP (n,) dBm that the twin expects of rows with place and cell."""
        expected = np.full(len(rows), np.nan)
        cell = self._cell_index.get_indexer(rows["cell_id"])
        place = rows[["x", "y", "z"]].to_numpy()
        known = (cell >= 0) & np.isfinite(place).all(axis=1)
        base = self.base.at(place[known], cell[known])
        level = base + self._element_dbm()[cell[known]]
        if self.correction is not None:
            level += self.correction.predict(place[known], cell[known], base)[0]
        expected[known] = level
        return expected

    def _first_users(self) -> Users:
        start = self.cells
        users = Users()
        count = len(start.user_id)
        if not count:
            return users
        users.name = pd.Index(start.user_id.astype(object), dtype="str")
        users.take(np.full(count, -1))
        users.seen[:] = start.time
        for part, given in (
            ("position", start.user_position),
            ("velocity", start.velocity),
            ("demand", start.demand),
            ("group", start.slice),
            ("cell", start.previous),
        ):
            if len(given):
                getattr(users, part)[:] = given
        return users

    def _hear_cells(self, frame: pd.DataFrame) -> None:
        """Cells that report are up; those that fall silent are not."""
        rows = (frame["user_id"] == "").to_numpy()
        cell = self._cell_index.get_indexer(frame["cell_id"][rows])
        time = frame["time"].to_numpy()[rows]
        np.maximum.at(self._heard, cell[cell >= 0], time[cell >= 0])

    def _hear_users(self, frame: pd.DataFrame) -> None:
        """Newest place, demand and serving cell of each user; who is silent is gone."""
        users = self._users
        rows = np.flatnonzero((frame["user_id"] != "").to_numpy())
        codes, names = pd.factorize(frame["user_id"].to_numpy()[rows], sort=True)
        place = users.name.get_indexer(pd.Index(names, dtype="str"))
        fresh = np.flatnonzero(place < 0)
        kept = np.arange(len(users.name))
        users.take(np.append(kept, np.full(len(fresh), -1)))
        place[fresh] = len(kept) + np.arange(len(fresh))
        users.name = users.name.append(pd.Index(names[fresh], dtype="str"))
        who = place[codes]
        time = frame["time"].to_numpy()[rows]
        order = np.argsort(time, kind="stable")
        rows, who, time = rows[order], who[order], time[order]
        self._move(frame, rows, who, time)
        name = frame["name"].to_numpy()[rows]
        wanted = name == "DRB.PdcpSduVolumeDL"
        period = np.maximum(frame["period"].to_numpy()[rows][wanted], 1e-3)
        rate = frame["value"].to_numpy()[rows][wanted] / period
        before = users.demand[who[wanted]]
        users.spread[who[wanted]] += 0.2 * (
            np.abs(rate - before) - users.spread[who[wanted]]
        )
        users.demand[who[wanted]] = rate  # the newest, as rows are sorted
        served = np.isin(name, ("DRB.UEThpDl", "DRB.PdcpSduVolumeDL"))
        served &= time >= users.seen[who]
        cell = self._cell_index.get_indexer(frame["cell_id"].to_numpy()[rows][served])
        users.cell[who[served]] = cell
        np.maximum.at(users.seen, who, time)
        known = np.isfinite(users.position).all(axis=1)
        stays = np.flatnonzero((users.seen >= self.time - self.forget) & known)
        if len(stays) < len(users.name):
            users.take(stays)
            users.name = users.name[stays]

    def _move(
        self, frame: pd.DataFrame, rows: np.ndarray, who: np.ndarray, time: np.ndarray
    ) -> None:
        """Newest place of each user, and the speed since the one before."""
        users = self._users
        place = frame[["x", "y", "z"]].to_numpy()[rows]
        placed = np.isfinite(place[:, :2]).all(axis=1) & (time >= users.seen[who])
        last = np.full(len(users.name), -1)
        last[who[placed]] = np.flatnonzero(placed)
        moved = np.flatnonzero(last >= 0)
        new, at = place[last[moved]], time[last[moved]]
        new[:, 2] = np.where(np.isfinite(new[:, 2]), new[:, 2], 1.5)
        elapsed = at - users.seen[moved]
        way = new - users.position[moved]
        known = (elapsed > 0) & np.isfinite(elapsed) & np.isfinite(way).all(axis=1)
        users.velocity[moved[known]] = way[known] / elapsed[known, None]
        users.position[moved] = new

    def _learn_gains(self, frame: pd.DataFrame) -> None:
        """Correct the model, and keep how far the users' own links are from it."""
        self._links = None
        if self.correction is None:
            return
        rows = frame[(frame["name"] == RSRP).to_numpy()].sort_values("time")
        cell = self._cell_index.get_indexer(rows["cell_id"])
        place = rows[["x", "y", "z"]].to_numpy()
        base = np.full(len(rows), np.nan)
        known = (cell >= 0) & np.isfinite(place).all(axis=1)
        base[known] = self.base.at(place[known], cell[known])
        known &= np.isfinite(base)
        cell, place, base = cell[known], place[known], base[known]
        measured = rows["value"].to_numpy()[known] - self._element_dbm()[cell]
        self.correction.observe(self.time, place, cell, base, measured - base)
        expected, std = self.correction.predict(place, cell, base)
        who = self._users.name.get_indexer(rows["user_id"][known])
        here = who >= 0
        off = (measured - base - expected)[here]
        who, cell, place, std = who[here], cell[here], place[here], std[here]
        away = np.linalg.norm((place - self._users.position[who])[:, :2], axis=1)
        near = np.exp(-away / SHADOWING_REACH)
        share = near * std**2 / (std**2 + RSRP_ERROR_DB**2)
        left = std * np.sqrt(1 - near * share)
        self._links = (who, cell, 10 ** (share * off / 10), left)

    def _element_dbm(self) -> np.ndarray:
        """Power (B,) dBm of one subcarrier."""
        element = self.power / (SUBCARRIERS * self.cells.blocks)
        return 10 * np.log10(np.maximum(element, 1e-30)) + 30

    def _described(self) -> TwinSnapshot:
        """Snapshot of the state; gains are computed from what was validated."""
        users, cells = self._users, self.cells
        name = users.name.to_numpy(dtype=str)
        rules = (*self.policy, *self.calendar.policy(self.time, name, users.position))
        limit = band_limits(
            self.band_rules, self.time, cells.carrier, cells.bandwidth, cells.p_max
        )
        slices = int(users.group.max(initial=0)) + 1
        bound = bounds(rules, self.time, cells.cell_id, name, limit, slices)
        demand = np.minimum(users.demand * bound.factor, bound.max_rate)
        served = users.cell >= 0
        self.forecast.observe(
            self.time,
            np.bincount(users.cell[served], demand[served], len(cells.cell_id)),
        )
        gain, std = self._gains()
        noise = NOISE_DENSITY * float((cells.bandwidth / cells.blocks).min())
        return cells.replace(
            time=float(self.time),
            p_max=bound.p_max,
            alive=bound.alive & (self._heard >= self.time - SILENCE),
            user_id=name,
            user_position=users.position.copy(),
            velocity=users.velocity.copy(),
            demand=demand,
            min_rate=bound.min_rate,
            slice=users.group.copy(),
            previous=users.cell.copy(),
            demand_std=users.spread.copy(),
            noise=np.full(len(name), noise),
            gain=np.empty((0, 0)),
            gain_std_db=np.empty((0, 0)),
            site_gain=np.empty((0, 0)),
            policy=rules,
            provenance=self._provenance(),
        ).derived(gain=gain, gain_std_db=std)

    def _gains(self) -> tuple[np.ndarray, np.ndarray]:
        """Linear gain and its error in dB, both (U, B); 0 for pairs out of reach."""
        users, cells = self._users, len(self.cells.cell_id)
        user, cell = self.base.pairs(users.position)
        where = users.position[user]
        level = self.base.at(where, cell)
        std = np.zeros((len(users.name), cells))
        if self.correction is not None:
            more, error = self.correction.predict(where, cell, level)
            level += more
            std[user, cell] = error
        gain = np.zeros((len(users.name), cells))
        gain[user, cell] = np.minimum(10 ** (level / 10), 1.0)
        if self._links is not None:  # the newest of a pair is the last, and wins
            who, heard, factor, left = self._links
            gain[who, heard] = np.minimum(gain[who, heard] * factor, 1.0)
            std[who, heard] = left
        return gain, std

    def _provenance(self) -> dict[str, str]:
        """Which models made what."""
        correction = "none" if self.correction is None else self.correction.name
        return {
            "gain": f"{self.base.name}, corrected by {correction}",
            "demand": "as reported",
            "forecast": self.forecast.name,
        }

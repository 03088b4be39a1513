"""From measurements to a snapshot: the layers of the twin, coupled both ways."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from twins.context_db import Plausibility, frames
from twins.coupling.demand import CellDemand, DemandForecast
from twins.coupling.drifting import Domains, mobility
from twins.coupling.gains import BaseGain
from twins.coupling.pairs import USER_HEIGHT, spread_pairs
from twins.coupling.residual import ResidualModel
from twins.coupling.same_cells import check_models
from twins.coupling.silence import Silence
from twins.coupling.unusable import RSRP, VOLUME, unusable
from twins.coupling.users import Heard, Users
from twins.coupling.what_if import WhatIf
from twins.declaration import FieldError
from twins.l1.attenuation import Attenuation
from twins.l1.drift import DriftEvent
from twins.l3 import BandRule, Calendar, Indicators, band_limits
from twins.l3.bounds import bounds, check_rules, once_applied
from twins.policy import PolicyRule
from twins.snapshot import TwinSnapshot

THROUGHPUT = frames.NAMES.index("DRB.UEThpDl")
USERS_AT_ONCE = 10_000
THREADS = 2
SPREAD_SHARE = 0.2  # of the newest change in the spread of a user's demand
SUBCARRIERS = 12
NOISE_DENSITY = 10 ** ((-174.0 + 7.0 - 30.0) / 10)  # W/Hz, with a figure of 7 dB
RSRP_ERROR_DB = 2.0  # of phones; 3GPP TS 38.133, clause 10.1.2, asks for 4.5 at 90%
SHADOWING_REACH = 40.0  # m, TR 38.901 v17, Table 7.5-6, UMa without line of sight


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
    correction : ResidualModel
        Learns what the model misses; none: the model is believed.
    forecast : DemandForecast
        Learns what cells will carry.
    judge : Plausibility
        What is refused; it is told what gains to expect.
    policy, calendar, band_rules
        Rules of L3.
    forget : s
        After which a user who was not heard of is dropped.
    attenuation : Attenuation
        Is told the path loss of what was measured, for its table.

    Attributes
    ----------
    refused : DataFrame
        Measurements of the last update that were put aside, with ``reason``.
    domains : Domains
        Where errors drifted, and what was learned anew there.
    drifted : list of DriftEvent
        What the last update noticed of that.

    Raises
    ------
    FieldError
        If the parts are not of the same number of cells.
    """

    def __init__(
        self,
        cells: TwinSnapshot,
        base: BaseGain,
        correction: ResidualModel | None = None,
        forecast: DemandForecast | None = None,
        judge: Plausibility | None = None,
        policy: Iterable[PolicyRule] = (),
        calendar: Calendar | None = None,
        band_rules: Iterable[BandRule] = (),
        forget: float = 300.0,
        attenuation: Attenuation | None = None,
    ) -> None:
        self.cells, self.base, self.correction = cells, base, correction
        count = len(cells.cell_id)
        check_models(cells, base=base, correction=correction)
        self.forecast = CellDemand(count) if forecast is None else forecast
        self.policy, self.band_rules = tuple(policy), tuple(band_rules)
        self.calendar = Calendar() if calendar is None else calendar
        check_rules(self.policy, "Twins.policy", cells.cell_id)
        events = self.calendar.between(-np.inf, np.inf)
        check_rules([one.rule() for one in events], "Twins.calendar", cells.cell_id)
        self.judge = Plausibility() if judge is None else judge
        self.judge.expected = self.expected_rsrp
        self.forget, self.attenuation = forget, attenuation
        self.time = cells.time
        self.power = cells.p_max.copy()
        self.refused = pd.DataFrame()
        self.domains = Domains(cells.cell_id, cells.carrier)
        self.drifted: list[DriftEvent] = []
        self._cell_index = pd.Index(cells.cell_id.astype(object), dtype="str")
        self._silence = Silence(count, cells.time)
        self._users = self._first_users()
        self._links: tuple[np.ndarray, ...] | None = None
        self._snapshot: TwinSnapshot | None = None

    def update(
        self, measurements: pd.DataFrame, now: float | None = None
    ) -> TwinSnapshot:
        """Learn from measurements, in any order; the network as it is at ``now`` s.

        Without ``now``, the newest time measured counts; none is in the future then.

        Raises
        ------
        FieldError
            If ``now`` is not finite.
        """
        frame = frames.measurements(measurements, "p2v")
        if now is None:
            time = frame["time"].to_numpy()
            now = float(time[np.isfinite(time)].max(initial=self.time))
        if not np.isfinite(now):
            raise FieldError("Twins.update.now", None, now, "finite, s since epoch")
        cell = self._cells_of(frame)
        why = unusable(frame, cell, self.cells.cell_position)
        good = why == ""
        why[good] = self.judge.reasons(frame if good.all() else frame[good], now)
        good = why == ""
        self.refused = frame[~good].assign(reason=why[~good])
        every = good.all()
        heard = self._as_numbers(
            frame if every else frame[good], cell if every else cell[good]
        )
        self.time = max(self.time, now)
        tells = heard.of_cell | (heard.kind == RSRP)
        where = np.where(tells, heard.cell, -1)
        self._silence.hear(heard.time, where, heard.of_cell)
        self._hear_users(heard)
        self._learn_gains(heard)
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
        cell = self._cells_of(rows)
        place = rows[["x", "y", "z"]].to_numpy()
        known = (cell >= 0) & np.isfinite(place).all(axis=1)
        base = self.base.at(place[known], cell[known])
        level = base + self._element_dbm()[cell[known]]
        if self.correction is not None:
            level += self.correction.predict(place[known], cell[known], base)[0]
            level += self.domains.offset[cell[known]].mean(axis=1)
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
        for part in users.TIMES:
            getattr(users, part)[:] = start.time
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

    def _cells_of(self, rows: pd.DataFrame) -> np.ndarray:
        """Number (n,) of the cell of each row, -1 for unknown ones."""
        codes, names = pd.factorize(rows["cell_id"])
        return self._cell_index.get_indexer(pd.Index(names))[codes]

    def _as_numbers(self, frame: pd.DataFrame, cell: np.ndarray) -> Heard:
        who, names = pd.factorize(frame["user_id"], sort=True)
        return Heard(
            kind=frames.places(frame["name"]),
            time=frame["time"].to_numpy(),
            period=frame["period"].to_numpy(),
            value=frame["value"].to_numpy(),
            place=frame[["x", "y", "z"]].to_numpy(),
            who=who,
            names=pd.Index(names, dtype="str"),
            of_cell=(frame["user_id"] == "").to_numpy(),
            cell=cell,
        )

    def _hear_users(self, heard: Heard) -> None:
        """Newest place, demand and serving cell of each user; who is silent is gone."""
        users = self._users
        place = users.name.get_indexer(heard.names)
        fresh = np.flatnonzero((place < 0) & (heard.names != ""))
        known = len(users.name)
        users.take(np.append(np.arange(known), np.full(len(fresh), -1)))
        place[fresh] = known + np.arange(len(fresh))
        users.name = users.name.append(heard.names[fresh])
        rows = np.flatnonzero(~heard.of_cell)
        rows = rows[np.argsort(heard.time[rows], kind="stable")]
        who, time = place[heard.who[rows]], heard.time[rows]
        self._move(heard.place[rows], who, time)
        kind = heard.kind[rows]
        wanted = (kind == VOLUME) & (time >= users.asked[who])
        period = np.maximum(heard.period[rows][wanted], 1e-3)
        rate = heard.value[rows][wanted] / period
        change = np.abs(rate - users.demand[who[wanted]])
        spread = users.spread[who[wanted]]
        users.spread[who[wanted]] = spread + SPREAD_SHARE * (change - spread)
        users.demand[who[wanted]] = rate  # the newest, as rows are sorted
        served = ((kind == VOLUME) | (kind == THROUGHPUT)) & (time >= users.served[who])
        users.cell[who[served]] = heard.cell[rows][served]
        np.maximum.at(users.seen, who, time)
        np.maximum.at(users.asked, who[wanted], time[wanted])
        np.maximum.at(users.served, who[served], time[served])
        placed = np.isfinite(users.position).all(axis=1)
        stays = np.flatnonzero((users.seen >= self.time - self.forget) & placed)
        if len(stays) < len(users.name):
            users.take(stays)
            users.name = users.name[stays]

    def _move(self, place: np.ndarray, who: np.ndarray, time: np.ndarray) -> None:
        """Newest place of each user, and the speed since the one before."""
        users = self._users
        placed = np.isfinite(place[:, :2]).all(axis=1) & (time >= users.placed[who])
        last = np.full(len(users.name), -1)
        last[who[placed]] = np.flatnonzero(placed)
        moved = np.flatnonzero(last >= 0)
        new, at = place[last[moved]], time[last[moved]]
        new[:, 2] = np.where(np.isfinite(new[:, 2]), new[:, 2], USER_HEIGHT)
        elapsed = at - users.placed[moved]
        way = new - users.position[moved]
        known = (elapsed > 0) & np.isfinite(elapsed) & np.isfinite(way).all(axis=1)
        # what nobody can have travelled is the error of a position
        known &= np.linalg.norm(way, axis=1) <= self.judge.limits.speed * elapsed
        users.velocity[moved[known]] = way[known] / elapsed[known, None]
        users.position[moved], users.placed[moved] = new, at

    def _learn_gains(self, heard: Heard) -> None:
        """Correct the model, and keep how far the users' own links are from it."""
        self._links, self.drifted = None, []
        if self.correction is None and self.attenuation is None:
            return
        rows = np.flatnonzero(
            (heard.kind == RSRP)
            & (heard.cell >= 0)
            & np.isfinite(heard.place).all(axis=1)
        )
        rows = rows[np.argsort(heard.time[rows], kind="stable")]
        cell, place = heard.cell[rows], heard.place[rows]
        gain = heard.value[rows] - self._element_dbm()[cell]
        if self.attenuation is not None:
            self.attenuation.observe(place, cell, -gain)
        if self.correction is None:
            return
        base = self.base.at(place, cell)
        off = gain - base
        who = self._users.name.get_indexer(heard.names)[heard.who[rows]]
        here = who >= 0
        moves = np.append(mobility(self._users.velocity), 0)[who]  # -1: who is gone
        expected, _ = self.correction.predict(place, cell, base)
        error = off - expected - self.domains.offset[cell, moves]
        self.drifted = self.domains.observe(heard.time[rows], cell, moves, error)
        off -= self.domains.offset[cell, moves]
        self.correction.observe(self.time, place, cell, base, off)
        expected, std = self.correction.predict(place, cell, base)
        who, cell, place, std = who[here], cell[here], place[here], std[here]
        off = (off - expected)[here]
        away = (place - self._users.place_at(self.time)[who])[:, :2]
        near = np.exp(-np.hypot(*away.T) / SHADOWING_REACH)
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
        events = self.calendar.policy(
            self.time, name, users.position, cells.cell_id, cells.cell_position
        )
        rules = (*self.policy, *events)
        limit = band_limits(
            self.band_rules, self.time, cells.carrier, cells.bandwidth, cells.p_max
        )
        slices = int(users.group.max(initial=0)) + 1
        bound = bounds(
            rules,
            self.time,
            cells.cell_id,
            name,
            limit,
            slices,
            users.cell,
            users.group,
        )
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
            alive=bound.alive & self._silence.alive(self.time),
            user_id=name,
            user_position=users.place_at(self.time),
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
            policy=once_applied(rules, self.time, cells.cell_id, limit),
            provenance=self._provenance(),
        ).derived(gain=gain, gain_std_db=std)

    def _gains(self) -> tuple[np.ndarray, np.ndarray]:
        """Linear gain and its error in dB, both (U, B); 0 for pairs out of reach."""
        shape = len(self._users.name), len(self.cells.cell_id)
        gain, std = np.empty(shape), np.empty(shape)  # on huge pages, unlike zeros
        parts = [
            slice(start, start + USERS_AT_ONCE)
            for start in range(0, shape[0], USERS_AT_ONCE)
        ]
        if len(parts) > 1:  # the kernels and the search for neighbours run side by side
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda part: self._fill(part, gain, std), parts))
        elif parts:
            self._fill(parts[0], gain, std)
        if self._links is not None:  # the newest of a pair is the last, and wins
            who, heard, factor, left = self._links
            gain[who, heard] = np.minimum(gain[who, heard] * factor, 1.0)
            std[who, heard] = left
        return gain, std

    def _fill(self, part: slice, gain: np.ndarray, std: np.ndarray) -> None:
        """Write gains and errors of some users to their rows."""
        gain[part], std[part] = 0.0, 0.0
        position = self._users.place_at(self.time)[part]
        user, cell = self.base.pairs(position)
        where = position[user]
        level = self.base.at(where, cell)
        error = np.zeros(len(level))
        if self.correction is not None:
            more, error = self.correction.predict(where, cell, level)
            moves = mobility(self._users.velocity[part])[user]
            level = level + more + self.domains.offset[cell, moves]
        spread_pairs(user, cell, level, error, gain[part], std[part])

    def _provenance(self) -> dict[str, str]:
        """Which models made what."""
        correction = "none" if self.correction is None else self.correction.name
        return {
            "gain": f"{self.base.name}, corrected by {correction}",
            "demand": "as reported",
            "forecast": self.forecast.name,
        }

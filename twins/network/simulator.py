"""The physical network: serves users, fails, is disturbed, reports, and obeys."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twins.coupling.sharing import time_shares
from twins.coverage import Coverage
from twins.network.people import Habits, People
from twins.network.truth import Differences, RadioTruth
from twins.orders import PowerOrder, ServingOrder, understood
from twins.snapshot import TwinSnapshot

HYSTERESIS_DB = 3.0
LEAST_SINR = 10**-0.8
"""-8 dB: below it a link is lost (Qout, 3GPP TS 38.133, clause 8.1.1)."""
SETTLING = 8
"""Rounds in which loads follow interference, and interference loads."""
REPORTED_CELLS = 8
RSRP_ERROR_DB = 1.5  # 3GPP TS 38.133, clause 10.1.2, asks for 4.5 dB at the 90% point
WEAKEST_RSRP = -140.0  # dBm
SUBCARRIERS = 12
LIGHT = 299_792_458.0  # m/s
REFERENCE_LOAD = 0.1  # share of the power that an empty cell sends all the same


@dataclass(frozen=True)
class Surge:
    """An event: users within ``radius`` m of ``place`` want ``factor`` times more."""

    place: tuple[float, float]
    radius: float
    factor: float
    start: float
    end: float


@dataclass(frozen=True)
class Radar:
    """A receiver to protect that moves: at ``place`` m at 0 s, with ``velocity``."""

    place: tuple[float, float, float]
    velocity: tuple[float, float, float]

    def position(self, elapsed: float) -> np.ndarray:
        """Where it is (3,) m."""
        return np.array(self.place) + elapsed * np.array(self.velocity)


class SimulatedNetwork:
    """Seeded network with a hidden truth.

    Parameters
    ----------
    start : TwinSnapshot
        Cells and users as they are at first.
    coverage : Coverage
        What the model says of the scene; the truth differs.
    seed : int
        Of the world and all that happens.
    differences, habits
        How far the truth is from the model; how demand varies.
    surges : tuple of Surge
        Events.
    outages : mapping of str to (from, to) s since epoch
        When cells are down.
    radar : Radar
        Moves through the scene.
    """

    def __init__(
        self,
        start: TwinSnapshot,
        coverage: Coverage,
        seed: int = 0,
        differences: Differences | None = None,
        habits: Habits | None = None,
        surges: Iterable[Surge] = (),
        outages: dict[str, tuple[float, float]] | None = None,
        radar: Radar | None = None,
    ) -> None:
        self.cells = start
        self.truth = RadioTruth(coverage, start, seed, differences)
        self._errors = np.random.default_rng([seed, 2])  # reports change no world
        self.people = People(
            start.user_position,
            start.demand,
            self.truth.walkable,
            np.random.default_rng([seed, 1]),
            habits,
        )
        self.time = self._begin = start.time
        self.power = start.p_max.copy()
        self.laps: list[tuple[np.ndarray, float]] = []
        self._surges, self._outages = tuple(surges), dict(outages or {})
        self._radar = radar
        self._place = {str(name): b for b, name in enumerate(start.cell_id)}
        self.number = {str(name): u for u, name in enumerate(start.user_id)}
        self._forced = np.full(len(start.user_id), -1)
        self._until = np.full(len(start.user_id), np.inf)
        self._load = np.full(len(start.cell_id), 0.5)
        self._events: list[tuple[float, int, int, int]] = []
        self._volume = np.zeros(len(start.user_id))
        self._reported = start.time
        self.serving = np.full(len(start.user_id), -1)
        self._attach()
        self._measure()

    @property
    def alive(self) -> np.ndarray:
        """Which cells (B,) are up."""
        up = np.ones(len(self.cells.cell_id), bool)
        for name, (since, until) in self._outages.items():
            up[self._place[name]] &= not since <= self.time < until
        return up

    def demand(self) -> np.ndarray:
        """What each user (U,) wants now, bit/s."""
        wanted = self.people.demand(self.time)
        for one in self._surges:
            if one.start <= self.time < one.end:
                away = self.people.position[:, :2] - np.array(one.place)
                near = (away**2).sum(axis=1) < one.radius**2
                wanted = np.where(near, one.factor * wanted, wanted)
        return wanted

    def rate(self) -> np.ndarray:
        """What each user (U,) gets of what it wants now, bit/s."""
        return self._rate.copy()

    def step(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self.time += seconds
        self.people.step(seconds)
        self._attach()
        self._measure()
        self._volume += self.demand() * seconds

    def apply(self, directive: Any) -> bool:
        """Do what a directive says; whether it was understood."""
        order = understood(directive, self._place, self.number)
        if isinstance(order, PowerOrder):
            limit = self.cells.p_max[order.cell]
            self.power[order.cell] = min(order.power, limit)
        elif isinstance(order, ServingOrder):
            self._forced[order.user] = order.cell
            self._until[order.user] = order.until
            if self.alive[order.cell]:
                self._hand_over(order.user, order.cell)
        else:
            return False
        self._measure()
        return True

    def release(self) -> None:
        """Let users choose their cells again."""
        self._forced[:] = -1

    def place_lap(self, position: np.ndarray, power: float) -> None:
        """Let a platform hover at ``position`` (3,) m and send ``power`` W."""
        self.laps.append((np.asarray(position, float), power))

    def gain_db(self) -> np.ndarray:
        """True gains (U, B) dB where the users are."""
        return self.truth.at(self.people.position)

    def sinr(self, cell: np.ndarray, power: np.ndarray) -> np.ndarray:
        """True linear SINR (U,) if ``cell`` (U,) served and all sent ``power`` (B,)."""
        received = 10 ** (self.gain_db() / 10) * power
        noise = self.cells.noise * self.cells.blocks[np.maximum(cell, 0)]
        users = np.arange(len(cell))
        own = np.where(cell >= 0, received[users, np.maximum(cell, 0)], 0.0)
        heard = received.sum(axis=1) + self._from_laps()
        return own / (heard - own + noise)

    def radar_interference(self) -> float:
        """Interference at the radar in W, by free space."""
        if self._radar is None:
            return 0.0
        here = self._radar.position(self.time - self._begin)
        away = np.linalg.norm(self.cells.cell_position - here, axis=1)
        wave = LIGHT / self.cells.carrier
        loss = (4 * np.pi * np.maximum(away, 1.0) / wave) ** 2
        return float((self.power * self.alive / loss).sum())

    def report(self) -> pd.DataFrame:
        """Measurements since the last report, as the context database takes them."""
        period = max(self.time - self._reported, 1e-9)
        self._reported = self.time
        rsrp = self._rsrp()
        frames = [
            self._link_rows(rsrp),
            self._user_rows(period),
            self._cell_rows(period),
            self._handover_rows(),
        ]
        self._volume[:] = 0.0
        self._events.clear()
        frame = pd.concat(frames, ignore_index=True)
        return frame.assign(source="p2v")

    def _attach(self) -> None:
        """Hand users over to stronger cells, but for those who were told where to be.

        What a user was told ends with its time, with its cell, or with its link.
        """
        up, gain = self.alive, self.gain_db()
        level = gain + 10 * np.log10(np.maximum(self.power, 1e-12))
        level[:, ~up] = -np.inf
        best, users = level.argmax(axis=1), np.arange(len(level))
        cell = np.maximum(self._forced, 0)
        holds = (self._forced >= 0) & up[cell] & (self.time < self._until)
        sends = np.maximum(self._load, REFERENCE_LOAD)
        sinr = self.sinr(cell, self.power * up * sends) / sends[cell]
        holds &= sinr >= LEAST_SINR
        self._forced[~holds] = -1
        here = np.where(holds, self._forced, self.serving)
        stays = (here >= 0) & up[np.maximum(here, 0)]
        own = np.where(stays, level[users, np.maximum(here, 0)], -np.inf)
        keeps = stays & (holds | (level[users, best] < own + HYSTERESIS_DB))
        new = np.where(keeps, here, best)
        for user in np.flatnonzero(new != self.serving):
            self._hand_over(int(user), int(new[user]))

    def _hand_over(self, user: int, cell: int) -> None:
        old = int(self.serving[user])
        if old >= 0 and old != cell:
            self._events.append((self.time, user, old, cell))
        self.serving[user] = cell

    def _measure(self) -> None:
        """Let links and cells' loads settle for powers, places, and demand."""
        up, here, demand = self.alive, self.serving, self.demand()
        received = 10 ** (self.gain_db() / 10) * (self.power * up)
        own = received[np.arange(len(here)), here]
        noise = self.cells.noise * self.cells.blocks[here] + self._from_laps()
        rate = np.zeros(len(here))
        for _ in range(SETTLING):
            sends = np.maximum(self._load, REFERENCE_LOAD)
            heard = received @ sends - own * sends[here]  # the serving cell in full
            self._sinr = own / (np.maximum(heard, 0.0) + noise)
            rate = self.cells.bandwidth[here] * np.log2(1 + self._sinr)
            need = np.bincount(here, demand / np.maximum(rate, 1.0), len(up))
            self._load = np.minimum(need, 1.0) * up
        full = np.maximum(rate, 1.0)
        self._rate = full * time_shares(demand / full, here, len(up))

    def _from_laps(self) -> np.ndarray:
        """Power (U,) W that users receive from platforms, by free space."""
        heard = np.zeros(len(self.people.position))
        for place, power in self.laps:
            away = np.linalg.norm(self.people.position - place, axis=1)
            wave = LIGHT / self.cells.carrier[0]
            heard += power * (wave / (4 * np.pi * np.maximum(away, 1.0))) ** 2
        return heard

    def _rsrp(self) -> np.ndarray:
        """Measured RSRP (U, B) dBm: of one subcarrier, with errors; NaN if weak."""
        element = self.power * self.alive / (SUBCARRIERS * self.cells.blocks)
        level = self.gain_db() + 10 * np.log10(np.maximum(element, 1e-30)) + 30
        level += self._errors.normal(0.0, RSRP_ERROR_DB, level.shape)
        return np.where(level >= WEAKEST_RSRP, level, np.nan)

    def _link_rows(self, rsrp: np.ndarray) -> pd.DataFrame:
        known = np.where(np.isnan(rsrp), -np.inf, rsrp)
        strong = np.argsort(-known, axis=1, kind="stable")[:, :REPORTED_CELLS]
        user = np.repeat(np.arange(len(rsrp)), strong.shape[1])
        cell = strong.ravel()
        value = rsrp[user, cell]
        kept = np.isfinite(value)
        link = self._rows(user[kept], cell[kept], "L1M.SS-RSRP", value[kept])
        users = np.arange(len(rsrp))
        decibel = 10 * np.log10(np.maximum(self._sinr, 1e-9))
        quality = np.clip(decibel, -23.0, 40.0)
        sinr = self._rows(users, self.serving, "MR.NRScSSSINR", quality)
        return pd.concat([link, sinr])

    def _user_rows(self, period: float) -> pd.DataFrame:
        users = np.arange(len(self.serving))
        volume = self._rows(
            users, self.serving, "DRB.PdcpSduVolumeDL", self._volume, period
        )
        rate = self._rows(users, self.serving, "DRB.UEThpDl", self._rate, period)
        return pd.concat([volume, rate])

    def _cell_rows(self, period: float) -> pd.DataFrame:
        up = np.flatnonzero(self.alive)
        served = np.bincount(self.serving, minlength=len(self._load))
        energy = 100.0 + 3.0 * self.power * np.maximum(self._load, REFERENCE_LOAD)
        values = {
            "RRU.PrbTotDl": self._load,
            "RRC.ConnMean": served,
            "PEE.AvgPower": energy,
        }
        frames = []
        for name, value in values.items():
            frames.append(self._rows(None, up, name, value[up], period))
        return pd.concat(frames)

    def _handover_rows(self) -> pd.DataFrame:
        time = [event[0] for event in self._events]
        moves = np.array([event[1:] for event in self._events], int).reshape(-1, 3)
        user, old, new = moves.T
        rows = self._rows(user, old, "MM.HoExeInterSucc", np.ones(len(moves)))
        return rows.assign(time=time, target=self.cells.cell_id[new])

    def _rows(
        self,
        user: np.ndarray | None,
        cell: np.ndarray,
        name: str,
        value: np.ndarray,
        period: float = 0.0,
    ) -> pd.DataFrame:
        nobody = user is None
        place = np.full((len(cell), 3), np.nan)
        if not nobody:
            place = self.people.position[user]
        return pd.DataFrame(
            {
                "time": self.time,
                "period": period,
                "user_id": "" if nobody else self.cells.user_id[user],
                "cell_id": self.cells.cell_id[cell],
                "name": name,
                "value": value,
                "x": place[:, 0],
                "y": place[:, 1],
                "z": place[:, 2],
                "target": "",
            }
        )

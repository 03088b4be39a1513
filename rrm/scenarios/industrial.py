"""A plant: hijacked machines flood their slice, and an amplifier fades away."""

from dataclasses import dataclass

import numpy as np

import llm_bridge
import twins
from formulations.context import in_context
from llm_bridge import ContextReport
from rrm.budget import Budget
from rrm.controller.decision import Question, composed
from rrm.engine import solve
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot
from twins.coupling.carried import carried
from twins.coupling.sharing import time_shares
from twins.l1.drift import DriftMonitor
from twins.l2.profile import WEEK, learn_profile
from twins.l2.surge import SurgeDetector
from twins.l3.slices import Slices

CELL = "M5C"
MACHINES, FLOOR, REGULAR = 24, 2e6, 2.2e6  # bit/s: promised, and wanted on average
SPREAD = 0.1  # standard deviation of the logarithm of a machine's demand
WIDTH, BLOCKS = 20e6, 52  # Hz: the plant's own carrier
OTHERS = 0.1  # of the example's demand: everybody else
URLLC, PROMISED = 1, 0.7  # slice of the machines, and its share of the blocks
PERIOD, PERIODS = 10.0, 36  # s
BEGIN, GROWTH = (8, 18), 1.3  # periods in which half of the hijacked begin; a period
HIJACKED = 8  # machines
WRITTEN = 11  # period in which the text arrives
FADES, TRIPS, FADE_DB = 18, 26, 1.0  # periods, dB a period
REPAIR = 6  # periods from when a fault is seen
RSRP_ERROR_DB, HEARD = 2.0, 40  # and users that report each cell
HISTORY = 600.0  # s between the reports of the week before
BUDGET = Budget(5.0, gap=1e-3, work=200)


def tell(seed: int = 0) -> Story:
    """Settings that stay, detectors alone, a wrong text, the text, the truth."""
    plant = _plant()
    machines = np.flatnonzero(plant.slice == URLLC)
    draws = np.random.default_rng([seed, 8])
    hijacked = np.sort(draws.choice(machines, HIJACKED, replace=False))
    names = plant.user_id[hijacked].tolist()
    text = f"{', '.join(names[:-1])} and {names[-1]} were hijacked: isolate them."
    late = plant.derived(time=plant.time + WRITTEN * PERIOD)
    report = llm_bridge.report(text, late, author="operator/plant security")
    honest = np.setdiff1d(machines, hijacked)[:HIJACKED]
    wrong, refused = altered(report, late, users=tuple(plant.user_id[honest]))
    world = _World(plant, hijacked, seed)
    ways = {
        "static": world.steered(None, detects=False),
        "without context": world.steered(None),
        "wrong report": world.steered(wrong),
        "context": world.steered(report),
        "oracle": world.steered(None, knows=True),
    }
    indicators = (
        ("machines at their GFBR", "%"),
        ("intruders' traffic", "Gbit"),
        ("fault seen ahead by", "periods"),
        ("demand served", "%"),
    )
    return Story("A plant is attacked, and an amplifier fades", text, indicators, ways,
                 refused)  # fmt: skip


def _plant() -> TwinSnapshot:
    """Munich with a narrow carrier, and machines around a cell's users."""
    start = twins.example()
    here = start.user_position[start.previous == start.cell_id.tolist().index(CELL)]
    away = np.linalg.norm(start.user_position - here.mean(axis=0), axis=1)
    machine = np.argsort(np.argsort(away)) < MACHINES
    cells = len(start.cell_id)
    return start.replace(
        bandwidth=np.full(cells, WIDTH),
        blocks=np.full(cells, BLOCKS),
        slice=machine.astype(int) * URLLC,
        min_rate=np.where(machine, FLOOR, 0.0),
        demand=np.where(machine, REGULAR, OTHERS * start.demand),
        velocity=np.zeros_like(start.velocity),
        previous=(start.gain * start.p_max).argmax(axis=1),
    )


@dataclass
class _Known:
    """What a way knows and has set.

    Attributes
    ----------
    isolated : (U,) bool
        Who sends no more.
    cell : (U,) int
        Who is served where.
    fault : float
        Period in which that of the amplifier was seen.
    """

    isolated: np.ndarray
    cell: np.ndarray
    fault: float = np.inf


class _World:
    """What happens, the same for each way: demand, errors, gains."""

    def __init__(self, plant: TwinSnapshot, hijacked: np.ndarray, seed: int) -> None:
        self.plant, self.hijacked = plant, hijacked
        self.begin = np.resize(BEGIN, len(hijacked))
        self.machines = np.flatnonzero(plant.slice == URLLC)
        self.faulty = plant.cell_id.tolist().index(CELL)
        draws = np.random.default_rng([seed, 9])
        shape = PERIODS, len(plant.user_id)
        self.noise = np.exp(draws.normal(0.0, SPREAD, shape))
        self.error = draws.normal(0.0, RSRP_ERROR_DB, (*shape, len(plant.cell_id)))
        times = plant.time - WEEK + HISTORY * np.arange(int(WEEK / HISTORY))
        past = draws.normal(0.0, SPREAD, (len(times), len(self.machines)))
        self.profile = learn_profile(times, REGULAR * np.exp(past))

    def demand(self, period: int) -> np.ndarray:
        """What users (U,) ask for, bit/s; the hijacked ones more and more."""
        found = self.plant.demand * self.noise[period]
        found[self.hijacked] *= GROWTH ** np.maximum(period - self.begin + 1, 0)
        return found

    def power(self, period: int, fault: float) -> np.ndarray:
        """What cells (B,) send, W, if the fault was seen in period ``fault``."""
        power = self.plant.p_max.copy()
        if period >= fault + REPAIR:
            return power
        faded = FADE_DB * max(period - FADES + 1, 0)
        power[self.faulty] *= 0.0 if period >= TRIPS else 10 ** (-faded / 10)
        return power

    def steered(
        self,
        report: ContextReport | None,
        *,
        detects: bool = True,
        knows: bool = False,
    ) -> tuple[float, ...]:
        """Indicators of one way."""
        plant = self.plant
        watch = SurgeDetector(self.profile, PERIOD), DriftMonitor()
        known = _Known(
            np.zeros(len(plant.user_id), bool),
            plant.previous.copy(),
        )
        kept, served, intruded = [], [], 0.0
        honest = np.setdiff1d(np.arange(len(plant.user_id)), self.hijacked)
        guarded = np.setdiff1d(self.machines, self.hijacked)
        for period in range(PERIODS):
            demand, power = self.demand(period), self.power(period, known.fault)
            rate = self._rates(known, demand, power, sliced=detects)
            enough = rate[guarded] >= np.minimum(FLOOR, demand[guarded]) * (1 - 1e-6)
            kept.append(enough.mean())
            served.append(rate[honest].sum() / demand[honest].sum())
            before = known.isolated.sum()
            intruded += rate[self.hijacked] @ (period >= self.begin) * PERIOD
            if knows:
                known.isolated[self.hijacked] |= period + 1 >= self.begin
            if power[self.faulty] <= 0 or (knows and period >= FADES):
                known.fault = min(known.fault, period)
            if detects and not knows:
                self._detect(known, watch, period, demand, power)
            if report is not None and period == WRITTEN:
                said = in_context(
                    plant.derived(time=report.created.timestamp()), report
                )
                known.isolated |= ~said.admitted
            self._attach(known, power, before, steers=detects)
        ahead = TRIPS - min(known.fault, PERIODS)
        return (
            100.0 * float(np.mean(kept)),
            float(intruded / 1e9),
            float(ahead),
            100.0 * float(np.mean(served)),
        )

    def _detect(
        self,
        known: _Known,
        watch: tuple[SurgeDetector, DriftMonitor],
        period: int,
        demand: np.ndarray,
        power: np.ndarray,
    ) -> None:
        """Isolate machines whose traffic is none of theirs, see amplifiers fade."""
        plant = self.plant
        now = plant.time + period * PERIOD
        strange = watch[0].update(now, demand[self.machines])
        known.isolated[self.machines[strange]] = True
        change = 10 * np.log10(np.maximum(power, 1e-9) / plant.p_max)
        for cell, name in enumerate(plant.cell_id):
            strongest = np.argsort(-plant.gain[:, cell])[:HEARD]
            for error in self.error[period, strongest, cell] + change[cell]:
                event = watch[1].update((str(name),), now, float(error))
                if event is not None and cell == self.faulty:
                    known.fault = min(known.fault, period)

    def _attach(
        self, known: _Known, power: np.ndarray, before: int, *, steers: bool
    ) -> None:
        """Serve users anew where something is known, or a cell is dead."""
        plant, alive = self.plant, power > 0
        if not steers:
            lost = power[known.cell] <= 0
            known.cell[lost] = (plant.gain[lost] * power).argmax(axis=1)
            return
        if known.isolated.sum() == before and alive[known.cell].all():
            return
        state = plant.derived(
            alive=alive,
            previous=known.cell,
            demand=np.where(known.isolated, 0.0, plant.demand),
            min_rate=np.where(known.isolated, 0.0, plant.min_rate),
        )
        problem = composed(Question("", state, None, plant.p_max * alive))
        found = solve(problem, BUDGET, "lagrangian").allocation
        strongest = (plant.gain * plant.p_max * alive).argmax(axis=1)
        cell = strongest if found is None else found.cell
        known.cell = np.where(cell >= 0, cell, strongest)

    def _rates(
        self, known: _Known, demand: np.ndarray, power: np.ndarray, *, sliced: bool
    ) -> np.ndarray:
        """What users (U,) get, bit/s, with or without shares of slices."""
        plant = self.plant
        asked = np.where(known.isolated, 0.0, demand)
        cell = np.where(power[known.cell] > 0, known.cell, -1)
        found = carried(
            plant.gain, power, plant.bandwidth, plant.noise * BLOCKS, asked[None], cell
        )
        full = WIDTH * np.log2(1 + found.sinr[0])
        need = np.divide(asked, full, out=np.zeros(len(asked)), where=full > 0)
        if not sliced:
            return found.rate[0]
        rate = np.zeros(len(asked))
        for one in range(len(power)):
            here = cell == one
            slices = np.bincount(plant.slice[here], need[here], URLLC + 1)
            share = _shares(slices)
            for kind in range(URLLC + 1):
                who = np.flatnonzero(here & (plant.slice == kind) & (need > 0))
                if not len(who) or share[kind] <= 0:
                    continue
                level = need[who] / share[kind]
                part = time_shares(level, np.zeros(len(who), int), 1)
                rate[who] = asked[who] * np.minimum(part / level, 1.0)
        return rate


def _shares(need: np.ndarray) -> np.ndarray:
    """Shares (K,) of a cell's blocks: by need, and of URLLC what was promised."""
    if need.sum() <= 1.0:
        return np.ones(len(need)) * (need > 0)
    floor = np.array([0.0, min(PROMISED, need[URLLC])])
    return Slices(floor, np.ones(len(need)), np.ones(len(need))).by_demand(need)

"""One simulated hour of Munich: the twins against a network they do not know."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pandas as pd

import rrm
import twins
from formulations import UserAssociation, compose
from llm_bridge import ContextReport
from rrm.directives import handovers
from twins import TwinSnapshot
from twins.coupling import CellLoads, MapGain, TileResidual, Twins
from twins.coupling.cell_loads import Loads
from twins.network import Pipe, SimulatedNetwork
from twins.network.simulator import Surge

REPORT = 10.0  # s between reports
DELAY = 0.2  # s on the way; the loop is that of a near-real-time controller
LISTEN = 0.5  # s after a report at which the twins are updated
DECIDE = 300.0  # s between decisions
FORECAST = 60.0  # s between the demands that are forecast
HEARD_DB = -130.0  # true gains above which errors count


@dataclass
class Trace:
    """What was found, one entry an update or decision.

    Attributes
    ----------
    base, twin : list of float
        RMSE of gains in dB, by the ray tracer alone and by the twin.
    covered : list of float
        Share of true gains within the 90% intervals.
    forecast, persistence : list of float
        Mean squared errors of cells' demand, (bit/s)^2.
    loads : dict
        By load of a cell: mean squared errors of the forecast and of persistence.
    sinr : list of array
        Errors in dB of the SINR predicted for the users after a decision.
    refused : int
        Measurements that were put aside.
    """

    base: list[float] = field(default_factory=list)
    twin: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)
    forecast: list[float] = field(default_factory=list)
    persistence: list[float] = field(default_factory=list)
    loads: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    sinr: list[np.ndarray] = field(default_factory=list)
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def rmse(self, name: str, start: float = 0.25) -> float:
        """Root of the mean squared error after the part ``start`` of the run."""
        values = np.array(getattr(self, name))
        return float(np.sqrt(np.mean(values[int(start * len(values)) :] ** 2)))

    def error(self, name: str) -> float:
        """Root of mean squared errors, after the first quarter."""
        values = np.array(getattr(self, name))
        return float(np.sqrt(np.mean(values[len(values) // 4 :])))

    def load_margin(self, name: str) -> float:
        """Share by which the forecast of a load errs less than persistence."""
        pairs = np.array(self.loads[name])
        forecast, persistence = np.sqrt(pairs[len(pairs) // 4 :].mean(axis=0))
        return float(1 - forecast / persistence)

    def sinr_median(self) -> float:
        """Median error in dB of the SINR predicted; NaN if no decision came about."""
        if not self.sinr:
            return np.nan
        return float(np.median(np.concatenate(self.sinr)))


def global_twin(start: TwinSnapshot, coverage: twins.Coverage) -> Twins:
    """Twin of Munich as it starts, with the built-in parts that learn."""
    corner, size = coverage.origin_m, coverage.size_m
    correction = TileResidual(start.cell_position, corner, size)
    return Twins(start, MapGain(coverage, start), correction)


def spoiled(
    report: pd.DataFrame, draws: np.random.Generator, lying: bool
) -> pd.DataFrame:
    """Report with 1% NaN, 1% future times, three jumps, and maybe a cell 30 dB off."""
    bad = report.reset_index(drop=True)
    chance = draws.random(len(bad))
    bad.loc[chance < 0.01, "value"] = np.nan
    bad.loc[(chance >= 0.01) & (chance < 0.02), "time"] += 3600.0
    users = np.unique(bad["user_id"][bad["user_id"] != ""])
    jumpers = draws.choice(users, 3, replace=False)
    bad.loc[bad["user_id"].isin(jumpers), "x"] += 10_000.0
    cells = np.unique(bad["cell_id"])
    lies = (bad["cell_id"] == cells[4]) & (bad["name"] == "L1M.SS-RSRP") & lying
    bad.loc[lies, "value"] = (bad.loc[lies, "value"] + 30.0).clip(upper=-31.0)
    return bad


def hour(
    seed: int = 0, seconds: float = 3600.0, spoil: bool = False, decide: bool = True
) -> Trace:
    """Run the loop of network, twins and engine for ``seconds`` s; what was found."""
    start, coverage = twins.example(), twins.example_coverage()
    place = start.user_position[0, :2]
    surge = Surge(
        (place[0], place[1]), 150.0, 3.0, start.time + 1500, start.time + 2400
    )
    network = SimulatedNetwork(start, coverage, seed, surges=[surge])
    twin = global_twin(start, coverage)
    up = Pipe(DELAY, 0.1, 0.01, seed=seed + 1)
    down = Pipe(DELAY, 0.1, 0.01, seed=seed + 2)
    draws = np.random.default_rng(seed + 3)
    trace = Trace()
    last: np.ndarray | None = None
    expected = np.zeros(0)
    loads, told = CellLoads(len(start.cell_id)), list[Loads]()
    for step in range(1, round(seconds / REPORT) + 1):
        for part in (4.0, 4.0, REPORT - LISTEN - 8.0):
            network.step(part)
        report = network.report()
        if spoil:  # the cell lies in the middle third
            lying = seconds / 3 <= network.time - start.time < 2 * seconds / 3
            report = spoiled(report, draws, lying)
        up.send(report, network.time)
        network.step(LISTEN)
        arrived = up.receive(network.time)
        if not arrived:
            continue
        snapshot = twin.update(pd.concat(arrived, ignore_index=True), network.time)
        trace.refused += len(twin.refused)
        for reason in twin.refused["reason"]:
            name = "cell is off" if "dB off" in reason else reason
            trace.reasons[name] = trace.reasons.get(name, 0) + 1
        _compare_gains(trace, network, twin, snapshot)
        if step % round(FORECAST / REPORT) == 0:
            demand = np.bincount(snapshot.previous, snapshot.demand, len(start.cell_id))
            if last is not None:
                trace.forecast.append(float(np.mean((expected - demand) ** 2)))
                trace.persistence.append(float(np.mean((last - demand) ** 2)))
            told = _compare_loads(trace, loads, snapshot, told)
            last, expected = demand, twin.forecast.predict(round(FORECAST / REPORT))[0]
        if decide and step % round(DECIDE / REPORT) == 0:
            _decide(trace, network, twin, snapshot, down)
    return trace


def _compare_gains(
    trace: Trace, network: SimulatedNetwork, twin: Twins, snapshot: TwinSnapshot
) -> None:
    """Gains of the model and of the twin against the truth at the twin's places."""
    truth = network.truth.at(snapshot.user_position)
    user, cell = twin.base.pairs(snapshot.user_position)
    base = twin.base.at(snapshot.user_position[user], cell).reshape(truth.shape)
    heard = truth > HEARD_DB
    with np.errstate(divide="ignore"):
        level = 10 * np.log10(snapshot.gain)
    error = (level - truth)[heard]
    trace.base.append(float(np.sqrt(np.mean((base - truth)[heard] ** 2))))
    trace.twin.append(float(np.sqrt(np.mean(error**2))))
    inside = np.abs(error) <= 1.645 * snapshot.gain_std_db[heard]
    trace.covered.append(float(inside.mean()))


def _compare_loads(
    trace: Trace, loads: CellLoads, snapshot: TwinSnapshot, told: list[Loads]
) -> list[Loads]:
    """Loads of the last minute against what was expected of it, and the minute before.

    Returns what was seen and what is expected next.
    """
    user, serving = snapshot.user_id, snapshot.previous
    seen = loads.observe(snapshot.time, user, serving, snapshot.demand)
    if seen is None:
        return []
    if told:
        for name, now, before, expected in zip(Loads._fields, seen, *told, strict=True):
            errors = [float(np.mean((x - now) ** 2)) for x in (expected, before)]
            trace.loads.setdefault(name, []).append((errors[0], errors[1]))
    return [seen, loads.predict()[0]]


def _decide(
    trace: Trace,
    network: SimulatedNetwork,
    twin: Twins,
    snapshot: TwinSnapshot,
    down: Pipe,
) -> None:
    """Let the engine decide, send its directives, and compare SINRs once they hold."""
    now = datetime.fromtimestamp(snapshot.time, UTC)
    report = ContextReport(created=now)
    problem = compose(snapshot, report, UserAssociation)
    solution = rrm.solve(problem, rrm.Budget(seconds=0.1))
    directives = [
        one for one in handovers(snapshot, problem, solution) if one.new != "none"
    ]
    fork = twin.fork()
    for directive in directives:
        fork.apply(directive)
        down.send(directive, network.time)
    network.step(LISTEN)
    for directive in down.receive(network.time):
        network.apply(directive)
    order = [network.number[name] for name in snapshot.user_id]
    same = network.serving[order] == fork.cell
    truth = network.sinr(network.serving, network.power)[order]
    error = 10 * np.abs(np.log10(fork.sinr()) - np.log10(truth))
    trace.sinr.append(error[same])
    network.release()

"""A cell dies: who finds out when, who serves its users, and where a platform flies."""

import numpy as np

import llm_bridge
import twins
from formulations.context import in_context
from formulations.lap_sites import Platform
from rrm.controller import Controller
from rrm.scenarios.flight import Flight, sent
from rrm.scenarios.loops import PERIOD, STEPS, best, run, share
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot
from twins.network import SimulatedNetwork

CELL, OTHER = "M5C", "M7A"
TEXT = f"{CELL} is down, technicians are on their way."
BEFORE, AFTER = 3, 8  # periods
SURGE = 1.5
"""Times the demand, so that neighbours have to share what the cell carried."""
PLATFORM = Platform(power=0.2, carrier=2.6e9, capacity=150e6)
"""Waits in the middle of the town, and has a carrier of its own; lost users first."""


def tell(seed: int = 0, after: int = AFTER) -> Story:
    """Phones alone, the loop without the text, with a wrong one, with it, the truth."""
    start = twins.example()
    report = llm_bridge.report(TEXT, start, author="operator/S. Lang")
    _, refused = altered(report, start, cells=(OTHER,))
    lie = TEXT.replace(CELL, OTHER)
    ways = {"static": _told(seed, after, "", loop=False)}
    ways["without context"] = _told(seed, after, "")
    ways["wrong report"] = _told(seed, after, lie)
    ways["context"] = _told(seed, after, TEXT)
    ways["oracle"] = _told(seed, after, "", loop=False, knows=True)
    indicators = (
        ("lost demand served", "%"),
        ("all demand served", "%"),
        ("found after", "periods"),
        ("platform there after", "periods"),
    )
    return Story("A cell dies", TEXT, indicators, ways, refused)


def _told(
    seed: int, after: int, text: str, *, loop: bool = True, knows: bool = False
) -> tuple[float, ...]:
    """Demand of the dead cell's users, and of all, that is served; when help is there.

    Whoever finds a cell out of service, or is told so, sends the platform for those who
    were served there.
    """
    start = twins.example()
    start = start.derived(demand=SURGE * start.demand)
    fails = start.time + (BEFORE + 0.5) * PERIOD
    network = SimulatedNetwork(
        start, twins.example_coverage(), seed, outages={CELL: (fails, np.inf)}
    )
    watch = _Watch(seed)
    notes = {BEFORE: (text, "operator/S. Lang")} if text else None
    stretch = run(
        start, network, BEFORE + after, loop=loop, seed=seed, notes=notes, each=watch
    )
    dead = start.cell_id.tolist().index(CELL)
    states = stretch.truths
    lost = states[BEFORE * STEPS - 1].previous == dead
    # nobody tells who steers nothing; the oracle knows as soon as a text could say it
    late = 0.5 if knows else watch.late if watch.late is not None else np.inf
    flights = [] if watch.flight is None else [watch.flight]
    rates = stretch.rates
    if knows:
        told = (BEFORE + 1) * STEPS - 1
        rates = [*rates[:told], *map(best, states[told:])]
        lacking = states[told].demand - rates[told]
        standing = np.mean([state.demand for state in states[: told + 1]], axis=0)
        flights = [
            sent(states[told], np.where(lost, wanted, 0.0), PLATFORM, seed)
            for wanted in (standing, lacking)
        ]
    served = [
        (_served(states, rates, lost, flight), flight) for flight in flights or [None]
    ]
    (one, two), flight = max(served, key=lambda pair: pair[0][0])
    there = np.inf if flight is None else (flight.arrives - fails) / PERIOD
    return one, two, late, float(there)


class _Watch:
    """Notes when the loop takes the cell as down, and sends help once.

    As soon as nobody hears a cell any more the platform gets ready, before that is
    certain; it is put down again when the cell is back.

    Attributes
    ----------
    late : float or None
        Periods from the failure until the loop took the cell as down.
    flight : Flight or None
        Of the platform.
    """

    def __init__(self, seed: int) -> None:
        self.late: float | None = None
        self.flight: Flight | None = None
        self._seed = seed
        self._seen: list[TwinSnapshot] = []
        self._heard: frozenset[str] = frozenset()
        self._alarm = np.inf

    def __call__(self, period: int, controller: Controller) -> None:
        """Look at what the loop knows after a turn."""
        snapshot = controller.snapshot
        if snapshot is None:
            return
        self._seen.append(snapshot)
        self._listen(controller)
        if period < BEFORE:
            return
        alive = in_context(snapshot, controller.report).alive
        if self.flight is None and not alive.all():
            demand = self._left_behind(~alive)
            self.flight = sent(snapshot, demand, PLATFORM, self._seed, self._alarm)
        if self.late is not None:
            return
        dead = snapshot.cell_id == CELL
        known = not snapshot.alive[dead].all()
        report = controller.report
        items = [] if report is None else report.items_at(snapshot.time)
        if known or any(CELL in (one.target.cells or ()) for one in items):
            self.late = period - BEFORE + 0.5

    def _listen(self, controller: Controller) -> None:
        """Give alarm from when a cell was heard the time before and is no more."""
        shown = controller.evidence
        heard = frozenset() if shown is None else frozenset(shown.rsrp)
        if heard >= self._heard:
            self._heard, self._alarm = heard, np.inf
        elif heard:
            self._alarm = min(self._alarm, self._seen[-1].time)

    def _left_behind(self, silent: np.ndarray) -> np.ndarray:
        """Mean demand (U,) bit/s of those whom cells (B,) served last; 0 of others."""
        users = len(self._seen[-1].user_id)
        lost = np.zeros(users, bool)
        for snapshot in reversed(self._seen):
            lost = (snapshot.previous >= 0) & silent[snapshot.previous]
            if lost.any():
                break
        standing = np.mean([snapshot.demand for snapshot in self._seen], axis=0)
        return np.where(lost, standing, 0.0)


def _served(
    states: list[TwinSnapshot],
    rates: list[np.ndarray],
    lost: np.ndarray,
    flight: Flight | None,
) -> tuple[float, float]:
    """Demand served in %: of those who lost their cell, and of all; means over time."""
    every = np.ones(len(lost), bool)
    rows = []
    for state, rate in list(zip(states, rates, strict=True))[(BEFORE + 1) * STEPS :]:
        got = np.minimum(rate, state.demand)
        if flight is not None:
            lacking = state.demand - got
            got = got + flight.serves(state.time, state.user_position, lacking)
        rows.append([share(got, state.demand, who) for who in (lost, every)])
    one, two = np.mean(rows, axis=0)
    return float(one), float(two)

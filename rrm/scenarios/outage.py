"""A cell dies: who finds out when, who serves its users, and where a platform flies."""

from collections.abc import Callable

import numpy as np

import llm_bridge
import twins
from formulations.context import in_context
from formulations.lap_sites import Platform
from rrm.controller import Controller
from rrm.controller.trial import Trial
from rrm.scenarios.flight import Flight, sent
from rrm.scenarios.loops import PERIOD, STEPS, Stretch, best, run, share
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins.network import SimulatedNetwork

CELL, OTHER = "M5C", "M7A"
TEXT = f"{CELL} is down, technicians are on their way."
BEFORE, AFTER = 3, 8  # periods
SURGE = 1.5
"""Times the demand, so that neighbours have to share what the cell carried."""
PLATFORM = Platform(power=0.2, carrier=2.6e9, capacity=150e6)
"""Waits in the middle of the town, and has a carrier of its own."""


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

    Whoever finds a cell out of service, or is told so, sends the platform to the demand
    that cells are expected not to carry.
    """
    start = twins.example()
    start = start.derived(demand=SURGE * start.demand)
    fails = start.time + (BEFORE + 0.5) * PERIOD
    network = SimulatedNetwork(
        start, twins.example_coverage(), seed, outages={CELL: (fails, np.inf)}
    )
    found: list[float] = []
    flights: list[Flight] = []
    notes = {BEFORE: (text, "operator/S. Lang")} if text else None
    stretch = run(
        start, network, BEFORE + after, loop=loop, seed=seed, notes=notes,
        each=_finder(found, flights, seed),
    )  # fmt: skip
    # nobody tells who steers nothing; the oracle knows at once
    late = 0.5 if knows else found[0] if found else float(after)
    if knows:
        state = stretch.truths[(BEFORE + 1) * STEPS - 1]
        lacking = state.demand - best(state, seed)[0]
        flights.append(sent(state, lacking, PLATFORM, BEFORE, seed))
    one, two = _served(stretch, flights, knows, seed)
    there = flights[0].arrives - BEFORE if flights else after
    return one, two, late, float(there)


def _finder(
    found: list[float], flights: list[Flight], seed: int
) -> Callable[[int, Controller], None]:
    """Note after how many periods the loop took the cell as down, and send help."""

    def watch(period: int, controller: Controller) -> None:
        snapshot = controller.snapshot
        if period < BEFORE or snapshot is None:
            return
        network = in_context(snapshot, controller.report)
        if not flights and not network.alive.all():
            nobody = np.zeros(len(snapshot.user_id), bool)
            trial = Trial(network, nobody, seed)
            carried = trial.rates(trial.outcome(controller.power))
            lacking = trial.wanted - carried
            flights.append(sent(snapshot, lacking, PLATFORM, period, seed))
        if found:
            return
        dead = snapshot.cell_id == CELL
        known = not snapshot.alive[dead].all()
        report = controller.report
        items = [] if report is None else report.items_at(snapshot.time)
        if known or any(CELL in (one.target.cells or ()) for one in items):
            found.append(period - BEFORE + 0.5)

    return watch


def _served(
    stretch: Stretch, flights: list[Flight], knows: bool, seed: int
) -> tuple[float, float]:
    """Demand served in %: of those who lost their cell, and of all; means."""
    cells = stretch.truths[0].cell_id
    before = stretch.truths[BEFORE * STEPS - 1].previous
    lost = before == int(np.flatnonzero(cells == CELL)[0])
    rows = []
    states = list(zip(stretch.truths, stretch.rates, strict=True))
    for step, (state, rate) in enumerate(states):
        period = step // STEPS
        if period <= BEFORE:  # nobody has heard of it
            continue
        got = np.maximum(rate, best(state, seed)[0]) if knows else rate
        for flight in flights:
            if period >= flight.arrives:
                got = got + flight.serves(state.user_position, state.demand - got)
        every = np.ones(len(got), bool)
        rows.append([share(got, state.demand, who) for who in (lost, every)])
    one, two = np.mean(rows, axis=0)
    return float(one), float(two)

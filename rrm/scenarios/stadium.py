"""A match fills the stadium: where platforms should hover before it does."""

import numpy as np

import llm_bridge
import twins
from formulations import LapPlacement, Placement
from formulations.context import in_context
from formulations.lap_sites import Platform, placement_from
from llm_bridge import ContextReport
from rrm.budget import Budget
from rrm.engine import solve
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot
from twins.coupling.carried import carried

CELL, OTHER = "M5B", "M2A"
TEXT = (
    f"Match at {CELL} this morning: expect 6 times the usual traffic there until 11:00."
)
PLATFORMS = 2
PLATFORM = Platform(power=0.05, capacity=200e6, battery=213e3)
"""With a battery for most of the sites, not for all."""
BACKHAUL = 250e6  # bit/s of each cell, more than one platform needs and less than two
SPACING = 150.0  # m between the sites of the grid
BUDGET = Budget(30.0, gap=5e-3)
METHOD = "highs"
"""Ends by the gap and not by time, so that the story can be repeated."""
DRAWS = 10  # of random places


def tell(seed: int = 0, budget: Budget = BUDGET) -> Story:
    """Platforms spread evenly, by the demand of now, by a wrong text, by the text."""
    start = twins.example()
    snapshot = start.derived(backhaul=np.full(len(start.cell_id), BACKHAUL))
    report = llm_bridge.report(TEXT, snapshot, author="operator/S. Lang")
    wrong, refused = altered(report, snapshot, cells=(OTHER,))
    draws = np.random.default_rng([seed, 6])
    truth = _in(snapshot, report, draws)
    problem = _problem(truth)
    found = solve(problem, budget, METHOD, seed)
    ways = {
        "static": _even(problem),
        "without context": _chosen(_in(snapshot, None), budget, seed),
        "wrong report": _chosen(_in(snapshot, wrong), budget, seed),
        "context": _chosen(_in(snapshot, report), budget, seed),
        "oracle": _opened(found.allocation),
    }

    def judged(sites: np.ndarray) -> tuple[float, ...]:
        value, aloft = _served(problem, sites, budget, seed)
        return value / 1e6, 100.0 * value / found.bound, _carried(truth, aloft)

    values = {way: judged(sites) for way, sites in ways.items()}
    values["oracle"] = max(values.values())  # of its own places and those of others
    scattered = [judged(_random(problem, draws)) for _ in range(DRAWS)]
    return Story(
        "A match fills the stadium",
        TEXT,
        (("value served", "Mbit/s"), ("of the bound", "%"), ("demand served", "%")),
        values,
        refused,
        {
            "no platform": judged(np.zeros(problem.value.shape[1], bool)),
            "random places": tuple(np.mean(scattered, axis=0).tolist()),
        },
    )


def _in(
    snapshot: TwinSnapshot,
    report: ContextReport | None,
    draws: np.random.Generator | None = None,
) -> TwinSnapshot:
    """Snapshot with the demand that a report foresees; the truth scatters around it."""
    demand = in_context(snapshot, report).demand
    if draws is not None:
        demand = demand * draws.lognormal(0.0, 0.3, len(demand))
    return snapshot.derived(demand=demand)


def _problem(snapshot: TwinSnapshot) -> LapPlacement:
    return placement_from(
        snapshot, PLATFORMS, platform=PLATFORM, spacing=SPACING, separation=SPACING
    )


def _chosen(snapshot: TwinSnapshot, budget: Budget, seed: int) -> np.ndarray:
    """Sites (S,) bool at which platforms hover."""
    return _opened(solve(_problem(snapshot), budget, METHOD, seed).allocation)


def _opened(allocation: Placement | None) -> np.ndarray:
    """Sites (S,) bool of an allocation, if the engine found any."""
    if allocation is None:
        raise RuntimeError("the engine places no platform")
    return allocation.open


def _even(problem: LapPlacement) -> np.ndarray:
    """Sites (S,) bool spread over those that a battery is enough for."""
    able = np.flatnonzero(problem.energy <= problem.battery)
    found = np.zeros(len(problem.energy), bool)
    found[able[np.linspace(0, len(able) - 1, PLATFORMS + 2).astype(int)[1:-1]]] = True
    return found


def _random(problem: LapPlacement, draws: np.random.Generator) -> np.ndarray:
    """Sites (S,) bool drawn from those that a battery is enough for."""
    able = np.flatnonzero(problem.energy <= problem.battery)
    found = np.zeros(len(problem.energy), bool)
    found[draws.choice(able, PLATFORMS, replace=False)] = True
    return found


def _served(
    problem: LapPlacement, sites: np.ndarray, budget: Budget, seed: int
) -> tuple[float, np.ndarray]:
    """Value of serving the true demand from given sites, and which users (U,) it is."""
    value = np.where(sites, problem.value, -np.inf)
    found = solve(problem.replace(value=value), budget, METHOD, seed)
    if found.allocation is None:
        return 0.0, np.zeros(len(value), bool)
    return float(found.objective or 0.0), found.allocation.site >= 0


def _carried(truth: TwinSnapshot, aloft: np.ndarray) -> float:
    """Demand in % that is served if platforms serve users (U,) ``aloft``."""
    cell = truth.previous
    noise = truth.noise * truth.blocks[cell]
    left = np.where(aloft, 0.0, truth.demand)
    by_cells = carried(
        truth.gain, truth.p_max, truth.bandwidth, noise, left[None], cell
    ).rate[0]
    served = np.where(aloft, truth.demand, by_cells)
    return 100.0 * float(served.sum() / truth.demand.sum())

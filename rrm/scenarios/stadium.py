"""A match fills the stadium: where platforms should hover before it does."""

import numpy as np

import llm_bridge
import twins
from formulations import LapPlacement
from formulations.context import in_context
from formulations.lap_sites import Platform, placement_from
from llm_bridge import ContextReport
from rrm.engine import solve
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot

CELL, OTHER = "M5B", "M2A"
TEXT = (
    f"Match at {CELL} this morning: expect 6 times the usual traffic there until 11:00."
)
PLATFORMS = 2
PLATFORM = Platform(power=0.05, capacity=200e6, battery=600e3)
SPACING = 150.0  # m between the sites of the grid
BUDGET = 2.0  # s


def tell(seed: int = 0, budget: float = BUDGET) -> Story:
    """Platforms spread evenly, by the demand of now, by a wrong text, by the text."""
    snapshot = twins.example()
    report = llm_bridge.report(TEXT, snapshot, author="operator/S. Lang")
    wrong, refused = altered(report, snapshot, cells=(OTHER,))
    truth = _in(snapshot, report, np.random.default_rng([seed, 6]))
    ways = {
        "static": _even(_problem(truth)),
        "without context": _chosen(_in(snapshot, None), budget, seed),
        "wrong report": _chosen(_in(snapshot, wrong), budget, seed),
        "context": _chosen(_in(snapshot, report), budget, seed),
        "oracle": _chosen(truth, budget, seed),
    }
    bound = _problem(truth)
    most = solve(bound, budget, seed=seed).bound
    values = {}
    for way, sites in ways.items():
        served = _served(bound, sites, budget, seed)
        values[way] = (served / 1e6, 100.0 * served / most)
    return Story(
        "A match fills the stadium",
        TEXT,
        (("value served", "Mbit/s"), ("of the bound", "%")),
        values,
        refused,
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


def _chosen(snapshot: TwinSnapshot, budget: float, seed: int) -> np.ndarray:
    """Sites (S,) bool at which platforms hover."""
    allocation = solve(_problem(snapshot), budget, seed=seed).allocation
    if allocation is None:
        raise RuntimeError("the engine places no platform")
    return allocation.open


def _even(problem: LapPlacement) -> np.ndarray:
    """Sites (S,) bool spread over the grid, whatever the demand."""
    sites = problem.value.shape[1]
    found = np.zeros(sites, bool)
    found[np.linspace(0, sites - 1, PLATFORMS + 2).astype(int)[1:-1]] = True
    return found


def _served(
    problem: LapPlacement, sites: np.ndarray, budget: float, seed: int
) -> float:
    """Value of serving the true demand from given sites."""
    value = np.where(sites, problem.value, -np.inf)
    solution = solve(problem.replace(value=value), budget, seed=seed)
    return float(solution.objective or 0.0)

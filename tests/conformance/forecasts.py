"""Forecasts of steps and scenarios, their plans by enumeration, and by hand."""

from collections.abc import Iterator
from itertools import combinations, pairwise, permutations, product

import numpy as np
from scipy.sparse import csr_array

from formulations import LapForecast, Placement, PlacementPlan
from tests.conformance.placements import placement_by_hand, placements


def forecasts() -> Iterator[tuple[str, LapForecast, bool]]:
    """Name, problem, and whether it has a plan."""
    rng = np.random.default_rng(7)
    value = rng.uniform(1.0, 3.0, (6, 3))
    value[0, 1] = value[5, 0] = -np.inf
    steps = LapForecast(
        value,
        [0, 0, 0, 1, 1, 1],
        demand=[1.0, 2.0, 1.0, 0.5, 1.0, 1.0],
        open_cost=[1.5, 1.0, 2.0],
        energy=[1.0, 2.0, 1.5],
        battery=2.0,
        moves=True,
        move_energy=[[0.1, 0.5, 3.0], [0.4, 0.0, 0.9], [0.2, 0.3, 0.2]],
        energy_cost=0.7,
    )
    tight = steps.replace(capacity=[1.6, 2.1, 3.1])
    apart = {"moves": False, "weight": [0.4, 0.6]}
    yield "steps-feasible", tight, True
    yield "steps-uncapacitated", steps, True
    served = tight.replace(must_serve=True)
    yield "steps-served", served, True
    yield "steps-infeasible", served.replace(capacity=[1, 1, 1]), False
    yield "steps-degenerate", steps.replace(value=np.ones((6, 3)), max_laps=1), True
    yield "steps-no-laps", tight.replace(max_laps=0), True
    yield "steps-out-of-reach", steps.replace(battery=1.2), True
    links = {"gateway": [0, 0, -1], "backhaul": [2.1]}
    limits = {"conflicts": [[0, 2]], "fixed": [False, True, False], "max_laps": 2}
    yield "steps-all", tight.replace(**links, **limits, weight=[30.0, 60.0]), True
    split = {"single_source": False}
    kept = [0, 1, 3, 4]
    few = LapForecast(
        value[kept],
        [0, 0, 1, 1],
        demand=[1.0, 2.0, 1.0, 0.5],
        open_cost=steps.open_cost,
        capacity=[1.5, 1.0, 2.0],
        **apart,
        **split,
    )
    yield "scenarios-split", few, True
    yield "scenarios-split-served", few.replace(must_serve=True), True
    yield "scenarios-feasible", tight.replace(**apart), True
    yield "scenarios-all", tight.replace(**apart, **links, **limits), True
    yield (
        "scenarios-median",
        LapForecast(
            -rng.uniform(1, 9, (6, 3)), [0, 1, 0, 1, 1, 0], must_serve=True, max_laps=2
        ),
        True,
    )
    far = served.replace(**apart, battery=1.2, max_laps=1)
    yield "scenarios-infeasible", far, False
    yield (
        "scenarios-ill-scaled",
        served.replace(
            **apart,
            value=value * 1e-15,
            open_cost=steps.open_cost * 1e-15,
            demand=steps.demand * 1e9,
            capacity=served.capacity * 1e9,
        ),
        True,
    )
    rows, columns = np.nonzero(np.isfinite(value))
    sparse = csr_array((value[rows, columns], (rows, columns)), shape=value.shape)
    yield "steps-sparse", tight.replace(value=sparse, **links), True


def plans(problem: LapForecast) -> Iterator[PlacementPlan]:
    """All open sites of all periods, each period served at its best."""
    periods = []
    for one in problem.placements:
        best = {}
        for placement in placements(one):
            if max(one.violations(placement).values()) > 1e-9:
                continue
            key, worth = placement.open.tobytes(), one.evaluate(placement)
            if key not in best or worth > best[key][0]:
                best[key] = worth, placement
        periods.append([placement for _, placement in best.values()])
    for parts in product(*periods):
        yield problem.plan(parts)


def forecast_by_hand(p: LapForecast, plan: PlacementPlan) -> tuple[float, float]:
    """Objective and largest violation of a plan, moves by enumeration."""
    total, worst = 0.0, 0.0
    for t in range(len(p.weight)):
        one = p.placement_of(t)
        rows = [r for r in range(len(p.period)) if p.period[r] == t]
        value, violation = placement_by_hand(one, part_of(plan, rows, t))
        total += p.weight[t] * value
        worst = max(worst, violation)
    if not p.moves:
        same = all((is_open == plan.open[0]).all() for is_open in plan.open)
        return total, worst if same else np.inf
    chosen = [[s for s in range(len(p.energy)) if row[s]] for row in plan.open]
    joules = sum(p.energy[s] / 2 for s in chosen[0] + chosen[-1])
    for before, after in pairwise(chosen):
        joules += least_energy(p, before, after)
    return total - p.energy_cost * joules, worst


def part_of(plan: PlacementPlan, rows: list[int], t: int) -> Placement:
    """Placement of one period."""
    if plan.share.size:
        return Placement(plan.open[t], share=plan.share[rows])
    return Placement(plan.open[t], plan.site[rows])


def least_energy(p: LapForecast, before: list[int], after: list[int]) -> float:
    """Energy between two steps, of the best of all ways to pair some of the sites."""
    best = np.inf
    for number in range(min(len(before), len(after)) + 1):
        for leaving in combinations(before, number):
            for coming in permutations(after, number):
                moves = [
                    p.move_energy[a, b] for a, b in zip(leaving, coming, strict=True)
                ]
                if any(move > p.battery for move in moves):
                    continue
                back = sum(p.energy[s] / 2 for s in before if s not in leaving)
                out = sum(p.energy[s] / 2 for s in after if s not in coming)
                best = min(best, sum(moves) + back + out)
    return best

"""Problems of each type as quartets: feasible, infeasible, degenerate, ill-scaled.

Gains are in natural units (1e-14 to 1). Sizes allow enumeration.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.sparse import csr_array

from formulations import (
    Association,
    LapForecast,
    LapPlacement,
    MoveList,
    Power,
    PowerControl,
    Problem,
    UserAssociation,
)
from tests.conformance.forecasts import forecasts, plans
from tests.conformance.moves import move_cases, move_lists, other_move_units
from tests.conformance.placements import placements
from tests.conformance.spectrum import (
    block_cases,
    channel_cases,
    other_spectrum_units,
    spectrum_allocations,
)

OBJECTIVES = (
    "sum_rate",
    "max_min_rate",
    "proportional_fair",
    "min_power",
    "energy_efficiency",
)
LEVELS = np.concatenate(([0.0], np.geomspace(1e-4, 1.0, 20)))
BLOCK_LEVELS = np.array([0.0, 0.1, 0.3, 0.5])


@dataclass(frozen=True)
class Case:
    """A problem, and whether it has a feasible allocation."""

    name: str
    problem: Problem
    feasible: bool

    def __str__(self) -> str:
        return self.name


def power_cases() -> Iterator[Case]:
    """Quartets of power control for each objective, and shapes that cross them."""
    rng = np.random.default_rng(7)
    gain = 10 ** -rng.uniform(9.5, 11.5, (3, 3))
    gain[np.diag_indices(3)] = 10 ** -rng.uniform(7, 8, 3)
    plain = PowerControl(
        gain,
        np.full(3, 1e-12),
        np.array([1.0, 0.5, 2.0]),
        weight=np.array([1.0, 2.0, 0.5]),
        bandwidth=1e6,
        circuit_power=0.3,
        amplifier_efficiency=0.4,
    )
    reachable = plain.rate(plain.p_max)
    protected = {"protected_gain": [[1e-9, 2e-9, 5e-10]], "protected_limit": [1e-9]}
    ill = np.array([1e-14, 1e-7, 1.0])
    for objective in OBJECTIVES:
        goal = plain.replace(objective=objective)
        floored = goal.replace(min_rate=0.3 * reachable, **protected)
        yield Case(f"power-{objective}-feasible", floored, True)
        yield Case(
            f"power-{objective}-infeasible", goal.replace(min_rate=4 * reachable), False
        )
        yield Case(
            f"power-{objective}-degenerate",
            goal.replace(
                gain=np.diag([1e-8, 1e-8, 1e-8]),
                p_max=np.array([1.0, 1.0, 0.0 if objective == "min_power" else 1.0]),
                weight=np.ones(3),
            ),
            True,
        )
        yield Case(
            f"power-{objective}-ill-scaled",
            goal.replace(
                gain=gain * 1e7 * ill[:, None],
                noise=np.full(3, 1e-5) * ill,
                p_max=np.array([1e-6, 1e3, 1.0]),
                min_rate=np.array([0.0, 1e5, 1e5]),
            ),
            True,
        )
    limit = 1.1 * plain.p_max[0]
    yield Case(
        "power-limit-infeasible",
        plain.replace(
            objective="min_power",
            gain=np.diag([1e-8, 1e-8, 1e-8]),
            min_rate=1e6 * np.log2(1 + 1e-8 * np.array([limit, 0, 0]) / 1e-12),
        ),
        False,
    )
    yield Case(
        "power-no-gain-infeasible",
        plain.replace(gain=np.diag([0.0, 1e-8, 1e-8]), min_rate=[1.0, 0.0, 0.0]),
        False,
    )
    yield Case(
        "power-shared",
        plain.replace(transmitter=[0, 0, 2], p_max=[1.0, 1.0, 2.0]),
        True,
    )
    yield Case(
        "power-masked",
        plain.replace(p_mask=[0.1, np.inf, 1.5], **protected),
        True,
    )
    blocks = plain.replace(
        gain=np.stack([gain, gain[::-1, ::-1]], axis=2)[:2, :2],
        noise=np.full((2, 2), 1e-12),
        p_max=[1.0, 1.0],
        weight=np.ones(2),
    )
    yield Case("power-blocks-free", blocks, True)
    for objective in OBJECTIVES:
        yield Case(
            f"power-{objective}-blocks",
            blocks.replace(
                objective=objective,
                min_rate=[1e5, 0.0],
                protected_gain=[[1e-9, 2e-9]],
                protected_limit=[[1e-9, 2e-9]],
            ),
            True,
        )


def association_cases() -> Iterator[Case]:
    """Quartets of user association for each objective and option."""
    rng = np.random.default_rng(3)
    users, cells = 5, 3
    rate = rng.lognormal(16, 1, (users, cells))
    rate[0, 1] = rate[3, 0] = -np.inf
    load = rng.uniform(0.2, 0.7, (users, cells))
    capacity = np.array([1.0, 0.8, 0.6])
    for objective in ("sum", "proportional_fair"):
        plain = UserAssociation(rate, load, capacity, objective=objective)
        name = f"association-{objective}"
        yield Case(f"{name}-feasible", plain, True)
        yield Case(
            f"{name}-infeasible",
            plain.replace(must_serve=True, capacity=capacity / 4),
            False,
        )
        yield Case(
            f"{name}-served",
            plain.replace(must_serve=True, capacity=2 * capacity),
            True,
        )
        yield Case(
            f"{name}-degenerate",
            UserAssociation(
                np.ones((users, cells)),
                np.ones(users),
                np.array([2.0, 0.0, 2.0]),
                objective=objective,
            ),
            True,
        )
        yield Case(
            f"{name}-ill-scaled",
            plain.replace(
                utility=rate * 1e-15, load=load * 1e-9, capacity=capacity * 1e-9
            ),
            True,
        )
        nobody = rate.copy()
        nobody[2] = -np.inf
        yield Case(f"{name}-no-candidate", plain.replace(utility=nobody), True)
        yield Case(
            f"{name}-no-candidate-infeasible",
            plain.replace(utility=nobody, must_serve=True, capacity=9 * capacity),
            False,
        )
        cost = 0.3 * rate.max() if objective == "sum" else 0.3
        yield Case(
            f"{name}-handover",
            plain.replace(previous=[0, 0, 1, -1, 2], handover_cost=cost),
            True,
        )
        yield Case(
            f"{name}-backhaul",
            plain.replace(backhaul=[rate.max(), np.inf, 0.7 * rate.max()]),
            True,
        )
        yield Case(f"{name}-links", plain.replace(max_links=2), True)
        part = np.array([[1, 1, 0, 0, 1], [0, 0, 1, 1, 0]], bool)
        quota = np.array([[0.6, 0.7, 0.0], [0.5, np.inf, 0.4]])
        sliced = plain.replace(group=part, group_capacity=quota)
        yield Case(f"{name}-groups", sliced, True)
        if objective == "sum":
            yield Case(f"{name}-groups-links", sliced.replace(max_links=2), True)
        yield Case(
            f"{name}-groups-infeasible",
            sliced.replace(must_serve=True, group_capacity=0.2 * quota),
            False,
        )
        rows, columns = np.nonzero(np.isfinite(rate))
        sparse = csr_array((rate[rows, columns], (rows, columns)), shape=rate.shape)
        yield Case(f"{name}-sparse", plain.replace(utility=sparse), True)


def placement_cases() -> Iterator[Case]:
    """Quartets of placement, each constraint alone, whole and split users."""
    rng = np.random.default_rng(5)
    value = rng.uniform(1.0, 3.0, (4, 3))
    value[0, 1] = value[3, 0] = -np.inf
    plain = LapPlacement(value, open_cost=[1.5, 1.0, 2.0], demand=[1.0, 2.0, 1.0, 0.5])
    tight = plain.replace(capacity=[1.6, 2.0, 3.0])
    served = tight.replace(must_serve=True)
    yield Case("placement-feasible", tight, True)
    yield Case("placement-infeasible", served.replace(capacity=[1, 1, 2]), False)
    yield Case("placement-served", served, True)
    yield Case(
        "placement-degenerate",
        LapPlacement(np.ones((4, 3)), capacity=[2.0, 2.0, 0.0], open_cost=np.zeros(3)),
        True,
    )
    yield Case(
        "placement-ill-scaled",
        served.replace(
            value=value * 1e-15,
            open_cost=plain.open_cost * 1e-15,
            demand=plain.demand * 1e9,
            capacity=served.capacity * 1e9,
        ),
        True,
    )
    yield Case("placement-uncapacitated", plain, True)
    yield Case(
        "placement-median",
        LapPlacement(-rng.uniform(1, 9, (5, 3)), must_serve=True, max_laps=2),
        True,
    )
    yield Case(
        "placement-median-whole",
        LapPlacement(-rng.integers(1, 99, (5, 3)), must_serve=True, max_laps=1),
        True,
    )
    yield Case("placement-max-laps", tight.replace(max_laps=1), True)
    yield Case("placement-no-laps", tight.replace(max_laps=0), True)
    yield Case("placement-max-laps-infeasible", served.replace(max_laps=1), False)
    links = {"gateway": [0, 0, -1], "backhaul": [2.0]}
    yield Case("placement-backhaul", tight.replace(**links), True)
    yield Case("placement-backhaul-served", served.replace(**links), True)
    yield Case(
        "placement-backhaul-infeasible",
        served.replace(gateway=[0, 1, 0], backhaul=[2.4, 2.0]),
        False,
    )
    energy = {"energy": [3.0, 1.0, 2.0], "battery": 2.5}
    yield Case("placement-energy", tight.replace(**energy), True)
    yield Case(
        "placement-energy-infeasible",
        served.replace(energy=[3, 4, 5], battery=2),
        False,
    )
    yield Case("placement-conflicts", tight.replace(conflicts=[[0, 2], [1, 2]]), True)
    yield Case(
        "placement-conflicts-infeasible",
        served.replace(conflicts=[[0, 2], [1, 2], [0, 1]]),
        False,
    )
    yield Case("placement-fixed", tight.replace(fixed=[True, False, False]), True)
    yield Case(
        "placement-fixed-infeasible",
        plain.replace(fixed=[True, True, False], conflicts=[[0, 1]]),
        False,
    )
    nobody = value.copy()
    nobody[2] = -np.inf
    yield Case("placement-out-of-range", tight.replace(value=nobody), True)
    yield Case("placement-out-of-range-infeasible", served.replace(value=nobody), False)
    rows, columns = np.nonzero(np.isfinite(value))
    sparse = csr_array((value[rows, columns], (rows, columns)), shape=value.shape)
    yield Case("placement-sparse", tight.replace(value=sparse, **links), True)
    split = {"single_source": False}
    few = LapPlacement(
        value[:3], open_cost=plain.open_cost, demand=[1.0, 2.0, 1.0], **split
    )
    yield Case("placement-split-uncapacitated", few, True)
    few = few.replace(capacity=[1.5, 1.0, 2.0])
    yield Case("placement-split", few, True)
    yield Case("placement-split-served", few.replace(must_serve=True), True)
    yield Case(
        "placement-split-infeasible",
        few.replace(must_serve=True, capacity=[1.0, 1.0, 1.5]),
        False,
    )
    yield Case(
        "placement-split-all",
        few.replace(
            **links, conflicts=[[0, 2]], max_laps=2, fixed=[False, True, False]
        ),
        True,
    )
    yield Case("placement-no-demand", few.replace(demand=[0.0, 2.0, 0.0]), True)


def all_cases() -> list[Case]:
    """Every case of every problem."""
    return [
        *power_cases(),
        *association_cases(),
        *placement_cases(),
        *(Case(f"forecast-{name}", *rest) for name, *rest in forecasts()),
        *(Case(*case) for case in (*channel_cases(), *block_cases(), *move_cases())),
    ]


def other_units(problem: Problem) -> Problem:
    """The same problem with gains, powers, rates, loads in other units."""
    if isinstance(problem, PowerControl):
        watt, path = 1e3, 1e-12
        return problem.replace(
            gain=problem.gain * path / watt,
            noise=problem.noise * path,
            p_max=problem.p_max * watt,
            p_mask=problem.p_mask * watt,
            circuit_power=problem.circuit_power * watt,
            protected_gain=problem.protected_gain * path / watt,
            protected_limit=problem.protected_limit * path,
        )
    if isinstance(problem, (LapPlacement, LapForecast)):
        moved = {}
        if isinstance(problem, LapForecast):
            moved = {
                "move_energy": problem.move_energy * 1e-3,
                "energy_cost": problem.energy_cost * 1e-3,
            }
        return problem.replace(
            value=problem.value * 1e-6,
            open_cost=problem.open_cost * 1e-6,
            demand=problem.demand * 1e9,
            capacity=problem.capacity * 1e9,
            backhaul=problem.backhaul * 1e9,
            energy=problem.energy * 1e-3,
            battery=problem.battery * 1e-3,
            **moved,
        )
    if isinstance(problem, MoveList):
        return other_move_units(problem)
    if not isinstance(problem, UserAssociation):
        return other_spectrum_units(problem)
    fair = problem.objective == "proportional_fair"
    return problem.replace(
        utility=problem.utility * 1e-6,
        backhaul=problem.backhaul * 1e-6,
        load=problem.load * 1e9,
        capacity=problem.capacity * 1e9,
        group_capacity=problem.group_capacity * 1e9,
        handover_cost=problem.handover_cost * (1.0 if fair else 1e-6),
    )


def best_enumerated(problem: Problem) -> float:
    """Best objective on the grid, -inf (maximizing) without a feasible point."""
    best = -np.inf
    for allocation in enumerated(problem):
        value = problem.sense * problem.evaluate(allocation)
        if value > best and max(problem.violations(allocation).values()) <= 1e-9:
            best = value
    return problem.sense * best


def enumerated(problem: Problem) -> Iterator[object]:
    """Allocations of a grid of powers, or all associations."""
    if isinstance(problem, PowerControl):
        entries = int(np.prod(problem.shape))
        levels = LEVELS if entries == 3 else BLOCK_LEVELS
        limit = np.broadcast_to(problem.p_max[:, None], (*problem.shape, 1)[:2])
        for values in product(levels, repeat=entries):
            yield Power((limit.ravel() * values).reshape(problem.shape))
        return
    if isinstance(problem, LapPlacement):
        yield from placements(problem)
        return
    if isinstance(problem, LapForecast):
        yield from plans(problem)
        return
    if isinstance(problem, MoveList):
        yield from move_lists(problem)
        return
    if not isinstance(problem, UserAssociation):
        yield from spectrum_allocations(problem)
        return
    shape = (problem.sizes["U"], problem.max_links)
    choices = range(-1, problem.sizes["B"])
    if problem.max_links == 1:
        for cell in product(choices, repeat=shape[0]):
            yield Association(np.array(cell))
        return
    pairs = [(a, b) for a in choices for b in choices if a < b or a == b == -1]
    for cell in product(pairs, repeat=shape[0]):
        yield Association(np.array(cell))

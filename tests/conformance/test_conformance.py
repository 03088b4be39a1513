"""Every registered method on every problem it claims."""

import sys
import time
from functools import cache

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

import rrm
from formulations import (
    BlockSchedule,
    ChannelAssignment,
    LapForecast,
    LapPlacement,
    MoveList,
    PowerControl,
)
from rrm.registry import Method, all_methods
from tests.conformance.forecasts import forecast_by_hand
from tests.conformance.instances import (
    Case,
    all_cases,
    best_enumerated,
    other_units,
)
from tests.conformance.moves import moves_by_hand
from tests.conformance.placements import placement_by_hand
from tests.conformance.spectrum import blocks_by_hand, channels_by_hand

CASES = {case.name: case for case in all_cases()}
METHODS = {f"{m.problem.__name__}.{m.name}": m for m in all_methods() if m.is_own}
SECONDS = {False: 0.1, True: 3.0}  # by whether the method runs in a worker
ROOM = 3.0  # s late that a loaded machine may be
WORK = 200  # questions whether to go on, where no clock may change the answer
PLENTY = 30.0  # s, more than those take
GAP, LINES_GAP = 1e-6, 0.05  # the second is what lines for logarithms close in a second
CROWDS = {"LapPlacement.crowd"}
"""Methods for more users than can be enumerated: tests/rrm/test_crowd_service.py."""
PAIRS = [
    pytest.param(method, name, id=f"{method}-{name}")
    for method, entry in METHODS.items()
    for name, case in CASES.items()
    if entry.reason_against(case.problem) is None
]


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up()


def loaded() -> dict[str, int]:
    """Compiled versions of each kernel in use in this process."""
    return {
        f"{name}.{function}": len(kernel.overloads)
        for name, module in list(sys.modules.items())
        if name.startswith(("formulations.", "rrm."))
        for function, kernel in vars(module).items()
        if isinstance(kernel, Dispatcher) and kernel.py_func.__module__ == name
    }


newly_loaded: dict[tuple[str, str], set[tuple[str, int]]] = {}


@cache
def solved(method: str, name: str) -> tuple[rrm.Solution, float]:
    """Solution of a case by one method, and the seconds it took."""
    entry, problem = METHODS[method], CASES[name].problem
    before = loaded()
    began = time.perf_counter()
    budget = rrm.Budget(SECONDS[entry.isolated], gap=gap_of(entry))
    solution = rrm.solve(problem, budget, method=entry.name)
    seconds = time.perf_counter() - began
    newly_loaded[method, name] = loaded().items() - before.items()
    return solution, seconds


@cache
def best_by_enumeration(name: str) -> float:
    """Best objective on the grid of a case, once for all tests."""
    return best_enumerated(CASES[name].problem)


@pytest.mark.parametrize(("method", "name"), PAIRS)
def test_returns_in_its_budget(method, name):
    """A method ends within its budget, and nothing it did was an error."""
    solution, seconds = solved(method, name)
    assert seconds < SECONDS[METHODS[method].isolated] + ROOM
    ended = [step["ended"] for step in solution.plan if "method" in step]
    assert not [text for text in ended if "raised" in text or "lost" in text]


@pytest.mark.parametrize(("method", "name"), PAIRS)
def test_answer_is_feasible_and_its_numbers_are_true(method, name):
    """Violations and objective, recomputed by a plain loop, are what is reported."""
    solution, _ = solved(method, name)
    case = CASES[name]
    if solution.allocation is None:
        assert solution.status in ("infeasible", "unknown")
        assert np.isnan(solution.objective)
        return
    assert case.feasible
    objective, worst = by_hand(case, solution.allocation)
    assert worst <= 1e-9 * (1 + 1e-3)
    assert objective == pytest.approx(solution.objective, rel=1e-9)


@pytest.mark.parametrize(("method", "name"), PAIRS)
def test_bound_is_not_beaten(method, name):
    """No enumerated allocation is better than the bound of any method."""
    solution, _ = solved(method, name)
    sense = solution.problem.sense
    best = best_by_enumeration(name)
    if np.isfinite(best):
        assert sense * best <= sense * solution.bound + 1e-8 * abs(best)
    claimed = solution.certificate.claimed.values()
    assert not np.isfinite(list(claimed)).any()
    if claimed:  # infeasible by one engine alone
        assert not CASES[name].feasible
    assert not [
        text for text in solution.certificate.refused.values() if "disproved" in text
    ]


@pytest.mark.parametrize(("method", "name"), PAIRS)
def test_warm_up_loads_all_kernels(method, name):
    """No method meets a kernel, or a kind of array, that is yet to be compiled."""
    solved(method, name)
    assert not newly_loaded[method, name]


@pytest.mark.parametrize("name", list(CASES))
def test_no_method_beats_the_bound_of_another(name):
    """The best objective of all methods respects the tightest bound of all."""
    answers = [
        solved(method, name)[0]
        for method, entry in METHODS.items()
        if entry.reason_against(CASES[name].problem) is None
    ]
    sense = CASES[name].problem.sense
    objectives = [s.objective for s in answers if s.allocation is not None]
    bound = min(sense * answer.bound for answer in answers)
    if objectives:
        best = max(sense * value for value in objectives)
        assert best <= bound + 1e-8 * abs(best)


@pytest.mark.parametrize(("method", "name"), PAIRS)
def test_infeasible_is_said_only_of_infeasible_problems(method, name):
    """What is feasible is never called infeasible."""
    solution, _ = solved(method, name)
    if CASES[name].feasible:
        assert solution.status != "infeasible"
    else:
        assert solution.allocation is None


def gap_of(entry: Method) -> float:
    """Gap that a method closes within a second, by the steps it takes in any unit."""
    is_by_lines = entry.problem is PowerControl and entry.name == "pyomo_reference"
    return LINES_GAP if is_by_lines else GAP


def test_every_method_is_compared():
    """Each one claims a case, but for those that need a crowd."""
    assert METHODS.keys() - {pair.values[0] for pair in PAIRS} == CROWDS


@pytest.mark.parametrize(("method", "name"), PAIRS)
def test_same_answer_in_other_units(method, name):
    """Allocations agree to 1e-6 when every unit differs by up to 1e12."""
    entry, problem = METHODS[method], CASES[name].problem
    budget = rrm.Budget(PLENTY, gap=gap_of(entry), work=WORK)
    solved = []
    for form in (problem, other_units(problem)):
        solved.append(rrm.solve(form, budget, method=entry.name))
        assert solved[-1].stopped != "deadline"  # the clock may not change the answer
    here, there = solved
    assert here.status == there.status
    if here.allocation is None:
        return
    worst_link = getattr(here.problem, "objective", "") == "max_min_rate"
    if worst_link and here.objective == pytest.approx(there.objective, rel=1e-7):
        pass  # on several blocks, many powers give the worst link the same rate
    elif isinstance(here.problem, PowerControl):
        np.testing.assert_allclose(
            there.allocation.power / 1e3,
            here.allocation.power,
            rtol=1e-6,
            atol=1e-6 * here.problem.p_max.max(),
        )
    elif here.objective == pytest.approx(there.objective * 1e6, rel=1e-9, abs=1e-30):
        pass  # equally good, maybe another tie
    elif isinstance(here.problem, (LapPlacement, LapForecast)):
        np.testing.assert_array_equal(here.allocation.open, there.allocation.open)
        np.testing.assert_array_equal(here.allocation.site, there.allocation.site)
    elif isinstance(here.problem, (ChannelAssignment, BlockSchedule)):
        again = here.problem.evaluate(there.allocation)
        assert here.objective == pytest.approx(again, rel=1e-9)
    elif isinstance(here.problem, MoveList):
        np.testing.assert_array_equal(here.allocation.kept, there.allocation.kept)
    else:
        np.testing.assert_array_equal(here.allocation.cell, there.allocation.cell)


@pytest.mark.parametrize("name", list(CASES))
def test_auto_answers_every_case(name):
    """``auto`` finds an answer where there is one, and never a wrong word."""
    case = CASES[name]
    solution = rrm.solve(case.problem, 0.6)
    if case.feasible:
        assert solution.status in ("optimal", "feasible")
        best = best_by_enumeration(name)
        sense = case.problem.sense
        assert sense * solution.objective >= sense * best - 0.02 * abs(best)
    else:
        assert solution.status in ("infeasible", "unknown")


def by_hand(case: Case, allocation) -> tuple[float, float]:
    """Objective and largest violation by loops that share no code with the product."""
    if isinstance(case.problem, PowerControl):
        return power_by_hand(case.problem, allocation.power)
    if isinstance(case.problem, LapPlacement):
        return placement_by_hand(case.problem, allocation)
    if isinstance(case.problem, LapForecast):
        return forecast_by_hand(case.problem, allocation)
    if isinstance(case.problem, ChannelAssignment):
        return channels_by_hand(case.problem, allocation.channel)
    if isinstance(case.problem, BlockSchedule):
        return blocks_by_hand(case.problem, allocation.user)
    if isinstance(case.problem, MoveList):
        return moves_by_hand(case.problem, allocation.kept)
    return association_by_hand(case.problem, allocation.cell)


def power_by_hand(p, power):
    """Objective and largest violation of powers."""
    power = power.reshape(len(p.p_max), -1)
    links, blocks = power.shape
    rate = np.zeros(links)
    for i in range(links):
        for n in range(blocks):
            gain = [p.gain[i, j, n] if p.gain.ndim == 3 else p.gain[i, j]
                    for j in range(links)]  # fmt: skip
            noise = p.noise[i, n] if p.noise.ndim == 2 else p.noise[i]
            for j in range(links):
                noise += gain[j] * power[j, n] if j != i else 0.0
            rate[i] += p.bandwidth * np.log2(1 + gain[i] * power[i, n] / noise)
    worst = [0.0]
    for i in range(links):
        sent = sum(power[j].sum() for j in range(links)
                   if p.transmitter[j] == p.transmitter[i])  # fmt: skip
        worst.append((sent - p.p_max[i]) / p.p_max[i] if sent > p.p_max[i] else 0.0)
        mask = p.p_mask[i] if p.p_mask.ndim == 2 else [p.p_mask[i]] * blocks
        worst += [(power[i, n] - mask[n]) / mask[n] for n in range(blocks)
                  if np.isfinite(mask[n])]  # fmt: skip
        if p.min_rate[i] > 0:
            worst.append(1 - rate[i] / p.min_rate[i])
        worst += list(-power[i] / max(p.p_max[i], 1e-300))
    for m in range(len(p.protected_limit)):
        heard = [sum(p.protected_gain[m, j] * power[j, n] for j in range(links))
                 for n in range(blocks)]  # fmt: skip
        if p.protected_limit.ndim == 1:
            heard = [sum(heard)]
        limits = np.atleast_1d(p.protected_limit[m])
        worst += [h / limit - 1 for h, limit in zip(heard, limits, strict=True)]
    values = {
        "sum_rate": lambda: sum(p.weight * rate),
        "max_min_rate": lambda: min(rate / p.weight),
        "proportional_fair": lambda: sum(p.weight * np.log(rate)),
        "min_power": lambda: power.sum(),
        "energy_efficiency": lambda: (
            sum(p.weight * rate)
            / (p.circuit_power + power.sum() / p.amplifier_efficiency)
        ),
    }
    return values[p.objective](), max(worst)


def association_by_hand(p, cell):
    """Objective and largest violation of an association."""
    users, cells = p.sizes["U"], p.sizes["B"]
    utility = p.utility.toarray() if hasattr(p.utility, "toarray") else p.utility.copy()
    if hasattr(p.utility, "toarray"):
        utility[utility == 0] = -np.inf
    load = p.load if p.load.ndim == 2 else np.repeat(p.load[:, None], cells, axis=1)
    links = [[b for b in np.atleast_1d(cell[u]) if b >= 0] for u in range(users)]
    used, carried, count = np.zeros(cells), np.zeros(cells), np.zeros(cells)
    worst = [0.0]
    for u in range(users):
        assert len(set(links[u])) == len(links[u])
        for b in links[u]:
            assert np.isfinite(utility[u, b])
            used[b] += load[u, b]
            carried[b] += utility[u, b]
            count[b] += 1
        if p.must_serve:
            worst.append(float(not links[u]))
    fair = p.objective == "proportional_fair"
    if fair:
        carried /= np.maximum(count, 1)
    for g, b in np.ndindex(p.group_capacity.shape):
        theirs = sum(
            load[u, b] for u in range(users) if p.group[g, u] and b in links[u]
        )
        if theirs > p.group_capacity[g, b] * (1 + 1e-9):
            worst.append(1.0)
    for b in range(cells):
        if used[b] > p.capacity[b] * (1 + 1e-9):
            worst.append(1.0)
        if carried[b] > p.backhaul[b] * (1 + 1e-9):
            worst.append(1.0)
    value = 0.0
    finite = utility[np.isfinite(utility)]
    for u in range(users):
        if links[u] and fair:
            value += np.log(sum(utility[u, b] / count[b] for b in links[u]))
        elif links[u]:
            value += sum(utility[u, b] for b in links[u])
        elif fair and np.isfinite(utility[u]).any():
            value += np.log(finite.min() / (np.e * users))
        if links[u] and p.previous[u] not in links[u]:
            value -= p.handover_cost
    return value, max(worst)

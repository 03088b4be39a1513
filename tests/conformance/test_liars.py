"""Methods that lie on purpose: the solution stays right."""

import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest

import rrm
from formulations import Power, PowerControl
from rrm.methods.power.fixed_point import PowerFloor
from rrm.registry import _methods, find_methods
from tests.conformance.instances import LEVELS


@pytest.fixture
def lying():
    """Register functions for the length of a test."""
    find_methods()
    before = dict(_methods)
    yield lambda function: rrm.method(PowerControl, kind="heuristic")(function)
    _methods.clear()
    _methods.update(before)


@dataclass(frozen=True)
class FalseArgument:
    """Agrees with whatever is claimed."""

    value: float

    def bound(self, problem):
        """Return the claim."""
        return self.value


def too_much_power(problem, incumbent):
    """Offer what violates the limits."""
    incumbent.offer(Power(2 * problem.p_max))


def negative_power(problem, incumbent):
    """Offer powers below zero, which would raise every rate."""
    incumbent.offer(Power(-problem.p_max))


def not_a_number(problem, incumbent):
    """Offer NaN, and a bound of NaN."""
    incumbent.offer(Power(np.full_like(problem.p_max, np.nan)))
    incumbent.tighten(np.nan)


def wrong_shape(problem, incumbent):
    """Offer one power too many, a matrix, a list, nothing."""
    incumbent.offer(Power(np.ones(len(problem.p_max) + 1)))
    incumbent.offer(Power(np.ones((2, 2))))
    incumbent.offer([1.0])
    incumbent.offer(None)


def raising(problem, incumbent):
    """Raise."""
    raise RuntimeError("on purpose")


def leaving(problem, incumbent):
    """Try to end the process."""
    raise SystemExit(1)


def sleeping(problem, incumbent):
    """Sleep past the deadline, then offer."""
    time.sleep(1.0)
    incumbent.offer(Power(problem.p_max))


def claiming_optimality(problem, incumbent):
    """Claim the incumbent's own objective as bound, with and without an argument."""
    incumbent.tighten(incumbent.objective)
    incumbent.tighten(incumbent.objective, FalseArgument(incumbent.objective))
    incumbent.tighten(incumbent.objective, rrm.BySearch("liar"))


def claiming_infeasibility(problem, incumbent):
    """Claim that nothing is feasible, three ways."""
    for engine in ("one", "two"):
        incumbent.tighten(-problem.sense * np.inf, rrm.BySearch(engine))
    incumbent.tighten(-problem.sense * np.inf, FalseArgument(-problem.sense * np.inf))
    incumbent.tighten(-problem.sense * np.inf)


def wrong_argument(problem, incumbent):
    """Hand in an argument of the right class that proves nothing."""
    incumbent.tighten(0.0, PowerFloor(np.full_like(problem.p_max, 1e9)))
    incumbent.tighten(0.0, PowerFloor(np.ones(1)))


def writing_to_the_problem(problem, incumbent):
    """Try to change the problem itself."""
    for name in ("gain", "p_max", "noise"):
        values = getattr(problem, name)
        try:
            values.flags.writeable = True
            values[:] = 0.0
        except ValueError:
            continue


def changing_after_the_offer(problem, incumbent):
    """Offer an array and change it afterwards."""
    power = problem.p_max * 0.5
    incumbent.offer(Power(power))
    power[:] = 1e9


LIES = [
    too_much_power,
    negative_power,
    not_a_number,
    wrong_shape,
    raising,
    leaving,
    sleeping,
    claiming_optimality,
    claiming_infeasibility,
    wrong_argument,
    writing_to_the_problem,
    changing_after_the_offer,
]


@pytest.mark.timed
@pytest.mark.parametrize("objective", ["sum_rate", "min_power", "max_min_rate"])
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_liar_cannot_spoil_the_solution(lying, lie, objective):
    """The answer is feasible, its numbers are true, and nothing unproven is proven."""
    lying(lie)
    problem = PowerControl.example()
    problem = problem.replace(
        objective=objective, min_rate=0.1 * problem.rate(problem.p_max)
    )
    before = problem.gain.copy(), problem.p_max.copy(), problem.noise.copy()
    began = time.perf_counter()
    solution = rrm.solve(problem, 0.1, method=lie.__name__)
    assert time.perf_counter() - began < 0.6
    assert solution.status == "feasible"
    assert max(problem.violations(solution.allocation).values()) <= 1e-9
    assert problem.evaluate(solution.allocation) == solution.objective
    for ours, then in zip(
        (problem.gain, problem.p_max, problem.noise), before, strict=True
    ):
        np.testing.assert_array_equal(ours, then)


def test_what_a_liar_claims_is_shown(lying):
    """A bound without valid argument is kept as claimed."""
    lying(claiming_optimality)
    solution = rrm.solve(PowerControl.example(), 0.1, method="claiming_optimality")
    claimed = solution.certificate.claimed["claiming_optimality"]
    assert claimed == solution.objective
    assert solution.bound == np.inf


def test_liars_beside_honest_methods(lying):
    """A liar tried first leaves the honest result as it is without it."""
    problem = PowerControl.example()
    honest = rrm.solve(problem, 1.0, method="wmmse")
    lying(claiming_infeasibility)
    lying(too_much_power)
    names = ["claiming_infeasibility", "too_much_power", "wmmse"]
    mixed = rrm.solve(problem, 1.0, method=names)
    np.testing.assert_array_equal(mixed.allocation.power, honest.allocation.power)


def test_hanging_methods_are_not_started_without_end(lying):
    """After a few runs that hang, the method is refused until they have ended."""
    release = threading.Event()

    @lying
    def hanging(problem, incumbent):
        release.wait(10.0)

    problem = PowerControl.example()
    ends = [
        rrm.solve(problem, 0.01, method="hanging").plan[0]["ended"] for _ in range(6)
    ]
    release.set()
    assert ends[0] == "abandoned at the end of its share"
    assert ends[-1].startswith("not started: 4 earlier runs still hang")


def test_late_offers_are_ignored(lying):
    """What an abandoned method offers after the return changes nothing."""
    release, offered = threading.Event(), threading.Event()

    @lying
    def late(problem, incumbent):
        release.wait(10.0)
        incumbent.offer(Power(problem.p_max * LEVELS[-1] * 0.5))
        offered.set()

    problem = PowerControl.example()
    solution = rrm.solve(problem, 0.01, method="late")
    before = solution.allocation.power.copy()
    release.set()
    assert offered.wait(5.0)
    np.testing.assert_array_equal(solution.allocation.power, before)
    assert solution.method == "trivial"

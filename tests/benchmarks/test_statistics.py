"""Means, profiles and paired tests against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.comparison import comparison
from benchmarks.statistics import (
    NONE,
    adjusted,
    compared,
    interval,
    profile,
    shifted_mean,
    sign_test,
)
from tests.benchmarks.simulated import METHODS, simulated_rows


def test_shifted_mean_by_hand():
    """sqrt((1 + 1) (7 + 1)) - 1 = 3."""
    assert shifted_mean(np.array([1.0, 7.0]), 1.0) == pytest.approx(3.0)


def test_profile_of_two_solvers_by_hand():
    """A: 1, 4, fails; B: 2, 2, 8. B is best twice, A is twice as fast once."""
    ratio, share = profile(np.array([[1.0, 2.0], [4.0, 2.0], [np.inf, 8.0]]))
    assert ratio.tolist() == [1.0, 2.0]
    assert share.tolist() == [[1 / 3, 2 / 3], [2 / 3, 1.0]]


def test_what_nobody_solves_counts_against_all():
    """No profile reaches 1."""
    _, share = profile(np.array([[1.0, 1.0], [np.inf, np.inf]]))
    assert share[-1].tolist() == [0.5, 0.5]


def test_sign_test_by_hand():
    """Six of six: 2 / 2**6; ties say nothing."""
    assert sign_test(np.ones(6)) == pytest.approx(2 / 64)
    assert sign_test(np.array([0.0, 0.0])) == 1.0
    assert sign_test(np.array([1.0, -1.0])) == 1.0


def test_holm_by_hand():
    """Sorted times 3, 2, 1, never falling."""
    assert adjusted(np.array([0.02, 0.01, 0.5])).tolist() == [0.04, 0.03, 0.5]
    assert adjusted(np.array([])).tolist() == []


def test_interval_covers_the_median_about_as_often_as_it_says():
    """95% intervals of 20 normal values miss the median in 2 to 10% of the cases."""
    rng = np.random.default_rng(5)
    found = [interval(rng.normal(1, 1, 20), seed) for seed in range(300)]
    missed = np.mean([not low <= 1 <= high for low, high in found])
    assert 0.02 <= missed <= 0.1


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20))
def test_nothing_differs_from_itself(values):
    """The ratio is 1 and no difference is seen."""
    found = compared(np.array(values), np.array(values))
    assert found.ratio == 1.0
    assert found.seen(found.p) == NONE


def test_two_runs_of_one_version_do_not_differ():
    """In at least 19 of 20 pairs of runs, also where the machine was 30% slower."""
    verdicts = [
        comparison(
            simulated_rows(2 * k), simulated_rows(2 * k + 1, drift=1 + 0.3 * (k % 2))
        ).verdict.startswith(NONE)
        for k in range(20)
    ]
    assert sum(verdicts) >= 19


@pytest.mark.parametrize("seed", range(5))
def test_a_machine_that_slows_down_now_and_then_makes_no_difference(seed):
    """All takes half as long again for 55% of one run and 45% of the other.

    Their median paces differ by half, and most runs not at all.
    """

    def in_phases(rows: list, part: float) -> list:
        found = []
        for number, row in enumerate(rows):
            slow = 1.5 if number % 100 < 100 * part else 1.0
            seconds = min(slow * row["seconds"], 1.001)
            trace = [[slow * at, value, bound] for at, value, bound in row["trace"]]
            changed = {"seconds": seconds, "pace": slow * row["pace"], "trace": trace}
            found.append(row | changed)
        return found

    a, b = (simulated_rows(20 + 2 * seed + side, instances=96) for side in (0, 1))
    found = comparison(in_phases(a, 0.55), in_phases(b, 0.45))
    assert found.verdict.startswith(NONE)
    slowed = simulated_rows(21 + 2 * seed, instances=96, slowed={"steady": 1.2})
    found = comparison(in_phases(a, 0.45), in_phases(slowed, 0.55))
    assert {line.method for line in found.lines if line.verdict != NONE} == {"steady"}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("drift", [1.0, 1.3])
def test_a_method_slowed_by_a_fifth_is_found_and_no_other(seed, drift):
    """Its seconds are better in A; nobody else differs."""
    slowed = simulated_rows(90 + seed, drift=drift, slowed={"steady": 1.2})
    found = comparison(simulated_rows(60 + seed), slowed)
    seen = {line.method for line in found.lines if line.verdict == "A better"}
    assert seen == {"steady"}
    assert not any(line.verdict == "B better" for line in found.lines)
    line = next(one for one in found.lines if one.method == "steady")
    assert line.difference.ratio == pytest.approx(1.2, rel=0.1)
    assert line.difference.low > 1.05
    assert line in found.lines[:3]  # sorted: what differs comes first


def test_few_pairs_are_said_to_be_few():
    """Three pairs that agree prove nothing, and it says so."""
    slowed = simulated_rows(2, instances=3, slowed=dict.fromkeys(METHODS, 2.0))
    found = comparison(simulated_rows(1, instances=3), slowed)
    assert found.verdict.startswith(NONE)
    assert "too few pairs" in found.verdict


def test_time_of_other_processes_is_taken_off_and_told():
    """Runs that took twice as long, half of it waiting, do not differ."""
    rows = simulated_rows(1)
    held = [
        {
            **row,
            "seconds": 2 * row["seconds"],
            "waited": row["seconds"],
            "trace": [[2 * at, value, None] for at, value, _ in row["trace"]],
        }
        for row in simulated_rows(1)
        if row["seconds"] < 0.4
    ]
    found = comparison(rows, held)
    assert found.verdict.startswith(NONE)
    assert "busy for 50%" in found.verdict
    assert found.busy == (0.0, pytest.approx(0.5))


def test_runs_without_a_pair_are_counted_apart():
    """Only what both have is compared."""
    rows = simulated_rows(1)
    found = comparison(rows[:-3], rows[2:])
    assert (found.paired, found.only_a, found.only_b) == (len(rows) - 5, 2, 3)

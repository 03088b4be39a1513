"""Move lists: what is protected, the fewest that must go, and bounds on them."""

from itertools import product

import numpy as np
import pytest

import rrm
from formulations import FieldError, Grants, MoveList
from formulations.move_bounds import Covering, ProtectionPrices

METHODS = ("exchange", "highs", "cpsat")


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up(MoveList)


def some(seed: int, **changes) -> MoveList:
    """Nine grants around two receivers, some of them faint."""
    rng = np.random.default_rng(seed)
    heard = 10 ** rng.uniform(-13, -10.8, (2, 9))
    heard[0, :3] *= 1e-6
    fields = {
        "spread_db": rng.choice([0.0, 4.0, 8.0], (2, 9)),
        "weight": rng.integers(1, 4, 9).astype(float) if seed % 2 else np.ones(9),
        "draws": 100,
        "confidence": 0.5,
        **changes,
    }
    return MoveList(heard, np.full(2, 1e-11), **fields)


def lists(problem: MoveList):
    """Every set of grants that may be kept."""
    for kept in product([False, True], repeat=problem.sizes["L"]):
        yield Grants(np.array(kept))


def best_of(problem: MoveList) -> float:
    """Least weight of all lists that protect."""
    return min(
        problem.evaluate(grants)
        for grants in lists(problem)
        if problem.violations(grants)["protection"] <= 1e-9
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("method", METHODS)
def test_lists_are_the_shortest_and_no_bound_is_beaten(method, seed):
    """Against every one of 512 lists."""
    problem = some(seed)
    budget = rrm.Budget(20.0, gap=1e-6, work=3000)
    solution = rrm.solve(problem, budget, method=method)
    best = best_of(problem)
    assert solution.objective == pytest.approx(best)
    assert solution.bound <= best * (1 + 1e-9)
    assert solution.bound > 0 or method == "cpsat"  # which proves nothing
    if method == "highs":
        assert solution.status == "optimal"


def test_the_aggregate_is_the_sum_of_what_is_drawn():
    """A plain loop over grants adds up the same draws, and orders them."""
    problem = some(1)
    kept = np.arange(9) % 3 != 1
    known, heard = problem.levels, np.zeros((2, 100))
    for j in np.flatnonzero(kept):
        heard += known.faint[:, j, None]
        for row in range(known.start[j], known.start[j + 1]):
            heard[known.receiver[row]] += known.level[row]
    heard += (1 - known.room)[:, None]
    np.testing.assert_allclose(problem.aggregate(Grants(kept)), heard, rtol=1e-12)
    worst = max(sorted(row)[problem.needed - 1] for row in heard)
    found = problem.violations(Grants(kept))["protection"]
    assert found == pytest.approx(max(worst - 1, 0.0))


def test_draws_have_the_stated_median_and_spread():
    """Independent by pair and by draw, with the spread in decibels."""
    problem = MoveList(
        np.full((2, 40), 1e-12), np.full(2, 1e-12), spread_db=np.full((2, 40), 8.0)
    )
    decibel = 10 * np.log10(problem.levels.level)
    assert decibel.mean() == pytest.approx(0.0, abs=0.1)
    assert decibel.std() == pytest.approx(8.0, abs=0.1)
    between = np.corrcoef(decibel) - np.eye(len(decibel))
    assert np.abs(between).max() < 5 / np.sqrt(2000)
    assert (
        abs(np.corrcoef(decibel[:, 1:].ravel(), decibel[:, :-1].ravel())[0, 1]) < 0.02
    )
    other = problem.replace(draw_seed=1).levels.level
    assert not (other == problem.levels.level).all(axis=1).any()


def test_what_is_protected_stays_so_on_fresh_draws():
    """The percentile of draws that no method has seen is under the limit."""
    rng = np.random.default_rng(5)
    problem = MoveList(
        10 ** rng.uniform(-14, -11.5, (3, 200)),
        np.full(3, 2e-11),
        spread_db=np.full((3, 200), 6.0),
    )
    solution = rrm.solve(problem, 2.0, method="exchange")
    assert 0 < solution.objective < 200
    fresh = problem.replace(draws=20_000, draw_seed=7, confidence=0.0)
    assert fresh.violations(solution.allocation)["protection"] == 0.0


def test_other_units_give_the_same_list():
    """Watts and weights in other units change nothing."""
    problem = some(1)
    other = problem.replace(
        interference=problem.interference * 1e9,
        limit=problem.limit * 1e9,
        weight=problem.weight * 1e-3,
    )
    budget = rrm.Budget(20.0, gap=1e-6, work=300)
    here, there = (rrm.solve(p, budget, method="exchange") for p in (problem, other))
    np.testing.assert_array_equal(here.allocation.kept, there.allocation.kept)
    assert here.bound == pytest.approx(there.bound * 1e3)


def test_bad_input_is_named():
    """Too few draws for the confidence, and entries that are no truth values."""
    with pytest.raises(FieldError, match=r"MoveList\.draws = 50: must be at least"):
        some(0, draws=50, confidence=0.99)
    problem = some(0)
    with pytest.raises(FieldError, match=r"Grants\.kept\[1\] = 2: must be true or"):
        problem.checked(Grants(np.array([0, 2, 0, 0, 0, 0, 0, 0, 0])))
    with pytest.raises(FieldError, match=r"Grants\.kept"):
        problem.checked(Grants(np.ones(4, bool)))


@pytest.mark.parametrize("price", [[-1.0, 0.0], [np.nan, 0.0], [1.0], [np.inf, 0.0]])
def test_bad_prices_prove_nothing(price):
    """Negative, infinite or too few prices give no bound."""
    assert np.isnan(ProtectionPrices(np.array(price)).bound(some(0)))


@pytest.mark.parametrize("seed", range(3))
def test_any_prices_bound_every_list(seed):
    """Prices need not be good to be valid."""
    problem, rng = some(seed), np.random.default_rng(seed)
    best, covering = best_of(problem), Covering(problem)
    top = ProtectionPrices(covering.best_price).bound(problem)
    for _ in range(20):
        price = covering.best_price * rng.uniform(0, 2, 2)
        value = ProtectionPrices(price).bound(problem)
        assert value <= best * (1 + 1e-9)
        assert value <= top * (1 + 1e-6) + 1

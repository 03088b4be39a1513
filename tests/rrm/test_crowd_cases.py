"""Cases of open sites that bound a crowd: against enumeration, and what spoils them."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.stadium import stadium
from formulations import LapPlacement
from formulations.placement import Placement
from formulations.placement_cases import SiteCases
from formulations.placement_model import first_status
from formulations.placement_prices import ServicePrices
from rrm.placement import coarse
from rrm.placement.coarse import crowd_of, grouped
from rrm.placement.crowd_roots import planted, rooted
from rrm.placement.crowd_service import place_crowd
from rrm.placement.crowd_tree import CrowdTree
from rrm.placement.descent import PriceDescent, first_prices
from rrm.placement.report import placement_report
from tests.conformance.placements import placements


def small(seed: int) -> LapPlacement:
    """Four users and three sites under capacity, backhaul and a conflict."""
    rng = np.random.default_rng(seed)
    return LapPlacement(
        rng.uniform(0.5, 3.0, (4, 3)),
        open_cost=rng.uniform(0.0, 1.0, 3),
        demand=rng.choice([0.5, 1.0], 4),
        capacity=np.full(3, 1.5),
        max_laps=2.0,
        gateway=[0, 0, 1],
        backhaul=[1.5, 2.0],
        conflicts=[[0, 1]],
    )


def prices_of(problem: LapPlacement, rng: np.random.Generator) -> ServicePrices:
    """Any valid prices."""
    return ServicePrices(
        rng.uniform(0, 2, 4), rng.uniform(0, 1, 3), rng.uniform(0, 1, 2), np.zeros(1)
    )


@given(st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_cases_bound_every_placement_and_never_more_than_their_worst_prices(seed):
    """Whatever the tree: site 0 closed or open, then site 2, each at other prices."""
    problem, rng = small(seed), np.random.default_rng(seed)
    prices = tuple(prices_of(problem, rng) for _ in range(3))
    cases = SiteCases(
        site=np.array([0, -1, 2, -1, -1]),
        then=np.array([[1, 2], [0, 0], [3, 4], [0, 0], [0, 0]]),
        at=np.array([0, 0, 0, 1, 2]),
        prices=prices,
    )
    best = max(
        problem.evaluate(one)
        for one in placements(problem)
        if max(problem.violations(one).values()) <= 1e-9
    )
    bound = cases.bound(problem)
    assert best <= bound <= max(one.bound(problem) for one in prices) + 1e-9


def test_a_case_counts_what_its_decisions_leave():
    """One user worth 3 at site 0 and 2 at site 1, prices 0: one of both may open."""
    problem = LapPlacement([[3.0, 2.0]], max_laps=1.0)
    nothing = ServicePrices(*(np.zeros(n) for n in (1, 2, 0, 0)))
    site, at = np.array([0, -1, -1]), np.zeros(3, int)
    then = np.array([[1, 2], [0, 0], [0, 0]])
    assert SiteCases(site, then, at, (nothing,)).bound(problem) == 3.0
    paid = ServicePrices(np.array([3.0]), *(np.zeros(n) for n in (2, 0, 0)))
    assert SiteCases(site, then, at, (paid,)).bound(problem) == 3.0
    # open: site 0 earns 3 and no other may open; closed: site 1 earns 2
    mixed = SiteCases(site, then, np.array([0, 0, 1]), (nothing, paid))
    assert mixed.bound(problem) == 3.0
    only_closed = SiteCases(np.array([0, -1, 1, -1, -1]), np.array(
        [[1, 2], [0, 0], [3, 4], [0, 0], [0, 0]]
    ), np.zeros(5, int), (nothing,))  # fmt: skip
    assert only_closed.bound(problem) == 3.0  # sites 0 and 1 both open: no case


class Generous(ServicePrices):
    """Prices of nobody's that are always in order."""

    def is_valid(self, problem: LapPlacement) -> bool:
        """Whatever they are."""
        return True


@pytest.mark.parametrize(
    "changes",
    [
        {"site": np.array([0, -1])},
        {"site": np.array([5, -1, -1])},
        {"then": np.array([[0, 2], [0, 0], [0, 0]])},
        {"then": np.array([[1, 3], [0, 0], [0, 0]])},
        {"at": np.array([0, 0, 1])},
        {"at": np.array([0, 0, -1])},
        {"prices": ()},
        {"prices": (Generous(*(np.zeros(n) for n in (1, 2, 0, 0))),)},
        {"site": np.empty(0, int)},
    ],
)
def test_what_is_no_tree_bounds_nothing(changes):
    """Ends and loops that do not belong there leave nan, not a number."""
    problem = LapPlacement([[3.0, 2.0]], max_laps=1.0)
    fields = {
        "site": np.array([0, -1, -1]),
        "then": np.array([[1, 2], [0, 0], [0, 0]]),
        "at": np.zeros(3, int),
        "prices": (ServicePrices(*(np.zeros(n) for n in (1, 2, 0, 0))),),
    }
    assert np.isfinite(SiteCases(**fields).bound(problem))
    assert np.isnan(SiteCases(**(fields | changes)).bound(problem))


def never() -> bool:
    """Nobody is in a hurry."""
    return False


def rooted_tree(problem: LapPlacement, best: float, steps: int) -> CrowdTree:
    """Tree on users themselves, from prices after so many steps."""
    users = crowd_of(problem)
    singles = grouped(users, 1, 1, never)
    assert singles is not None
    model = singles.model
    nothing = np.zeros(len(model.status))
    prices = first_prices(model.status > 0, nothing, model)
    root = PriceDescent(model, model.status.copy(), prices)
    root.run(steps, best * users.unit)
    tree = rooted(users, singles, root, best * users.unit, never)
    assert tree is not None
    return tree


def test_a_tree_of_cases_closes_in_on_the_optimum():
    """Grown to its end on users themselves, it meets the optimum of split service."""
    problem = LapPlacement.example().replace(single_source=False)
    best = rrm.solve(problem, 20.0, method="branch_and_bound").objective
    tree, unit = rooted_tree(problem, best, 300), crowd_of(problem).unit
    first = tree.argument(never)
    while tree.grow(best * unit, best * unit, never):
        pass
    last = tree.argument(never)
    assert first is not None
    assert last is not None
    assert best <= last.bound(problem) + 1e-9 <= first.bound(problem) + 1e-6
    assert last.bound(problem) <= best * (1 + 0.01)


def test_earlier_cases_are_lowered_for_users_who_have_moved():
    """Split once, with prices that cases share, these end at the optimum again."""
    before = LapPlacement.example().replace(single_source=False)
    best = rrm.solve(before, 20.0, method="branch_and_bound").objective
    tree, unit = rooted_tree(before, best, 60), crowd_of(before).unit
    tree.grow(best * unit, best * unit, never)
    cases = tree.argument(never)
    assert cases is not None
    assert len(cases.prices) < (cases.site < 0).sum()
    moved = before.value.copy()
    moved[0] = moved[1]
    after = before.replace(value=moved)
    best = rrm.solve(after, 20.0, method="branch_and_bound").objective
    users = crowd_of(after)
    singles = grouped(users, 1, 1, never)
    assert singles is not None
    again = planted(users, singles, cases, cases.bounds(after) * users.unit)
    assert again.bound == pytest.approx(cases.bound(after) * users.unit, rel=1e-9)
    while again.grow(best * users.unit, best * users.unit, never):
        pass
    last = again.argument(never)
    assert last is not None
    assert best <= last.bound(after) + 1e-9 < cases.bound(after)
    assert last.bound(after) <= best * (1 + 0.01)


def optimum(problem: LapPlacement) -> float:
    """Best objective by enumeration."""
    return max(
        problem.evaluate(one)
        for one in placements(problem)
        if max(problem.violations(one).values()) <= 1e-9
    )


@given(st.integers(0, 100_000))
@settings(max_examples=12, deadline=None)
def test_no_resource_is_worth_more_than_its_price_says(seed):
    """One platform, one Mbit/s, and the joules to one more site, solved again."""
    problem = small(seed).replace(
        demand=np.array([0.5e6, 1e6, 0.5e6, 1e6]),
        capacity=np.full(3, 1.5e6),
        backhaul=np.array([1.5e6, 2e6]),
        max_laps=1.0,
        energy=np.array([1.0, 2.0, 5.0]),
        battery=3.0,
    )
    solution = rrm.solve(problem, 2.0, method="lagrangian")
    report, best = placement_report(solution), optimum(problem)
    slack = solution.bound - best + 1e-9
    gained = optimum(problem.replace(max_laps=2.0)) - best
    assert gained <= report.next_lap + slack
    for g in range(2):
        more = problem.backhaul + 1e6 * (np.arange(2) == g)
        gained = optimum(problem.replace(backhaul=more)) - best
        assert gained <= report.backhaul[g] + slack
    gained = optimum(problem.replace(battery=5.0)) - best
    assert gained <= 2.0 * report.next_joule + slack


def test_cases_are_explained_by_the_prices_before_them():
    """A report of a bound by cases says what one of its first prices does."""
    problem = LapPlacement([[3.0, 2.0], [2.5, 3.0]], max_laps=1.0)
    first = ServicePrices(np.array([2.0, 2.0]), *(np.zeros(n) for n in (2, 0, 0)))
    site, then = np.array([0, -1, -1]), np.array([[1, 2], [0, 0], [0, 0]])
    cases = SiteCases(site, then, np.zeros(3, int), (first,))
    solution = rrm.solve(problem, 1.0, method="local_search")
    solution = replace(solution, certificate=replace(solution.certificate, proof=cases))
    # site 0 earns 1 + 0.5, site 1 0 + 1: the second platform is worth 1 at most
    assert placement_report(solution).next_lap == pytest.approx(1.0)


def test_an_outline_is_enough_where_less_is_asked_for():
    """Cases prove 2.5, their first prices 3, and the earlier placement earns 2.5."""
    problem = LapPlacement([[2.5, 2.0]], max_laps=1.0)
    nothing = ServicePrices(np.array([0.0]), *(np.zeros(n) for n in (2, 0, 0)))
    high = ServicePrices(np.array([3.0]), *(np.zeros(n) for n in (2, 0, 0)))
    site, then = np.array([0, -1, -1]), np.array([[1, 2], [0, 0], [0, 0]])
    cases = SiteCases(site, then, np.array([0, 1, 1]), (high, nothing))
    bounds = high.bound(problem), cases.bound(problem)
    assert bounds == pytest.approx((3.0, 2.5))
    known = rrm.solve(problem, 1.0, method="local_search")
    start = replace(known, certificate=replace(known.certificate, proof=cases))
    loose, tight = (
        rrm.solve(problem, rrm.Budget(1.0, gap=gap), "local_search", start=start)
        for gap in (0.2, 1e-6)
    )
    assert (loose.bound, tight.bound) == bounds
    assert loose.certificate.proof is high
    assert tight.certificate.proof is cases
    assert loose.stopped == tight.stopped == "gap"


def test_mended_placements_keep_whom_they_can():
    """User 1 has moved out of range of site 0; users 0 and 2 stay where they are."""
    nowhere = -np.inf
    before = LapPlacement(
        [[3.0, 1.0], [3.0, 1.0], [1.0, 2.0]], capacity=[2.0, 2.0], max_laps=2.0
    )
    after = before.replace(value=[[3.0, 1.0], [nowhere, 1.0], [1.0, 2.0]])
    earlier = Placement(np.array([True, True]), np.array([0, 0, 1]))
    mended = after.repaired(earlier)
    assert mended.site.tolist() == [0, 1, 1]
    assert max(after.violations(mended).values()) == 0.0
    # with less room at site 1, whoever is worth more there stays
    tight = after.replace(capacity=[2.0, 1.0])
    assert tight.repaired(earlier).site.tolist() == [0, -1, 1]


@given(st.integers(0, 100_000))
@settings(max_examples=60, deadline=None)
def test_mended_placements_are_feasible_where_nobody_must_be_served(seed):
    """From any sites and users, also such as contradict each other."""
    problem, rng = small(seed), np.random.default_rng(seed)
    anything = Placement(rng.random(3) < 0.7, rng.integers(-1, 3, 4))
    mended = problem.repaired(anything)
    assert max(problem.violations(mended).values()) <= 1e-9


def test_a_crowd_that_has_moved_goes_on_from_its_sites(monkeypatch):
    """The earlier answer and its proof count at once, and the answer gets better."""
    monkeypatch.setattr(coarse, "LARGE", 0)
    monkeypatch.setattr(coarse, "MANY", 0)
    shape = {"users": 400, "hotspots": 60, "sites": 49, "laps": 4, "seed": 3}
    before = rrm.solve(stadium(**shape), 3.0, method="crowd")
    moved = stadium(**shape, moved=0.02)
    assert not np.array_equal(moved.value.indptr, stadium(**shape).value.indptr)
    seen = []
    budget = rrm.Budget(60.0, gap=0.03)
    after = rrm.solve(moved, budget, method="crowd", start=before, on_event=seen.append)
    assert [event["method"] for event in seen[:2]] == ["start", "start"]
    assert np.isfinite(seen[1]["bound"])
    assert after.gap <= 0.03


def test_users_are_placed_at_once_within_all_limits():
    """Within capacities and backhaul, for most of what serving well is worth."""
    problem = stadium(400, 60, 49, 4, seed=3)
    solution = rrm.solve(problem, 2.0, method="lagrangian")
    users, is_open = crowd_of(problem), solution.allocation.open
    price = np.zeros(problem.sizes["S"])
    placed = place_crowd(users, is_open, price, lambda: False)
    assert placed is not None
    assert max(problem.violations(placed).values()) <= 1e-9
    assert problem.evaluate(placed) >= 0.8 * solution.objective
    assert place_crowd(users, is_open, price, lambda: True) is None


def worth_of_case(earned, status, least, most) -> float:
    """Best sum of earnings of least to most sites: open ones and some free ones."""
    opened = [s for s in range(len(status)) if status[s] == 1]
    free = [s for s in range(len(status)) if status[s] == 0]
    best = -np.inf
    for count in range(len(free) + 1):
        for some in combinations(free, count):
            chosen = [*opened, *some]
            # fewer than the least only where no more are free
            if len(chosen) > max(most, len(opened)):
                continue
            if len(chosen) < min(least, most, len(opened) + len(free)):
                continue
            best = max(best, sum(earned[s] for s in chosen))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_large_trees_are_walked_as_defined(seed):
    """The largest case of a random tree of hundreds of nodes, one by one."""
    rng = np.random.default_rng(seed)
    sites = 6
    problem = LapPlacement(
        rng.uniform(0.5, 3.0, (8, sites)),
        open_cost=rng.uniform(0.0, 1.0, sites),
        capacity=np.full(sites, 3.0),
        max_laps=4.0,
        must_serve=bool(seed % 2),
        conflicts=[[0, 2], [2, 5], [1, 3]],
    )
    none, cliques = np.zeros(0), np.zeros(len(problem.cliques[0]) - 1)
    prices = [
        ServicePrices(rng.uniform(0, 3, 8), rng.uniform(0, 1, sites), none, cliques)
        for _ in range(5)
    ]
    site, then, at = [], [], []

    def grown(depth: int) -> int:
        node = len(site)
        splits = depth > 0 and rng.random() < 0.97
        site.append(int(rng.integers(sites)) if splits else -1)
        then.append((0, 0))
        at.append(int(rng.integers(5)))
        if splits:
            closed = grown(depth - 1)
            then[node] = closed, grown(depth - 1)
        return node

    grown(7)
    assert len(site) > 100
    cases = SiteCases(np.array(site), np.array(then), np.array(at), tuple(prices))
    earned, sold = cases._sums(problem)
    least, most = problem.least_laps, problem.most_laps

    def largest(node: int, status: list[int]) -> float:
        if site[node] < 0:
            k = at[node]
            return sold[k] + worth_of_case(earned[:, k], status, least, most)
        s, found = site[node], -np.inf
        if status[s] != 1:
            closed = [*status]
            closed[s] = -1
            found = largest(then[node][0], closed)
        opened = [*status]
        opened[s] = 1
        near = [a + b - s for a, b in problem.conflicts.tolist() if s in (a, b)]
        crowded = sum(one == 1 for one in opened) > most
        if status[s] == -1 or crowded or any(status[other] == 1 for other in near):
            return found
        for other in near:
            opened[other] = -1
        return max(found, largest(then[node][1], opened))

    expected = largest(0, first_status(problem).tolist())
    assert cases.bounds(problem).max() == pytest.approx(expected, rel=1e-12)

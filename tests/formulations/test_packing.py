"""First answers where everybody must be served, and where sites add to each other."""

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from formulations import LapPlacement, UserAssociation
from formulations.association_start import packed_cells
from formulations.kernels.opening import add_sites, by_site, open_stars
from formulations.placement_start import everybody, promising, room_behind

FEASIBLE = 1e-9


def random_association(rng: np.random.Generator, tightness: float) -> UserAssociation:
    """Few users who must all be served, some with backhaul that limits them."""
    users, cells = int(rng.integers(2, 7)), int(rng.integers(2, 4))
    utility = rng.uniform(1, 10, (users, cells))
    utility[rng.random((users, cells)) < 0.2] = -np.inf
    load = rng.integers(1, 20, (users, cells)).astype(float)
    backhaul = np.full(cells, np.inf)
    if rng.random() < 0.3:
        backhaul = rng.uniform(5, 30, cells)
    return UserAssociation(
        utility,
        load,
        np.full(cells, tightness * load.mean() * users / cells),
        must_serve=True,
        backhaul=backhaul,
    )


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 1.5))
@settings(max_examples=150, deadline=None)
def test_packed_users_fit_wherever_all_are_served(seed, tightness):
    """Who is put somewhere is a candidate there, and no limit is passed."""
    problem = random_association(np.random.default_rng(seed), tightness)
    found = problem.violations(type(problem).allocation_type(packed_cells(problem)))
    del found["must_serve"]
    assert max(found.values()) <= FEASIBLE


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_half_full_cells_serve_everybody(seed):
    """Where all cells together have room for twice the mean load, by enumeration."""
    rng = np.random.default_rng(seed)
    problem = random_association(rng, 2.0)
    problem = problem.replace(backhaul=np.full(problem.sizes["B"], np.inf))
    kind = type(problem).allocation_type
    cells = range(problem.sizes["B"])
    found = problem.violations(kind(packed_cells(problem)))
    if max(found.values()) > FEASIBLE:
        for cell in product(cells, repeat=problem.sizes["U"]):
            assert max(problem.violations(kind(np.array(cell))).values()) > FEASIBLE


def test_load_is_weighed_against_value():
    """Two users want the cell that has room for one: who has less to lose yields."""
    problem = UserAssociation(
        np.array([[10.0, 9.0], [10.0, 1.0], [5.0, 4.0]]),
        np.array([2.0, 2.0, 1.0]),
        np.array([3.0, 2.0]),
        must_serve=True,
    )
    assert packed_cells(problem).tolist() == [1, 0, 0]


def test_who_is_left_out_takes_a_place_that_another_can_leave():
    """The last one fits in no cell until the first moves to the other."""
    problem = UserAssociation(
        np.array([[5.0, 5.0], [5.0, -np.inf], [-np.inf, 5.0]]),
        np.array([[2.0, 3.0], [3.0, 9.0], [9.0, 3.0]]),
        np.array([5.0, 5.0]),
        must_serve=True,
    )
    cell = packed_cells(problem)
    found = problem.violations(type(problem).allocation_type(cell))
    assert max(found.values()) <= FEASIBLE


def random_sites(rng: np.random.Generator, **fields) -> LapPlacement:
    """Few users and sites with opening costs and capacities."""
    users, sites = int(rng.integers(2, 9)), int(rng.integers(2, 6))
    demand = rng.uniform(1, 5, users)
    return LapPlacement(
        -rng.uniform(1, 10, (users, sites)) * demand[:, None],
        open_cost=rng.uniform(0, 20, sites),
        demand=demand,
        capacity=rng.uniform(0.4, 1.5, sites) * demand.sum(),
        must_serve=True,
        **fields,
    )


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=100, deadline=None)
def test_everybody_is_served_where_demand_may_be_split(seed, limited):
    """From all sites, if need be: in parts everybody fits where the sum does."""
    rng = np.random.default_rng(seed)
    problem = random_sites(rng, single_source=False)
    if limited:
        problem = problem.replace(max_laps=float(problem.least_laps))
    room = np.sort(problem.capacity)[::-1][: problem.most_laps].sum()
    answers = list(everybody(problem))
    for placement in answers:
        assert max(problem.violations(placement).values()) <= FEASIBLE
    assert answers or room < problem.demand.sum()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
@example(623)
def test_few_users_are_served_whole_where_that_is_possible(seed):
    """Everybody fits in some way if and only if places are found; by enumeration."""
    rng = np.random.default_rng(seed)
    users, sites = int(rng.integers(2, 8)), int(rng.integers(2, 4))
    demand = rng.uniform(1, 5, users)
    capacity = rng.dirichlet(np.ones(sites)) * demand.sum() * rng.uniform(1.0, 1.1)
    problem = LapPlacement(
        -rng.uniform(1, 10, (users, sites)),
        np.zeros(sites),
        demand=demand,
        capacity=capacity,
        must_serve=True,
    )
    fits = any(
        (np.bincount(place, demand, sites) <= capacity).all()
        for place in product(range(sites), repeat=users)
    )
    answers = list(everybody(problem))
    assert bool(answers) == fits
    for placement in answers:
        assert max(problem.violations(placement).values()) <= FEASIBLE


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_whole_users_are_served_or_nothing_is_said(seed):
    """What is offered holds every limit, gateways and conflicts among them."""
    rng = np.random.default_rng(seed)
    plain = random_sites(rng, single_source=True)
    sites = plain.sizes["S"]
    problem = plain.replace(
        gateway=rng.integers(-1, 1, sites),
        backhaul=np.array([rng.uniform(0.3, 1.2) * plain.demand.sum()]),
        conflicts=np.array([[0, 1]]),
    )
    for placement in everybody(problem):
        assert max(problem.violations(placement).values()) <= FEASIBLE


@pytest.mark.parametrize("single_source", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_sites_open_behind_every_gateway_that_is_needed(seed, single_source):
    """All gateways are, with as many platforms; the best sites are behind one of them.

    A conflict rules out one of the two sites behind the last gateway.
    """
    rng = np.random.default_rng(seed)
    users, gateway = 30, np.array([0, 0, 0, 0, 0, 1, 1, 2, 2])
    worth = np.where(gateway == 0, 10.0, 1.0) * rng.uniform(1, 2, (users, 9))
    demand = rng.uniform(0.9, 1.1, users)
    problem = LapPlacement(
        worth,
        demand=demand,
        capacity=np.full(9, 2 * demand.sum()),
        max_laps=3.0,
        must_serve=True,
        single_source=single_source,
        gateway=gateway,
        backhaul=np.full(3, 0.4 * demand.sum()),
        conflicts=np.array([[5, 7], [6, 7]]),
    )
    placement = next(problem.attempts())
    assert max(problem.violations(placement).values()) <= FEASIBLE
    assert sorted(gateway[placement.open]) == [0, 1, 2]
    assert not placement.open[7]
    few = problem.replace(max_laps=2.0)
    assert not list(everybody(few))
    assert not np.isfinite(best_room(few))


def best_room(problem: LapPlacement) -> float:
    """Room for all demand behind some sites that may be open; -inf if none has it."""
    for chosen in product([False, True], repeat=problem.sizes["S"]):
        is_open = np.array(chosen)
        if is_open.sum() <= problem.most_laps:
            room = room_behind(problem, is_open)
            if room >= problem.demand.sum():
                return room
    return -np.inf


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_sites_are_added_while_they_pay(seed):
    """Without capacities: as a greedy that evaluates each site anew."""
    rng = np.random.default_rng(seed)
    users, sites = int(rng.integers(1, 8)), int(rng.integers(1, 6))
    value = rng.uniform(-2, 10, (users, sites))
    cost = rng.uniform(0, 15, sites)
    most = int(rng.integers(1, sites + 1))
    problem = LapPlacement(value, open_cost=cost, max_laps=float(most))

    def worth(is_open: list[int]) -> float:
        best = value[:, is_open].max(axis=1, initial=0.0)
        return float(best.sum() - cost[is_open].sum())

    chosen: list[int] = []
    while len(chosen) < most:
        others = [s for s in range(sites) if s not in chosen]
        best = max(others, key=lambda s: worth([*chosen, s]))
        if worth([*chosen, best]) <= worth(chosen):
            break
        chosen.append(best)
    placement = promising(problem)
    assert np.flatnonzero(placement.open).tolist() == sorted(chosen)
    assert problem.evaluate(placement) == pytest.approx(worth(chosen))


def test_a_site_that_is_full_leaves_users_to_the_next():
    """One site has room for one of two users; the other site earns the rest."""
    problem = LapPlacement(
        np.array([[10.0, 1.0], [9.0, 8.0]]),
        demand=np.array([1.0, 1.0]),
        capacity=np.array([1.0, 1.0]),
    )
    placement = promising(problem)
    assert placement.open.tolist() == [True, True]
    assert placement.site.tolist() == [0, 1]


def test_stars_open_the_least_loss_by_demand():
    """A large site that is cheap by demand comes before a cheap small one."""
    start, site = np.array([0, 2, 4]), np.array([0, 1, 0, 1])
    value = np.array([-1.0, -2.0, -1.0, -2.0])
    demand = np.array([1.0, 1.0])
    first, user, worth = by_site(start, site, value, demand, 2)
    assert first.tolist() == [0, 2, 4]
    state = np.zeros(2, np.int8)
    capacity, cost = np.array([1.0, 2.0]), np.array([4.0, 5.0])
    pairs = np.empty((0, 2), np.intp)
    open_stars(first, user, worth, demand, capacity, cost, pairs, 2, 2.0, state)
    assert state.tolist() == [0, 1]
    add_sites(
        start,
        site,
        value,
        demand,
        capacity,
        cost,
        pairs,
        2,
        np.array([-9.0, -9.0]),
        state,
    )
    assert state.tolist() == [0, 1]


def test_sites_in_conflict_are_not_both_open():
    """Nor is one beside a fixed site that excludes it."""
    value = np.array([[5.0, 0.0, 1.0], [0.0, 5.0, 1.0]])
    problem = LapPlacement(value, conflicts=np.array([[0, 1]]))
    assert promising(problem).open.sum() == 2
    fixed = problem.replace(fixed=np.array([False, True, False]))
    assert promising(fixed).open.tolist() == [False, True, True]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_limited_backhaul_serves_somebody_at_once(seed):
    """Within the limits, and somebody where anybody alone would be."""
    rng = np.random.default_rng(seed)
    users, cells = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    utility = rng.uniform(-3, 10, (users, cells))
    load = rng.uniform(0.5, 2.0, (users, cells))
    limits = rng.uniform(0.2, 4.0, cells), rng.uniform(0.5, 15.0, cells)
    problem = UserAssociation(utility, load, limits[0], backhaul=limits[1])
    answer = problem.trivial()
    assert answer is not None
    fits = (load <= limits[0]) & (utility <= limits[1]) & (utility > 0)
    assert (problem.evaluate(answer) > 0) == fits.any()


def test_load_alone_may_leave_out_whom_values_serve():
    """Ties in load are broken by value, so that two users do not want the same room."""
    problem = UserAssociation(
        np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 2.0]]),
        np.array([2.0, 2.0, 3.0]),
        np.array([5.0, 2.0]),
        must_serve=True,
    )
    assert (packed_cells(problem) >= 0).all()


def most_added(problem):
    """Sites (S,) opened one by one, each that which adds most to those before."""
    value = np.where(np.isfinite(problem.value), problem.value, -np.inf)
    is_open, best = problem.fixed.copy(), np.zeros(len(value))
    first, second = problem.conflicts.T
    for site in np.flatnonzero(is_open):
        best = np.maximum(best, value[:, site])
    while is_open.sum() < problem.most_laps:
        shut = is_open.copy()
        shut[second[is_open[first]]] = shut[first[is_open[second]]] = True
        added = np.maximum(value.T - best, 0.0).sum(axis=1) - problem.open_cost
        added[shut] = 0.0
        site = int(np.argmax(added))
        if added[site] <= 0.0:
            break
        is_open[site], best = True, np.maximum(best, value[:, site])
    return is_open


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_sites_are_opened_that_each_add_most(seed, is_whole):
    """With all users in range of all sites, and without, whole numbers for ties."""
    rng = np.random.default_rng(seed)
    value = rng.integers(1, 20, (12, 9)).astype(float)
    if not is_whole:
        value[rng.random((12, 9)) < 0.3] = -np.inf
    problem = LapPlacement(
        value,
        open_cost=rng.integers(0, 30, 9).astype(float),
        conflicts=rng.permutation(9)[:4].reshape(2, 2),
        fixed=np.arange(9) == (seed if seed < 9 else -1),
        max_laps=int(rng.integers(1, 9)),
    )
    assert promising(problem).open.tolist() == most_added(problem).tolist()

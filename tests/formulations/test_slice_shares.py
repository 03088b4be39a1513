"""Shares of slices as limits of groups: which hold, what they leave, what they cost."""

from itertools import permutations, product

import numpy as np
import pytest

import rrm
import twins
from formulations import UserAssociation, compose
from formulations.association import Association
from formulations.context import in_context
from formulations.group_prices import GroupPrices, GroupRay
from llm_bridge import ContextItem
from rrm.prices import item_prices
from tests.formulations.test_composition import item, report
from twins import PolicyRule

SNAPSHOT = twins.example()
CELL = {str(name): b for b, name in enumerate(SNAPSHOT.cell_id)}
USERS, CELLS = 200, 21


def share(bound: str, value: float, name="slice:1", cells=(), priority="wish"):
    """Least or most part of cells for a slice."""
    fields = item("energy_saving", value, "1", priority, users=(name,), cells=cells)
    changed = {"kind": "slice_share", "bound": bound}
    return ContextItem.model_validate(fields.model_dump() | changed)


def in_slice(number: int) -> np.ndarray:
    """Users (U,) of a slice."""
    return SNAPSHOT.slice == number


def test_the_most_limits_the_slice_itself():
    """In the cells that are named; the entries are named with the item."""
    one = share("max", 0.3, cells=("M1A", "M2B"))
    problem = compose(SNAPSHOT, report(one), UserAssociation)
    np.testing.assert_array_equal(problem.group, [in_slice(1)])
    expected = np.full((1, CELLS), np.inf)
    expected[0, [CELL["M1A"], CELL["M2B"]]] = 0.3
    np.testing.assert_array_equal(problem.group_capacity, expected)
    places = [((0, CELL[name]), one) for name in ("M1A", "M2B")]
    assert problem.origin["group_capacity"] == places
    assert not in_context(SNAPSHOT, report(one)).set_aside


def test_the_least_is_kept_free_of_others_as_far_as_it_can_be_used():
    """Others get the rest, and what the slice's users could not take together."""
    one = share("min", 0.3)
    problem = compose(SNAPSHOT, report(one), UserAssociation)
    np.testing.assert_array_equal(problem.group, [~in_slice(1)])
    load = np.where(np.isfinite(problem.utility), problem.load, 0.0)
    could = load[in_slice(1)].sum(axis=0)
    assert (could < 0.3).any()
    assert (could > 0.3).any()
    left = 1 - np.minimum(0.3, could)
    expected = np.where(left < 1, left, np.inf)
    np.testing.assert_allclose(problem.group_capacity[0], expected)


def test_without_shares_there_are_no_groups():
    """Nor for those that leave everything as it is."""
    for said in ((), (share("max", 1.0),), (share("min", 0.0),)):
        problem = compose(SNAPSHOT, report(*said), UserAssociation)
        assert problem.group.shape == (0, USERS)
        assert "group_capacity" not in problem.origin


def test_the_stricter_of_two_shares_holds():
    """Of one slice in one cell, whatever the order; each cell names who set it."""
    low, high = share("max", 0.2, cells=("M1A",)), share("max", 0.4)
    for said in permutations((low, high)):
        problem = compose(SNAPSHOT, report(*said), UserAssociation)
        assert problem.group_capacity[0, CELL["M1A"]] == 0.2
        assert problem.group_capacity[0, CELL["M1B"]] == 0.4
        behind = dict(problem.origin["group_capacity"])
        assert behind[0, CELL["M1A"]] == low
        assert behind[0, CELL["M1B"]] == high


def told(*said):
    """What gives way to what, and why."""
    gone = in_context(SNAPSHOT, report(*said)).set_aside
    return [(one.item, one.to, one.reason) for one in gone]


def test_the_lower_priority_gives_way_where_shares_exclude_each_other():
    """In the cells of both only; of equals what was said last holds."""
    agreed = share("min", 0.6, priority="sla", cells=("M1A", "M1B"))
    wish = share("min", 0.7, "slice:2", cells=("M1A", "M2A"))
    for said in permutations((agreed, wish)):
        why = "at least 0.6 of slice:1 holds in M1A"
        assert told(*said) == [(wish, agreed, why)]
        held = in_context(SNAPSHOT, report(*said)).shares
        where = {one.item.value: one.cells.tolist() for one in held}
        assert where == {0.6: [CELL["M1A"], CELL["M1B"]], 0.7: [CELL["M2A"]]}
    capped = share("max", 0.5, cells=("M1A",))
    assert told(agreed, capped) == [
        (capped, agreed, "at least 0.6 of slice:1 holds in M1A")
    ]
    strict = share("max", 0.5, cells=("M1A",), priority="safety")
    assert [one[:2] for one in told(agreed, strict)] == [(agreed, strict)]
    equal = share("min", 0.7, "slice:2", cells=("M1A",), priority="sla")
    for said in permutations((agreed, equal)):
        assert [one[:2] for one in told(*said)] == [said]
    assert told(agreed, share("min", 0.4, "slice:2")) == []


def test_floors_that_only_together_exceed_a_cap_are_settled():
    """Of two equals one holds, and the other is told; neither would be met else."""
    cap = share("max", 0.5, priority="safety")
    first, second = SNAPSHOT.user_id[np.flatnonzero(in_slice(1))[:2]].tolist()
    floors = share("min", 0.3, first), share("min", 0.25, second)
    for said in permutations(floors):
        assert [one[:2] for one in told(cap, *said)] == [(said[0], cap)]
        held = in_context(SNAPSHOT, report(cap, *said)).shares
        assert {one.item for one in held if one.cells.size} == {cap, said[1]}


def test_rules_of_the_policy_share_cells_too():
    """They count as SLAs, and have their bound as unit."""
    rule = PolicyRule("slice_share", 0.3, "max", users=("slice-1",))
    snapshot = SNAPSHOT.replace(policy=(rule,))
    problem = compose(snapshot, None, UserAssociation)
    np.testing.assert_array_equal(problem.group_capacity, np.full((1, CELLS), 0.3))
    network = in_context(snapshot, report(share("min", 0.5)))
    assert [one.to for one in network.set_aside] == [rule]


def test_shares_are_of_the_same_slice_if_they_have_the_same_users():
    """What a rule says of slice-1 and an item of slice:1 does not add up."""
    rule = PolicyRule("slice_share", 0.3, "min", users=("slice-1",))
    snapshot = SNAPSHOT.replace(policy=(rule,))
    said = report(share("min", 0.3, priority="sla"), share("min", 0.5, "slice:0"))
    assert not in_context(snapshot, said).set_aside
    assert compose(snapshot, said, UserAssociation).sizes["G"] == 2
    more = report(share("min", 0.8, "slice:0"))
    (lost,) = in_context(snapshot, more).set_aside
    assert lost.to is rule


def test_a_user_of_a_slice_has_part_of_what_that_is_promised():
    """Until users of it are promised more than the slice."""
    first, second = SNAPSHOT.user_id[np.flatnonzero(in_slice(1))[:2]].tolist()
    agreed = share("min", 0.6, priority="sla")
    wish = share("min", 0.6, first)
    assert told(agreed, wish) == []
    other = share("min", 0.5, second, priority="sla")
    assert [gone[:2] for gone in told(agreed, other, wish)] == [(wish, other)]
    assert told(agreed, share("min", 0.9, first)) == []


def test_who_has_no_users_needs_nothing():
    """A slice that nobody is in takes no share of others."""
    rule = PolicyRule("slice_share", 0.6, "min", users=("slice-7",))
    snapshot = SNAPSHOT.replace(policy=(rule,))
    assert not in_context(snapshot, report(share("min", 0.6))).set_aside


def test_the_most_of_everybody_is_above_the_least_of_a_slice():
    """The lower priority gives way, whichever it is."""
    all_of_them = share("max", 0.5, "slice:1", priority="sla")
    target = all_of_them.target.model_copy(update={"users": ()})
    everybody = all_of_them.model_copy(update={"target": target})
    wish = share("min", 0.6)
    assert [gone[:2] for gone in told(everybody, wish)] == [(wish, everybody)]
    safe = share("min", 0.6, priority="safety")
    assert [gone[:2] for gone in told(everybody, safe)] == [(everybody, safe)]
    parts = [share("min", 0.3, f"slice:{k}", priority="safety") for k in (1, 2)]
    assert [gone[0] for gone in told(everybody, *parts)] == [everybody]


def test_a_user_whose_name_reads_like_a_slice_of_a_rule_is_that_user():
    """Items say ``slice:1`` for the slice."""
    names = SNAPSHOT.user_id.astype(object)
    names[0] = "slice-1"
    snapshot = SNAPSHOT.replace(user_id=names.astype(str))
    network = in_context(snapshot, report(share("max", 0.6, "slice-1")))
    assert np.flatnonzero(network.shares[0].users).tolist() == [0]


def crowd(objective="sum") -> UserAssociation:
    """Six users in two slices, and two cells too small for all of them."""
    rng = np.random.default_rng(5)
    member = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], bool)
    return UserAssociation(
        utility=rng.uniform(1.0, 4.0, (6, 2)),
        load=rng.uniform(0.2, 0.6, (6, 2)),
        capacity=np.ones(2),
        objective=objective,
        group=member,
        group_capacity=np.array([[0.5, 0.4], [0.7, np.inf]]),
    )


def best_by_enumeration(problem: UserAssociation) -> tuple[float, np.ndarray]:
    """Largest objective and its cells by plain loops over all associations."""
    best, found = -np.inf, np.zeros(0)
    for cells in product(range(-1, problem.sizes["B"]), repeat=problem.sizes["U"]):
        cell = np.array(cells)
        taken = [
            sum(problem.load[u, b] for u in np.flatnonzero(member) if cell[u] == b)
            for member in (np.ones(len(cell), bool), *problem.group)
            for b in range(problem.sizes["B"])
        ]
        limits = np.concatenate([problem.capacity, problem.group_capacity.ravel()])
        if (np.array(taken) > limits * (1 + 1e-9)).any():
            continue
        value = problem.evaluate(Association(cell))
        if value > best:
            best, found = value, cell
    return best, found


@pytest.mark.parametrize("objective", ["sum", "proportional_fair"])
@pytest.mark.parametrize("method", ["highs", "pyomo_reference"])
def test_the_optimum_is_that_of_enumeration(objective, method):
    """Of engines that state the limits, in both objectives."""
    problem = crowd(objective)
    best, _ = best_by_enumeration(problem)
    free = problem.replace(group=None, group_capacity=None)
    assert best < best_by_enumeration(free)[0]
    solution = rrm.solve(problem, 10.0, method)
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(best)


def test_the_referee_refuses_what_a_group_must_not_have():
    """The violation is relative to the limit, and repair brings it within."""
    problem = crowd()
    cell = np.array([0, 0, -1, -1, -1, -1])
    taken = problem.load[:2, 0].sum()
    found = problem.violations(Association(cell))
    assert found["group_capacity"] == pytest.approx(taken / 0.5 - 1)
    repaired = problem.repaired(Association(cell))
    assert max(problem.violations(repaired).values()) == 0.0
    np.testing.assert_allclose(problem.group_load(Association(cell))[0, 0], taken)


def tight(objective: str) -> UserAssociation:
    """Fourteen users whose slice and whose cells' backhaul are both short."""
    return UserAssociation(
        utility=np.random.default_rng(0).lognormal(size=(14, 3)),
        load=np.ones(14),
        capacity=np.full(3, 5.0),
        objective=objective,
        backhaul=np.full(3, 4.0 if objective == "sum" else 0.5),
        group=np.arange(14)[None] % 2 == 0,
        group_capacity=np.ones((1, 3)),
    )


@pytest.mark.parametrize("links", [1, 2])
@pytest.mark.parametrize("objective", ["sum", "proportional_fair"])
def test_somebody_is_served_at_once_within_backhaul_and_groups(objective, links):
    """Also after a repair; the start has users in each cell."""
    problem = tight(objective).replace(max_links=links)
    start = problem.trivial()
    assert max(problem.violations(start).values()) == 0.0
    assert set(np.unique(start.cell)) == {-1, 0, 1, 2}
    if links == 1:
        repaired = problem.repaired(Association(np.zeros(14, int)))
        assert max(problem.violations(repaired).values()) == 0.0
        assert (repaired.cell >= 0).sum() >= 3


def test_prices_of_groups_are_rounded_within_backhaul():
    """Few users: what the prices choose is near the optimum."""
    solution = rrm.solve(tight("sum"), 2.0, "lagrangian")
    best = rrm.solve(tight("sum"), 10.0, "highs")
    assert best.status == "optimal"
    assert solution.objective >= 0.95 * best.objective > 0.0


def test_prices_of_groups_bound_the_optimum():
    """Any do, bad ones are refused, and the best ones meet the linear relaxation."""
    problem = crowd()
    best, _ = best_by_enumeration(problem)
    rng = np.random.default_rng(1)
    for _ in range(100):
        theirs = rng.uniform(0, 5, (2, 2))
        theirs[1, 1] = 0.0
        assert GroupPrices(rng.uniform(0, 5, 2), theirs).bound(problem) >= best
    assert np.isnan(GroupPrices(np.zeros(2), np.ones((2, 2))).bound(problem))
    assert np.isnan(GroupPrices(-np.ones(2), np.zeros((2, 2))).bound(problem))
    solution = rrm.solve(problem, 2.0, "lagrangian")
    relaxed = relaxation(problem)
    assert solution.bound == pytest.approx(relaxed, rel=2e-3)
    assert isinstance(solution.certificate.proof, GroupPrices)
    assert solution.bound >= best >= solution.objective


def test_groups_that_leave_no_room_for_all_are_proven():
    """By prices of groups and cells that anybody can check."""
    pair = UserAssociation(
        np.ones((2, 1)), np.ones(2), [2.0], must_serve=True,
        group=[[True, True]], group_capacity=[[1.0]],
    )  # fmt: skip
    crowded = crowd().replace(must_serve=True, capacity=np.full(2, 2.0))
    for problem in (pair, crowded, crowded.replace(group_capacity=np.zeros((2, 2)))):
        solution = rrm.solve(problem, 2.0, "lagrangian")
        assert solution.status == "infeasible"
        assert isinstance(solution.certificate.proof, GroupRay)
        assert "groups" in str(solution.certificate.proof)
        proof = solution.certificate.proof
        assert np.isnan(proof.bound(problem.replace(must_serve=False)))
        room = problem.replace(
            group_capacity=np.full(problem.group_capacity.shape, 9.0)
        )
        assert np.isnan(proof.bound(room))
    assert np.isnan(GroupRay(-np.ones(1), np.ones((1, 1))).bound(pair))
    assert np.isnan(GroupRay(np.ones(2), np.ones((1, 1))).bound(pair))


def test_prices_that_need_no_step_end_without_a_warning():
    """Prices leave no slack, but backhaul, which has none, leaves no answer."""
    rng = np.random.default_rng(0)
    utility, load = rng.lognormal(size=(14, 3)), rng.uniform(0.5, 1.5, 14)
    member = np.vstack([rng.random((3, 14))[1:] < 0.5, np.zeros((1, 14), bool)])
    problem = UserAssociation(
        utility,
        load,
        capacity=np.full(3, 8.0),
        must_serve=True,
        backhaul=np.full(3, 4.0),
        group=member,
        group_capacity=np.array([[1.5, np.inf, 0.0], [2.0, 2.0, 2.0], [0.0] * 3]),
    )
    solution = rrm.solve(problem, 0.3, "lagrangian")
    assert {entry.get("ended", "returned") for entry in solution.plan} == {"returned"}


@pytest.mark.parametrize("method", ["highs", "cpsat"])
@pytest.mark.parametrize(("room", "unit"), [(1e12, 1.0), (np.inf, 1e-15)])
def test_groups_alone_may_limit_in_any_unit(method, room, unit):
    """Where cells have room without end, or nearly."""
    problem = crowd().replace(capacity=np.full(2, np.inf))
    best, _ = best_by_enumeration(problem)
    limits = problem.group_capacity * unit
    changed = problem.replace(
        load=problem.load * unit, group_capacity=limits, capacity=np.full(2, room)
    )
    solution = rrm.solve(changed, 5.0, method)
    assert solution.objective == pytest.approx(best)
    assert not any("raised" in one.get("ended", "") for one in solution.plan)
    assert changed.scaled().group_capacity[0, 0] == pytest.approx(
        limits[0, 0] / (room if np.isfinite(room) else limits[1, 0])
    )


def relaxation(problem: UserAssociation) -> float:
    """Optimum of the linear relaxation, stated anew."""
    from scipy.optimize import linprog

    users, cells = problem.sizes["U"], problem.sizes["B"]
    rows, limits = [], []
    for u in range(users):
        rows.append(np.eye(users)[u][:, None] * np.ones(cells))
        limits.append(1.0)
    for member, limit in zip(
        (np.ones(users, bool), *problem.group),
        (problem.capacity, *problem.group_capacity),
        strict=True,
    ):
        for b in np.flatnonzero(np.isfinite(limit)):
            row = np.zeros((users, cells))
            row[member, b] = problem.load[member, b]
            rows.append(row)
            limits.append(limit[b])
    matrix = np.array(rows).reshape(len(rows), -1)
    found = linprog(-problem.utility.ravel(), matrix, limits, bounds=(0, 1))
    return -found.fun


def test_the_price_of_a_share_is_that_of_its_constraint():
    """Objective without the item less that with it, both proven."""
    crowded = SNAPSHOT.replace(demand=4 * SNAPSHOT.demand)
    one = share("max", 0.1)
    problem = compose(crowded, report(one), UserAssociation)
    solution = rrm.solve(problem, 10.0, "highs")
    free = compose(crowded, None, UserAssociation)
    without = rrm.solve(free, 10.0, "highs")
    assert {solution.status, without.status} == {"optimal"}
    assert without.objective - solution.objective > 1.0
    prices = item_prices(crowded, report(one), UserAssociation, solution, 10.0)
    ((price),) = prices.values()
    assert price.certain
    expected = without.objective - solution.objective
    assert price.price == pytest.approx(expected, abs=2e-4 * solution.objective)
    taken = problem.group_load(solution.allocation)
    assert (taken <= 0.1 * (1 + 1e-9)).all()
    assert (problem.replace(group=None, group_capacity=None, origin={})
            .evaluate(solution.allocation)) == solution.objective  # fmt: skip


def test_the_loop_keeps_shares_in_its_own_utilities_and_loads():
    """Its association is that of the composed problem, at the loads of now."""
    from rrm.controller.decision import Question, associated, composed

    crowded = SNAPSHOT.replace(demand=4 * SNAPSHOT.demand)
    said = report(share("max", 0.1), share("min", 0.5, "slice:2"))
    question = Question("x", crowded, said, crowded.p_max, seconds=30.0)
    problem = composed(question)
    assert problem.group.shape == (2, USERS)
    solution = associated(question, problem, rrm)
    taken = problem.group_load(solution.allocation)
    assert (taken <= problem.group_capacity * (1 + 1e-9)).all()
    assert taken[0].max() > 0.05

"""User association: numbers by hand, refusals, starts, scaling, files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from formulations import Association, FieldError, UserAssociation

INF = np.inf
THREE = {
    "utility": [[3.0, 1.0], [2.0, -INF], [-INF, 5.0]],
    "load": [[1.0, 2.0], [1.0, 1.0], [1.0, 1.0]],
    "capacity": [1.0, 3.0],
}


def test_sum_by_hand():
    """3 + 5, less a handover of user 0 from cell 1 to 0; user 1 is unserved."""
    problem = UserAssociation(**THREE, previous=[1, 0, 1], handover_cost=0.5)
    allocation = Association(np.array([0, -1, 1]))
    assert problem.evaluate(allocation) == 7.5
    assert problem.violations(allocation) == {"candidate": 0.0, "capacity": 0.0}


def test_proportional_fair_by_hand():
    """Two share cell 0: log(3/2) + log(2/2); user 2 counts as 1 / (3 e) if unserved."""
    problem = UserAssociation(**THREE, objective="proportional_fair")
    expected = np.log(3 / 2) + np.log(2 / 2) + np.log(1.0 / (3 * np.e))
    allocation = Association(np.array([0, 0, -1]))
    assert problem.evaluate(allocation) == pytest.approx(expected, rel=1e-14)
    assert problem.violations(allocation)["capacity"] == 1.0  # 2 of 1


def test_violations_by_hand():
    """No candidate, over capacity, over backhaul, unserved, twice the same cell."""
    problem = UserAssociation(**THREE, must_serve=True, backhaul=[4.0, INF])
    found = problem.violations(Association(np.array([0, 0, 0])))
    assert found["candidate"] == pytest.approx(1 / 3)
    assert found["capacity"] == 1.0
    assert found["backhaul"] == 0.25  # 5 of 4 bit/s
    assert found["must_serve"] == 0.0
    alone = problem.violations(Association(np.array([-1, 0, 1])))
    assert alone["must_serve"] == pytest.approx(1 / 3)
    twice = UserAssociation(**THREE, max_links=2)
    found = twice.violations(Association(np.array([[0, 0], [0, -1], [1, -1]])))
    assert found["distinct"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"utility": [[np.nan, 1.0]] * 3}, "UserAssociation.utility[0, 0] = nan"),
        ({"utility": [[1.0, INF]] * 3}, "UserAssociation.utility[0, 1] = inf"),
        ({"load": [-1.0, 1.0, 1.0]}, "UserAssociation.load[0] = -1.0"),
        ({"load": np.ones((2, 2))}, "UserAssociation.load = shape (2, 2)"),
        ({"capacity": [1.0]}, "UserAssociation.capacity = shape (1,)"),
        ({"previous": [0, 2, 0]}, "UserAssociation.previous[1] = 2"),
        ({"max_links": 0}, "UserAssociation.max_links = 0: must be an integer in [1"),
        (
            {"utility": [[1.0, -2.0]] * 3, "objective": "proportional_fair"},
            "UserAssociation.utility[0, 1] = -2.0: must be -inf or in [0.0",
        ),
        ({"utility": np.empty((0, 2))}, "UserAssociation.utility = shape (0, 2)"),
    ],
)
def test_bad_input_is_refused(changes, text):
    """The error names the field, the index, the value and the rule."""
    with pytest.raises(FieldError) as caught:
        UserAssociation(**{**THREE, **changes})
    assert str(caught.value).startswith(text)


def test_cells_out_of_range_are_refused():
    """So is a cell that does not exist, and a float."""
    problem = UserAssociation(**THREE)
    with pytest.raises(FieldError, match=r"Association\.cell\[1\] = 2"):
        problem.evaluate(Association(np.array([0, 2, 1])))
    with pytest.raises(FieldError, match="must be integers"):
        problem.evaluate(Association(np.array([0.0, 1.0, 1.0])))


def test_capacity_zero_and_no_candidate_are_valid():
    """Nobody can be served: that is an answer, and none under must_serve."""
    fields = {"utility": [[1.0], [-INF]], "load": [1.0, 1.0], "capacity": [0.0]}
    problem = UserAssociation(**fields)
    assert problem.trivial().cell.tolist() == [-1, -1]
    assert UserAssociation(**fields, must_serve=True).trivial() is None


@st.composite
def problems(draw) -> UserAssociation:
    """Problems of up to six users, dense or sparse, with ties and empty rows."""
    users, cells = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    fair = draw(st.booleans())
    utility = rng.integers(1 if fair else -2, 5, (users, cells)).astype(float)
    utility[rng.uniform(size=utility.shape) < 0.3] = -INF
    load = rng.uniform(0, 2, (users, cells)) if draw(st.booleans()) else np.ones(users)
    fields = {
        "utility": utility,
        "load": load,
        "capacity": rng.uniform(0, 3, cells),
        "objective": "proportional_fair" if fair else "sum",
        "max_links": draw(st.integers(1, min(2, cells))),
        "previous": rng.integers(-1, cells, users),
        "handover_cost": draw(st.sampled_from([0.0, 0.5])),
    }
    if draw(st.booleans()):
        rows, columns = np.nonzero(np.isfinite(utility))
        entries = (utility[rows, columns], (rows, columns))
        fields["utility"] = csr_array(entries, shape=utility.shape)
    return UserAssociation(**fields)


@given(problems())
def test_the_trivial_start_is_feasible(problem):
    """There always is one when nobody must be served."""
    assert not any(problem.violations(problem.trivial()).values())


@given(problems(), st.integers(0, 2**32 - 1))
def test_the_scaled_problem_is_the_same_problem(problem, seed):
    """Violations agree; objectives differ by the unit, or its logarithm."""
    scaled = problem.scaled()
    shape = problem.trivial().cell.shape
    cell = np.random.default_rng(seed).integers(-1, problem.sizes["B"], shape)
    allocation = Association(cell)
    ours, theirs = problem.violations(allocation), scaled.violations(allocation)
    for name, value in ours.items():
        assert theirs[name] == pytest.approx(value, rel=1e-9, abs=1e-9)
    here, there = problem.evaluate(allocation), scaled.evaluate(allocation)
    unit = scaled.units["utility"]
    if problem.objective == "sum":
        assert there * unit == pytest.approx(here, rel=1e-9, abs=1e-9 * unit)
    else:
        reachable = (np.diff(problem.candidates.start) > 0).sum()
        served = problem.links(cell)
        counted = set(served[0][served[2] >= 0]) | set(
            np.flatnonzero(np.diff(problem.candidates.start))
        )
        assert len(counted) == reachable
        assert there + reachable * np.log(unit) == pytest.approx(here, rel=1e-9)


@given(problems())
def test_files_keep_every_bit(tmp_path_factory, problem):
    """Dense and sparse arrays survive."""
    path = tmp_path_factory.mktemp("association") / "problem.npz"
    problem.to_file(path)
    again = UserAssociation.from_file(path)
    for ours, theirs in zip(problem.candidates, again.candidates, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert again.objective == problem.objective


def crowded(objective: str, dense: bool) -> UserAssociation:
    """Enough pairs for compiled sums: 3000 users, 20 cells, eight candidates each."""
    rng = np.random.default_rng(5)
    utility = rng.lognormal(0.0, 1.0, (3000, 20))
    load = rng.uniform(0.5, 1.5, utility.shape)
    capacity = np.full(20, 140.0)
    if dense:
        return UserAssociation(utility, load, capacity, objective=objective)
    kept = np.argsort(rng.random(utility.shape), axis=1) < 8
    user, cell = np.nonzero(kept)
    parts = [
        csr_array((part[kept], (user, cell)), shape=kept.shape)
        for part in (utility, load)
    ]
    return UserAssociation(*parts, capacity, objective=objective)


@pytest.mark.parametrize("objective", ["sum", "proportional_fair"])
@pytest.mark.parametrize("dense", [False, True])
def test_compiled_sums_are_those_of_the_definition(objective, dense):
    """Objective, loads and shares of links lost, user by user."""
    problem = crowded(objective, dense)
    rng = np.random.default_rng(6)
    cell = rng.integers(-1, 20, 3000)
    kept = {
        (u, b): k
        for u in range(3000)
        for k, b in zip(
            range(*problem.candidates.start[u : u + 2]),
            problem.candidates.cell[slice(*problem.candidates.start[u : u + 2])],
            strict=True,
        )
    }
    load, utility, number = np.zeros((3, 20))
    known = [(u, b, kept[u, b]) for u, b in enumerate(cell) if (u, b) in kept]
    for _, b, k in known:
        load[b] += problem.candidates.load[k]
        utility[b] += problem.candidates.utility[k]
        number[b] += 1
    fair = objective == "proportional_fair"
    value = sum(
        np.log(problem.candidates.utility[k] / number[b])
        if fair
        else problem.candidates.utility[k]
        for _, b, k in known
    )
    value += problem.unserved_value * (3000 - len(known))
    allocation = Association(cell)
    assert problem.evaluate(allocation) == pytest.approx(value, rel=1e-12)
    found = problem.violations(allocation)
    assert found["candidate"] == 1 - len(known) / (cell >= 0).sum()
    carried, traffic = problem.carried(allocation)
    np.testing.assert_allclose(carried, load, rtol=1e-12)
    np.testing.assert_allclose(traffic, utility / (number if fair else 1), rtol=1e-12)


def test_sums_that_are_kept_do_not_survive_a_change():
    """An array that its owner writes to between two questions is looked at anew."""
    problem = crowded("sum", dense=True)
    cell = np.zeros(3000, int)
    before = problem.evaluate(Association(cell))
    assert problem.repaired(Association(cell)) is not None
    cell[0] = 1
    after = problem.evaluate(Association(cell))
    assert after - before == pytest.approx(
        problem.utility[0, 1] - problem.utility[0, 0], rel=1e-6
    )


def test_fair_repair_puts_users_where_a_share_is_worth_most():
    """Each user without a place has none better at what company costs there."""
    problem = crowded("proportional_fair", dense=False)
    problem = problem.replace(capacity=np.full(20, INF))
    settled = problem.trivial().cell.copy()
    lost = np.arange(0, 3000, 100)
    settled[lost] = -1
    repaired = problem.repaired(Association(settled)).cell
    kept = np.delete(np.arange(3000), lost)
    np.testing.assert_array_equal(repaired[kept], settled[kept])
    number = np.bincount(settled[kept], minlength=20)
    start, cell, _, _, value = problem.candidates
    for u in lost:
        n = np.maximum(number[cell[start[u] : start[u + 1]]], 1e-300)
        cost = (n + 1) * np.log(n + 1) - n * np.log(n)
        best = np.argmax(value[start[u] : start[u + 1]] - cost)
        assert repaired[u] == cell[start[u] + best]
        number[repaired[u]] += 1

"""Items that contradict each other, drafted actions, and which contexts matter."""

import numpy as np
import pytest

import llm_bridge
import rrm
from formulations import PowerControl, compose
from rrm.conflicts import find_conflict, resolved
from rrm.drafts import draft
from rrm.relevance import relevance, wanted
from tests.llm_bridge.network import small

SNAPSHOT = small()
BUDGET = 0.2  # s; infeasibility is proven in milliseconds
OPERATOR = "operator/x"
FLOOR = "Slice 1 needs at least 400 Mbit/s."
LIMIT = "M2A must stay below 20 W."
PROTECT = "Earth station: at most 1e-6 nW."


def read(text, author=OPERATOR):
    """Report of a text, each sentence an item."""
    found = llm_bridge.report(text, SNAPSHOT, author=author)
    assert found.refused == ()
    return found


def status(items):
    """Status of the problem with some items."""
    report = read(LIMIT).model_copy(update={"items": tuple(items)})
    return rrm.solve(compose(SNAPSHOT, report, PowerControl), BUDGET).status


def test_a_conflict_is_irreducible():
    """Infeasible together; without any one of them it is not, by a second way."""
    report = read(f"{LIMIT} {FLOOR} {PROTECT}")
    conflict = find_conflict(SNAPSHOT, report, PowerControl, BUDGET)
    assert conflict is not None
    assert status(conflict.items) == "infeasible"
    for item in conflict.items:
        others = [one for one in conflict.items if one is not item]
        assert status(others) != "infeasible"


def test_wishes_give_way_first_and_the_outcome_is_shown():
    """Options come by priority, each with an allocation that was certified."""
    report = read(f"{LIMIT} {FLOOR} {PROTECT}")
    conflict = find_conflict(SNAPSHOT, report, PowerControl, BUDGET)
    assert conflict is not None
    ranks = ["wish", "sla", "safety"]
    order = [ranks.index(one.dropped.priority) for one in conflict.options]
    assert order == sorted(order)
    assert all(one.solution.allocation is not None for one in conflict.options)


def test_regulation_is_never_dropped():
    """A regulator's limit stays; what contradicts it goes."""
    limit = read("Earth station: at most 1e-6 nW.", "regulator/agency").items
    floor = read(FLOOR)
    report = floor.model_copy(update={"items": (*limit, *floor.items)})
    kept, conflicts = resolved(SNAPSHOT, report, PowerControl, BUDGET)
    assert conflicts
    assert limit[0] in kept.items
    assert all(
        one.dropped.priority != "regulation" for c in conflicts for one in c.options
    )
    assert status(kept.items) != "infeasible"


def test_no_conflict_where_all_can_hold():
    """A feasible report has none."""
    assert find_conflict(SNAPSHOT, read(LIMIT), PowerControl, BUDGET) is None


@pytest.fixture
def powers():
    """Powers of the network without any item."""
    problem = compose(SNAPSHOT, None, PowerControl)
    solution = rrm.solve(problem, BUDGET)
    assert solution.allocation is not None
    return problem, solution


def test_a_draft_is_judged_by_the_problem(powers):
    """Objective and violations are those of the changed allocation."""
    problem, solution = powers
    name = str(problem.labels["L"][0])
    found = draft(f"Set {name} to 1 W.", SNAPSHOT, OPERATOR, problem,
                  solution.allocation)  # fmt: skip
    power = solution.allocation.power.copy()
    power[0] = 1.0
    np.testing.assert_array_equal(found.allocation.power, power)
    assert found.objective == problem.evaluate(found.allocation)
    assert found.is_feasible
    above = draft(f"Set {name} to 100 W.", SNAPSHOT, OPERATOR, problem,
                  solution.allocation)  # fmt: skip
    assert not above.is_feasible


def test_a_draft_of_somebody_else_changes_nothing(powers):
    """What a role may not ask is no candidate."""
    problem, solution = powers
    name = str(problem.labels["L"][0])
    found = draft(f"Set {name} to 1 W.", SNAPSHOT, "user/u007", problem,
                  solution.allocation)  # fmt: skip
    assert found.allocation is None
    assert found.report.refused


def test_rain_does_not_matter_at_mid_band():
    """Rules say so before anything is solved; limits that bind are measured."""
    report = read("Rain of 30 mm/h. Limit M1A, M1B, M1C, M2A, M2B, M2C to 1 mW.")
    problem = compose(SNAPSHOT, report, PowerControl)
    solution = rrm.solve(problem, BUDGET)
    found = relevance(SNAPSHOT, report, PowerControl, solution, BUDGET)
    assert [str(one.item.kind) for one in found] == ["power_limit", "weather"]
    assert found[0].value > 0.0
    assert found[1].value == 0.0
    assert [str(item.kind) for item in wanted(found)] == ["power_limit"]

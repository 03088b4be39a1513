"""What A1 policies and intents may not do: reach further than they say."""

import json

import numpy as np
import pytest

from formulations.delay import rate_beyond_demand
from llm_bridge import report
from llm_bridge.a1_policies import a1_status, read_a1_policy
from llm_bridge.authority import LEAST_DELAY, MOST
from llm_bridge.context_report import Kind
from llm_bridge.intents import (
    feasibility_report,
    fulfilment_report,
    handling_capability,
    read_intent,
)
from tests.llm_bridge.network import small

SNAPSHOT = small()
OPERATOR = "operator/a1"
FLOOR = {"qosObjectives": {"gfbr": 5000}}


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("u007", "must be an object"),
        ([], "must be an object"),
        ({"foo": "u007"}, "'foo' is none of"),
        ({"ueId": "u007", "ranNode": 5}, "'ranNode' is none of"),
        ({"ueId": []}, "ueId names nobody"),
        ({"ueId": None, "sliceId": None}, "names nobody"),
        ({"cellId": ["M1A"], "qosId": {"5qI": 1}}, "names nobody"),
        ({"ueId": "slice:1"}, "'slice:1' is a slice"),
        ({"ueId": "u001", "sliceId": 2}, "'u001' is not in slice:2"),
    ],
)
def test_a_scope_that_is_not_understood_is_not_everybody(scope, reason):
    """It is refused by its field; the policy is not enforced."""
    found = read_a1_policy({"scope": scope, **FLOOR}, SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert reason in found.refused[0].reason
    assert a1_status(found) == {
        "enforceStatus": "NOT_ENFORCED",
        "enforceReason": "SCOPE_NOT_APPLICABLE",
    }


@pytest.mark.parametrize(
    ("scope", "users", "cells"),
    [
        ({"ueIds": ["u007"]}, ("u007",), ()),
        ({"UE-ID": "u007", "groupId": None}, ("u007",), ()),
        ({"ueId": "u002", "sliceIds": [2]}, ("u002",), ()),
        ({"sliceId": "2"}, ("slice:2",), ()),
        ({"cellIdList": ["M1A", "M1B"]}, (), ("M1A", "M1B")),
        ({"ueId": "u007", "ue_ids": ["u008"]}, ("u007", "u008"), ()),
        ({}, (), ()),
    ],
)
def test_scopes_in_other_spellings(scope, users, cells):
    """Lists and singular names; a user of a slice is that user, not the slice."""
    (item,) = read_a1_policy({"scope": scope, **FLOOR}, SNAPSHOT, OPERATOR).items
    assert (item.target.users, item.target.cells) == (users, cells)


@pytest.mark.parametrize("policy", [None, [], "scope", 5])
def test_a_policy_must_be_an_object(policy):
    """Anything else is refused and says so."""
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR)
    assert (found.items, found.refused[0].reason) == ((), "a policy must be an object")
    assert a1_status(found)["enforceReason"] == "STATEMENT_NOT_APPLICABLE"


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"scope": {"cellId": "M1A"},
          "tspResources": [{"cellIdList": ["M2B"], "preference": "FORBID"}]},
         "not steered"),
        ({"scope": {"cellId": "M1A"},
          "RRMPolicyRatioList": [{"sst": 1, "minPRB": 10}]}, "in no scope"),
        ({**FLOOR, "sliceSlaResources": {"cellIdList": []}}, "must name cells"),
        ({**FLOOR, "sliceSlaResources": {"cellIdList": ["M1A"], "tac": 5}},
         "nothing else"),
    ],
)  # fmt: skip
def test_what_no_item_can_be_narrowed_to_is_refused(policy, reason):
    """Items of these kinds have no such target: they would hold everywhere."""
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert reason in found.refused[0].reason


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("user/slice:1", "I need at least 5 Mbit/s"),
        ("tenant/slice:0", "At least 5 Mbit/s for slice 1"),
    ],
)
def test_a_user_called_as_a_slice_is_not_that_slice(author, text):
    """He and the tenant of his own slice get nothing of the slice he is called as."""
    names = ["slice:1", *(f"u{n:03}" for n in range(1, 12))]
    snapshot = small(user_id=names)  # the first is in slice 0
    assert report(text, snapshot, author=author).items == ()
    policy = {"scope": {"ueId": "slice:1"}, **FLOOR}
    assert read_a1_policy(policy, snapshot, author).items == ()


PLACED = small(
    origin=[48.0, 11.0, 500.0],
    cell_position=np.zeros((6, 3)),
    user_position=np.linspace(0.0, 1000.0, 12)[:, None] * [1.0, 1.0, 0.0],
)
"""Users from the origin to 1 km north and east of it; a degree is some 100 km."""


def intent(contexts=(), objects=(), **changes):
    """An intent of one target with its contexts and those of its object."""
    target = {"targetName": "DlThptPerUE", "targetCondition": "IS_GREATER_THAN",
              "targetValueRange": 2000, "targetContexts": list(contexts)}  # fmt: skip
    content = {"objectType": "RAN_SubNetwork", "objectContexts": list(objects)}
    told = {"expectationObject": content, "expectationTargets": [target | changes]}
    return {"intentExpectations": [told]}


def context(attribute, *values, **changes):
    """A context of an intent."""
    return {"contextAttribute": attribute, "contextValueRange": [*values]} | changes


def area(*corners, **changes):
    """A polygon's context, by corners (longitude, latitude)."""
    points = [{"longitude": x, "latitude": y} for x, y in corners]
    value = {"convexGeoPolygon": points}
    return context("CoverageAreaPolygon", value, **changes)


HOUR = {"startTime": "2026-06-01T09:00:00", "endTime": "2026-06-01T10:00:00"}
GROUP = {"sNssai": {"sst": 1}}
HERE = [(10.9, 47.9), (11.1, 47.9), (11.1, 48.1), (10.9, 48.1)]
NORTH = [(11.006, 48.006), (11.02, 48.006), (11.006, 48.02)]
"""Whole network; the part more than 0.6 km north and 0.4 km east of its origin."""


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"gfbr": 1e300}, "value 1e+303 is not plausible"),
        ({"gfbr": 10**400}, "is no number"),
        ({"gfbr": 20_000_001}, "value 2e+10 is not plausible"),
        ({"pdb": 0}, "value 0 is not plausible"),
        ({"pdb": 60_001}, "value 60.001 is not plausible"),
    ],
)
def test_values_of_policies_have_the_limits_of_texts(policy, reason):
    """What no network can meet is a slip, in whatever form it comes."""
    policy = {"scope": {"ueId": "u007"}, "qosObjectives": policy}
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert reason in found.refused[0].reason


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (intent(targetValueRange=1e9), "not plausible"),
        (intent([context("TargetAssuranceTime",
                         HOUR | {"endTime": "2036-06-01T10:00:00Z"})]), "a year"),
        (intent([context("TargetAssuranceTime", "9 o'clock")]), "not understood"),
        (intent([context("TargetAssuranceTime", HOUR,
                         HOUR | {"endTime": "2026-06-01T11:00:00Z"})]),
         "more than one"),
        (intent([context("UEGroup", GROUP, contextCondition="IS_NOT_ONE_OF")]),
         "takes no IS_NOT_ONE_OF"),
        (intent([context("sNssai", 1, 2, contextCondition="IS_WITHIN_RANGE")]),
         "takes no IS_WITHIN_RANGE"),
        (intent([context("sNssai", 1, contextCondition="AROUND")]), "takes no AROUND"),
        (intent([context("UEGroup")]), "has no values"),
        (intent([context("UEGroup", GROUP | {"fiveQI": 5})]), "by their slices only"),
        (intent([context("sNssai", 1), context("UEGroup", {"sst": 2})]),
         "more than one group"),
        (intent([context("sNssai", 1), context("TargetAssuranceTime", HOUR)],
                contextSelectivity="ANY_OF"), "ANY_OF"),
        (intent(["slice 1"]), "must be an object"),
        (intent(objects=[context("RAT", "NR", contextCondition="IS_NOT_ONE_OF")]),
         "takes no IS_NOT_ONE_OF"),
        (intent(objects=[area(*HERE, contextCondition="IS_OUTSIDE_RANGE")]),
         "takes no IS_OUTSIDE_RANGE"),
        (intent(objects=[area((151.0, -34.0), (151.1, -34.0), (151.0, -33.9))]),
         "no cell and no user"),
        (intent(objects=[context("CoverageAreaPolygon")]), "has no values"),
        (intent(objects=[area()]), "three corners"),
        (intent(objects=[area(*HERE[:2])]), "three corners"),
        (intent(objects=[area(HERE[0], HERE[0], HERE[0])]), "three corners"),
        (intent(objects=[area((10.9, float("nan")), *HERE)]), "in degrees"),
        (intent(objects=[area(*HERE[:3], (11.05, 48.0))]), "not convex"),
        (intent(objects=[area(HERE[0], HERE[2], HERE[1], HERE[3])]), "not convex"),
        (intent(objects=[area(*HERE, *HERE)]), "not convex"),
        (intent(objects=[area(*HERE), area(*NORTH)]), "only one"),
        (None, "must be an object"),
        ([intent()], "must be an object"),
        ({"intentExpectations": [{}]}, "must have targets"),
    ],
)  # fmt: skip
def test_intents_that_are_not_understood_hold_for_nobody(told, reason):
    """Negations, lost restrictions, areas and times that cannot be meant."""
    found = read_intent(told, PLACED, OPERATOR)
    assert found.items == ()
    assert reason in found.refused[0].reason


def test_a_polygon_that_is_not_convex_gets_its_hull_proposed():
    """Without the corner that lies within."""
    found = read_intent(
        intent(objects=[area(*HERE[:3], (11.05, 48.0))]), PLACED, OPERATOR
    )
    hull = (
        '[{"longitude": 10.9, "latitude": 47.9}, {"longitude": 11.1, "latitude": 47.9}'
    )
    assert hull in found.refused[0].reason
    assert "11.05" not in found.refused[0].reason


@pytest.mark.parametrize("condition", ["IS_ALL_OF", "Is_Equal_To", "IS_WITHIN_RANGE"])
@pytest.mark.parametrize("corners", [HERE, HERE[::-1], [*NORTH, NORTH[0]]])
def test_convex_areas_with_somebody_are_read(corners, condition):
    """Either way round, closed or open."""
    told = intent(objects=[area(*corners, contextCondition=condition)])
    (item,) = read_intent(told, PLACED, OPERATOR).items
    assert item.target.area is not None
    ring = item.target.area.coordinates[0]
    assert (ring[0], ring[-1], len(set(ring))) == (
        corners[0],
        corners[0],
        len(ring) - 1,
    )


def test_areas_need_places():
    """Where users are not placed an area would restrict nothing."""
    found = read_intent(intent(objects=[area(*HERE)]), SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert "where users are is not known" in found.refused[0].reason


def test_contexts_that_list_are_read():
    """Groups by slice; a time without zone is UTC wherever the program runs."""
    contexts = [context("UEGroup", GROUP, {"sNssai": {"sst": 2}, "fiveQI": None},
                        contextCondition="IS_ONE_OF"),
                context("TargetAssuranceTime", HOUR)]  # fmt: skip
    (item,) = read_intent(intent(contexts), SNAPSHOT, OPERATOR).items
    assert item.kind is Kind.RATE_FLOOR
    assert item.target.users == ("slice:1", "slice:2")
    assert (item.start.hour, item.end.hour) == (9, 10)


@pytest.mark.parametrize("told", [{"intentExpectations": [{}]}, {}, None])
def test_intents_that_were_not_read_are_not_fulfilled(told):
    """Nothing read is nothing feasible, and nothing fulfilled."""
    found = read_intent(told, SNAPSHOT, OPERATOR)
    for one in (found, found.model_copy(update={"refused": ()})):
        answer = feasibility_report(one, "optimal")
        assert answer["feasibilityCheckResult"] == "INFEASIBLE"
        assert answer["infeasibilityReason"]
        assert fulfilment_report(one, [])["notFulfilledState"] == "FULFILMENTFAILED"


def test_fulfilment_names_targets_in_their_units():
    """Two expectations with the same target, and one in ms; no NaN in JSON."""
    told = intent()["intentExpectations"][0]
    late = intent(targetName="dLLatencyTarget", targetCondition="IS_LESS_THAN",
                  targetValueRange=10)["intentExpectations"][0]  # fmt: skip
    expectations = [
        "?",
        told | {"expectationId": "a"},
        told | {"expectaitonId": "b"},
        late,
    ]
    found = read_intent({"intentExpectations": expectations}, SNAPSHOT, OPERATOR)
    answer = fulfilment_report(found, [2.5e6, 1e6, 0.009])
    assert answer["fulfilmentStatus"] == "NOT_FULFILLED"
    reached = {"targetName": "DlThptPerUE", "targetAchievedValue": 2500.0,
               "expectationId": "a", "fulfilmentStatus": "FULFILLED"}  # fmt: skip
    assert answer["targetFulfilmentResults"] == [
        reached,
        reached | {"targetAchievedValue": 1000.0, "expectationId": "b",
                   "fulfilmentStatus": "NOT_FULFILLED"},
        {"targetName": "DlLatency", "targetAchievedValue": pytest.approx(9.0),
         "fulfilmentStatus": "FULFILLED"},
    ]  # fmt: skip
    answer = fulfilment_report(found, [np.inf, np.nan, -np.inf])
    json.dumps(answer, allow_nan=False)
    for row in answer["targetFulfilmentResults"]:
        assert "targetAchievedValue" not in row
        assert row["fulfilmentStatus"] == "NOT_FULFILLED"


def test_reports_of_texts_are_fulfilled_in_si():
    """Words have no target's name and no expectation's identifier."""
    found = report("u007 needs at least 2 Mbit/s", SNAPSHOT, author=OPERATOR)
    (row,) = fulfilment_report(found, [2e6])["targetFulfilmentResults"]
    assert row == {"targetAchievedValue": 2e6, "fulfilmentStatus": "FULFILLED"}


@pytest.mark.parametrize(
    "name", handling_capability()["supportedExpectationTargetNames"]
)
def test_announced_targets_are_read(name):
    """Each can be bounded from above; others are refused with the same names."""
    told = intent(targetName=name, targetCondition="IS_LESS_THAN")
    assert len(read_intent(told, SNAPSHOT, OPERATOR).items) == 1
    (other,) = read_intent(intent(targetName="x"), SNAPSHOT, OPERATOR).refused
    assert name in other.reason


@pytest.mark.parametrize(
    "policy",
    [
        {"scope": {"ueId": "M1A"}, **FLOOR},
        {"scope": {"cellId": "u007"}, **FLOOR},
        {"scope": {"cellId": "slice:1"}, **FLOOR},
        {"scope": {"ueId": "u007"},
         "tspResources": [{"cellIdList": ["u001"], "preference": "AVOID"}]},
    ],
)  # fmt: skip
def test_no_cell_is_a_user_and_no_user_a_cell(policy):
    """A name of another kind is not in the network."""
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert "is not in the network" in found.refused[0].reason
    assert a1_status(found)["enforceReason"] == "SCOPE_NOT_APPLICABLE"


def test_a_part_of_blocks_that_is_no_number_is_refused():
    """The other bound alone is not what was asked."""
    entry = {"sst": 1, "minPRB": "a lot", "maxPRB": 20}
    found = read_a1_policy({"RRMPolicyRatioList": [entry]}, SNAPSHOT, OPERATOR)
    assert "minPRB must be per cent, not 'a lot'" in found.refused[0].reason
    assert a1_status(found)["enforceStatus"] == "NOT_ENFORCED"


def test_a_payload_nested_without_end_is_no_policy():
    """Text that no reader of JSON survives is refused."""
    found = read_a1_policy({"payload": "[" * 100_000}, SNAPSHOT, OPERATOR)
    assert (found.items, len(found.refused)) == ((), 1)


@pytest.mark.parametrize("delay_ms", [0.01, 0.159])
def test_a_users_delay_has_the_limit_of_his_rate(delay_ms):
    """It was taken, and 800 Mbit/s with it, where 60 Mbit/s were refused."""
    text = report(text_of(delay_ms), small(), "user/u000")
    policy = {"scope": {"ueId": "u000"}, "qosObjectives": {"pdb": delay_ms}}
    for one in (text, read_a1_policy(policy, small(), "user/u000")):
        assert one.items == ()
        assert "takes more than 5e+07 bit/s" in one.refused[0].reason
    assert report(text_of(0.16), small(), "user/u000").items
    assert read_a1_policy(policy, small(), "operator/x").items


def text_of(delay_ms: float) -> str:
    """A user's wish."""
    return f"I need a latency below {delay_ms} ms."


def test_the_limit_of_delays_is_what_problems_take():
    """Both are told apart, as no bridge imports a formulation."""
    assert rate_beyond_demand(LEAST_DELAY) == pytest.approx(MOST)

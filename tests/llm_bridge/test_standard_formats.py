"""A1 policies and TS 28.312 intents: read in any spelling, answered strictly."""

import pytest

from llm_bridge.a1_policies import a1_status, read_a1_policy
from llm_bridge.context_report import ContextReport, Kind
from llm_bridge.intents import (
    conflict_report,
    feasibility_report,
    fulfilment_report,
    read_intent,
)
from llm_bridge.spellings import SLIPS, canonical, letters
from tests.llm_bridge.network import small

SNAPSHOT = small()
OPERATOR = "operator/a1"
NCI = {"17": "M1A", "18": "M2B", "1-000002": "slice:2"}


def cell(number):
    """A1 identity of a cell."""
    return {"plmnId": {"mcc": "262", "mnc": "01"}, "cId": {"ncI": number}}


STEERING = {
    "scope": {"ueId": "u007"},
    "tspResources": [
        {"cellIdList": [cell(17)], "preference": "PREFER"},
        {"cellIdList": [cell(18)], "preference": "FORBID"},
    ],
}
INTENT = {
    "id": "Intent-1",
    "intentExpectations": [
        {
            "expectationId": "1",
            "expectationVerb": "ENSURE",
            "expectationObject": {"objectInstance": "NRCellDU=3"},
            "expectationTargets": [
                {
                    "targetName": "DlThptPerUE",
                    "targetCondition": "IS_GREATER_THAN",
                    "targetValueRange": 2000,
                    "targetContexts": [
                        {"contextAttribute": "sNssai",
                         "contextValueRange": [{"sst": 1, "sd": "000002"}]},
                    ],
                },
                {
                    "targetName": "DlLatency",
                    "targetCondition": "IS_LESS_THAN",
                    "targetValueRange": 10,
                    "targetContexts": [
                        {"contextAttribute": "TargetAssuranceTime",
                         "contextValueRange": [{"startTime": "2026-06-01T09:00:00Z",
                                                "endTime": "2026-06-01T10:00:00Z"}]},
                    ],
                },
            ],
        }
    ],
}  # fmt: skip
NAMES = {**NCI, "NRCellDU=3": "M1A"}


def test_steering_becomes_preferences():
    """An item for each resource, for the scope's user and the cell behind the ncI."""
    found = read_a1_policy(STEERING, SNAPSHOT, OPERATOR, NCI)
    assert [(i.value, i.target.cells, i.target.users) for i in found.items] == [
        ("PREFER", ("M1A",), ("u007",)),
        ("FORBID", ("M2B",), ("u007",)),
    ]
    assert '"PREFER"' in found.items[0].source.sentence
    assert a1_status(found) == {"enforceStatus": "ENFORCED"}
    assert ContextReport.from_json(found.model_dump_json(by_alias=True)) == found


@pytest.mark.parametrize(
    ("group", "objectives", "kind", "value"),
    [
        ("qosObjectives", {"gfbr": 500}, Kind.RATE_FLOOR, 5e5),
        ("qosObjectives", {"mfbr": 500}, Kind.RATE_CAP, 5e5),
        ("qosObjectives", {"pdb": 20}, Kind.LATENCY_BOUND, 0.02),
        ("sliceSlaObjectives", {"maxDlThptPerUe": 100}, Kind.RATE_CAP, 1e5),
        ("ueLevelObjectives", {"dlPacketDelay": 5}, Kind.LATENCY_BOUND, 0.005),
    ],
)
def test_objectives_in_si(group, objectives, kind, value):
    """Kilobits and milliseconds become bit/s and seconds."""
    policy = {"scope": {"sliceId": {"sst": 1, "sd": "000002"}}, group: objectives}
    (item,) = read_a1_policy(policy, SNAPSHOT, OPERATOR, NCI).items
    assert (item.kind, item.value, item.target.users) == (kind, value, ("slice:2",))


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"scope": {"ueId": "u999"}, "qosObjectives": {"gfbr": 5}},
         "SCOPE_NOT_APPLICABLE"),
        ({"scope": {"ueId": "u001"}, "qosObjectives": {"colour": 5}},
         "STATEMENT_NOT_APPLICABLE"),
        ({"scope": {"ueId": "u001"}, "qosObjectives": {"gfbr": -5}},
         "STATEMENT_NOT_APPLICABLE"),
        ({"scope": {"ueId": "u001"}, "qosObjectives": {"gfbr": float("nan")}},
         "STATEMENT_NOT_APPLICABLE"),
        ({"scope": {"ueId": "u001"}, "tspResources": [{"preference": "LIKE"}]},
         "STATEMENT_NOT_APPLICABLE"),
        ({}, "STATEMENT_NOT_APPLICABLE"),
    ],
)  # fmt: skip
def test_what_is_not_enforced_says_why(policy, reason):
    """Whom it names is not there, or what it says is not known."""
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert a1_status(found)["enforceReason"] == reason


def test_infeasible_policies_are_not_enforced():
    """A certificate of infeasibility is another reason."""
    found = read_a1_policy(STEERING, SNAPSHOT, OPERATOR, NCI)
    status = a1_status(found, is_feasible=False)
    assert status == {"enforceStatus": "NOT_ENFORCED", "enforceReason": "OTHER_REASON"}


def test_roles_hold_for_policies():
    """A tenant steers nobody, a device sets nothing."""
    for author in ("tenant/slice:2", "device/u007", "user/u001"):
        assert read_a1_policy(STEERING, SNAPSHOT, author, NCI).items == ()


def test_an_intent_becomes_items():
    """Each target an item, with its contexts."""
    found = read_intent(INTENT, SNAPSHOT, OPERATOR, NAMES)
    floor, latency = found.items
    assert (floor.kind, floor.value) == (Kind.RATE_FLOOR, 2e6)
    assert floor.target.users == ("slice:2",)
    assert (latency.kind, latency.value) == (Kind.LATENCY_BOUND, 0.01)
    assert latency.start.hour == 9
    assert found.refused == ()
    assert feasibility_report(found, "optimal") == {
        "feasibilityCheckResult": "FEASIBLE"
    }


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("RAN_SubNetwork", "RAN_SUBNETWORK"),
        ("Is_less_than", "IS_LESS_THAN"),
        ("IS_less_THAN", "IS_LESS_THAN"),
        ("dlRlcSduPacketLossRate ", "dlRlcSduPacketLossRate"),
        ("dlthptperue", "DlThptPerUE"),
        ("target-name", "targetName"),
    ],
)
def test_other_spellings(spelling, name):
    """Case, blanks and signs do not matter."""
    assert canonical(spelling, (name, "other")) == name


@pytest.mark.parametrize(("slip", "name"), SLIPS.items())
def test_each_slip_is_read(slip, name):
    """Every entry of the table stands for its name, and only where that is known."""
    assert canonical(slip.upper(), (name,)) == name
    assert canonical(slip, ("other",)) is None
    assert letters(slip) == slip


def test_reports_go_back():
    """Feasibility, conflict and fulfilment are filled from what was found."""
    found = read_intent(INTENT, SNAPSHOT, OPERATOR, NAMES)
    refused = feasibility_report(found, "infeasible", found.items)
    assert refused["feasibilityCheckResult"] == "INFEASIBLE"
    assert len(refused["infeasibilityReason"]) == 2
    conflict = conflict_report(found.items, ["a", "b"], drop=1)
    assert conflict["conflictType"] == "INTENT_CONFLICT"
    assert conflict["recommendedSolutions"][0]["intent"] == "b"
    assert conflict_report(found.items, ["a", "a"], 0)["conflictType"] == (
        "TARGET_CONFLICT"
    )
    good = fulfilment_report(found, [2.1e6, 0.009])
    assert good["fulfilmentStatus"] == "FULFILLED"
    bad = fulfilment_report(found, [1.9e6, 0.009])
    assert bad["notFulfilledState"] == "DEGRADED"
    assert bad["targetFulfilmentResults"][0]["fulfilmentStatus"] == "NOT_FULFILLED"

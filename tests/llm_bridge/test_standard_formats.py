"""A1 policies and TS 28.312 intents: read in any spelling, answered strictly."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"threshold": 5}, "hysteresis"),  # traffic steering xApp, type 20008
        ({"policy_type_id": 20008, "operation": "CREATE",
          "payload": '{"threshold": 5}'}, "hysteresis"),
        ({"enforce": True, "window_length": 10, "blocking_rate": 20,
          "trigger_threshold": 10}, "admission"),  # admission control xApp
        ({"scope": {"ueId": "u001", "qosId": "q"},
          "qosObjectives": {"priorityLevel": 3100}}, "priority of flows"),
        ({"scope": {"ueId": "u001"}, "statement": {"priorityLevel": 5}},
         "priority of flows"),
        ({"scope": {"qosId": {"5qI": 1}}, "qosObjectives": {"gfbr": 5}},
         "names nobody"),
        ({"scope": {"ueId": "u001", "qosId": {"5qI": 1}},
          "qosObjectives": {"mfbr": 5}}, "caps a flow"),
    ],
)  # fmt: skip
def test_statements_of_public_xapps_that_make_no_item(policy, reason):
    """They are refused with what they would mean, and not taken for everybody."""
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert reason in found.refused[0].reason
    assert a1_status(found)["enforceStatus"] == "NOT_ENFORCED"


@pytest.mark.parametrize(
    "envelope",
    [
        lambda policy: policy,
        lambda policy: {"payload": policy, "operation": "CREATE"},
        lambda policy: {"payload": json.dumps(policy)},
        lambda policy: {"policy_data": policy, "ric_id": "ric1", "policytype_id": "2"},
        lambda policy: {"policyObject": policy, "nearRtRicId": "ric1"},
    ],
)
@pytest.mark.parametrize("group", ["tspResources", "resources", "TSPResources"])
def test_a_policy_is_found_in_its_envelope(envelope, group):
    """Messages of routers and policy managers carry the same policy."""
    resources = [{"cellIdList": ["M1A", "M1B"], "preference": "AVOID", "primary": True}]
    policy = envelope({"scope": {"ueId": "u007"}, group: resources})
    (item,) = read_a1_policy(policy, SNAPSHOT, OPERATOR).items
    assert (item.value, item.target.cells) == ("AVOID", ("M1A", "M1B"))
    assert item.target.users == ("u007",)


def test_a_policy_of_two_types_is_read_whole():
    """QoSandTSP: objectives and resources; a flow's floor is a floor of its user."""
    policy = {
        "scope": {"ueId": "u007", "qosId": {"5qI": 2}},
        "qosObjectives": {"gfbr": "1500", "pdb": 100},
        "tspResources": [{"cellIdList": [cell(17)], "preference": "SHALL"}],
    }
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR, NCI)
    assert [(i.kind, i.value) for i in found.items] == [
        (Kind.ASSOCIATION_PREFERENCE, "SHALL"),
        (Kind.RATE_FLOOR, 1.5e6),
        (Kind.LATENCY_BOUND, 0.1),
    ]
    again = ContextReport.from_json(found.model_dump_json(by_alias=True))
    assert again == found
    assert a1_status(again) == {"enforceStatus": "ENFORCED"}


def one_target(**changes):
    """An intent of one target."""
    target = {"targetName": "DlThptPerUE", "targetCondition": "IS_GREATER_THAN",
              "targetValueRange": 2000, "targetContexts": []} | changes  # fmt: skip
    content = {"objectType": "RAN_SubNetwork", "objectContexts": [
        {"contextAttribute": "RAT", "contextValueRange": ["NR"]}]}  # fmt: skip
    return {"intentExpectations": [
        {"expectationObject": content, "expectationTargets": [target]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "kind", "value"),
    [
        ({}, Kind.RATE_FLOOR, 2e6),
        ({"targetName": "dLThptPerUETarget"}, Kind.RATE_FLOOR, 2e6),
        ({"targetName": "aveDLRANUEThptTarget", "targetValueRange": "5000"},
         Kind.RATE_FLOOR, 5e6),
        ({"targetName": "dLLatencyTarget", "targetCondition": "Is_less_than",
          "targetValueRange": [15]}, Kind.LATENCY_BOUND, 0.015),
        ({"targetCondition": "LESS_THAN_OR_EQUAL_TO"}, Kind.RATE_CAP, 2e6),
    ],
)  # fmt: skip
def test_older_names_of_targets(changes, kind, value):
    """Release 17 names end in Target; numbers stand as text or in a list."""
    (item,) = read_intent(one_target(**changes), SNAPSHOT, OPERATOR).items
    assert (item.kind, item.value) == (kind, value)


@pytest.mark.parametrize(
    "changes",
    [
        {"targetContexts": [{"contextAttribute": "UEMobilityLevel",
                             "contextValueRange": ["HIGH"]}]},
        {"targetContexts": [{"contextAttribute": "TargetAssuranceTime",
                             "contextValueRange": [{"startTime": "soon"}]}]},
        {"targetValueRange": {"a": 1}},
        {"targetName": "RANEnergyEfficiency"},
        {"targetCondition": "IS_ONE_OF"},
    ],
)  # fmt: skip
def test_targets_that_cannot_be_told_are_refused(changes):
    """What narrows a target and is not known here is not passed over."""
    found = read_intent(one_target(**changes), SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert len(found.refused) == 1


@given(st.recursive(
    st.none() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["intentExpectations", "expectationTargets", "targetName",
                         "expectationObject", "objectContexts", "targetContexts",
                         "contextAttribute", "contextValueRange", "scope", "ueId",
                         "tspResources", "qosObjectives", "payload", "intent"]),
        inner, max_size=4), max_leaves=12))  # fmt: skip
@example([{"expectationObject": [[1]]}])
def test_any_content_gives_a_report(content):
    """Malformed policies and intents are refused, never an error."""
    content = content if isinstance(content, dict) else {"intentExpectations": content}
    for found in (
        read_intent(content, SNAPSHOT, OPERATOR),
        read_a1_policy(content, SNAPSHOT, OPERATOR),
    ):
        assert isinstance(found, ContextReport)


def test_parts_of_blocks_of_slices():
    """A list of ratios: least and greatest part in per cent, by S-NSSAI."""
    entry = {"plmnid": "00101", "sst": 1, "sd": "000002", "minPRB": 10, "maxPRB": 20}
    policy = {"policy_data": {"RRMPolicyRatioList": [entry]}, "ric_id": "ric1"}
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR, NCI)
    assert [(i.kind, i.value, i.bound, i.target.users) for i in found.items] == [
        (Kind.SLICE_SHARE, 0.1, "min", ("slice:2",)),
        (Kind.SLICE_SHARE, 0.2, "max", ("slice:2",)),
    ]
    assert a1_status(found) == {"enforceStatus": "ENFORCED"}


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"scope": {"sliceId": {"sst": 1, "sd": "000002"}},
          "sliceSlaObjectives": {"guaDlThptPerSlice": 20000}}, "in total"),
        ({"scope": {"sliceId": {"sst": 1, "sd": "000002"}},
          "sliceSlaObjectives": {"maxNumberOfUes": 100}}, "admission"),
        ({"scope": {"sliceId": {"sst": 1, "sd": "000002"}},
          "sliceSlaObjectives": {"maxUlThptPerUe": 5}}, "uplink"),
        ({"scope": {"ueId": "u001"}, "qoeObjectives": {"qoeScore": 4}},
         "quality of experience"),
        ({"scope": {"sliceId": {"sst": 1, "sd": "000002"}},
          "sliceSlaObjectives": {"maxDlThptPerUe": 5},
          "sliceSlaResources": {"taIList": [{"tac": "1"}]}}, "tracking areas"),
        ({"E2NodeList": [{"mcc": "001", "mnc": "01", "e2nodeid": "node123",
                          "RRMPolicyRatioList": [{"sst": 1, "sd": 1, "minPRB": 10}]}]},
         "one node"),
        ({"RRMPolicyRatioList": [{"sst": 1, "sd": "000002", "maxPRB": 120}]},
         "per cent"),
    ],
)  # fmt: skip
def test_what_narrows_or_is_not_modelled_is_refused(policy, reason):
    """Totals of slices, the uplink, admission, and places that are not known."""
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR, NCI)
    assert found.items == ()
    assert reason in found.refused[0].reason


def test_resources_of_a_slice_narrow_its_policy():
    """Cells among the resources: the cap holds there, not everywhere."""
    policy = {
        "scope": {"sliceId": {"sst": 1, "sd": "000002"}},
        "sliceSlaObjectives": {"maxDlThptPerUe": 500},
        "sliceSlaResources": {"cellIdList": [cell(17)]},
    }
    (item,) = read_a1_policy(policy, SNAPSHOT, OPERATOR, NCI).items
    assert (item.value, item.target.cells) == (5e5, ("M1A",))


def test_contexts_hold_for_all_targets_of_an_intent():
    """An object in pieces, singular names, and contexts above the targets."""
    intent = one_target()["intentExpectations"][0]
    hour = {"startTime": "2026-06-01T09:00:00Z", "endTime": "2026-06-01T10:00:00Z"}
    expectation = {
        "expectationObject": [{"objectType": "RAN_SUBNETWORK"},
                              {"objectInstance": "NRCellDU=3"}],
        "expectationTarget": intent["expectationTargets"],
        "expectationContext": [{"contextAttribute": "TargetAssuranceTime",
                                "contextValueRange": hour}],
    }  # fmt: skip
    found = read_intent({"intentExpectation": expectation}, SNAPSHOT, OPERATOR, NAMES)
    (item,) = found.items
    assert (item.target.cells, item.start.hour, item.end.hour) == (("M1A",), 9, 10)
    narrowed = {**expectation, "expectationContext": [
        {"contextAttribute": "ServiceType", "contextValueRange": ["XR"]}]}  # fmt: skip
    assert not read_intent({"intentExpectation": narrowed}, SNAPSHOT, OPERATOR).items

"""Messages around policies and intents: what they say of what they carry."""

import json

import pytest

from llm_bridge.a1_policies import a1_status, read_a1_policy
from llm_bridge.context_report import Kind
from llm_bridge.intents import fulfilment_report, read_intent
from tests.llm_bridge.network import small

SNAPSHOT = small()
OPERATOR = "operator/a1"
POLICY = {"scope": {"ueId": "u001"}, "qosObjectives": {"gfbr": 1000}}


def nested(depth: int) -> dict:
    """Object in an object in an object."""
    found: dict = {}
    for _ in range(depth):
        found = {"payload": found}
    return found


def intent(unit: str | None = None, value: object = 5, **changes) -> dict:
    """Intent of one target for the downlink of all users."""
    target = {
        "targetName": "DlThptPerUE",
        "targetCondition": "IS_GREATER_THAN",
        "targetValueRange": value,
    }
    target |= {} if unit is None else {"targetUnit": unit}
    return {"intentExpectations": [{"expectationTargets": [target]}], **changes}


@pytest.mark.parametrize("operation", ["CREATE", "UPDATE", "create"])
def test_a_message_that_sets_a_policy_is_read(operation):
    """The router of a RIC sends policies with what is to be done with them."""
    message = {"operation": operation, "policy_type_id": 20008, "payload": POLICY}
    assert len(read_a1_policy(message, SNAPSHOT, OPERATOR).items) == 1


def test_a_message_that_deletes_a_policy_asks_nothing():
    """Its payload is what holds no more."""
    message = {"operation": "DELETE", "policy_type_id": 20008, "payload": POLICY}
    found = read_a1_policy(message, SNAPSHOT, OPERATOR)
    assert not found.items
    assert "'DELETE' is none of CREATE, UPDATE" in found.refused[0].reason


@pytest.mark.parametrize("content", [nested(5000), {"scope": {1, 2}}])
def test_what_is_no_json_is_refused(content):
    """Nested without end, or of values that JSON has not: no error, and no item."""
    for read in (read_a1_policy, read_intent):
        found = read(content, SNAPSHOT, OPERATOR)
        assert not found.items
        assert found.refused


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lbObjectives": {"targetPrbUsg": 50}}, "'lbObjectives' is not modelled"),
        ({"qosObjectives": {"gfbr": 1000, "GFBR": 9000}}, "told more than once"),
        ({"RRMPolicyRatioList": [{"sst": 1, "minPRB": 60, "maxPRB": 40}],
          "scope": None}, "minPRB must not exceed maxPRB"),
    ],
)  # fmt: skip
def test_a_policy_is_enforced_as_a_whole(changes, reason):
    """Statements that are not read, or contradict themselves, are not passed over."""
    found = read_a1_policy(POLICY | changes, SNAPSHOT, OPERATOR)
    assert reason in found.refused[0].reason
    assert a1_status(found)["enforceStatus"] == "NOT_ENFORCED"


@pytest.mark.parametrize(
    ("ratios", "reason"),
    [
        ([{"sst": 1, "minPRB": 60}, {"sst": 1, "maxPRB": 50}], "exceeds its maxPRB"),
        ([{"sst": 1, "minPRB": 60}, {"sst": 1, "minPRB": 50}], "more than once"),
        ([{"sst": 1, "minPRB": 60, "MinPRB": 50}], "'minPRB' is told more than once"),
        ([{"sst": 1, "minPRB": 60, "dedicatedPRB": 10}], "'dedicatedPRB' is none of"),
        ([{"sst": 1, "minPRB": 60}, {"sst": 0, "minPRB": 60}], "exceeds 100 per cent"),
    ],
)
def test_ratios_that_contradict_each_other_are_refused(ratios, reason):
    """All of them: one alone would be less than the policy."""
    found = read_a1_policy({"RRMPolicyRatioList": ratios}, SNAPSHOT, OPERATOR)
    assert found.items == ()
    assert reason in found.refused[0].reason
    assert a1_status(found)["enforceStatus"] == "NOT_ENFORCED"


def test_ratios_that_fill_a_cell_hold_together():
    """What sums to 100 per cent but for rounding."""
    ratios = [{"sst": n, "minPRB": part} for n, part in enumerate((58.1, 12.9, 29))]
    ratios += [{"sst": 0, "maxPRB": 58.1, "plmnid": "00101"}]
    found = read_a1_policy({"RRMPolicyRatioList": ratios}, SNAPSHOT, OPERATOR)
    assert len(found.items) == 4
    assert a1_status(found)["enforceStatus"] == "ENFORCED"


@pytest.mark.parametrize(
    ("objectives", "holds"),
    [
        ({"gfbr": 2000, "mfbr": 1000}, False),
        ({"gfbr": 1000, "mfbr": 1000}, True),
        ({"pdb": 1, "mfbr": 1000}, False),
        ({"pdb": 1, "mfbr": 8000}, True),
    ],
)
def test_floors_above_caps_of_one_policy_are_refused(objectives, holds):
    """A delay of 1 ms takes 7.98 Mbit/s."""
    policy = {"scope": {"ueId": "u001"}, "qosObjectives": objectives}
    found = read_a1_policy(policy, SNAPSHOT, OPERATOR)
    assert len(found.items) == (2 if holds else 0)
    assert holds or "and leaves at most 1e+06" in found.refused[0].reason
    status = a1_status(found)["enforceStatus"]
    assert status == ("ENFORCED" if holds else "NOT_ENFORCED")


def test_a_user_who_is_named_twice_is_one():
    """A scope is a set."""
    found = read_a1_policy(
        POLICY | {"scope": {"ueId": ["u001"] * 99}}, SNAPSHOT, OPERATOR
    )
    assert found.items[0].target.users == ("u001",)


@pytest.mark.parametrize(
    ("unit", "rate"), [(None, 5e3), ("kbps", 5e3), ("Mbps", 5e6), ("Gbit/s", 5e9)]
)
def test_units_of_targets_count(unit, rate):
    """What was reached goes back in the same unit: 5 of them."""
    found = read_intent(intent(unit), SNAPSHOT, OPERATOR)
    assert [one.value for one in found.items] == [pytest.approx(rate)]
    rows = fulfilment_report(found, [rate])["targetFulfilmentResults"]
    assert rows[0]["targetAchievedValue"] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (intent("furlongs"), "is not told in 'furlongs'"),
        (intent(value=[1, 9]), "takes one value"),
        (intent(intentAdminState="DEACTIVATED"), "its intentAdminState is"),
    ],
)
def test_intents_that_are_half_understood_are_refused(told, reason):
    """Units that are none, two bounds at once, and what is not in force."""
    found = read_intent(told, SNAPSHOT, OPERATOR)
    assert not found.items
    assert reason in found.refused[0].reason


def test_the_core_network_is_not_the_radio_network():
    """An expectation of a 5GC holds for no user here."""
    told = intent()
    told["intentExpectations"][0]["expectationObject"] = {
        "objectType": "5GC_SubNetwork"
    }
    found = read_intent(told, SNAPSHOT, OPERATOR)
    assert not found.items
    assert "core network" in found.refused[0].reason


def test_intents_as_managed_objects_are_read():
    """With attributes, as provisioning services hold them."""
    told = json.loads(json.dumps({"Intent": [{"id": "1", "attributes": intent()}]}))
    found = read_intent(told, SNAPSHOT, OPERATOR)
    assert [one.kind for one in found.items] == [Kind.RATE_FLOOR]

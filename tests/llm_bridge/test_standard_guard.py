"""What A1 policies and intents may not do: reach further than they say."""

import pytest

from llm_bridge import report
from llm_bridge.a1_policies import a1_status, read_a1_policy
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

"""Targets of one intent that exclude each other are told, and the rest is feasible."""

import pytest

import twins
from formulations import UserAssociation
from llm_bridge.intents import read_intent
from rrm.intent_answers import intent_answers

SNAPSHOT = twins.example()


def target(condition, value, slice_=None):
    """Throughput of a target, in kbit/s, of one slice or of all."""
    found = {
        "targetName": "DlThptPerUE",
        "targetCondition": condition,
        "targetValueRange": value,
    }
    if slice_ is not None:
        found["targetContexts"] = [
            {
                "contextAttribute": "sNssai",
                "contextCondition": "IS_EQUAL_TO",
                "contextValueRange": [slice_],
            }
        ]
    return found


FLOOR, CAP = target("IS_GREATER_THAN", 5000), target("IS_LESS_THAN", 1000)


def answers(*expectations):
    """Answers to an intent of expectations with these targets."""
    intent = {
        "intentExpectations": [
            {
                "expectationId": str(number),
                "expectationObject": {"objectType": "RAN_SubNetwork"},
                "expectationTargets": targets,
            }
            for number, targets in enumerate(expectations)
        ]
    }
    report = read_intent(intent, SNAPSHOT, "operator/x")
    assert report.refused == ()
    return intent_answers(SNAPSHOT, report, UserAssociation, 1.0, "intent-7")


@pytest.mark.parametrize(
    ("expectations", "kind"),
    [
        ([[FLOOR, CAP]], "TARGET_CONFLICT"),
        ([[FLOOR], [CAP]], "EXPECTATION_CONFLICT"),
        ([[target("IS_WITHIN_RANGE", [2000, 5000])], [CAP]], "EXPECTATION_CONFLICT"),
        ([[target("IS_GREATER_THAN", 5000, "slice:1"), CAP]], "TARGET_CONFLICT"),
    ],
)
def test_a_floor_above_a_cap_is_a_conflict(expectations, kind):
    """Within an expectation and among two of them, also for a part of the users."""
    found = answers(*expectations)
    assert found.feasibility["feasibilityCheckResult"] == "INFEASIBLE"
    (conflict,) = found.conflicts
    assert conflict["conflictType"] == kind
    assert conflict["conflictingIntents"] == ["intent-7"]
    assert len(conflict["conflictingTargets"]) == 2
    (advice,) = conflict["recommendedSolutions"]
    assert advice["target"] in conflict["conflictingTargets"]
    assert conflict["conflictingTargets"] == (found.feasibility["infeasibilityReason"])


@pytest.mark.parametrize(
    "expectations",
    [
        [[target("IS_GREATER_THAN", 100), CAP]],
        [[target("IS_WITHIN_RANGE", [100, 50_000])], [CAP]],
        [[target("IS_GREATER_THAN", 5000, "slice:1"),
          target("IS_LESS_THAN", 1000, "slice:2")]],
    ],
)  # fmt: skip
def test_targets_that_leave_room_are_no_conflict(expectations):
    """A floor below the cap, ranges that overlap, and slices of different users."""
    found = answers(*expectations)
    assert found.conflicts == ()
    assert found.feasibility == {"feasibilityCheckResult": "FEASIBLE"}

"""3GPP TS 28.312 intents in; feasibility, conflict and fulfilment reports out.

Throughputs are in kbit/s and latencies in ms.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from llm_bridge.a1_policies import KILOBIT, MILLI, as_list
from llm_bridge.context_report import ContextItem, ContextReport, Kind
from llm_bridge.spellings import canonical, field
from llm_bridge.statements import NOT_READ, Statements, number

if TYPE_CHECKING:
    from twins import TwinSnapshot

LOWER = ("IS_GREATER_THAN", "IS_EQUAL_TO_OR_GREATER_THAN")
UPPER = ("IS_LESS_THAN", "IS_EQUAL_TO_OR_LESS_THAN")
CONDITIONS = (
    *LOWER, *UPPER, "IS_EQUAL_TO", "IS_WITHIN_RANGE", "IS_OUTSIDE_RANGE", "IS_ONE_OF",
    "IS_NOT_ONE_OF", "IS_ALL_OF",
)  # fmt: skip
TARGETS: dict[str, tuple[Kind | None, Kind | None, str, float]] = {
    "DlThptPerUE": (Kind.RATE_FLOOR, Kind.RATE_CAP, "bit/s", KILOBIT),
    "AveDLRANUEThpt": (Kind.RATE_FLOOR, Kind.RATE_CAP, "bit/s", KILOBIT),
    "DlLatency": (None, Kind.LATENCY_BOUND, "s", MILLI),
}
"""By target name: kind for lower and for upper bounds, unit and size of its unit."""
OBJECT_CONTEXTS = ("CoverageAreaPolygon", "RAT", "PLMN")
TARGET_CONTEXTS = ("UEGroup", "sNssai", "TargetAssuranceTime")
"""Contexts that are read, or do not narrow; any other narrows what we cannot tell."""
CONFLICTS = ("INTENT_CONFLICT", "EXPECTATION_CONFLICT", "TARGET_CONFLICT")


def read_intent(
    intent: Mapping[str, Any],
    snapshot: "TwinSnapshot",
    author: str,
    identities: Mapping[str, str] | None = None,
) -> ContextReport:
    """Report of an intent; an item for each target that is read.

    Parameters
    ----------
    intent : mapping
        With ``intentExpectations``.
    snapshot : TwinSnapshot
        The network.
    author : str
        ``role/name`` of who may set intents.
    identities : mapping
        Name in the snapshot of each distinguished name and slice.
    """
    inner = field(intent, "intent")
    intent = inner if isinstance(inner, Mapping) else intent
    made = Statements(intent, snapshot, author, identities or {})
    expectations = field(intent, "intentExpectations", [])
    if isinstance(expectations, Mapping):
        expectations = [expectations]
    if not isinstance(expectations, list) or not expectations:
        made.refuse(dict(intent), NOT_READ, "an intent must have expectations")
        return made.report()
    for expectation in expectations:
        if not isinstance(expectation, Mapping):
            made.refuse(expectation, NOT_READ, "an expectation must be an object")
            continue
        content = field(expectation, "expectationObject", {})
        try:
            cells, area = _object(content, made)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"the expectation's object is not understood: {error}"
            made.refuse(content, NOT_READ, reason)
            continue
        shared = [
            *as_list(field(intent, "intentContexts", [])),
            *as_list(field(expectation, "expectationContexts", [])),
        ]
        for target in as_list(field(expectation, "expectationTargets", [])):
            _read_target(target, cells, area, made, shared)
    return made.report()


def _read_target(
    target: Any,
    cells: tuple[str, ...],
    area: Any,
    made: Statements,
    shared: Sequence[Any],
) -> None:
    """Items of a target, or why it is not understood."""
    if not isinstance(target, Mapping):
        made.refuse(target, NOT_READ, "a target must be an object")
        return
    try:
        _target(target, cells, area, made, shared)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        made.refuse(dict(target), NOT_READ, f"a context is not understood: {error}")


def _object(
    content: Mapping[str, Any], made: Statements
) -> tuple[tuple[str, ...], Any]:
    """Cells and area of an expectation's object, also of one in pieces."""
    if isinstance(content, list):
        pieces = [one for one in content if isinstance(one, Mapping)]
        content = {name: one[name] for one in pieces for name in one}
    found = field(content, "objectInstance")
    found = found if isinstance(found, list) else [found]
    cells = tuple(made.name(one) for one in found if one)
    area = None
    for context in as_list(field(content, "objectContexts", [])):
        attribute = str(field(context, "contextAttribute", ""))
        name = canonical(attribute, OBJECT_CONTEXTS)
        if name is None:
            raise ValueError(f"context {attribute!r} is not modelled")
        if name == "CoverageAreaPolygon":
            area = _polygon(field(context, "contextValueRange", []))
    return cells, area


def _polygon(corners: Any) -> dict[str, Any] | None:
    """GeoJSON polygon of a convex polygon's corners."""
    if corners and isinstance(corners[0], Mapping) and "convexGeoPolygon" in corners[0]:
        corners = corners[0]["convexGeoPolygon"]
    ring = [(one["longitude"], one["latitude"]) for one in corners]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]} if ring else None


def _target(
    target: Mapping[str, Any],
    cells: tuple[str, ...],
    area: Any,
    made: Statements,
    shared: Sequence[Any],
) -> None:
    """Items of a target under its own contexts and those of all targets."""
    name = canonical(str(field(target, "targetName", "")), TARGETS)
    condition = canonical(str(field(target, "targetCondition", "")), CONDITIONS)
    values = field(target, "targetValueRange")
    amounts = [number(v) for v in (values if isinstance(values, list) else [values])]
    if name is None or condition is None or None in amounts or not amounts:
        reason = f"must be a number for one of {', '.join(TARGETS)}"
        made.refuse(dict(target), NOT_READ, reason)
        return
    lower, upper, unit, size = TARGETS[name]
    wanted: list[tuple[Kind | None, float]] = []
    numbers = [amount for amount in amounts if amount is not None]
    if condition in LOWER:
        wanted = [(lower, numbers[0])]
    elif condition in UPPER:
        wanted = [(upper, numbers[0])]
    elif condition == "IS_WITHIN_RANGE" and len(numbers) == 2:
        wanted = [(lower, min(numbers)), (upper, max(numbers))]
    users, times = _contexts(
        [*shared, *as_list(field(target, "targetContexts", []))], made
    )
    if not wanted or any(kind is None for kind, _ in wanted):
        made.refuse(dict(target), NOT_READ, f"{name} takes no {condition}")
        return
    for kind, amount in wanted:
        if kind is not None:
            made.add(
                dict(target), kind, amount * size, unit, cells, users, times, area=area
            )


def _contexts(
    contexts: Any, made: Statements
) -> tuple[tuple[str, ...], tuple[float, float] | None]:
    """Users and times of a target."""
    users: tuple[str, ...] = ()
    times = None
    for context in contexts if isinstance(contexts, list) else [contexts]:
        if not isinstance(context, Mapping):
            continue
        attribute = str(field(context, "contextAttribute", ""))
        name = canonical(attribute, TARGET_CONTEXTS)
        if name is None:
            raise ValueError(f"context {attribute!r} is not modelled")
        value = field(context, "contextValueRange")
        for one in value if isinstance(value, list) else [value]:
            if name in ("UEGroup", "sNssai") and one is not None:
                inner = one.get("sNssai", one) if isinstance(one, Mapping) else one
                label = made.name(inner)
                is_name = label.startswith("slice:") or label in made.names.users
                users = (*users, label if is_name else f"slice:{label}")
            elif name == "TargetAssuranceTime" and isinstance(one, Mapping):
                times = (_seconds(one["startTime"]), _seconds(one["endTime"]))
    return users, times


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def feasibility_report(
    report: ContextReport, status: str, conflict: Sequence[ContextItem] = ()
) -> dict[str, Any]:
    """``IntentFeasibilityCheckReport`` from what was read and what was proven.

    Parameters
    ----------
    report : ContextReport
        What was read from the intent.
    status : str
        Of the solution: ``infeasible`` is proven, ``unknown`` is not feasible either.
    conflict : sequence of ContextItem
        Smallest set of items that cannot hold together.
    """
    if status in ("optimal", "feasible") and not report.refused:
        return {"feasibilityCheckResult": "FEASIBLE"}
    reasons = [one.reason for one in report.refused]
    reasons += [item.source.sentence for item in conflict]
    if not reasons:
        reasons = [f"the engine's answer is {status}"]
    return {"feasibilityCheckResult": "INFEASIBLE", "infeasibilityReason": reasons}


def conflict_report(
    conflict: Sequence[ContextItem], intent_ids: Sequence[str], drop: int
) -> dict[str, Any]:
    """``IntentConflictReport`` of a smallest conflict.

    Parameters
    ----------
    conflict : sequence of ContextItem
        Items that cannot hold together.
    intent_ids : sequence of str
        Intent that each item comes from.
    drop : int
        Place of the item whose removal is recommended.
    """
    kind = CONFLICTS[0] if len(set(intent_ids)) > 1 else CONFLICTS[2]
    return {
        "conflictType": kind,
        "conflictingIntents": list(dict.fromkeys(intent_ids)),
        "conflictingTargets": [item.source.sentence for item in conflict],
        "recommendedSolutions": [
            {
                "recommendedAction": "MODIFY" if len(conflict) > 1 else "DELETE",
                "intent": intent_ids[drop],
                "target": conflict[drop].source.sentence,
            }
        ],
    }


def fulfilment_report(
    report: ContextReport, achieved: Sequence[float], tolerance: float = 1e-9
) -> dict[str, Any]:
    """``IntentFulfilmentReport``: what each target reached, in SI.

    Parameters
    ----------
    report : ContextReport
        What was read from the intent.
    achieved : sequence of float
        For each item, in its unit.
    tolerance : float
        Relative.
    """
    results = []
    for item, value in zip(report.items, achieved, strict=True):
        wanted = item.value if isinstance(item.value, float) else 0.0
        is_met = (
            value >= wanted * (1 - tolerance)
            if item.kind is Kind.RATE_FLOOR
            else value <= wanted * (1 + tolerance)
        )
        state = "FULFILLED" if is_met else "NOT_FULFILLED"
        results.append({"targetAchievedValue": value, "fulfilmentStatus": state})
    met = all(one["fulfilmentStatus"] == "FULFILLED" for one in results)
    is_all = met and not report.refused
    found: dict[str, Any] = {
        "fulfilmentStatus": "FULFILLED" if is_all else "NOT_FULFILLED",
        "targetFulfilmentResults": results,
    }
    if not is_all:
        found["notFulfilledState"] = "DEGRADED" if report.items else "FULFILMENTFAILED"
    return found

"""3GPP TS 28.312 intents in; feasibility, conflict and fulfilment reports out.

Throughputs are in kbit/s and latencies in ms.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from llm_bridge.a1_policies import as_list
from llm_bridge.context_report import ContextItem, ContextReport, Kind
from llm_bridge.coverage_areas import polygon, reason_outside
from llm_bridge.spellings import canonical, field
from llm_bridge.statements import NOT_READ, Statements, number
from llm_bridge.target_units import TARGETS, size_of, size_told

if TYPE_CHECKING:
    from twins import TwinSnapshot

LOWER = ("IS_GREATER_THAN", "IS_EQUAL_TO_OR_GREATER_THAN")
UPPER = ("IS_LESS_THAN", "IS_EQUAL_TO_OR_LESS_THAN")
CONDITIONS = (
    *LOWER, *UPPER, "IS_EQUAL_TO", "IS_WITHIN_RANGE", "IS_OUTSIDE_RANGE", "IS_ONE_OF",
    "IS_NOT_ONE_OF", "IS_ALL_OF",
)  # fmt: skip
OBJECT_CONTEXTS = ("CoverageAreaPolygon", "RAT", "PLMN")
TARGET_CONTEXTS = ("UEGroup", "sNssai", "TargetAssuranceTime")
"""Contexts that are read, or do not narrow; any other narrows what we cannot tell."""
LISTED = ("IS_EQUAL_TO", "IS_ONE_OF", "IS_ALL_OF")
IN_RANGE = (*LISTED, "IS_WITHIN_RANGE")
RANGES = ("CoverageAreaPolygon", "TargetAssuranceTime")
"""Conditions of contexts that narrow to what they list, and contexts of ranges."""
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
    for name in ("intent", "attributes"):
        inner = field(intent, name) if isinstance(intent, Mapping) else None
        inner = inner[0] if isinstance(inner, list) and len(inner) == 1 else inner
        intent = inner if isinstance(inner, Mapping) else intent
    made = Statements(intent, snapshot, author, identities or {})
    intent = made.content
    if not isinstance(intent, Mapping):
        made.refuse(intent, NOT_READ, "an intent must be an object")
        return made.report()
    state = field(intent, "intentAdminState")
    if state is not None and canonical(str(state), ("ACTIVATED",)) is None:
        made.refuse(dict(intent), NOT_READ, f"its intentAdminState is {state!r}")
        return made.report()
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
        made.within = made.span(expectation)[0]
        content = field(expectation, "expectationObject", {})
        try:
            cells, area = _object(content, made)
            shared = [
                *_all_of(intent, "intentContexts"),
                *_all_of(expectation, "expectationContexts"),
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"the object or a context of all targets is not understood: {error}"
            made.refuse(content, NOT_READ, why)
            continue
        targets = as_list(field(expectation, "expectationTargets"))
        if not targets:
            made.refuse(dict(expectation), NOT_READ, "an expectation must have targets")
        for target in targets:
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
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        made.refuse(dict(target), NOT_READ, f"a context is not understood: {error}")


def _object(
    content: Mapping[str, Any], made: Statements
) -> tuple[tuple[str, ...], Any]:
    """Cells and area of an expectation's object, also of one in pieces."""
    if content is None:
        return (), None
    if isinstance(content, list):
        if not all(isinstance(one, Mapping) for one in content):
            raise ValueError("its pieces must be objects")
        content = {name: one[name] for one in content for name in one}
    if str(field(content, "objectType")).upper().startswith("5GC"):
        raise ValueError("the core network is not modelled")
    found = field(content, "objectInstance")
    found = found if isinstance(found, list) else [found]
    cells = tuple(made.name(one) for one in found if one)
    area = None
    for context in _all_of(content, "objectContexts"):
        name, values = _context(context, OBJECT_CONTEXTS)
        if name != "CoverageAreaPolygon":
            continue
        if area is not None:
            raise ValueError("only one CoverageAreaPolygon can be told")
        area = polygon(_corners(values))
        reason = reason_outside(area, made.snapshot)
        if reason is not None:
            raise ValueError(reason)
    return cells, area


def _corners(values: list[Any]) -> list[Any]:
    """Corners of the one polygon of a context, bare or in a ``convexGeoPolygon``."""
    polygons = [
        field(one, "convexGeoPolygon") if isinstance(one, Mapping) else None
        for one in values
    ]
    if len(polygons) == 1 and polygons[0] is not None:
        return as_list(polygons[0])
    return values


def _all_of(content: Mapping[str, Any], name: str) -> list[Any]:
    """Contexts of which all hold together."""
    contexts = as_list(field(content, name))
    selectivity = str(field(content, "contextSelectivity") or "ALL_OF")
    if len(contexts) > 1 and canonical(selectivity, ("ALL_OF",)) is None:
        raise ValueError(f"contexts of which {selectivity} holds are not modelled")
    return contexts


def _context(context: Any, known: Sequence[str]) -> tuple[str, list[Any]]:
    """Name and values of a context that narrows to what it lists."""
    if not isinstance(context, Mapping):
        raise ValueError(f"context {context!r} must be an object")
    attribute = str(field(context, "contextAttribute", ""))
    name = canonical(attribute, known)
    if name is None:
        raise ValueError(f"context {attribute!r} is not modelled")
    condition = field(context, "contextCondition")
    allowed = IN_RANGE if name in RANGES else LISTED
    if condition is not None and canonical(str(condition), allowed) is None:
        raise ValueError(f"{name} takes no {condition}, only {', '.join(allowed)}")
    values = as_list(field(context, "contextValueRange"))
    if not values:
        raise ValueError(f"context {name} has no values")
    return name, values


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
    if name is None:
        told = field(target, "targetName", "")
        reason = f"targetName {told!r} is none of {', '.join(TARGETS)}"
        made.refuse(dict(target), NOT_READ, reason)
        return
    size = size_of(name, target)
    if size is None:
        unit = field(target, "targetUnit")
        made.refuse(dict(target), NOT_READ, f"{name} is not told in {unit!r}")
        return
    if condition is None or None in amounts or not amounts:
        reason = f"must be a number for one of {', '.join(TARGETS)}"
        made.refuse(dict(target), NOT_READ, reason)
        return
    lower, upper, unit, _ = TARGETS[name]
    wanted: list[tuple[Kind | None, float]] = []
    numbers = [amount for amount in amounts if amount is not None]
    if condition in (*LOWER, *UPPER) and len(numbers) > 1:
        made.refuse(dict(target), NOT_READ, f"{condition} takes one value")
        return
    if condition in LOWER:
        wanted = [(lower, numbers[0])]
    elif condition in UPPER:
        wanted = [(upper, numbers[0])]
    elif condition == "IS_WITHIN_RANGE" and len(numbers) == 2:
        wanted = [(lower, min(numbers)), (upper, max(numbers))]
    users, times = _contexts([*shared, *_all_of(target, "targetContexts")], made)
    if not wanted or any(kind is None for kind, _ in wanted):
        made.refuse(dict(target), NOT_READ, f"{name} takes no {condition}")
        return
    for kind, amount in wanted:
        if kind is not None:
            made.add(
                dict(target), kind, amount * size, unit, cells, users, times, area=area
            )


def _contexts(
    contexts: Sequence[Any], made: Statements
) -> tuple[tuple[str, ...], tuple[float, float] | None]:
    """Users and times of a target; contexts of one kind must agree."""
    users: set[tuple[str, ...]] = set()
    times: set[tuple[float, float]] = set()
    for context in contexts:
        name, values = _context(context, TARGET_CONTEXTS)
        if name == "TargetAssuranceTime":
            times |= {
                (_seconds(v["startTime"]), _seconds(v["endTime"])) for v in values
            }
        else:
            users.add(tuple(_group(value, made) for value in values))
    if len(users) > 1 or len(times) > 1:
        raise ValueError("contexts tell more than one group of users or time")
    return (users.pop() if users else ()), (times.pop() if times else None)


def _group(value: Any, made: Statements) -> str:
    """Slice or user of a value of UEGroup or sNssai."""
    inner = field(value, "sNssai", value) if isinstance(value, Mapping) else value
    if inner is not value and any(
        canonical(str(name), ("sNssai",)) is None and other is not None
        for name, other in value.items()
    ):
        raise ValueError("groups of users are known by their slices only")
    label = made.name(inner)
    is_user = not isinstance(inner, Mapping) and label in made.names.users
    return label if label.startswith("slice:") or is_user else f"slice:{label}"


def _seconds(text: str) -> float:
    """Since epoch; a time without zone is UTC."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def handling_capability() -> dict[str, Any]:
    """``IntentHandlingCapability``: targets that :func:`read_intent` reads."""
    return {"supportedExpectationTargetNames": list(TARGETS)}


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
        Smallest set of items that cannot hold together; where there is one, the intent
        is infeasible even if there is a solution once some of it gave way.
    """
    is_read = report.items and not report.refused and not conflict
    if status in ("optimal", "feasible") and is_read:
        return {"feasibilityCheckResult": "FEASIBLE"}
    reasons = [one.reason for one in report.refused]
    reasons += [item.source.sentence for item in conflict]
    if not reasons:
        nothing = "nothing was read from the intent"
        reasons = [f"the engine's answer is {status}" if report.items else nothing]
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
    parts = {_expectation(item)[0] for item in conflict}
    kind = CONFLICTS[0 if len(set(intent_ids)) > 1 else 1 if len(parts) > 1 else 2]
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
    """``IntentFulfilmentReport``: what each target reached, in kbit/s or ms.

    Parameters
    ----------
    report : ContextReport
        What was read from the intent.
    achieved : sequence of float
        For each item, in its unit (SI); NaN or infinity is nothing reached.
    tolerance : float
        Relative.
    """
    results: list[dict[str, Any]] = []
    for item, value in zip(report.items, achieved, strict=True):
        wanted = item.value if isinstance(item.value, float) else 0.0
        is_met = isfinite(value) and (
            value >= wanted * (1 - tolerance)
            if item.kind is Kind.RATE_FLOOR
            else value <= wanted * (1 + tolerance)
        )
        row = _told_by(item)
        if isfinite(value):
            row["targetAchievedValue"] = float(value) / size_told(item.source.sentence)
        row["fulfilmentStatus"] = "FULFILLED" if is_met else "NOT_FULFILLED"
        results.append(row)
    met = [one["fulfilmentStatus"] == "FULFILLED" for one in results]
    is_all = bool(met) and all(met) and not report.refused
    found: dict[str, Any] = {
        "fulfilmentStatus": "FULFILLED" if is_all else "NOT_FULFILLED",
        "targetFulfilmentResults": results,
    }
    if not is_all:
        found["notFulfilledState"] = "DEGRADED" if report.items else "FULFILMENTFAILED"
    return found


def _told_by(item: ContextItem) -> dict[str, Any]:
    """Identifier of the expectation and name of the target of an intent's item."""
    expectation = _expectation(item)[1]
    identifier = field(expectation, "expectationId")
    found = {} if identifier is None else {"expectationId": str(identifier)}
    target = _object_of(item.source.sentence)
    name = canonical(str(field(target, "targetName", "")), TARGETS)
    return found | ({"targetName": name} if name else {})


def _expectation(item: ContextItem) -> tuple[int, Mapping[str, Any]]:
    """Place and content of the expectation of an intent's item; -1 for none."""
    expectations = as_list(field(_object_of(item.source.text), "intentExpectations"))
    start = 0
    for place, one in enumerate(expectations):
        words = json.dumps(one, ensure_ascii=True)
        start = item.source.text.find(words, start)
        end = start + len(words)
        if start <= item.source.span[0] < end:
            return place, one if isinstance(one, Mapping) else {}
        start = end
    return -1, {}


def _object_of(text: str) -> Mapping[str, Any]:
    """JSON object of a text, empty where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}

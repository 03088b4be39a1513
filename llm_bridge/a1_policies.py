"""O-RAN A1 policies in, enforcement status out.

Field names are those of the A1 types TrafficSteeringPreference, QoSTarget, QoSandTSP,
SliceSLATarget and UELevelTarget. Throughputs are in kbit/s and delays in ms.
"""

import json
from collections.abc import Mapping, Sequence
from math import fsum, inf
from typing import TYPE_CHECKING, Any

from llm_bridge.authority import DELAY_BITS, is_in_slices
from llm_bridge.context_report import PREFERENCES, ContextItem, ContextReport, Kind
from llm_bridge.spellings import canonical, field
from llm_bridge.statements import NOT_READ, NOT_THERE, Statements, number

if TYPE_CHECKING:
    from twins import TwinSnapshot

KILOBIT, MILLI = 1e3, 1e-3
SLACK = 1e-9
"""Relative: sums and quotients of what is told are rounded."""
OBJECTIVES: dict[str, dict[str, tuple[Kind, str, float]]] = {
    "qosObjectives": {
        "gfbr": (Kind.RATE_FLOOR, "bit/s", KILOBIT),
        "mfbr": (Kind.RATE_CAP, "bit/s", KILOBIT),
        "pdb": (Kind.LATENCY_BOUND, "s", MILLI),
    },
    "sliceSlaObjectives": {
        "guaDlThptPerUe": (Kind.RATE_FLOOR, "bit/s", KILOBIT),
        "maxDlThptPerUe": (Kind.RATE_CAP, "bit/s", KILOBIT),
        "maxDlPacketDelayPerUe": (Kind.LATENCY_BOUND, "s", MILLI),
    },
    "ueLevelObjectives": {
        "dlThroughput": (Kind.RATE_FLOOR, "bit/s", KILOBIT),
        "dlPacketDelay": (Kind.LATENCY_BOUND, "s", MILLI),
    },
}
"""By group and objective: kind, unit and size of its unit."""
OPERATIONS = ("CREATE", "UPDATE")
"""What the message of a RIC's router says of a policy that holds."""
STATEMENTS = (*OBJECTIVES, "tspResources", "sliceSlaResources")
ENVELOPES = ("payload", "policyData", "policyObject")
NODES = ("e2NodeList", "e2nodes")
"""What the message of a RIC's router and those of policy managers carry a policy in."""
ADMISSION = "admission control is not modelled"
UPLINK = "the uplink is not modelled"
IN_TOTAL = "what a slice gets in total, over all of its users, is no item"
UNKNOWN = {
    "threshold": "a margin for handovers is the controller's hysteresis",
    "priorityLevel": "a priority of flows is no item",
    "blocking_rate": ADMISSION,
    "maxNumberOfUes": ADMISSION,
    "maxNumberOfPduSessions": ADMISSION,
    "guaDlThptPerSlice": IN_TOTAL,
    "maxDlThptPerSlice": IN_TOTAL,
    "guaUlThptPerSlice": UPLINK,
    "maxUlThptPerSlice": UPLINK,
    "guaUlThptPerUe": UPLINK,
    "maxUlThptPerUe": UPLINK,
    "maxUlPacketDelayPerUe": UPLINK,
    "qoeObjectives": "a quality of experience is not computed from rates here",
}
"""Statements of public xApps that make no item, and why."""
RATIOS = {"minPRB": "min", "maxPRB": "max"}
"""Bounds of a slice's part of the blocks, in per cent, in a list of ratios."""
RATIO = ("sst", "sd", "plmnid", *RATIOS)
"""What an entry of such a list may have."""
OF_FLOWS = ("qosId", "groupId")
"""Parts of a scope that narrow it to what the network's snapshot does not tell."""
SCOPE = ("ueId", "sliceId", "cellIdList", *OF_FLOWS)
ENFORCED, NOT_ENFORCED = "ENFORCED", "NOT_ENFORCED"
REASONS = {
    NOT_THERE: "SCOPE_NOT_APPLICABLE",
    NOT_READ: "STATEMENT_NOT_APPLICABLE",
}


def read_a1_policy(
    policy: Mapping[str, Any],
    snapshot: "TwinSnapshot",
    author: str,
    identities: Mapping[str, str] | None = None,
) -> ContextReport:
    """Report of an A1 policy.

    Parameters
    ----------
    policy : mapping
        Policy object: ``scope`` and statements.
    snapshot : TwinSnapshot
        The network.
    author : str
        ``role/name`` of who may set policies.
    identities : mapping
        Name in the snapshot of each standard identity; others are taken as names.
    """
    operation = field(policy, "operation") if isinstance(policy, Mapping) else None
    if isinstance(policy, Mapping):
        policy = _unwrapped(policy)
    made = Statements(policy, snapshot, author, identities or {})
    policy = made.content
    if not isinstance(policy, Mapping):
        made.refuse(policy, NOT_READ, "a policy must be an object")
        return made.report()
    if operation is not None and canonical(str(operation), OPERATIONS) is None:
        reason = f"operation {operation!r} is none of {', '.join(OPERATIONS)}"
        made.refuse(dict(policy), NOT_READ, reason)
        return made.report()
    scope = _scope(policy, made)
    users = _users(scope, made)
    cells = tuple(map(made.name, scope.get("cellIdList", [])))
    narrowed = [name for name in OF_FLOWS if name in scope]
    if narrowed and not users:
        made.refuse(scope, NOT_THERE, f"{narrowed[0]} alone names nobody known here")
    cells += _resource_cells(policy, made)
    if made.refused:
        return made.report()  # it would hold for more than it says
    is_read = _ratios(policy, made, (*cells, *users))
    for name in policy:
        if str(name).endswith(("Objectives", "Resources")) and not (
            canonical(str(name), (*STATEMENTS, *UNKNOWN))
        ):
            is_read = True
            made.refuse({name: policy[name]}, NOT_READ, f"{name!r} is not modelled")
    for name, reason in UNKNOWN.items():
        if field(policy, name) is not None:
            is_read = True
            made.refuse({name: field(policy, name)}, NOT_READ, reason)
    for statement in as_list(field(policy, "tspResources", [])):
        is_read = True
        if cells:
            made.refuse(statement, NOT_THERE, "whom a cell serves is not steered here")
        else:
            _steer(statement, users, made)
    for group, objectives in OBJECTIVES.items():
        statement = field(policy, group)
        for one in as_list(statement):
            is_read = True
            _objectives(one, objectives, cells, users, made, bool(narrowed))
    if not is_read:
        made.refuse(dict(policy), NOT_READ, "no statement of a known type")
    contradiction = _contradiction(made.items)
    if contradiction is not None:
        made.items.clear()
        made.refuse(dict(policy), NOT_READ, contradiction)
    return made.report()


def a1_status(report: ContextReport, is_feasible: bool = True) -> dict[str, str]:
    """Enforcement status of a policy.

    Parameters
    ----------
    report : ContextReport
        What was read from it.
    is_feasible : bool
        Whether an allocation that satisfies its items was certified.
    """
    if report.refused:
        because = str(report.refused[0].item.get("because"))
        reason = REASONS.get(because, "OTHER_REASON")
        return {"enforceStatus": NOT_ENFORCED, "enforceReason": reason}
    if not is_feasible or not report.items:
        return {"enforceStatus": NOT_ENFORCED, "enforceReason": "OTHER_REASON"}
    return {"enforceStatus": ENFORCED}


def _unwrapped(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """The policy itself, out of the messages that carry one."""
    for name in ENVELOPES:
        inner = field(policy, name)
        if isinstance(inner, str):
            try:
                inner = json.loads(inner)
            except (ValueError, RecursionError):
                continue
        if isinstance(inner, Mapping):
            return inner
    return policy


def _steer(statement: Any, users: tuple[str, ...], made: Statements) -> None:
    """Preference of the scope's users for the cells of a statement."""
    if not isinstance(statement, Mapping):
        made.refuse(statement, NOT_READ, "a tspResource must be an object")
        return
    word = canonical(str(field(statement, "preference", "")), PREFERENCES)
    cells = tuple(map(made.name, as_list(field(statement, "cellIdList", []))))
    if word is None or not cells:
        reason = f"must name cells and one of {', '.join(PREFERENCES)}"
        made.refuse(dict(statement), NOT_READ, reason)
        return
    made.add(dict(statement), Kind.ASSOCIATION_PREFERENCE, word, "", cells, users)


def _objectives(
    statement: Any,
    objectives: dict[str, tuple[Kind, str, float]],
    cells: tuple[str, ...],
    users: tuple[str, ...],
    made: Statements,
    is_of_flow: bool,
) -> None:
    if not isinstance(statement, Mapping):
        made.refuse(statement, NOT_READ, "objectives must be an object")
        return
    told = [canonical(str(spelling), objectives) for spelling in statement]
    twice = [name for name in told if name is not None and told.count(name) > 1]
    if twice:
        made.refuse(dict(statement), NOT_READ, f"{twice[0]} is told more than once")
        return
    for spelling, value in statement.items():
        unknown = canonical(str(spelling), UNKNOWN)
        if unknown is not None:
            made.refuse({spelling: value}, NOT_READ, UNKNOWN[unknown])
            continue
        name = canonical(str(spelling), objectives)
        amount = number(value)
        if name is None or amount is None or not amount >= 0:
            reason = f"{spelling!r} is no number of {', '.join(objectives)}"
            made.refuse({spelling: value}, NOT_READ, reason)
            continue
        kind, unit, size = objectives[name]
        if is_of_flow and kind is Kind.RATE_CAP:
            reason = f"{spelling!r} caps a flow, not the user"
            made.refuse({spelling: value}, NOT_READ, reason)
            continue
        made.add(dict(statement), kind, amount * size, unit, cells, users)


def _resource_cells(policy: Mapping[str, Any], made: Statements) -> tuple[str, ...]:
    """Cells to which the resources of a slice's policy narrow it."""
    found: tuple[str, ...] = ()
    for one in as_list(field(policy, "sliceSlaResources")):
        if not isinstance(one, Mapping):
            made.refuse(one, NOT_READ, "sliceSlaResources must be an object")
            continue
        cells = tuple(map(made.name, as_list(field(one, "cellIdList"))))
        if field(one, "taIList") is not None:
            made.refuse(dict(one), NOT_THERE, "tracking areas are not known here")
        elif not cells or len(one) > 1:
            reason = "sliceSlaResources must name cells by cellIdList and nothing else"
            made.refuse(dict(one), NOT_THERE, reason)
        found += cells
    return found


def _ratios(
    policy: Mapping[str, Any], made: Statements, scope: tuple[str, ...]
) -> bool:
    """Read parts of the blocks of slices; whether there were any."""
    nodes = [one for name in NODES for one in as_list(field(policy, name))]
    found = False
    for node in (policy, *nodes):
        if not isinstance(node, Mapping):
            continue
        for entry in as_list(field(node, "RRMPolicyRatioList")):
            found = True
            if field(node, "e2nodeid") is not None:
                reason = "the blocks of one node alone are not shared out here"
                made.refuse(entry, NOT_THERE, reason)
            elif scope:
                reason = "a part of the blocks holds in the whole network, in no scope"
                made.refuse(entry, NOT_THERE, reason)
            else:
                _ratio(entry, made)
    return found


def _ratio(entry: Any, made: Statements) -> None:
    """Items of one slice's least and greatest part of the blocks."""
    if not isinstance(entry, Mapping) or field(entry, "sst") is None:
        made.refuse(entry, NOT_READ, "a ratio must name its slice by sst and sd")
        return
    told = [canonical(str(spelling), RATIO) for spelling in entry]
    for spelling, key in zip(entry, told, strict=True):
        if key is None or told.count(key) > 1:
            reason = "told more than once" if key else f"none of {', '.join(RATIO)}"
            made.refuse(dict(entry), NOT_READ, f"{spelling!r} is {reason}")
            return
    name = made.name({part: field(entry, part) for part in ("sst", "sd")})
    slices = (name if name.startswith("slice:") else f"slice:{name}",)
    least, most = (number(field(entry, key)) for key in RATIOS)
    if least is not None and most is not None and least > most:
        made.refuse(dict(entry), NOT_READ, "minPRB must not exceed maxPRB")
        return
    for key, bound in RATIOS.items():
        value = field(entry, key)
        if value is None:
            continue
        part = number(value)
        if part is None or not 0 <= part <= 100:
            made.refuse(dict(entry), NOT_READ, f"{key} must be per cent, not {value!r}")
            continue
        made.add(
            dict(entry), Kind.SLICE_SHARE, part / 100, "1", users=slices, bound=bound
        )


def _contradiction(items: Sequence[ContextItem]) -> str | None:
    """Why statements of one policy, all of one scope, cannot hold together, or None."""
    parts: dict[tuple[tuple[str, ...], str | None], float] = {}
    floors, caps = [0.0], [inf]
    for item in items:
        value = item.value
        if not isinstance(value, float):
            continue
        if item.kind is Kind.SLICE_SHARE:
            key = (item.target.users, item.bound)
            if key in parts:
                return f"a bound of {', '.join(key[0])} is told more than once"
            parts[key] = value
        elif item.kind is Kind.RATE_FLOOR:
            floors.append(value)
        elif item.kind is Kind.LATENCY_BOUND:
            floors.append(DELAY_BITS / value)
        elif item.kind is Kind.RATE_CAP:
            caps.append(value)
    for (slices, bound), value in parts.items():
        if bound == "min" and value > parts.get((slices, "max"), 1.0):
            return f"minPRB of {', '.join(slices)} exceeds its maxPRB"
    least = [value for (_, bound), value in parts.items() if bound == "min"]
    if fsum(least) > 1 + SLACK:
        return "minPRB of all slices together exceeds 100 per cent"
    if max(floors) > min(caps) * (1 + SLACK):
        return (
            f"it takes at least {max(floors):g} bit/s and leaves at most {min(caps):g}"
        )
    return None


def _scope(policy: Mapping[str, Any], made: Statements) -> dict[str, list[Any]]:
    """Identities of a scope by canonical name; what is not understood is refused."""
    scope = field(policy, "scope")
    if scope is None:
        return {}
    if not isinstance(scope, Mapping):
        made.refuse(scope, NOT_THERE, "a scope must be an object")
        return {}
    found: dict[str, list[Any]] = {}
    for spelling, value in scope.items():
        name = canonical(str(spelling), SCOPE)
        if name is None:
            reason = f"{spelling!r} is none of {', '.join(SCOPE)}"
            made.refuse(dict(scope), NOT_THERE, reason)
        elif value is not None:
            found[name] = found.get(name, []) + as_list(value)
    empty = [name for name in found if not found[name]]
    if empty or (scope and not found):
        names = ", ".join(empty) or "the scope"
        made.refuse(dict(scope), NOT_THERE, f"{names} names nobody")
    return found


def _users(scope: Mapping[str, list[Any]], made: Statements) -> tuple[str, ...]:
    """Users of a scope, who must be in its slices; without users its slices."""
    users = tuple(dict.fromkeys(map(made.name, scope.get("ueId", []))))
    names = map(made.name, scope.get("sliceId", []))
    slices = tuple(n if n.startswith("slice:") else f"slice:{n}" for n in names)
    for name in users:
        if name.startswith("slice:"):
            made.refuse(dict(scope), NOT_THERE, f"{name!r} is a slice and no user")
        elif slices and not is_in_slices(name, slices, made.snapshot):
            reason = f"{name!r} is not in {', '.join(slices)}"
            made.refuse(dict(scope), NOT_THERE, reason)
    return users or slices


def as_list(value: Any) -> list[Any]:
    """A list, also of a single value."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]

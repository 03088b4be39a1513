"""Names of standard formats, read whatever their published spelling.

The schemas of O-RAN A1 and 3GPP TS 28.312 contradict themselves and carry slips; what
is written is always the spelling of the tables below.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

SLIPS = {
    "successprobility": "successProbability",
    "expectaitonid": "expectationId",
    "notfullfilledstate": "notFulfilledState",
    "fullfilled": "FULFILLED",
    "notfullfilled": "NOT_FULFILLED",
    "prefered": "PREFER",
    "preferred": "PREFER",
    "forbidden": "FORBID",
    "shallnot": "FORBID",
    "isequalorgreaterthan": "IS_EQUAL_TO_OR_GREATER_THAN",
    "isgreaterthanorequalto": "IS_EQUAL_TO_OR_GREATER_THAN",
    "isequalorlessthan": "IS_EQUAL_TO_OR_LESS_THAN",
    "islessthanorequalto": "IS_EQUAL_TO_OR_LESS_THAN",
    "iswithintherange": "IS_WITHIN_RANGE",
    "cellid": "cellIdList",
    "cellidlist": "cellIdList",
    "ueids": "ueId",
    "ueidlist": "ueId",
    "sliceids": "sliceId",
    "sliceidlist": "sliceId",
    "cellids": "cellIdList",
    "tspresource": "tspResources",
    "resources": "tspResources",
    "trafficsteeringpreference": "tspResources",
    "qosobjective": "qosObjectives",
    "statement": "qosObjectives",
    "slicesla": "sliceSlaObjectives",
    "slicesslaobjectives": "sliceSlaObjectives",
    "uelevelobjective": "ueLevelObjectives",
    "blockingrate": "blocking_rate",
    "dlthptperueid": "DlThptPerUE",
    "dlthptperuetarget": "DlThptPerUE",
    "avedlranuethpttarget": "AveDLRANUEThpt",
    "dllatencytarget": "DlLatency",
    "rrmpolicyratio": "RRMPolicyRatioList",
    "rrmpolicyminratio": "minPRB",
    "rrmpolicymaxratio": "maxPRB",
    "intentexpectation": "intentExpectations",
    "expectationtarget": "expectationTargets",
    "expectationcontext": "expectationContexts",
    "intentcontext": "intentContexts",
    "targetcontext": "targetContexts",
    "objectcontext": "objectContexts",
    "maxnumberofpdusessons": "maxNumberOfPduSessions",
    "lessthan": "IS_LESS_THAN",
    "greaterthan": "IS_GREATER_THAN",
    "lessthanorequalto": "IS_EQUAL_TO_OR_LESS_THAN",
    "greaterthanorequalto": "IS_EQUAL_TO_OR_GREATER_THAN",
    "uegroupcontext": "UEGroup",
    "snssaicontext": "sNssai",
    "targetassurancetimecontext": "TargetAssuranceTime",
    "coverageareapolygoncontext": "CoverageAreaPolygon",
    "coveragearea": "CoverageAreaPolygon",
    "ratcontext": "RAT",
    "plmncontext": "PLMN",
    "targetvalue": "targetValueRange",
}
"""Slips and old spellings seen in published schemas and examples, by their letters."""


def letters(name: str) -> str:
    """Letters and digits of a name in lower case: what all spellings share."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def canonical(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that a spelling stands for, or None."""
    key = letters(name)
    by_letters = {letters(one): one for one in known}
    slip = SLIPS.get(key)
    if slip is not None and letters(slip) in by_letters:
        return by_letters[letters(slip)]
    return by_letters.get(key)


def field(content: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """Value of a field in whatever spelling it stands."""
    if name in content:
        return content[name]
    for spelling, value in content.items():
        if canonical(str(spelling), (name,)) == name:
            return value
    return default

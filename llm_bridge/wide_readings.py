"""What a sentence with one value says by the dimension of that value.

A speed of a user, a delay of a slice or a power of a cell is of one kind whatever the
words around it, if these do not tell of a state. Read where no rule by words did.
"""

import re

from llm_bridge.clause import FIRST_PERSON, Clause
from llm_bridge.context_report import Kind
from llm_bridge.failing import FAILS_BELOW
from llm_bridge.quantities import Quantity
from llm_bridge.reading import Reading
from llm_bridge.spectrum_readings import ENERGY, SHARED
from llm_bridge.stance import LOWER_DENIED, UPPER_DENIED

_STATE = re.compile(
    r"\b(?:measur\w+|currently|at the moment|right now|shows?|showed|reports?|reported|"
    r"averag\w*|observ\w*|logged|nominal|rated|data ?sheet|installed|used to|was|were|"
    r"had|jumped|rose|climbed|dropped|fell|reads?|reading|consum\w+|draws?|capable|"
    r"spec\w*|since|has \d\S*|battery|rectifier|eirp|erp|backhaul|fib(?:re|er)|"
    r"speed ?test|reaches|"
    r"raise[ds]?|increase[ds]?|boost\w*|too (?:little|much|low|high)|instead of|"
    r"complain\w*|until then|mains|survives|jok\w+|go back|only gets?|is getting|"
    r"gets only|delivers?|achiev\w*|why|wonder\w*)\b"
)
"""What tells how it is, not how it shall be."""
_ORDER = re.compile(
    r"\b(?:please|pls|plz|kindly|must|shall|should|has to|have to|may (?:not|only)|"
    r"never|always|keep|make|i'd like|we'd like|want|until|as of|from now|floor|"
    r"ceiling|hence|allowed|would you|could you|can you)\b"
)
"""What asks for something; a time of day tells as well that a value is no state."""
_AT_LEAST = re.compile(
    r"\b(?:at (?:the )?(?:very )?least|min(?:imum)?|floor|lower (?:limit|bound|end)|"
    r"needs?|needed|requir\w*|guarant\w*|ensur\w*|assur\w*|reserv\w*|entitled|"
    r"must (?:be there|have|get|see|receive|reach)|belongs? to|set aside|secure|"
    r"(?:that|this|which) is what (?:it|he|she|they|we|i) needs?|"
    r"cannot do with less|can't do with less|not a bit less)\b"
)
_AT_MOST = re.compile(
    r"\b(?:at (?:the )?(?:very )?most|max(?:imum)?|ceilings?|caps?|capped|lid|upper "
    r"(?:limit|bound|end)|throttl\w*|limit\w*|restrict\w*|(?:held|hold|holds|cut|slow|"
    r"bring|down|back|squeeze|trim)\w* (?:\w+ )?(?:down )?(?:to|at)|"
    r"is (?:the|as) (?:most|much|far)\b|(?:as|the) (?:much|far|most) (?:as|that)|"
    r"(?:that|this)(?:'s| is) (?:all|enough|plenty)|no faster|not a bit more|"
    r"is enough|are enough|will do|make do|has to do|greedy|hog\w*|chok\w+|tops)\b"
)
_GAINS = re.compile(
    r"\b(?:richer|gains?|up|extra|additional|more|on top|bonus|use of|gets?|receives?|"
    r"granted|given|wider|widened|plus|grows?|borrows?|inherits?|takes over|may use|"
    r"awarded)\b|\+"
)
_LOSES = re.compile(
    r"\b(?:poorer|down|loses?|less|fewer|back|gives? up|without|minus|narrower|"
    r"shrinks?|"
    r"cedes?|withdrawn|surrenders?|donates?|lends?|reclaim\w*|strip\w*)\b"
)
_DEMAND = re.compile(
    r"\b(?:traffic|load|demand|usual\w*|normal\w*|regular|average|volume|data|crowd|"
    r"visitors|people|busy|carry|carries|as much)\b"
)
_CRAFT = re.compile(r"\b(?:drones?|uavs?|laps?|balloons?|platforms?|aerial|flying)\b")
_POWER = re.compile(r"\b(?:power|output|limit|pwr)\b")
_DOWN_TO = re.compile(r"\b(?:down|falls?|drops?|sinks?|back) to (?:about )?$")
_OF_USUAL = re.compile(
    r" (?:load |traffic |demand )?(?:of|than) (?:the |its |what )?(?:normal|usual\w*|"
    r"ordinary|average|regular)\b"
)
_HIGHER = re.compile(r" (?:higher|more|up|above|on top|extra|additional)\b")
_UP_BY = re.compile(r"\b(?:up|rises?|grows?|climbs?|increases?) (?:by )?(?:about )?$")
_SAVES = re.compile(r"\b(?:sav\w+|less|off|minus|cut|trim|reduc\w*|lower|down)\b|-")


def wide_readings(one: Clause) -> list[Reading]:
    """What a clause with one value says by its dimension, or nothing."""
    values = [
        q
        for q in one.quantities
        if q.dimension not in ("", "m") and not (q.dimension == "s" and q.value >= 60)
    ]
    if len({(q.dimension, q.value) for q in values}) != 1 or one.has(_STATE):
        return []
    if not one.when(0.0).is_named and not one.has(_ORDER):
        return []
    value = values[0]
    is_of_user = bool(one.names("user")) or one.has(FIRST_PERSON)
    if value.dimension == "mm/h":
        return [Reading(Kind.WEATHER, value.value, "mm/h", dimension="mm/h")]
    if value.dimension == "s" and value.size <= 1e-3 and is_of_user:
        kind = Kind.LATENCY_BOUND
        return [Reading(kind, value.value, "s", needs="some", dimension="s")]
    if value.dimension == "bit/s" and is_of_user:
        way = _way(one)
        if way is None:
            return []
        kind = Kind.RATE_FLOOR if way == "min" else Kind.RATE_CAP
        return [Reading(kind, value.value, "bit/s", needs="some", dimension="bit/s")]
    if value.dimension == "W" and one.names("cell") and value.value >= 1e-3:
        kind = Kind.POWER_LIMIT
        return [Reading(kind, value.value, "W", needs="cells", dimension="W")]
    if value.dimension == "Hz" and one.names("cell"):
        return _bandwidth(one, value)
    if value.dimension in ("%", "part", "factor"):
        return _part(one, value)
    return []


def _way(one: Clause) -> str | None:
    """Whether a clause bounds from below or from above; None where it is not clear."""
    low = one.has(_AT_LEAST) or one.has(FAILS_BELOW) or one.has(LOWER_DENIED)
    high = one.has(_AT_MOST) or one.has(UPPER_DENIED)
    return None if low == high else "min" if low else "max"


def _bandwidth(one: Clause, value: Quantity) -> list[Reading]:
    """Spectrum that cells gain or lose."""
    gains, loses = one.has(_GAINS), one.has(_LOSES)
    if value.signed:
        gains, loses = value.value > 0, value.value < 0
    if gains == loses or value.value > 5e8 or one.band() is not None:
        return []
    size = abs(value.value) if gains else -abs(value.value)
    return [Reading(Kind.SPECTRUM_GRANT, size, "Hz", needs="cells", dimension="Hz")]


def _part(one: Clause, value: Quantity) -> list[Reading]:
    """Part of the blocks, of the energy, or of the usual demand."""
    slices = [name for name in one.names("user") if name.startswith("slice:")]
    if one.has(SHARED) and len(slices) == 1 and value.value <= 1 and _way(one):
        kind = Kind.SLICE_SHARE
        return [
            Reading(kind, value.value, "1", _way(one), needs="users", dimension="%")
        ]
    if one.has(ENERGY) and value.dimension != "factor" and one.has(_SAVES):
        return [Reading(Kind.ENERGY_SAVING, abs(value.value), "1", dimension="%")]
    if value.dimension == "factor" and (one.has(_DEMAND) or _is_times(one, value)):
        kind = Kind.TRAFFIC_SURGE
        return [Reading(kind, value.value, "1", needs="some", dimension="factor")]
    if one.has(_DEMAND) and not (one.has(_POWER) or one.has(ENERGY) or one.has(SHARED)):
        factor = _level(one, value)
        kind = Kind.TRAFFIC_SURGE
        made = Reading(kind, factor or 0.0, "1", needs="some", dimension="factor")
        return [made] if factor else []
    return []


def _is_times(one: Clause, value: Quantity) -> bool:
    """Whether a factor is written as one, at cells: ``x3.2 at M4C``."""
    words = one.text.plain[slice(*value.span)]
    is_alone = bool(one.names("cell")) and not one.names("user")
    is_alone = is_alone and value.value != 1 and not _CRAFT.search(one.text.plain)
    return is_alone and re.match(r"x ?\d|\d[\d.]* ?x$|times", words) is not None


def _level(one: Clause, value: Quantity) -> float | None:
    """Factor on the demand that a part of it stands for, or None."""
    before = one.text.plain[one.span[0] : value.span[0]]
    after = one.text.plain[value.span[1] : one.span[1]]
    if _DOWN_TO.search(before) or _OF_USUAL.match(after):
        return value.value
    if _HIGHER.match(after) or _UP_BY.search(before):
        return 1 + value.value
    return None

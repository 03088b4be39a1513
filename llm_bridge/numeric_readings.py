"""What a clause says in numbers: rates, delays, powers, spectrum, shares, demand."""

import re
from collections.abc import Callable

from llm_bridge.clause import FIRST_PERSON, Clause
from llm_bridge.context_report import Kind
from llm_bridge.failing import FAILS_BELOW
from llm_bridge.quantities import Quantity
from llm_bridge.reading import Reading
from llm_bridge.spectrum_readings import ENERGY, SHARED, energy, share, spectrum
from llm_bridge.stance import UPPER_DENIED

_TRAFFIC = re.compile(
    r"\b(?:traffic|load|demand|volume|usage|data|throughput demand|surge|spike|crowds?|"
    r"carry|carries|attendance|peaks?|rush|sessions?|calls|subscribers|uplink load|"
    r"downlink load|requests?|utili[sz]ation|busy|busier|capacity need|"
    r"people|visitors|fans|spectators|users)\b"
)
_MORE = re.compile(
    r"\b(?:increas\w*|up|ris(?:e|es|ing)|rise|grow\w*|more|higher|climb\w*|jump\w*|"
    r"extra|plus|adds?|"
    r"additional|surg\w*|spik\w*|above|gain\w*|rose|grew|swell\w*|heavier|rais\w*|"
    r"boost\w*)\b|\+"
)
_LESS = re.compile(
    r"\b(?:decreas\w*|fewer|down|drop\w*|fall\w*|fell|less|lower\w*|declin\w*|reduc\w*|"
    r"shrink\w*|below|halv\w*|lighter|attenuat\w*|weaken\w*|cut\w*|back(?:ing)? off|"
    r"turn(?:ed)? down|dim\w*|trim\w*|save|saving|dip\w*)\b|\bbacked off\b"
)
_WORD_BEHIND = re.compile(r" (?:of )?([a-z]+)")
_COMPARED = re.compile(
    r"\b(?:than|below|above|under|over) (?:the |our |we |what )?(?:forecast\w*|"
    r"expect\w*|plan\w*|predict\w*|thought|last|yesterday|capacity)\b|"
    r"\b(?:that|those) of\b|\b(?:normally|usually|typically) (?:is|has|sees|gets|runs|"
    r"carries)\b"
)
_LEVEL = re.compile(
    r" ?(?:of |the )?(?:the |its |their |what (?:is|it|they|"
    r"that cell) )?(?:normal(?:ly)?|usually|usual|average|typical|ordinary|"
    r"regular|baseline)\b"
)
_EXTRA = re.compile(r" (?:more|extra|additional|higher|less|fewer|lower)\b")
_TO = re.compile(r"\b(?:to|at|with|on) (?:about |only |just |around )?$")
_BY = re.compile(r"\bby (?:about |some |around |another |a |an )?$")
_POWER = re.compile(
    r"\b(?:power|pwr|transmit\w*|tx|output|radiat\w*|watts?|amplifier|carrier power|"
    r"emission)\b"
)
_LIMIT_POWER = re.compile(
    r"\b(?:limit\w*|cap\w*|p?max\w*|at most|reduc\w*|lower\w*|cut|drop|bring|down|turn|"
    r"below|under|ceiling|restrict\w*|run\w*|set|keep|stay\w*|operat\w*|"
    r"back off|go to|only|throttl\w*|dim|up to|within|dial|hold|use|"
    r"transmit(?! powers?\b)|"
    r"radiate|allowed|permitted|bound)\b|<|\bto (?=\d)|(?:[-=]>|[\u2192\u21d2]) ?(?=\d)"
)
_FROM = re.compile(
    r"\b(?:from|starting|effective|as of) (?:today |tomorrow )?\d|\buntil f"
)
_BACK_TO = re.compile(r"\b(?:back|return\w*|restor\w*|reset)(?: \w+)? (?:to|at) $")
_RAISED = re.compile(r"\b(?:increas|rais|boost)\w*\b")
_STATE = re.compile(
    r"\b(?:currently|at the moment|right now|presently|by design|nominal|rated|"
    r"normally|usually|specified|data ?sheet|installed)\b"
)
_OCCASION = re.compile(
    r"\b(?:market|marathon|concert|festival|fair|parade|match|derby|event|show)\b"
)
_EXPECTED = re.compile(r"\b(?:expect\w*|forecast\w*)\b")
_DEGRADED = re.compile(
    r"\b(?:limp\w*|degraded|struggl\w*|achiev\w*|delivers?|since the|pa fault|"
    r"weak\w*|only (?:has|reaches|gets))\b"
)
"""What is said of a radio that cannot do more."""
_NO_TRANSMITTER = re.compile(
    r"\b(?:consum\w*|draws?|battery|batteries' capacity|rectifier|psu|rsrp|rssi|"
    r"sinr|snr|signal|received|"
    r"measured|reading|noise floor|eirp|erp|sensitivity|generator|diesel|solar|"
    r"heater|lamp|charger)\b"
)
_PROTECT = re.compile(
    r"\b(?:interfer\w*|aggregate|earth station|satellite|incumbents?|dish|telescope|"
    r"observatory|protected?|protection|receivers?|radio astronomy|fixed service|"
    r"ground station|into the|leakage)\b"
)
_ALLOWED = re.compile(
    r"\b(?:limit\w*|budget|at most|max\w*|accepts?|tolerat\w*|protect\w*|keep\w*|"
    r"stays?|"
    r"remain\w*|below|under|not|nothing|nobody|no more|shrinks?|allow\w*|down to|"
    r"within|ceiling|cap\w*|exceed|must|at or)\b|<"
)
_TIME_WORDS = re.compile(
    r"(?:[\W\d_]|\b(?:from|to|until|till|til|between|and|at|on|in|the|same|period|"
    r"hours?|"
    r"time|during|that|for|each|both|cells?|sectors?|today|tomorrow|tonight|\w+day|"
    r"morning|afternoon|evening|night|noon|midnight|am|pm|utc|h)\b)*"
)
"""Words that only say where or when."""
_RATE_STATE = re.compile(
    r"\b(?:backhaul|fibre|fiber|link|measured|data ?sheet|brochure|catalogue|"
    r"specification|speed ?test|currently|reports?|"
    r"reported|shows?|showed|microwave|got only|(?:break|stall|freez|stutter|fail|"
    r"suffer|collaps)\w* (?:below|under)|"
    r"observed|averag\w*|delivered|logged|uplink port)\b"
)
_IN_ONE_BREATH = re.compile(
    r"(?: min\w*| at least)?(?:,| and| with| at| plus| /| &)+ (?:a |max(?:imum)? |"
    r"at (?:the )?most |within |under |below )?"
)
_LATENCY = re.compile(
    r"\b(?:latenc\w*|delays?|response times?|reaction times?|round[- ]trip|rtt|"
    r"lags?|ping|pdb|packet delay|end-to-end|e2e|deadline|respond|answers?)\b"
)
_BOUNDED = re.compile(
    r"\b(?:must|under|below|at most|max\w*|within|needs?|requir\w*|limit\w*|"
    r"less than|bound|"
    r"target|guarant\w*|keep|hold|stay|cap\w*|budget|ceiling|tolerat\w*|ensure|"
    r"demands?|"
    r"wants?|should|shall|pdb|has to|have to|always|or (?:better|less|faster|lower|"
    r"quicker)|no worse than)\b|<"
)
_RAIN = re.compile(
    r"\b(?:rain\w*|snow\w*|shower\w*|drizzl\w*|hail\w*|storm\w*|precip\w*|"
    r"cloudburst\w*|downpour\w*|pour\w*|thunder\w*|wet|weather|monsoon|sleet)\b"
)
"""Words for what falls; without any in the text, mm/h say so alone."""
_MOVING = re.compile(
    r"\b(?:users?|ues|vehicles?|cars?|trains?|trams?|bus(?:es)?|passengers?|"
    r"pedestrians?|cyclists?|traffic|everybody|everyone)\b"
)
_SPEED_RULE = re.compile(
    r"\b(?:brak\w*|speed limit|speed trap|allowed|fined?|road ?sign|slows? down)\b"
)
_MOVES = re.compile(
    r"\W*(?:(?:he |she |they |it )?(?:moves?|drives?|travels?|rides?|walks?)|driving|"
    r"walking|cycling|riding|travell?ing|running|jogging|sailing)\b"
)
"""Words for whoever was just named."""
_CAPABLE = re.compile(r"\b(?:can|could|able to|capable of|top speed)\b")
_GAUGE = re.compile(r"\b(?:sensors?|instruments?|noise|resolution|accuracy)\b")
_ABROAD = re.compile(
    r"\b(?:neighbou?ring|elsewhere|abroad|(?:another|the (?:next|other)) (?:city|"
    r"county|"
    r"region|valley|country|district)|here (?:the sun|it is dry|it's dry|nothing)|"
    r"not (?:here|us|our area)|far away|far from)\b"
)
_WIND = re.compile(r"\b(?:wind\w*|gusts?|gale|storm|breeze|fan speed)\b")


def surge(one: Clause) -> list[Reading]:
    """Demand multiplied."""
    is_event = (one.has(_OCCASION) or one.has(_EXPECTED)) and any(
        q.signed or q.dimension == "factor" for q in one.of("%", "factor")
    )
    if not (one.has(_TRAFFIC) or is_event or _is_bare_rise(one)) or (
        one.has(SHARED) and one.names("user")
    ):
        return []
    if one.has(ENERGY) or one.has(_POWER):
        return []
    if one.has(_COMPARED):
        return []
    factor = _factor(one)
    if factor is None:
        return []
    return [Reading(Kind.TRAFFIC_SURGE, factor, "1", needs="some", dimension="factor")]


def _is_bare_rise(one: Clause) -> bool:
    """Whether a clause is cells, a rise in per cent and a time: ``M1A: +50 %``."""
    rise = one.only("%")
    if rise is None or not rise.signed or rise.value <= 0 or not one.names("cell"):
        return False
    low, high = (place - one.span[0] for place in rise.span)
    return _TIME_WORDS.fullmatch(one.unnamed[:low] + one.unnamed[high:]) is not None


def _factor(one: Clause) -> float | None:
    """Factor on the demand that a clause states."""
    found = one.only("factor", "%", "part")
    if found is None:
        return None
    if found.dimension == "factor":
        if one.has(_LESS) and not one.has(_MORE) and found.value > 1:
            return None
        return found.value
    before = one.text.plain[one.span[0] : found.span[0]]
    after = one.text.plain[found.span[1] : one.span[1]]
    is_level = _LEVEL.match(after)
    if is_level:
        return found.value
    if found.dimension == "part" and not re.search(
        r"\b(?:by|third|quarter|half)\b", before + "half"
    ):
        return None
    if _TO.search(before) and not _EXTRA.match(after):
        return None  # a utilisation, such as: load at 80 %
    if found.signed:
        return 1 + found.value
    if one.has(_LESS) and one.has(_MORE):
        beside = _WORD_BEHIND.match(after)
        is_less = beside is not None and _LESS.match(beside[1])
        is_more = beside is not None and _MORE.match(beside[1])
        if bool(is_less) == bool(is_more):
            return None
        return 1 - found.value if is_less else 1 + found.value
    if one.has(_LESS) and not one.has(_MORE):
        return 1 - found.value if found.value <= 1 else None
    return 1 + found.value if one.has(_MORE) else None


def rate(one: Clause) -> list[Reading]:
    """Floors and caps of rates."""
    found = one.only("bit/s")
    if found is None:
        return (
            []
            if one.has(_RATE_STATE)
            else [
                Reading(kind, quantity.value, "bit/s", needs="some", dimension="bit/s")
                for quantity, bound in one.both_bounds("bit/s")
                for kind in ((Kind.RATE_FLOOR if bound == "min" else Kind.RATE_CAP),)
            ]
        )
    bound = one.bound(found)
    if bound is None or one.has(_RATE_STATE):
        return []
    fails = one.has(FAILS_BELOW)
    kind = Kind.RATE_FLOOR if bound == "min" or fails else Kind.RATE_CAP
    made = [Reading(kind, found.value, "bit/s", needs="some", dimension="bit/s")]
    delay = delay_beside(one)
    if delay is None or kind is not Kind.RATE_FLOOR:
        return made
    return [
        *made,
        Reading(Kind.LATENCY_BOUND, delay.value, "s", needs="some", dimension="s"),
    ]


def delay_beside(one: Clause) -> Quantity | None:
    """Delay that is asked for in one breath with a rate: ``5 Mbit/s and 20 ms``."""
    rates, delays = one.of("bit/s"), [q for q in one.of("s") if q.size <= 1e-3]
    if len(rates) != 1 or len(delays) != 1:
        return None
    between = one.text.plain[rates[0].span[1] : delays[0].span[0]]
    return delays[0] if _IN_ONE_BREATH.fullmatch(between) else None


def latency(one: Clause) -> list[Reading]:
    """Bounds on delays."""
    found = [q for q in one.of("s") if q.value < 60]
    speaks = one.has(_LATENCY) or (
        len(found) == 1
        and found[0].size <= 1e-3
        and (bool(one.names("user")) or one.has(FIRST_PERSON))
    )
    if len(found) != 1 or not speaks or not _is_bounded(one):
        return []
    return [
        Reading(Kind.LATENCY_BOUND, found[0].value, "s", needs="some", dimension="s")
    ]


def _is_bounded(one: Clause) -> bool:
    return one.has(_BOUNDED) or one.has(UPPER_DENIED)


def power(one: Clause) -> list[Reading]:
    """Limits of transmit power, in W or as a factor."""
    if (one.has(_PROTECT) and not one.names("cell")) or one.has(_NO_TRANSMITTER):
        return []
    found = one.only("W")
    if found is not None:
        if one.has(_STATE):
            return []
        if _BACK_TO.search(one.text.plain[one.span[0] : found.span[0]]):
            return []
        if one.has(_RAISED) and one.bound(found) != "max":
            return []
        is_limit = one.has(_LIMIT_POWER) or one.has(UPPER_DENIED) or _is_valid(one)
        if not is_limit or found.value < 1e-3:
            return []
        if one.bound(found) == "min" and not one.has(re.compile(r"\bto\b|\bat\b")):
            return []
        band = one.band()
        return [
            Reading(
                Kind.POWER_LIMIT, found.value, "W", needs="" if band else "cells",
                band=band[0] if band else None, dimension="W",
            )
        ]  # fmt: skip
    return _power_factor(one)


def _is_valid(one: Clause) -> bool:
    """Whether a value has a time from or until which it holds: then it is an order."""
    time = one.when(0.0)
    is_open = _FROM.search(one.plain) is not None
    return not time.is_unclear and (time.end is not None or is_open)


def _power_factor(one: Clause) -> list[Reading]:
    """Power as a factor: ``by 3 dB``, ``half power``, ``to 80 %``."""
    if one.has(ENERGY) or one.has(_DEGRADED):
        return []
    decibel = one.only("dB")
    if decibel is not None and decibel.value != 0:
        is_less = one.has(_LESS) or decibel.value < 0
        if not is_less or one.has(
            re.compile(r"\brais\w*|\bincreas\w*|\bboost\w*|\bup\b")
        ):
            return []
        factor = 10 ** (-abs(decibel.value) / 10)
        return [Reading(Kind.POWER_LIMIT, factor, "1", needs="cells", dimension="dB")]
    part = one.only("%", "part", "factor")
    if part is None or not one.has(_POWER) or part.value > 1:
        return []
    before = one.text.plain[one.span[0] : part.span[0]]
    after = one.text.plain[part.span[1] : one.span[1]]
    if one.has(
        re.compile(r"\brais\w*|\bincreas\w*|\bboost\w*|\bmore\b")
    ) and not one.bound(part):
        return []
    if part.dimension == "factor":
        return [
            Reading(Kind.POWER_LIMIT, part.value, "1", needs="cells", dimension="%")
        ]
    if _BY.search(before) or re.match(r" (?:less|lower|reduction|off)\b", after):
        factor = 1 - part.value
    elif (
        _TO.search(before)
        or re.match(
            r" (?:of )?(?:the |its |their |full |max\w* |nominal |transmit |tx |"
            r"output )*(?:power|output)",
            after,
        )
        or one.has(_LIMIT_POWER)
    ):
        factor = part.value
    else:
        return []
    return [Reading(Kind.POWER_LIMIT, factor, "1", needs="cells", dimension="%")]


def protection(one: Clause) -> list[Reading]:
    """Aggregate interference allowed at protected receivers."""
    found = one.only("W")
    if found is None or found.value > 1e-3:
        return []
    if not one.has(_PROTECT) and not one.names("receiver"):
        return []
    if one.has(_STATE) or not (one.has(_ALLOWED) or _is_valid(one)):
        return []
    band = one.band()
    return [
        Reading(
            Kind.PROTECTION, found.value, "W", band=band[0] if band else None,
            cells=(), users=(), dimension="W",
        )
    ]  # fmt: skip


def weather(one: Clause) -> list[Reading]:
    """Rain rates."""
    found = one.of("mm/h")
    if not found or one.has(_GAUGE) or one.has(_ABROAD):
        return []
    if not one.has(_RAIN) and _RAIN.search(one.text.plain):
        return []
    if one.names("cell") and "gauge" in one.plain:
        return []
    value = found[0].value if len(found) == 1 else 0.0
    if len(found) > 1 or (not value and not one.has(_RAIN)):
        return []
    return [Reading(Kind.WEATHER, value, "mm/h", cells=(), users=(), dimension="mm/h")]


def mobility(one: Clause) -> list[Reading]:
    """Typical speeds of users."""
    one = one.outright()
    found = one.only("m/s")
    if found is None or any(map(one.has, (_WIND, _SPEED_RULE, _CAPABLE))):
        return []
    named = one.names("user") or one.names("unknown") or one.has(_MOVES)
    if not named and not one.has(_MOVING) and not one.has(FIRST_PERSON):
        return []
    return [Reading(Kind.MOBILITY, found.value, "m/s", needs="some", dimension="m/s")]


NUMERIC: tuple[Callable[[Clause], list[Reading]], ...] = (
    protection, power, rate, latency, spectrum, share, energy, surge, weather, mobility,
)  # fmt: skip
"""Readings by quantity."""

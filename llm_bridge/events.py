"""What a clause reports or asks without a number: faults, works, radars, steering."""

import re
from collections.abc import Callable

from llm_bridge.clause import Clause
from llm_bridge.context_report import Kind
from llm_bridge.faults import DENIED_CUES, OFF, SLEEP, WORKS, is_cut_off, outage
from llm_bridge.number_words import NUMBER, number
from llm_bridge.reading import Reading
from llm_bridge.stance import masked
from llm_bridge.steering import AVOID, FORBID, NO_OTHER, PREFER, QUARANTINE, steering

_RADAR = re.compile(
    r"\b(?:radars?|awacs|sonde radar|radiolocation|radiodetermination)\b"
)
_ACTIVE = re.compile(
    r"\b(?:activ\w*|on air|operat\w*|sweep\w*|transmit\w*|illuminat\w*|scan\w*|"
    r"exercis\w*|cross\w*|"
    r"test\w*|emit\w*|occup\w*|us(?:e|es|ing)|track\w*|pass\w*|calibrat\w*|runs?|"
    r"running|"
    r"expected|starts?|begins?|switch\w* on|measur\w*|on from|will be|announce\w*|"
    r"trial|blank\w*|"
    r"flyover|approach\w*|maneuv\w*|manoeuv\w*|drill|detected|pulses|vacate|clear|"
    r"protect)\b"
)
_RADAR_OFF = re.compile(
    r"\b(?:gone|passed|left|silent|quiet|inactive|idle|switched off|turned off|is off|"
    r"goes off|shut down)\b"
)
_NO_RADAR = re.compile(r"\b(?:display|picture|image|app|rain radar|gun|trap|speed)\b")
"""What is called radar and sends nothing into our bands."""
_OFF_LATER = re.compile(
    r"\b(?:go(?:es)?|falls?|turns|will be|is) (?:quiet|silent|idle|inactive|off)"
    r"(?: again)? (?:at|by|from|after) (?:\d|\w+ o'clock|noon|midnight|half|quarter)"
)
"""When a radar that is heard will not be heard any more."""
_KEEPERS = re.compile(
    r"\b(?:base|navy|military|air ?force|army|tower|port|harbou?r|airport|airfield|"
    r"coast ?guard|range|sergeant|officer|ministry|authority|squadron|observatory|"
    r"regiment|pilots?|controllers?|they|vts|marina|agency|institute) "
    r"(?:says?|said|tells? (?:us|me)|told (?:us|me)|insists?|swears?)\b"
)
"""Those who run radars."""
_ON_AIR = re.compile(r"\b(?:back on (?:the )?air|up and running(?: again)?)\b")
_FORECAST = re.compile(
    r"\b(?:forecast\w*|gauge|service|office|bureau|desk|institute|report|hydrologists?|"
    r"meteorologists?|weather\w*|observatory|radar|met\w*|station|model|page|app|"
    r"paper|website|(?:storm )?warning) "
    r"(?:says?|said|thinks?|reckons?|believes?|tells (?:us|me)|told (?:us|me))\b"
)
"""Those who are asked about the weather."""
_ORDER = re.compile(r"\b(?:isolate|quarantine|lock (?:out|away|up)|block)\b(?! for)")
_STOLEN = re.compile(
    r"(?<!sims )(?<!cards )(?<!phones )(?<!sim )(?<!were )(?<!was )\bstolen\b"
)
"""What happens to cables and ladders at a cell; to a user it is its terminal."""
_WITHIN = re.compile(
    r"\b(?:in|inside|within|around|near|under|at)(?: the)?(?: (?:cells?|sites?|"
    r"sectors?|area "
    r"of|coverage of))? m?\w*\d[a-z]?\b"
)
_SWITCH_OFF = re.compile(
    r"\b(?:switch\w*|turn\w*|shut\w*|power\w*|tak\w*|deactivat\w*|mut\w*)\b[^,;]{0,"
    r"30}?\b(?:off|down|deactivat\w*)\b"
)
_SAVING = re.compile(
    r"\b(?:energy|sav\w+ electricity|save power|saving|quiet hours|low traffic|"
    r"low load|"
    r"green)\b"
)
_IS_OFF = re.compile(rf"{OFF.pattern}|\boff\b")
_TO_SAVE = re.compile(
    r"\b(?:save|saving|saves) (?:some )?(?:energy|electricity|power)\b"
)
_AT_NIGHT = re.compile(r"\bnight mode\b|\bsav\w+ [\d.,]+ ?[km]wh\b")
_CRAFT = (
    r"(?:drones?(?: (?:cells?|relays?|units?|base stations?))?|uavs?(?: cells?)?|laps?|"
    r"(?:aerial|airborne|flying|hovering|balloon|tethered) (?:relays?|cells?|"
    r"repeaters?|nodes?|units?|masts?|(?:base )?stations?|bs|drones?|balloons?|"
    r"platforms?)|balloons?|aerostats?|airships?|blimps?|quadcopters?|haps|"
    r"cells? on wings)\b"
)
"""What flies and serves, without its number."""
ONE_CRAFT = re.compile(
    rf"(?<![\w'-]){_CRAFT}(?<!s)(?! (?:show|race|radar|detect\w*|pilots?|operator|"
    r"video|footage|camera|club|flights?|jobs?|u\d)\b)(?!-|'s\b)"
)
"""One of them, whether a number says so or not: ``the drone``, ``UAV cell at``."""
_HOW_MANY = re.compile(
    rf"\b(?P<n>{NUMBER}) (?:of them|of these|units?|pieces|pcs|(?:is|are|will) "
    r"(?:enough|do|needed))\b"
)
_COUNT_AT = re.compile(
    rf"\b(?P<n>{NUMBER}|an?|another)(?: more)?(?: {_CRAFT})?(?: goe?s?)?"
    r" (?:over|above|at|for|to|in|near|on)(?: the)?(?: cells?)? (?=~)"
)
"""A number of platforms and the words before their cell."""
_HAS_FLOWN = re.compile(
    r"\b(?:each|was|were|seen|spotted|crash\w*|landed|flew|return|back|parked|"
    r"on request|from (?:cell |site )?m\d\w*)\b"
)
"""What tells of platforms that have flown or leave, or are so many at each place."""
_PLATFORM = re.compile(
    rf"(?P<n>{NUMBER}|\ban?\b|\banother\b)(?: ?(?:pcs?\.?|pieces? of|units? of|"
    rf"x)(?= ))?(?: (?:more|single|extra|additional|tethered|"
    rf"flying|small|spare|aerial|airborne|big|large|"
    r"low[- ]altitude|relay|emergency|further|hovering|balloon|drone))* (?:drones?(?: "
    rf"(?:cells?|relays?|units?|base stations?))?|uavs?|laps?|(?:aerial|airborne|"
    rf"flying|"
    rf"hovering|balloon) (?:relays?|cells?|repeaters?|nodes?|units?|masts?)|"
    r"platforms?|(?:flying )?base stations?|"
    r"balloons?|aerostats?|quadcopters?|copters?|haps|cells? on wings|(?:flying|"
    r"airborne|aerial) cells?)\b(?! jobs?\b)"
)
_COUNTED = re.compile(
    rf"\b(?:drones?|uavs?|laps?|platforms?|balloons?|aerostats?|(?:aerial|airborne|"
    rf"flying|"
    rf"hovering) (?:relays?|cells?|units?))(?: (?:for|over|at|to|needed|wanted|"
    rf"required)(?: [a-z]+){{0,4}})? ?[:=x] ?(?P<n>{NUMBER})"
    r"(?=[.,;]|\s|$)(?! ?(?:%|km|m\b|w\b|mhz|min|h\b))"
)
"""Platforms with their number behind: ``UAVs: five``."""
_WANTED = re.compile(
    r"\b(?:please|pls|(?:can|could|may) (?:we|i) (?:have|get)|would be (?:great|good|"
    r"nice|welcome|helpful)|need\w*|gimme|"
    r"(?:give|get|lend) (?:me|us)|request\w*|send|sent|deploy\w*|"
    r"availab\w*|launch\w*|dispatch\w*|provid\w*|"
    r"ready|on stand-?by|want\w*|bring|requir\w*|put|place|position|fly|use|"
    r"stand(?:s|ing)? by|ask\w*|"
    r"order|lap|laps|reserve|get us|hover\w*|support|would like|would help|charged|"
    r"to be [a-z]+ed|location|where|pay(?:s|ing)? for|goes? (?:to|up)|go up|take-?off|"
    r"aloft|"
    r"on station|would like|'d like|up over)\b"
)


def radar(one: Clause) -> list[Reading]:
    """Radars that will be heard."""
    if not one.has(_RADAR) or one.has(_NO_RADAR):
        return []
    band = one.band()
    is_told = band is not None and one.when(0.0).end is not None
    if not is_told and _RADAR_OFF.search(masked(one.plain, _OFF_LATER)):
        return []
    if band is None and (not one.has(_ACTIVE) or one.of("Hz")):
        return []
    return [Reading(Kind.RADAR_ACTIVITY, band=band[0] if band else None, users=())]


def intrusion(one: Clause) -> list[Reading]:
    """Users or cells to quarantine."""
    if not one.has(QUARANTINE):
        return []
    is_theft = not QUARANTINE.search(_STOLEN.sub(" ", one.plain))
    if not one.names("user") and (one.has(_WITHIN) or is_cut_off(one) or is_theft):
        return []  # somebody in the cell, or a cell without its network
    order = _ORDER.search(one.plain)
    ordered = tuple(
        name
        for mention in one.mentions
        if mention.kind == "user" and order is not None
        and mention.span[0] >= one.span[0] + order.end()
        for name in mention.names
    )  # fmt: skip
    if ordered:
        return [Reading(Kind.INTRUSION, cells=(), users=ordered)]
    return [Reading(Kind.INTRUSION, needs="named")]


def sleep(one: Clause) -> list[Reading]:
    """Cells to put to sleep."""
    if not one.names("cell") and not one.names("unknown"):
        return []
    if one.has(_PLATFORM):
        return []
    is_asleep = one.has(SLEEP) or (one.has(_SWITCH_OFF) and one.has(_SAVING))
    is_asleep = is_asleep or (
        (one.has(_AT_NIGHT) or one.has(_TO_SAVE)) and one.has(_IS_OFF)
    )
    if not is_asleep or one.of("%", "part"):
        return []
    return [Reading(Kind.ENERGY_SAVING, 1.0, "1", needs="cells", users=())]


def platforms(one: Clause) -> list[Reading]:
    """Platforms wanted or available."""
    shared = _by_cell(one)
    if shared:
        return shared
    match = _PLATFORM.search(one.plain) or _COUNTED.search(one.plain)
    if match is None:
        return _one_platform(one)
    if not (one.has(_WANTED) or _is_timed(one) or _is_sent(one, match)):
        return []
    count = 1.0 if match["n"] in ("a", "an", "another") else number(match["n"])
    if count != int(count) or not 1 <= count <= 1000:
        return []
    return [Reading(Kind.LAP_REQUEST, count, "1")]


def _one_platform(one: Clause) -> list[Reading]:
    """A platform without its number beside it, over a cell at a time."""
    if not _is_timed(one) or not one.has(ONE_CRAFT) or one.names("user"):
        return []
    told = _HOW_MANY.search(one.plain)
    count = number(told["n"]) if told else 1.0
    is_whole = count == int(count) and 1 <= count <= 1000
    return [Reading(Kind.LAP_REQUEST, count, "1")] if is_whole else []


def _by_cell(one: Clause) -> list[Reading]:
    """Platforms of ``two drones over M1A, one over M1B``: each cell with its number."""
    cells = {m.span[0] - one.span[0]: m.names for m in one.mentions if m.kind == "cell"}
    if len(cells) < 2 or re.search(rf"\b{_CRAFT}", one.plain) is None:
        return []
    counts = {
        match.end(): 1.0 if match["n"] in ("a", "an", "another") else number(match["n"])
        for match in _COUNT_AT.finditer(one.unnamed)
    }
    if counts.keys() != cells.keys() or any(n != int(n) for n in counts.values()):
        return []
    return [
        Reading(Kind.LAP_REQUEST, count, "1", cells=cells[place])
        for place, count in counts.items()
        if count
    ]


def _is_timed(one: Clause) -> bool:
    """Whether a clause tells over which cell and when, and not what has been."""
    is_told = bool(one.names("cell")) and one.when(0.0).is_named
    return is_told and not one.has(_HAS_FLOWN)


def _is_sent(one: Clause, match: re.Match[str]) -> bool:
    """Whether a clause is only platforms, where, and when: ``2 laps for M1A``."""
    first = next((m for m in one.mentions if m.kind == "cell"), None)
    if first is None or one.plain[: match.start()].strip(" *-"):
        return False
    between = one.plain[match.end() : first.span[0] - one.span[0]]
    is_for = re.fullmatch(
        r" (?:for|to|over|above|at|,)(?: (?:cells?|sites?|sectors?))? ?", between
    )
    return is_for is not None and re.match(
        r"\s*(?:$|[,.;:]|from\b|between\b|until\b|at \d|\d)",
        one.text.plain[first.span[1] : one.span[1]],
    ) is not None  # fmt: skip


EVENTS: tuple[Callable[[Clause], list[Reading]], ...] = (
    radar, intrusion, sleep, platforms, steering, outage,
)  # fmt: skip
"""Readings without a quantity."""


def masked_cues(kind: Kind) -> tuple[re.Pattern[str], ...]:
    """Denials that are part of what a kind says."""
    if kind is Kind.ASSOCIATION_PREFERENCE:
        return (AVOID, FORBID, PREFER, NO_OTHER)
    if kind in (Kind.OUTAGE, Kind.MAINTENANCE):
        return (DENIED_CUES,)
    if kind is Kind.SPECTRUM_GRANT:
        return (_TAKEN,)
    if kind is Kind.RADAR_ACTIVITY:
        return (_ON_AIR, _KEEPERS)
    if kind is Kind.WEATHER:
        return (_FORECAST,)
    return ()


def readable(kind: Kind, one: Clause) -> bool:
    """Whether a clause has the words that reports of a kind have."""
    patterns = {
        Kind.OUTAGE: (OFF,),
        Kind.MAINTENANCE: (WORKS,),
        Kind.RADAR_ACTIVITY: (_RADAR, _ACTIVE),
        Kind.INTRUSION: (QUARANTINE,),
        Kind.LAP_REQUEST: (_PLATFORM, _WANTED),
        Kind.TRAFFIC_SURGE: (_RELATIVE,),
        Kind.ENERGY_SAVING: (_SAVING,),
        Kind.POWER_LIMIT: (_BOUNDED,),
        Kind.LATENCY_BOUND: (_BOUNDED,),
        Kind.PROTECTION: (_BOUNDED,),
        Kind.SPECTRUM_GRANT: (_GRANTED,),
    }
    needs_name = (Kind.OUTAGE, Kind.MAINTENANCE, Kind.INTRUSION, Kind.POWER_LIMIT)
    if kind in needs_name and not (one.names("cell") or one.names("user")):
        return False
    return all(one.has(pattern) for pattern in patterns.get(kind, ()))


_RELATIVE = re.compile(
    r"\b(?:normal|usual|average|more|higher|less|lower|increas\w*|decreas\w*|ris\w+|"
    r"grow\w*|drop\w*|fall\w*|surg\w*|doubl\w*|tripl\w*|times|fold)\b"
)
_BOUNDED = re.compile(
    r"\b(?:limit\w*|max\w*|most|exceed\w*|below|under|more than|cap\w*|reduc\w*|"
    r"within)\b"
)
_GRANTED = re.compile(
    r"\b(?:grant\w*|more|extra|additional|another|give|withdraw\w*|return\w*|less)\b"
)
_TAKEN = re.compile(
    r"\b(?:was|were|are|is|been) removed\b|\bgiv\w+ back\b|\bhands? back\b|"
    r"\bwithdrawn\b|\brevoked\b|\bwithout\b|\blifted\b"
)

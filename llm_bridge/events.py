"""What a clause reports or asks without a number: faults, works, radars, steering."""

import re
from collections.abc import Callable

from llm_bridge.clause import Clause
from llm_bridge.context_report import Kind
from llm_bridge.quantities import NUMBER, number
from llm_bridge.reading import Reading
from llm_bridge.steering import AVOID, FORBID, PREFER, QUARANTINE, steering

_WORKS = re.compile(
    r"\b(?:maintenance|maint\b|planned (?:works?|outage|downtime)|scheduled (?:works?|"
    r"outage|downtime)|works?(?= on| at(?! heights?)| in|,|:|\b$| \+| m?\d| between|"
    r" from)|"
    r"upgrad\w*|changes? of (?!plans?\b|mind\b|shifts?\b|schedule\b|address\b|channel)|"
    r"swap\w*|replac\w*|exchang\w*|service window|installation|installing|"
    r"install\w*|reboot\w*|restart\w*|retrofit\w*|overhaul\w*|"
    r"refurbish\w*|"
    r"new (?:filters?|antennas?|rrus?|radios?|batter(?:y|ies)|psus?|cables?|feeders?|"
    r"modules?|boards?|fans?|routers?|switch(?:es)?|cabinets?)|"
    r"for (?:an? )?(?:new|repairs?|inspection|firmware|software)[\w ]*|firmware|"
    r"software update|repaint\w*|inspection|"
    r"servic(?:ed|ing)|recabl\w*|rewir\w*|taken (?:down|offline|off air|"
    r"out of service)|take (?:it |them )?(?:down|offline|off air|out of service)|"
    r"(?:switch|turn|shut|power)\w* (?:off|down)(?: (?:the|cells?|sites?|sectors?|both|"
    r"all))* [a-z]+\d\w*|(?:be|is|are|being) (?:switched|turned|shut|powered) (?:off|"
    r"down)|deactivat\w*|disabl\w*|downtime|change window|patching|calibrat\w*)\b"
)
_WORKS_SURE = re.compile(
    r"\b(?:maintenance|maint|planned|scheduled|service window|change window|"
    r"downtime)\b"
)
_PLANNED = re.compile(r"\b(?:planned|scheduled|on purpose|deliberate\w*)\b")
_OFF = re.compile(
    r"(?<!calm )(?<!slow )(?<!settle )(?<!cool )(?<!quiet )(?<!step )(?<!write )"
    r"(?<!calms )(?<!slows )(?<!note )\bdown\b(?! to\b| by\b| from (?!\d\d?[:h.]\d\d)|"
    r"load|link| \d|"
    r"-tilt|tilt)|\boutages?\b|"
    r"\bdark\b|\bdead\b|\bfail\w*|\boff(?: the)? air\b|\boff-air\b|"
    r"\bout of (?:service|order|action|operation)\b|\blost\b(?! (?:(?:its|the|their|"
    r"his|her|all|some|an?) )?"
    r"(?!its |the |their |his |her |all |some |an? |power|mains|rf|supply|fib|"
    r"signal|carrier|connect|contact|service|electric|commun|cell|site|sector|backhaul|"
    r"link|transmi|output|air|at\b|since|again|due|because|after|from|on\b|in\b|and\b|"
    r"by\b|to\b|for\b|around|about|last|during|until|when|as\b|this|today|overnight|"
    r"completely|\w*[\d~])[a-z])|\bnot (?:transmitting|"
    r"responding|"
    r"reachable|radiating|available|working|operational|on air)\b|"
    r"\bno (?:longer|more) (?:transmitting|responding|reachable|radiating|available|"
    r"working|operational|on air|serving|in service)\b|\bno (?:traffic|throughput|"
    r"calls) (?:since|for)\b|"
    r"\b(?:has|have)(?: not|n't) (?:transmitted|responded|answered|radiated|served|"
    r"carried|been (?:transmitting|responding|reachable|available|on air|serving))\b|"
    r"\b(?:do|does|did)(?: not|n't) (?:serve|transmit|"
    r"radiate|respond|work|answer|carry|come (?:up|back))\b|\boos\b|\bunserviceable\b|"
    r"\bno (?:\w+ )?(?:power|output|answer|transmission|response|heartbeat|supply|"
    r"electricity|connection|service|"
    r"mains|signal|carrier|rf|answer)\b|\boffline\b|"
    r"\bunreachable\b|\bcrash\w*|\bbroke(?:n)?\b|\bunavailable\b|\bfault\b|"
    r"\bfaults(?=:)|"
    r"\bfaulty\b|"
    r"\bcollapsed\b|\bknocked out\b|\bkaputt\b|\bstopped (?:transmitting|working|"
    r"responding|"
    r"radiating)\b|\bdied\b|\bdrop(?:ped|s) out\b|"
    r"\bburn(?:t|ed)\b|\bon fire\b|\bpower (?:cut|failure|loss)\b|\bfib(?:re|"
    r"er) cut\b|\bsilent\b|\bkaput\b|"
    r"\b(?:is|are|went|been|stays?|remains?) out\b(?! of the)|\bflooding\b|\bgone\b|"
    r"\bwent (?:down|off|silent)\b|\bflooded\b|\bwent off\b|\bunusable\b|"
    r"\bbricked\b|\bceased\b|\bvanished\b|\bdisappeared\b|\bfrozen\b|\bhung\b|"
    r"\bnot be (?:in service|available|on air|reachable|served)\b|\bnot in service\b|"
    r"\bout of commission\b|\bunresponsive\b|\bnon-?functional\b|\bunpowered\b|"
    r"\bwithout service\b|\b(?:not|never) com(?:ing|es?) (?:back )?up\b|"
    r"\bradiat\w+ nothing\b|"
    r"\bwithout (?:power|mains|electricity|supply|carrier|signal|rf|transmission)\b|"
    r"\bfib(?:re|er)s?(?: (?:of|to|at|for|towards))* \S+ (?:(?:is|was|are|were|got|"
    r"has been|have been) )?(?:cut(?:ted)?|severed|broken|torn)\b|"
    r"\bloss of (?:the )?(?:cells?|sites?|sectors?)\b|\bblackout\b|\bdestroyed\b|"
    r"\bdamaged\b|\binoperative\b|\bdefunct\b|"
    r"\b(?:total |complete )?loss of (?:service|signal|power|carrier)\b|"
    r"\b(?:carrier|cell|sector|radio|rru) (?:disabled|locked)\b|"
    r"\boff(?= since\b)|\boff(?= (?:from |between |at |until |\w+day )?\d)|"
    r"\bstill (?:out|off)\b|"
    r"\boff(?= (?:during|for|in|until|while|then)\b)|\b(?:cells?|sites?|"
    r"sectors?) off\b|"
    r"\bout(?= since\b)|"
    r"\bnot serving\b|\bis off\b|\bare off\b|\btripped\b|\bloses? power\b"
)
_DENIED_CUES = re.compile(
    r"\b(?:has|have)(?: not|n't) (?:transmitted|responded|answered|radiated|served|"
    r"carried|been (?:transmitting|responding|reachable|available|on air|serving))\b|"
    r"\bnot be (?:in service|available|on air|reachable|served)\b|\bnot in service\b|"
    r"\bwithout service\b|\bno (?:traffic|throughput|calls) (?:since|for)\b|"
    r"\b(?:do|does|did)(?: not|n't) (?:serve|transmit|radiate|respond|work|answer|"
    r"carry|come (?:up|back))\b|\b(?:not|never) com(?:ing|es?) (?:back )?up\b|"
    r"\bradiat\w+ nothing\b|\b(?:not|no longer|no more) (?:transmitting|responding|"
    r"reachable|radiating|available|"
    r"working|operational|on air|serving|in service)\b|\bno "
    r"(?:\w+ )?(?:power|mains|signal|carrier|rf|answer|output|transmission|response|"
    r"heartbeat|supply|electricity|connection|service)\b|\bstopped (?:transmitting|"
    r"working|"
    r"responding|radiating)\b|"
    r"\bfault(?=s)\b|\bwithout (?:power|mains|electricity|supply|carrier|signal|rf|"
    r"transmission)\b"
)
"""Denials that report a fault."""
_TO_BEGIN = re.compile(
    r"\b(?:will|shall|going to|to be|from|tomorrow|tonight|today|between|during|"
    r"plan\w*|"
    r"schedul\w*|please|pls|for (?:an? )?(?:new|the|\d+)|due to|because of|owing to|"
    r"on \w+day|"
    r"\d\d?[:.h]\d\d ?-)"
)
"""What says of works without a time of their own that they are to come."""
_ONLY_HARD = re.compile(
    r"\b(?:stair\w*|facade|roads?|fences?|gates?|car park|garden|office|"
    r"fan|doors?|lights?|lamps?|lift|bus|metro|tram line|water|toilets?|"
    r"escalator|wi-?fi|portal|map|tool|script|oss|nms|database|road|bridge|coffee|"
    r"printer|server|dashboard|ticket system|"
    r"vpn|camera|air conditioning|website|elevator|heating|projector|phone|laptop)\b"
)
_OWNED = re.compile(r"'s? (?:\w+ly |main |only |old |new |own )?([a-z]+)")
_ITS = re.compile(
    r"(?:radio|transmi|carrier|power|mains|rru|rrh|bbu|pa\b|amplifier|unit|cell|sector|"
    r"site|backhaul|link|signal|output|board|antenna|supply|connection|service|coverage|"
    r"feeder|fib|outage|fault|failure|maintenance|upgrade|alarm|electricity|rectifier|"
    r"\w*works?\b|swap|firmware|software|down|dead|off|out\b|been|gone|dark|going|not\b)"
)
"""What of a cell takes it off air when it fails; also ``M1A's down``."""
_CARRIED = re.compile(
    r"\b(?:on|by|using) (?:\w+ )?(?:batter(?:y|ies)|generators?|backup|ups)\b"
)
"""A cell that lost its supply and is still served."""
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
    r"goes off|"
    r"shut down|"
    r"display|picture|image|app|rain radar|gun|trap|speed)\b"
)
_ORDER = re.compile(r"\b(?:isolate|quarantine|lock (?:out|away|up)|block)\b(?! for)")
_WITHIN = re.compile(
    r"\b(?:in|inside|within|around|near|under|at)(?: the)?(?: (?:cells?|sites?|"
    r"sectors?|area "
    r"of|coverage of))? m?\w*\d[a-z]?\b"
)
_CUT_OFF = re.compile(
    r"\bisolated from (?:the |its |their |our )?(?:core|backbone|backhaul|transport|"
    r"grid|mains|power|rest of the network)\b"
)
"""Cells without their network; nobody quarantines them."""
_SLEEP = re.compile(
    r"\b(?:sleep\w*|asleep|naps?|napping|doz(?:e|es|ing)|hibernat\w*|dormant|standby|"
    r"stand-by|deep sleep|"
    r"power[- ]sav\w* mode|energy[- ]sav\w* mode|micro ?sleep)\b"
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
_TO_SAVE = re.compile(
    r"\b(?:save|saving|saves) (?:some )?(?:energy|electricity|power)\b"
)
_AT_NIGHT = re.compile(r"\bnight mode\b|\bsav\w+ [\d.,]+ ?[km]wh\b")
_PLATFORM = re.compile(
    rf"(?P<n>{NUMBER}|\ban?\b|\banother\b)(?: ?(?:pcs?\.?|pieces? of|units? of|"
    rf"x)(?= ))?(?: (?:more|extra|additional|tethered|"
    rf"flying|small|spare|aerial|airborne|big|large|"
    r"low[- ]altitude|relay|emergency|further))* (?:drones?(?: cells?)?|uavs?|laps?|"
    r"platforms?|(?:flying )?base stations?|"
    r"balloons?|aerostats?|quadcopters?|copters?|haps|cells? on wings|flying cells?)\b"
)
_WANTED = re.compile(
    r"\b(?:need\w*|gimme|(?:give|get|lend) (?:me|us)|request\w*|send|sent|deploy\w*|"
    r"availab\w*|launch\w*|dispatch\w*|"
    r"provid\w*|"
    r"ready|on stand-?by|want\w*|bring|requir\w*|put|place|position|fly|use|"
    r"stand(?:s|ing)? by|ask\w*|"
    r"order|"
    r"lap|laps|reserve|get us|hover\w*|support|would like|would help|charged)\b"
)


def outage(one: Clause) -> list[Reading]:
    """Cells that are not available, by fault or by plan."""
    if not one.names("cell") and not one.names("unknown"):
        return []
    is_off, is_works = one.has(_OFF) or one.has(_CUT_OFF), one.has(_WORKS)
    if not is_off and is_works and not one.has(_WORKS_SURE) and not _has_time(one):
        return []  # a spare part, a past job, a plan without a date
    if (not is_off and not is_works) or (_is_of_others(one) and not is_sure(one)):
        return []
    if one.has(QUARANTINE) and not one.has(_CUT_OFF):
        return []
    if one.has(_SLEEP) or one.has(_CARRIED) or _is_of_its(one):
        return []
    if not is_off and not (one.has(_WORKS_SURE) or is_works):
        return []
    is_works = is_works or one.has(_PLANNED)
    works = is_works and not (
        is_off
        and (
            _has_no_start(one)
            or re.search(
                r"\b(?:repair|cut|fail\w*|unknown|fault\w*|crash\w*|lost|storm|fire|"
                r"burn\w*|broken|defect\w*|needs? (?:a |an |to be )?(?:new|replac\w*|"
                r"swap\w*)|"
                r"alarm)\b",
                one.plain,
            )
        )
        and not one.has(_WORKS_SURE)
    )
    kind = Kind.MAINTENANCE if works else Kind.OUTAGE
    return [Reading(kind, needs="cells", users=())]


def _has_no_start(one: Clause) -> bool:
    """Whether nothing tells when works begin: then what is off is off already."""
    return one.when(0.0).start is None and not _TO_BEGIN.search(one.text.plain)


def _has_time(one: Clause) -> bool:
    return one.when(0.0).is_named


def _is_of_others(one: Clause) -> bool:
    """Whether something else than a radio is named as what has failed."""
    other, off = _ONLY_HARD.search(one.plain), _OFF.search(one.plain)
    return other is not None and (off is None or other.start() < off.start())


def _is_of_its(one: Clause) -> bool:
    """Whether something of a cell is named that is not the cell: its neighbour."""
    owned = (
        _OWNED.match(one.text.plain, mention.span[1])
        for mention in one.mentions
        if mention.kind == "cell"
    )
    return any(match is not None and not _ITS.match(match[1]) for match in owned)


def is_sure(one: Clause) -> bool:
    """Whether a fault is one of the radio, whatever else is named."""
    return (
        re.search(
            r"\b(?:cell|not transmitting|off(?: the)? air|out of service|outage|"
            r"sector|radio)\b",
            one.plain,
        )
        is not None
    )


def radar(one: Clause) -> list[Reading]:
    """Radars that will be heard."""
    if not one.has(_RADAR) or one.has(_RADAR_OFF):
        return []
    band = one.band()
    if band is None and (not one.has(_ACTIVE) or one.of("Hz")):
        return []
    return [Reading(Kind.RADAR_ACTIVITY, band=band[0] if band else None, users=())]


def intrusion(one: Clause) -> list[Reading]:
    """Users or cells to quarantine."""
    if not one.has(QUARANTINE):
        return []
    if not one.names("user") and (one.has(_WITHIN) or one.has(_CUT_OFF)):
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
    is_asleep = one.has(_SLEEP) or (one.has(_SWITCH_OFF) and one.has(_SAVING))
    is_asleep = is_asleep or (
        (one.has(_AT_NIGHT) or one.has(_TO_SAVE)) and _OFF.search(one.plain) is not None
    )
    if not is_asleep or one.of("%", "part"):
        return []
    return [Reading(Kind.ENERGY_SAVING, 1.0, "1", needs="cells", users=())]


def platforms(one: Clause) -> list[Reading]:
    """Platforms wanted or available."""
    match = _PLATFORM.search(one.plain)
    if match is None or not (one.has(_WANTED) or _is_sent(one, match)):
        return []
    count = 1.0 if match["n"] in ("a", "an", "another") else number(match["n"])
    if count != int(count) or not 1 <= count <= 1000:
        return []
    return [Reading(Kind.LAP_REQUEST, count, "1")]


def _is_sent(one: Clause, match: re.Match[str]) -> bool:
    """Whether a clause is only platforms, where, and when: ``2 laps for M1A``."""
    first = next((m for m in one.mentions if m.kind == "cell"), None)
    if first is None or one.plain[: match.start()].strip(" *-"):
        return False
    between = one.plain[match.end() : first.span[0] - one.span[0]]
    is_for = re.fullmatch(r" (?:for|to|,)(?: (?:cells?|sites?|sectors?))? ?", between)
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
        return (AVOID, FORBID, PREFER)
    if kind in (Kind.OUTAGE, Kind.MAINTENANCE):
        return (_DENIED_CUES,)
    if kind is Kind.SPECTRUM_GRANT:
        return (_TAKEN,)
    return ()


def readable(kind: Kind, one: Clause) -> bool:
    """Whether a clause has the words that reports of a kind have."""
    patterns = {
        Kind.OUTAGE: (_OFF,),
        Kind.MAINTENANCE: (_WORKS,),
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

"""Which cells are not available: faults, and works by plan."""

import re

from llm_bridge.clause import Clause
from llm_bridge.context_report import Kind
from llm_bridge.reading import Reading
from llm_bridge.steering import QUARANTINE

WORKS = re.compile(
    r"\b(?:maintenance|maint\b|planned (?:works?|outage|downtime)|scheduled (?:works?|"
    r"outage|downtime)|works?(?= (?:begin|start|commence)| on| at(?! heights?)| in|,|:|"
    r"\b$| \+| m?\d| between| from)|"
    r"upgrad\w*|changes? of (?!plans?\b|mind\b|shifts?\b|schedule\b|address\b|channel)|"
    r"swap\w*|replac\w*|exchang\w*|service window|installation|installing|"
    r"install\w*|reboot\w*|restart\w*|retrofit\w*|overhaul\w*|refurbish\w*|"
    r"new (?:filters?|antennas?|rrus?|radios?|batter(?:y|ies)|psus?|cables?|feeders?|"
    r"modules?|boards?|fans?|routers?|switch(?:es)?|cabinets?)|"
    r"for (?:an? )?(?:new|repairs?|inspection|firmware|software)[\w ]*|firmware|"
    r"software update|repaint\w*|inspection|"
    r"servic(?:ed|ing)|recabl\w*|rewir\w*|taken (?:down|offline|off air|"
    r"out of service)|take (?:it |them )?(?:down|offline|off air|out of service)|"
    r"(?:switch|turn|shut|power)\w* (?:off|down)(?: (?:the|cells?|sites?|sectors?|both|"
    r"all))* [a-z]+\d\w*|cut(?:s|ting)? (?:off )?(?:the |its )?(?:current|power|"
    r"electricity|"
    r"mains|supply)|(?:be|is|are|being) (?:switched|turned|shut|powered) (?:off|"
    r"down)|deactivat\w*|disabl\w*|downtime|change window|patching|calibrat\w*)\b"
)
_WORKS_SURE = re.compile(
    r"\b(?:maintenance|maint|planned|scheduled|service window|change window|downtime)\b"
)
_PLANNED = re.compile(r"\b(?:planned|scheduled|on purpose|deliberate\w*)\b")
OFF = re.compile(
    r"(?<!calm )(?<!slow )(?<!settle )(?<!cool )(?<!quiet )(?<!step )(?<!write )"
    r"(?<!calms )(?<!slows )(?<!note )(?<!come )(?<!comes )(?<!coming )(?<!climb )"
    r"(?<!brought )(?<!held )(?<!cut )(?<!degrees )(?<!go )"
    r"(?<!back )\bdown\b(?! to\b| by\b| from (?!\d\d?[:h.]\d\d)|load|link| \d|"
    r"-tilt|tilt)|\boutages?\b|\bnothing comes out\b|\b(?:zero|0) traffic "
    r"(?:since|from \d)|\bdark\b|\bmute\b|"
    r"\b(?:does|doing|did) (?:absolutely )?nothing\b|\bno (?:sector|cell|radio|carrier|"
    r"transmitter)s?(?: \w+)? (?:works?|transmits?|radiates?|is up|is on)\b|\bdeader\b|"
    r"\bmelted\b|\bin ruins\b|\bunder water\b|\bcrushed\b|\bwrecked\b|\bsmashed\b|"
    r"\btoppled\b|\bflattened\b|\bgutted\b|\bconked out\b|\bgiven up the ghost\b|"
    r"\bpacked up\b|\b(?:went|gone|fell|fallen) (?:quiet|silent|dark|dead|mute)\b|"
    r"\bno signs? of life\b|\blifeless\b|\bbit the dust\b|\bswitched itself off\b|"
    r"\bshut itself (?:off|down)\b|\bwithout (?:current|juice)\b|\bno juice\b|"
    r"\bstopped (?:dead|radiation|transmission|service)\b|\bnot (?:on air|on the air|"
    r"alive|emitting|powered)\b|\bunserved\b|\btorn (?:off|down|apart)\b|"
    r"\b(?:state|status)[ :=]+(?:off|down)\b|\bgo(?:es|ing)? (?:out|off|dark|down)\b"
    r"(?= (?:at|from|for|between|tonight|tomorrow|on \w+day)\b)|"
    r"\b(?:switch|turn|shut|power|take|key|have|need|want)(?:s|ed|n|ing)? "
    r"(?:(?!to\b|u\d|slice|user|him|her|me|us|tv|lights?\b)[\w/,+&]+ ){1,4}?off\b"
    r"(?! (?:the|of|to|load|traffic|and on|m\d\w*)\b)|"
    r"\b(?:powered|shut|keyed|taken) (?:down|off)\b|\b(?:carrier|cell|sector|radio|"
    r"transmitter|rf)s? (?:is |are |goes |go )?off\b|"
    r"\bdead\b|\bfail\w*|\boff(?: the)? air\b|\boff-air\b|"
    r"\bout of (?:service|order|action|operation)\b|\blost\b(?! (?:(?:its|the|their|"
    r"his|her|all|some|an?) )?"
    r"(?!its |the |their |his |her |all |some |an? |power|mains|rf|supply|fib|"
    r"signal|carrier|connect|contact|service|electric|commun|cell|site|sector|backhaul|"
    r"link|transmi|output|air|at\b|since|again|due|because|after|from|on\b|in\b|and\b|"
    r"by\b|to\b|for\b|around|about|last|during|until|when|as\b|this|today|overnight|"
    r"completely|\w*[\d~])[a-z])|\bnot (?:transmitting|responding|"
    r"reachable|radiating|available|working|operational|on air)\b|"
    r"\bno (?:longer|more) (?:transmitting|responding|reachable|radiating|available|"
    r"working|operational|on air|serving|in service)\b|\bno (?:traffic|throughput|"
    r"calls) (?:since|for)\b|"
    r"\b(?:has|have)(?: not|n't) (?:transmitted|responded|answered|radiated|served|"
    r"carried|been (?:transmitting|responding|reachable|available|on air|serving))\b|"
    r"\b(?:do|does|did)(?: not|n't) (?:serve|transmit|emit|"
    r"radiate|respond|work|answer|carry|come (?:up|back))\b(?! (?:it|him|her|them|me|"
    r"us|u\d|slice))|\boos\b|\bunserviceable\b|"
    r"\bno (?:\w+ )?(?:power|output|answer|transmission|response|heartbeat|supply|"
    r"electricity|connection|service|mains|signal|carrier|rf|answer)\b"
    r"(?! (?:restrict|limit|cap\b|caps\b|sav))|\boffline\b|"
    r"\bunreachable\b|\bcrash\w*|\bbroke(?:n)?\b|\bunavailable\b|\bfault\b|"
    r"\bfaults(?=:)|\bfaulty\b|"
    r"\bcollapsed\b|\bknocked out\b|\bkaputt\b|\bstopped (?:answering|serving|"
    r"emitting|transmitting|working|"
    r"responding|radiating)\b|\bdied\b|\bdrop(?:ped|s) out\b|"
    r"\bburn(?:t|ed)\b|\bon fire\b|\bpower (?:cut|failure|loss)\b|\bfib(?:re|"
    r"er) cut\b|\bsilent\b|\bkaput\b|"
    r"\b(?:is|are|went|been|stays?|remains?) out\b(?! of the)|\bflooding\b|\bgone\b|"
    r"\bwent (?:down|off|silent)\b|\bdropped off the (?:network|grid|air|map)\b|"
    r"\bflooded\b|\bwent off\b|\bunusable\b|"
    r"\bbricked\b|\bceased\b|\bvanished\b|\bdisappeared\b|\bfrozen\b|\bhung\b|"
    r"\bnot be (?:in service|available|on air|reachable|served)\b|\bnot in service\b|"
    r"\bout of commission\b|\bunresponsive\b|\bnon-?functional\b|\bunpowered\b|"
    r"\b(?:cannot|can't|could not) be reached (?=since\b)|\bwithout service\b|"
    r"\b(?:not|never) com(?:ing|es?) (?:back )?up\b|"
    r"\b(?:radiat\w+|does|makes|gives|sends|emits|transmits) nothing(?: (?:more|"
    r"any ?more|at all))?(?= since\b|$|[.,;])|"
    r"\bwithout (?:power|mains|electricity|supply|carrier|signal|rf|transmission)\b|"
    r"\bfib(?:re|er)s?(?: (?:of|to|at|for|towards))* \S+ (?:(?:is|was|are|were|got|"
    r"has been|have been) )?(?:cut(?:ted)?|severed|broken|torn)\b|"
    r"\bloss of (?:the )?(?:cells?\b|sites?\b|sectors?\b|(?=[a-z]+\d))|\bblackout\b|"
    r"\bdestroyed\b|\bdamaged\b|\binoperative\b|\bdefunct\b|"
    r"\b(?:total |complete )?loss of (?:service|signal|power|carrier)\b|"
    r"\b(?:carrier|cell|sector|radio|rru) (?:disabled|locked)\b|"
    r"\boff(?= since\b)|\boff(?= (?:from |between |at |until |\w+day )?\d)|"
    r"\bstill (?:out|off)\b|"
    r"\boff(?= (?:during|for|in|until|while|then)\b)|\b(?:cells?|sites?|"
    r"sectors?) off\b|\bout(?= since\b)|\bcut(?= since\b)|"
    r"\bcell_(?:down|off|unavailable|out_of_service|failure)\b|"
    r"\bnot serving\b|\bis off\b|\bare off\b|\btripped\b|\bloses? power\b"
)
DENIED_CUES = re.compile(
    r"\bnothing comes out\b|"
    r"\b(?:has|have)(?: not|n't) (?:transmitted|responded|answered|radiated|served|"
    r"carried|been (?:transmitting|responding|reachable|available|on air|serving))\b|"
    r"\bnot be (?:in service|available|on air|reachable|served)\b|\bnot in service\b|"
    r"\b(?:cannot|can't|could not) be reached (?=since\b)|\bwithout service\b|"
    r"\bno (?:traffic|throughput|calls) (?:since|for)\b|"
    r"\b(?:do|does|did)(?: not|n't) (?:serve|transmit|emit|radiate|respond|work|answer|"
    r"carry|come (?:up|back))\b|\b(?:not|never) com(?:ing|es?) (?:back )?up\b|"
    r"\b(?:radiat\w+|does|makes|gives|sends|emits|transmits) nothing(?: (?:more|"
    r"any ?more|at all))?(?= since\b|$|[.,;])|\b(?:not|no longer|"
    r"no more) (?:transmitting|responding|reachable|radiating|available|"
    r"working|operational|on air|serving|in service)\b|\bno "
    r"(?:\w+ )?(?:power|mains|signal|carrier|rf|answer|output|transmission|response|"
    r"heartbeat|supply|electricity|connection|service)\b|\bstopped (?:answering|"
    r"serving|emitting|transmitting|working|responding|radiating)\b|"
    r"\bfault(?=s)\b|\bwithout (?:power|mains|electricity|supply|carrier|signal|rf|"
    r"transmission|current|juice)\b|\b(?:does|doing|did) (?:absolutely )?nothing\b|"
    r"\bno (?:sector|cell|radio|carrier|transmitter)s?(?: \w+)? (?:works?|transmits?|"
    r"radiates?|is up|is on)\b|\bno signs? of life\b|\bno juice\b|\bnot (?:on the air|"
    r"alive|emitting|powered)\b"
)
"""Denials that report a fault."""
_TO_BEGIN = re.compile(
    r"\b(?:will|shall|going to|to be|from|tomorrow|tonight|today|between|during|"
    r"plan\w*|"
    r"schedul\w*|please|pls|for (?:an? )?(?:new|the|\d+)|due to|because of|owing to|"
    r"on \w+day|\d\d?[:.h]\d\d ?-)"
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
_PART = re.compile(
    r" (?:(?:sector|cell|site) )?(?!(?:is|are|was|were|has|have|had|which|that|who|"
    r"itself|alone|both|all|there|also|too|still|now|again|and|as|it|they|"
    r"sectors?|cells?|sites?|\w+ly)\b)([a-z]+) "
    r"(?:is|are|was|has|have|gone)\b"
)
"""Something of a cell right behind its name: ``M1A sector lamp is out``."""
_OF = re.compile(r"\b([a-z]+) of (?:the )?(?:(?:cells?|sites?|sectors?) )?$")
_ITS = re.compile(
    r"(?:radio|transmi|carrier|power|mains|rru|rrh|bbu|pa\b|amplifier|unit|cell|sector|"
    r"site|backhaul|link|signal|output|board|antenna|supply|connection|service|"
    r"coverage|"
    r"feeder|fib|outage|fault|failure|maintenance|upgrade|alarm|electricity|rectifier|"
    r"\w*works?\b|swap|firmware|software|down|dead|off|out\b|been|gone|dark|going|"
    r"not\b)"
)
"""What of a cell takes it off air when it fails; also ``M1A's down``."""
_OF_ITS = re.compile(
    rf"{_ITS.pattern}|(?:loss|losses|all|both|one|each|any|most|half|parts?|two|three|"
    r"neither|none|crash|breakdown|state|status|cluster|equipment|trouble|problem|case|"
    r"isolation|shutdown|feeds?\b|silence|reboot|restart|unavailab|top|area|instead|"
    r"because)"
)
_CARRIED = re.compile(
    r"\b(?:on|by|using) (?:\w+ )?(?:batter(?:y|ies)|generators?|backup|ups)\b"
)
"""A cell that lost its supply and is still served."""
CUT_OFF = re.compile(
    r"\bisolated (?:(?:from (?:the |its |their |our )?(?:core|backbone|backhaul|"
    r"transport|grid|mains|power|rest of the network)|since|because|due|by)\b|$)"
)
"""Cells without their network; nobody quarantines them."""
SLEEP = re.compile(
    r"\b(?:sleep\w*|asleep|naps?|napping|slumber\w*|snooz\w*|doz(?:e|es|ing)|"
    r"hibernat\w*|dormant|standby|stand-by|deep sleep|"
    r"power[- ]sav\w* mode|energy[- ]sav\w* mode|micro ?sleep)\b"
)


def is_cut_off(one: Clause) -> bool:
    """Whether cells lost their network, and nobody was to be kept away from it."""
    words, count = CUT_OFF.subn(" ", one.plain)
    return count > 0 and not QUARANTINE.search(words)


_BARE_STATE = re.compile(
    r"\W*(?:(?:cells?|sectors?) )?~+(?:(?:, | and |/| & )~+)* (?:is |are |now )?"
    r"(?:out|gone)(?: (?:again|now|since [^,;]*))?\W*$"
)
"""Names and one word that says in what state they are: ``M1A out``."""


def outage(one: Clause) -> list[Reading]:
    """Cells that are not available, by fault or by plan."""
    if not one.names("cell") and not one.names("unknown"):
        return []
    one = one.outright()
    is_bare = _BARE_STATE.match(one.unnamed) is not None
    is_off = is_bare or one.has(OFF) or is_cut_off(one)
    is_works = one.has(WORKS)
    if not is_off and is_works and not one.has(_WORKS_SURE) and not _has_time(one):
        return []  # a spare part, a past job, a plan without a date
    if (not is_off and not is_works) or (_is_of_others(one) and not is_sure(one)):
        return []
    if one.has(QUARANTINE) and not is_cut_off(one):
        return []
    if one.has(SLEEP) or one.has(_CARRIED) or is_of_its(one) or _is_beside(one):
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
    other, off = _ONLY_HARD.search(one.plain), OFF.search(one.plain)
    return other is not None and (off is None or other.start() < off.start())


def is_of_its(one: Clause) -> bool:
    """Whether something of a cell is named that is not the cell: its neighbour."""
    owned = (
        _OWNED.match(one.text.plain, mention.span[1])
        for mention in one.mentions
        if mention.kind == "cell"
    )
    before = (
        _OF.search(one.text.plain[one.span[0] : mention.span[0]])
        for mention in one.mentions
        if mention.kind == "cell"
    )
    return any(match and not _ITS.match(match[1]) for match in owned) or any(
        not is_sure(one) and match and not _OF_ITS.match(match[1]) for match in before
    )


def _is_beside(one: Clause) -> bool:
    """Whether something stands behind a cell's name that has failed instead of it."""
    matches = (
        _PART.match(one.text.plain, mention.span[1])
        for mention in one.mentions
        if mention.kind == "cell"
    )
    return any(match and not _ITS.match(match[1]) for match in matches)


def is_sure(one: Clause) -> bool:
    """Whether a fault is one of the radio, whatever else is named."""
    return (
        re.search(
            r"\b(?:cell|not (?:transmit|emit|radiat)\w*|off(?: the)? air|"
            r"out of service|outage|sector|radio|(?:complete|whole|entire) site)\b",
            one.plain,
        )
        is not None
    )

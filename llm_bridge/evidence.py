"""Whether the words that a proposal rests on say it: kind, number, names."""

import itertools
import math
import re

from llm_bridge.clause import Clause, clause
from llm_bridge.context_report import VALUES, Kind
from llm_bridge.events import ONE_CRAFT, masked_cues, readable
from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import EMBEDDED, Proposal
from llm_bridge.stance import against, masked
from llm_bridge.whom import POINTS_BACK

TOLERANCE = 1e-6  # relative: a conversion of units, no more
CUES: dict[Kind, str] = {
    Kind.RADAR_ACTIVITY: r"radar|awacs|radioloc|radiodeterm",
    Kind.PROTECTION: r"interfer|aggregate|earth.station|satellite|incumbent|dish|"
    r"telescope"
    r"|observatory|protect|receiver|ground station|below|under|exceed",
    Kind.TRAFFIC_SURGE: r"\+ ?\d|traffic|market|marathon|concert|festival|fair|"
    r"parade|match|derby|event|show|load|demand|volume|usage|surge|spike|crowd|"
    r"attendance|peak|rush|session|calls|subscribers|"
    r"busy|busier|people|visitors|fans|spectators|users|data|request|utili[sz]|"
    r"expect|forecast|usual|normal|carry|carries|average|\bx ?\d|\d ?x\b|\btimes \d",
    Kind.RATE_FLOOR: r"\bmegs?\b|bit|bps|b/s|byte",
    Kind.RATE_CAP: r"\bmegs?\b|bit|bps|b/s|byte",
    Kind.LATENCY_BOUND: r"\d ?ms\b|millisec|latenc|delay|respon|round.?trip|"
    r"rtt|lag|pdb|ping|e2e|end.to.end|"
    r"deadline|answer|reaction",
    Kind.ASSOCIATION_PREFERENCE: r"\w",
    Kind.SLICE_SHARE: r"prb|block|resource|capacity|spectrum|bandwidth|carrier|"
    r"air ?time|"
    r"share|\brbs?\b",
    Kind.POWER_LIMIT: r"\w",
    Kind.SPECTRUM_GRANT: r"hz|hertz",
    Kind.OUTAGE: r"\bout\b|down|outage|loss|dark|dead|fail|off|out of|lost|"
    r"unreachable|crash|brok|"
    r"unavailable|zero traffic|fault|collaps|knocked|not |no |stop|died|burn|fire|"
    r"power|cut|silent|mute|"
    r"gone|flood|blackout|destroy|damag|inoperative|kaput|defunct|dropped|trip|"
    r"unusable|disabled|locked|\boos\b|unserviceable|serv|brick|ceased|vanish|"
    r"ruins|melt|under water|crush|wreck|smash|toppl|flatten|gutted|conk|torn|given up|"
    r"disappear|frozen|hung|unrespons|functional|isolated|nothing|without|n't",
    Kind.MAINTENANCE: r"maint|work|upgrad|swap|replac|exchang|service|install|technic|"
    r"engineer|crew|rigger|reboot|restart|refit|overhaul|firmware|software|inspect|new|"
    r"downtime|window|patch|deactivat|disabl|calibrat|cabl|repair|planned|scheduled|"
    r"taken?|paint|"
    r"refurb|retrofit|wir|change",
    Kind.MOBILITY: r"\w",
    Kind.WEATHER: r"rain|snow|shower|drizzl|hail|storm|precip|cloudburst|downpour|"
    r"thunder|"
    r"wet|weather|monsoon|sleet|pour|mm|millimet|inch",
    Kind.ENERGY_SAVING: r"sav|energy|sleep|nap|doz|night mode|"
    r"slumber|snooz|fuel|draw|hibernat|dormant|stand.?by|consumption|"
    r"electricity|carbon|power",
    Kind.LAP_REQUEST: r"drone|uav|\blaps?\b|platform|base station|balloon|aerostat|"
    r"copter|airship|blimp|airborne|aerial|"
    r"haps|hover|flying|aerial|airborne|wings",
    Kind.INTRUSION: r"intru|rogue|hijack|suspic|quarantin|isolat|compromis|malware|"
    r"botnet|"
    r"attack|spoof|impersonat|stolen|clon|infect|ddos|malicious|hack|impost|unauthor|"
    r"fraud|"
    r"theft|worm|ransom|spyware|rootkit|backdoor|phish|jamm|taken over|brute|breach|"
    r"exfiltr|eavesdrop|zombie|break-?in|masquerad|tamper|anomal|scan|virus|trojan|"
    r"fake|\bbots?\b|lock",
}
CUES[Kind.MAINTENANCE] = f"{CUES[Kind.MAINTENANCE]}|{CUES[Kind.OUTAGE]}"
"""What must stand in the words of an item of each kind, in plain lower case."""
_TOWARDS = re.compile(r"\b(?:to|into|onto)\b|>|\u2192")
"""What stands between a cell that gives and one that gets."""
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "W": ("W",),
    "bit/s": ("bit/s",),
    "s": ("s",),
    "Hz": ("Hz",),
    "m/s": ("m/s",),
    "mm/h": ("mm/h",),
    "1": ("factor", "%", "part", "dB", ""),
}


def missing_evidence(
    proposal: Proposal, text: PlainText, names: Names, own: tuple[str, ...]
) -> str | None:
    """What a proposal says and its words do not, or None.

    Parameters
    ----------
    proposal : Proposal
        With its span in the text.
    text : PlainText
        All of the text.
    names : Names
        Of the network.
    own : tuple of str
        Users or slices that "I" and "we" stand for.
    """
    one = clause(text, proposal.span, names)
    is_of_all = proposal.provider == EMBEDDED  # by all words, not by one
    if not is_of_all and not re.search(CUES[proposal.kind], one.plain):
        return f"its words do not speak of {proposal.kind}"
    if isinstance(proposal.value, float | int) and not any(
        math.isclose(value, proposal.value, rel_tol=TOLERANCE, abs_tol=1e-30)
        for value in stated_values(proposal.kind, one)
    ):
        return f"value {proposal.value:g} {proposal.unit} is not in its words"
    if proposal.kind is Kind.SPECTRUM_GRANT and _moves_less(one):
        return "less than nothing cannot be moved"
    missing = _names_missing(proposal, one, own)
    if missing is not None:
        return missing
    if proposal.band is not None and not _has_band(proposal.band, one):
        return f"band {list(proposal.band)} Hz is not in its words"
    if proposal.provider not in ("grammar", EMBEDDED):
        return _not_meant(proposal, one)
    return None


def _moves_less(one: Clause) -> bool:
    """Whether a negative bandwidth goes from one cell to another."""
    if not any(
        q.dimension == "Hz" and q.signed and q.value < 0 for q in one.quantities
    ):
        return False
    cells = [mention.span for mention in one.mentions if mention.kind == "cell"]
    return any(
        _TOWARDS.search(one.text.plain, low[1], high[0])
        for low, high in itertools.pairwise(cells)
    )


def stated_values(kind: Kind, one: Clause) -> set[float]:
    """Values that the numbers of a clause stand for, by the conversions we state.

    A percentage p may mean p, 1 - p or 1 + p; x dB less is a factor; "sleep" saves all
    of a cell's energy; bandwidth is given or taken; "a drone" is one.
    """
    found: set[float] = set()
    for unit in VALUES[kind].units:
        for quantity in one.quantities:
            if quantity.dimension not in DIMENSIONS[unit]:
                continue
            value = quantity.value
            if quantity.dimension == "dB":
                found.add(10 ** (-abs(value) / 10))
            elif kind is Kind.SLICE_SHARE and value < 0:
                continue
            elif quantity.dimension in ("%", "part"):
                found |= {value, abs(value), 1 - value, 1 + value}
            elif quantity.dimension or kind is Kind.LAP_REQUEST:
                found.add(value)
            if kind is Kind.SPECTRUM_GRANT and not (quantity.signed and value < 0):
                found.add(-value)
    if kind is Kind.ENERGY_SAVING:
        found.add(1.0)
    is_one = re.search(r"\b(?:an?|another)\b", one.plain) or one.has(ONE_CRAFT)
    if kind is Kind.LAP_REQUEST and is_one:
        found.add(1.0)
    return found


def _names_missing(proposal: Proposal, one: Clause, own: tuple[str, ...]) -> str | None:
    """Name of the target that the words do not have."""
    mentioned = {*one.names("cell"), *one.names("user"), *own}
    for name in (*proposal.cells, *proposal.users):
        if name not in mentioned and not _points_back(one):
            return f"{name} is not in its words"
    return None


def _points_back(one: Clause) -> bool:
    """Whether the words point to what was named before them."""
    return one.has(POINTS_BACK) and not one.mentions


def _has_band(band: tuple[float, float], one: Clause) -> bool:
    first = one.band()
    found = [one_band for one_band, _ in one.bands()] + ([first[0]] if first else [])
    return any(
        all(
            math.isclose(a, b, rel_tol=TOLERANCE)
            for a, b in zip(band, stated, strict=True)
        )
        for stated in found
    )


def _not_meant(proposal: Proposal, one: Clause) -> str | None:
    """Why a model's item turns its words round: a denial, a bound, a preference."""
    reason = against(masked(one.plain, *masked_cues(proposal.kind)))
    if reason is not None:
        return reason
    if not readable(proposal.kind, one):
        return f"its words do not say clearly that this is {proposal.kind}"
    if proposal.kind in (Kind.RATE_FLOOR, Kind.RATE_CAP):
        quantity = one.only("bit/s")
        wanted = "min" if proposal.kind is Kind.RATE_FLOOR else "max"
        if quantity is None or one.bound(quantity) != wanted:
            return f"its words do not say {wanted}"
    return None

"""What a clause says of spectrum, blocks and energy."""

import re

from llm_bridge.borrowed import LISTED
from llm_bridge.clause import FIRST_PERSON, Clause
from llm_bridge.context_report import Kind
from llm_bridge.names import Mention
from llm_bridge.quantities import Quantity, ranges
from llm_bridge.reading import Reading

_GIVE = re.compile(
    r"\b(?:grant\w*|give|gives|given|add\w*|additional|extra|more|another|gets?|"
    r"receiv\w*|"
    r"allocat\w*|assign\w*|lend|lent|award\w*|obtain\w*|extend\w*|expand\w*|"
    r"widen\w*|grow\w*|increas\w*|plus|hand|free up for|borrow\w*)\b|\+"
)
_TAKE = re.compile(
    r"\b(?:take|takes|taken|taking|withdraw\w*|remov\w*|revok\w*|los(?:e|es|ing)|lost|"
    r"return\w*|"
    r"(?:give|gives|hand|hands|handed) (?:[^,;]{0,20} )?back|giv\w+ up|reduc\w*|less|"
    r"shrink\w*|"
    r"strip\w*|relinquish\w*|cut|surrender\w*|release\w*|minus|"
    r"without|cede\w*|drop\w*|reclaim\w*|pull)\b"
)
_MOVE = re.compile(
    r"\b(?:move\w*|shift\w*|reassign\w*|transfer\w*|reallocat\w*|re-?farm\w*|hand\w*|"
    r"take\w*|borrow\w*|swap|relocat\w*|migrat\w*|give\w*|lend\w*|redirect\w*|"
    r"mhz from\b(?=.*\bto\b)|cede\w*|receiv\w*|gets?|free\w*|releas\w*|go|goes|"
    r"return\w*|expense)\b"
)
_SAVE = re.compile(
    r"\b(?:sav\w+|cut|reduc\w*|lower\w*|less|drop|fall|shrink|"
    r"go down|trim|shav\w*|bring\b[^,;]*\bdown|"
    r"decrease\w*)\b"
)
ENERGY = re.compile(
    r"\b(?:energy|electricity|consumption|grid draw|fuel|power (?:is|be|to be) saved|"
    r"sav(?:e|es|ed|ing) (?:some )?power|power sav\w+|kwh|power bill|carbon|"
    r"power consumption|"
    r"power usage)\b"
)
SHARED = re.compile(
    r"\b(?:prbs?|resource blocks?|blocks?|resources?|capacity|spectrum|bandwidth|"
    r"carrier|"
    r"airtime|air time|rbs|radio resources|share)\b"
)


def spectrum(one: Clause) -> list[Reading]:
    """Bandwidth given to cells or taken from them."""
    if one.band() is not None:
        return []
    width = one.only("Hz")
    if width is None or width.value > 5e8:
        return []
    source, sink = _ends(one)
    if source and sink and one.has(_MOVE):
        return [
            Reading(
                Kind.SPECTRUM_GRANT, -width.value, "Hz", cells=source, dimension="Hz"
            ),
            Reading(Kind.SPECTRUM_GRANT, width.value, "Hz", cells=sink, dimension="Hz"),
        ]
    if (source or sink) and {*one.names("cell")} - {*(source or sink)}:
        return []  # some lose and some do not: which is not clear
    gives, takes = one.has(_GIVE), one.has(_TAKE)
    if re.match(r" (?:less|fewer)\b", one.text.plain[width.span[1] :]):
        gives, takes = False, True
    if width.signed:
        gives, takes = width.value > 0, width.value < 0
    if re.search(
        r"\b(?:giv\w+|hands?|handed) (?:[^,;]{0,20} )?(?:back|up)\b", one.plain
    ):
        gives = False
    if (
        source
        and not sink
        and one.mentions
        and _GIVES.match(one.text.plain[one.mentions[-1].span[1] : one.span[1]])
    ):
        gives, takes = False, True
    if gives == takes:
        if not (
            gives and re.search(r"\b(?:more|additional|extra|another)\b", one.plain)
        ):
            return []
        takes = False
    value = -abs(width.value) if takes else abs(width.value)
    return [Reading(Kind.SPECTRUM_GRANT, value, "Hz", needs="cells", dimension="Hz")]


def _ends(one: Clause) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cells that spectrum leaves and reaches, by the words around each."""
    source: list[str] = []
    sink: list[str] = []
    place: list[str] | None = None
    listed: list[Mention] = []
    for mention in one.mentions:
        if mention.kind not in ("cell", "unknown"):
            continue
        if listed and not LISTED.fullmatch(
            one.text.plain[listed[-1].span[1] : mention.span[0]]
        ):
            listed = []
        before = one.text.plain[one.span[0] : mention.span[0]]
        after = one.text.plain[mention.span[1] : one.span[1]]
        if after.startswith("'s "):
            place = source
        elif _GETS.match(after) or _INTO.search(before):
            place = sink
        elif _OUT_OF.search(before) or _GIVES.match(after):
            place = source
        if place is None:
            listed.append(mention)
            continue
        for other in listed:
            place.extend(other.names)
        place.extend(mention.names)
        listed = []
    return tuple(source), tuple(sink)


_OUT_OF = re.compile(r"\b(?:from|off|out of|away from|of)(?: cells?| sites?| the)* $")
_INTO = re.compile(
    r"\b(?:to|into|onto|towards?|for|over to|by|it|in favou?r of|(?:lend|give|grant|"
    r"hand|"
    r"pass|assign|allocate)s?)(?: cells?| sites?| the)* $"
)
_IN_RANGE = re.compile(r"\b(?:gets?|between|within|has|have|should|shall|must|may)\b")
_GETS = re.compile(
    r" (?:have|takes?|gets?|receives?|obtains?|borrows?|gains?|acquires?|inherits?|"
    r"is (?:given|granted|lent|awarded|assigned))\b"
)
_GIVES = re.compile(
    r" (?:gives?|cedes?|hands?|lends?|returns?|releases?|surrenders?|loans?|donates?|"
    r"yields?|passes|gives up|parts with)\b"
)


def share(one: Clause) -> list[Reading]:
    """Parts of the blocks that a slice gets."""
    users = one.names("user") + one.names("unknown")
    if one.has(SHARED) and len(users) == 1 and users[0].startswith("slice:"):
        both = one.both_bounds("%", "part") or _ends_of_range(one)
        if both:
            return [
                Reading(Kind.SLICE_SHARE, quantity.value, "1", bound,
                        needs="users", dimension="%")
                for quantity, bound in both
            ]  # fmt: skip
    found = one.only("%", "part")
    if found is None or not one.has(SHARED) or not 0 <= found.value <= 1:
        return []
    is_own = not users and one.has(FIRST_PERSON)
    if not is_own and not any(name.startswith("slice:") for name in users):
        return []
    bound = one.bound(found)
    if bound is None:
        return []
    return [
        Reading(Kind.SLICE_SHARE, found.value, "1", bound, needs="users", dimension="%")
    ]


def _ends_of_range(one: Clause) -> list[tuple[Quantity, str]]:
    """Bounds of ``gets 20 to 40 %``."""
    found = list(one.quantities)
    pairs = ranges(found, one.text.plain, "%")
    if len(pairs) != 1 or not one.has(_IN_RANGE):
        return []
    low, high = pairs[0]
    return [(found[low], "min"), (found[high], "max")]


def energy(one: Clause) -> list[Reading]:
    """Part of the energy to save."""
    found = one.only("%", "part")
    if found is None or not one.has(ENERGY) or found.value > 1:
        return []
    if found.signed and found.value < 0:
        return [Reading(Kind.ENERGY_SAVING, -found.value, "1", dimension="%")]
    if not one.has(_SAVE):
        return []
    before = one.text.plain[one.span[0] : found.span[0]]
    value = (
        1 - found.value
        if re.search(r"\bto (?:about |only )?$", before)
        else found.value
    )
    return [Reading(Kind.ENERGY_SAVING, value, "1", dimension="%")]

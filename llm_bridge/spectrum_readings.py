"""What a clause says of spectrum, blocks and energy."""

import re

from llm_bridge.borrowed import LISTED
from llm_bridge.clause import FIRST_PERSON, Clause
from llm_bridge.context_report import Kind
from llm_bridge.names import Mention
from llm_bridge.quantities import Quantity, ranges
from llm_bridge.reading import Reading
from llm_bridge.stance import masked

_GIVE = re.compile(
    r"\b(?:grant\w*|give|gives|given|add\w*|additional|extra|more|another|gets?|"
    r"receiv\w*|"
    r"allocat\w*|assign\w*|lend|lent|award\w*|obtain\w*|extend\w*|expand\w*|"
    r"widen\w*|grow\w*|increas\w*|gains?|plus|hand|free up for|borrow\w*)\b|\+"
)
_TAKE = re.compile(
    r"\b(?:take|takes|taken|taking|withdraw\w*|remov\w*|revok\w*|los(?:e|es|ing)|lost|"
    r"return\w*|"
    r"(?:give|gives|hand|hands|handed) (?:[^,;]{0,30} )?(?:back|away)|giv\w+ up|"
    r"reduc\w*|less|"
    r"shrink\w*|"
    r"strip\w*|relinquish\w*|cut|surrender\w*|release\w*|minus|"
    r"without|cede\w*|drop\w*|reclaim\w*|pull)\b"
)
_SAVE = re.compile(
    r"\b(?:sav\w+|cut|reduc\w*|lower\w*|less|drop|fall|shrink|"
    r"go down|trim|shav\w*|bring\b[^,;]*\bdown|"
    r"decrease\w*)\b"
)
_SAVED = re.compile(r" (?:of )?(?:the |its )?(?:energy |power )?(?:sav|less)")
"""What stands behind the part that is saved, whatever stands before it."""
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
    source, sink = _from_to(one) or _ends(one)
    if source and sink:
        if width.signed or {*source} & {*sink}:
            return []  # two signs, or nobody who gets what is given
        return [
            Reading(
                Kind.SPECTRUM_GRANT, -width.value, "Hz", cells=source, dimension="Hz"
            ),
            Reading(Kind.SPECTRUM_GRANT, width.value, "Hz", cells=sink, dimension="Hz"),
        ]
    if (source or sink) and {*one.names("cell")} - {*(source or sink)}:
        return []  # some lose and some do not: which is not clear
    words = masked(one.plain, _GIVEN_BACK) if one.has(_GIVE) else one.plain
    gives, takes = one.has(_GIVE), _TAKE.search(words) is not None
    if re.match(r" (?:less|fewer)\b", one.text.plain[width.span[1] :]):
        gives, takes = False, True
    if width.signed:
        gives, takes = width.value > 0, width.value < 0
    if re.search(
        r"\b(?:giv\w+|hands?|handed) (?:[^,;]{0,30} )?(?:back|up|away)\b", one.plain
    ):
        gives = False
    is_less = one.has(_LOSES) or (one.has(_IS_TAKEN) and takes)
    if is_less and not one.has(_GAINS):
        gives, takes = False, True
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


def _from_to(one: Clause) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The two cells of ``M1A -> M1B: 10 MHz``; None where others are named."""
    named = [mention for mention in one.mentions if mention.kind in ("cell", "unknown")]
    if len(named) == 1 and len(named[0].names) > 2:  # not a range: one gives
        low, high = named[0].span
        words, names = one.text.plain[low:high], named[0].names
        is_pair = " to " in words and not (one.has(_GIVE) or one.has(_TAKE))
        return (names[:1], names[-1:]) if is_pair else None
    if len(named) != 2 or any(len(mention.names) != 1 for mention in named):
        return None
    low, high = named
    between = one.text.original[low.span[1] : high.span[0]]
    if _ARROW.fullmatch(between) is None or one.has(_GIVE) or one.has(_TAKE):
        return None
    return low.names, high.names


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


_LOSES = re.compile(r"\blos(?:es?|ing) (?!it\b|them\b|that\b|this\b)")
_IS_TAKEN = re.compile(
    r"\b(?:additional|extra) [^,;]*\b(?:is|are|be|been) (?:\w+ )?(?:withdrawn|removed|"
    r"revoked|returned|reclaimed|released|taken)\b"
)
"""What was once more, and is so no longer."""
_GAINS = re.compile(r"\b(?:gets?|gains?|obtains?|receives?)\b")
_GIVEN_BACK = re.compile(r"\b(?:take|hand|give)s? (?:it|them|this|that) back\b")
"""What happens at the end of a loan."""
_ARROW = re.compile(r" ?(?:[-=]+>|[\u2192\u21d2]|to|over to) ?(?:cell )?")
"""What stands between who gives and who gets."""
_OUT_OF = re.compile(
    r"\b(?:from|leav(?:e|es|ing)|off|out of|away from|"
    r"(?<!courtesy )of)(?: cells?| sites?| the)* $"
)
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
    r" (?:gives?|loses?|cedes?|hands?|lends?|returns?|releases?|surrenders?|"
    r"loans?|donates?|yields?|passes|gives up|parts with)\b"
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
    is_saved = _SAVED.match(one.text.plain, found.span[1]) is not None
    is_left = not is_saved and re.search(r"\bto (?:about |only )?$", before)
    value = 1 - found.value if is_left else found.value
    return [Reading(Kind.ENERGY_SAVING, value, "1", dimension="%")]

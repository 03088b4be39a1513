"""Which cells users are to be served by, and which not."""

import re

from llm_bridge.clause import FIRST_PERSON, Clause
from llm_bridge.context_report import Kind
from llm_bridge.reading import Reading
from llm_bridge.stance import masked

QUARANTINE = re.compile(
    r"\b(?:intru\w*|rogue|hijack\w*|suspicious\w*|quarantin\w*|isolat\w*|compromis\w*|"
    r"malware|botnet|attack\w*|spoof\w*|impersonat\w*|cloned|infected|ddos|"
    r"malicious\w*|"
    r"hack(?!athon)\w*|imposter|impostor|unauthori[sz]ed (?:access|device|traffic|use)|"
    r"fraud\w*|stolen|worms?|ransomware|spyware|rootkit|backdoor|identity theft|"
    r"phish\w*|"
    r"jamm(?:er|ers|ing)|taken over by|brute[- ]forc\w*|breach\w*|exfiltrat\w*|"
    r"man-in-the-middle|eavesdrop\w*|zombies?|break-?ins?|scann?(?:s|ing)? (?:of )?"
    r"(?:the |our )?(?:ports?|core|network)|masquerad\w*|tamper\w*|anomalous traffic|"
    r"port scan\w*|virus|trojan|"
    r"fake (?:base station|cell)|bots?|lock(?:ed)? (?:(?:it|him|her|them) )?(?:out|"
    r"away))\b"
)
AVOID = re.compile(
    r"\b(?:do(?:n't| not)|not to) (?:connect|serve|put|attach|hand|move|keep|send|"
    r"switch) (?:me|us)\b|"
    r"\b(?:nobody|no one|none|no \w+) (?:from|of|in) [^,;:.]{1,40}? should (?:be|use|"
    r"go|connect|attach|camp|get)\b|"
    r"\b(?:please|pls|plz|better|rather|preferably|if possible) not (?=(?:on |to |via |"
    r"over |at )?(?:cell |site )?m\d)|\b(?:had )?better not\b|(?:\bwould be |\bis |"
    r"\bare )?\bbetter off without\b|"
    r"\banywhere but\b|\bwould(?: much)? rather not\b|\bavoid\w*|\brefrain\w*|"
    r"\b(?:keep|kept|steer|stay|move|hold)\b[^,;]{0,30}?\b(?:away|"
    r"clear|off|out of)\b|\bshould(?: rather)? not\b|\bshouldn't\b|"
    r"\btry not\b|\bdiscourag\w*|\bdeprioriti\w*|\bpreferably not\b|\brather not\b|"
    r"\bbetter not\b|\bas little as possible\b|"
    r"\bif you (?:did|do)(?:n't| not) (?:connect|serve|put|attach|hand|move|keep|"
    r"place|send|switch|steer)\b|\bif possible,? not\b|\bonly as a last resort\b|"
    r"\blast resort\b|\bsteer\b[^,;]{0,20}\b(?:away|a?round)\b|"
    r"\bunless necessary\b|\breluctant\w*"
)
FORBID = re.compile(
    r"\b(?:in|on) no (?:case|account|circumstances)(?: may| must| should| can|"
    r" shall)?\b|"
    r"\bno business (?:on|at|in)\b|"
    r"\bkept from\b|\bnobody (?:from|of|in) (?:the )?\w+(?: \w+)? on\b|"
    r"\bnot want [^,;.]{1,30}? (?:on|near|in|at|to use)\b|"
    r"\bkeep out of\b|\boff limits\b|\bno access to\b|\bno exceptions\b|\bforbid\w*|"
    r"\bforbidden\b|\bprohibit\w*|\bnever\b(?! leaves?\b)|"
    r"\b(?:cease|stop|refuse) (?:to serve|serving)\b|\b(?:must|may|shall|can|do|"
    r"does|will)(?: not|n't)\b|\bcannot\b|\bnot allowed\b|\bnot permitted\b|"
    r"\bban(?:ned|s)?\b|\bbar(?:red|s)?\b|\bblock(?:ed|s)?\b|\bexclud\w*|"
    r"\bdisallow\w*|\bno handovers?\b(?=[^.,;]* (?:on|in)?to\b)|\bblacklist\w*|"
    r"\boff[- ]limits\b|"
    r"\bis not to\b|\bare not to\b|\bnot be (?:served|attached|connected|handed)\b|"
    r"\b(?:nobody|no one|none|no \w+) (?:from|of|in) [^,;:.]{1,40}? (?:may|must|shall|"
    r"can|is to|are to) (?:be|use|go|connect|attach|camp|get)\b|"
    r"\bunder no circumstances(?: may| must| should| can| shall)?\b"
)
PREFER = re.compile(
    r"\b(?:would|'d) (?:be|feel|fare|do) (?:happier|better|best|good|well) (?:on|"
    r"off on|with|at)\b|(?:\bwould be )?(?:an? )?\bnice home\b|\bwhere(?:ver)? (?:you|"
    r"we) can\b|\bif there(?:'s| is) "
    r"(?:room|space|capacity)\b|\bfirst choice\b|(?:\bwould |'d )?\bprefer\w*|"
    r"\bideally\b|\bif (?:at all |anyhow |somehow )?(?:possible|"
    r"feasible)\b|\bif (?:you )?can\b|\bshould\b|"
    r"\bfavou?r\w*|\bwhere possible\b|\bbest served\b|\bsteer\w*|"
    r"\bnudg\w*|\bencourag\w*|\bwould be (?:better|best)\b|\bbetter (?:to|if)\b|"
    r"\brather\b|\bas far as possible\b|"
    r"\bwhenever possible\b|\bwould (?:like|(?:much )?rather|sooner)\b|"
    r"\bpriority for\b|\bbetter (?:served|"
    r"off) (?:on|by|from)\b|\bfirst choice\b|\bhad better\b|\btry to\b"
)
_SHALL = re.compile(
    r"\bkeep\b|\bpin\w*|\bmust\b|\bshall\b|\block\w*|\bstays?\b|\bbind\b|\bforc\w*|"
    r"\bonly\b|\bexclusively\b|\bhas to\b|\bhave to\b|\balways\b|\bmove\b|\bhand\b|"
    r"\bassign\w*|\battach\b|\bshift\b|\bmigrate\b|\brelocate\b|"
    r"\bconnect\b|\bserve\b|\bput\b|\bfix(?:ed)?\b|\bhandover\b|\btransfer\b|"
    r"\bswitch\b|\bleave\b|\bremain\w*|\bhold\b|\btie\b|\bmandatory\b|\bswitched\b|"
    r"\b(?:and|to|by|on) (?:nothing|nowhere|no (?:other )?(?:cell|one)) else\b|"
    r"\bor not at all\b|\bno other (?:cell|site|one)\b|\bbelongs? (?:on|to)\b|"
    r"\bpinned\b|\b(?:be )?served (?:by|from|on|via)\b|\bstick\b|\bsticks\b|"
    r"\bgo(?:es)? (?:on)?to\b"
)
_TURNED_AWAY = re.compile(
    r"\b(?:must|shall|has to|have to|needs? to|is to|are to) be (?!(?:\w+ly )?"
    r"(?:served|kept (?:on|at|in|with|by)|connected|attached|moved|handed|put|placed|"
    r"assigned|"
    r"switched|transferred|pinned|held|tied|bound|locked (?:to|on)|fixed|steered|sent|"
    r"given|left|hosted|shifted|migrated|relocated|taken|brought|forced|carried|camped|"
    r"anchored|on|in|at|with)\b)[a-z]+(?:ed|t|en|wn|ld)\b"
)
"""What must be done to users and is no service: ``must be refused``."""
_SHOULD_ONLY = re.compile(
    r"\bshould\b.*\b(?:only|always|exclusively|by all means|"
    r"no other (?:cell|site|one))\b"
)
"""A wish that leaves no choice."""
_ANY_BUT = re.compile(
    r"\b(?:may|can|could)\b[^,;]*\b(?:any|every|all)\b[^,;]*\b(?:except|but)\b"
)
"""Cells that are free, but for one."""
NO_OTHER = re.compile(
    r"\b(?:and|by|on|to)? ?(?:nothing|nowhere|nobody|no one) else\b|\bor not at all\b|"
    r"\bno handovers? to (?:others?|any\w*|another)\b|"
    r"\bno other (?:cell|site|one)\b|\bif (?:that|it)(?:'s| is| can be) avoid\w+\b|"
    r"\bif there(?:'s| is) (?:room|space|capacity|any other (?:choice|cell|way))\b"
)
"""Denials and conditions that are part of what is asked."""
_STEERS = re.compile(
    r"\b(?:on|onto|to|from|by|via|with|at|for|in|over|through|away|steer|towards?|avoid\w*|"
    r"off|use\w*|of|using|prefer(?:s|red)?|join\w*|enter\w*|only|"
    r"exclusively)\b"
)
_RATHER = re.compile(r"\bprefer(?:s|red)?\b")
_OVER = re.compile(r"\bprefer\w*[^,;]* over ")
_REACHED = re.compile(
    r"\b(?:to|onto|on|over to|into|at|by|via|joins?|towards)"
    r"(?: (?:the|cells?|sites?|sectors?))*\s+$"
)
_LEFT = re.compile(
    r"\bprefer\w*[^,;]* over(?: (?:the|cells?|sites?|sectors?))*\s+$|"
    r"\b(?:off(?: of)?|from|away from|out of|leaves?|leaving|left)"
    r"(?: (?:the|cells?|sites?|sectors?))*\s+$"
)
_VERB = re.compile(
    r"\W*(?:(?:noc|hi|hello|team|please|pls|plz|kindly|now|then|so|also)\W+)*"
    r"(?!(?:the|a|an|path|distance|link|compare|of|for|when|if|signal|route|is|was|are|"
    r"device|terminal|because|while|since|by|on|in|at)\b)[a-z]+ "
    r"(?:(?:the )?(?:users?|ues?|subscribers?|devices?|terminals?) )?"
)
"""An imperative, whatever it is, right before the user."""
_TOWARDS = re.compile(r" (?:over )?(?:to|onto)(?: (?:the|cells?|sites?|sectors?))* ")
_WILL_BE = re.compile(
    r" (?:will|shall|must|is to|are to|has to) be [a-z]+ed(?: over)?"
    r" (?:to|onto)(?: (?:the|cells?|sites?|sectors?))* "
)
_SOMEBODY = re.compile(
    r"\b(?:him|her|them|this (?:user|slice|device)|it (?:must|may|shall|should) "
    r"(?:\w+ )?be (?:served|connected|attached|kept|moved))\b"
)


_NO_SUBJECT = re.compile(
    r"^\W*(?:(?:and|but|it|also) )*(?:must|may|shall|should|is to|are to|has to|"
    r"have to|prefers?|belongs?|stays?)\b"
)
"""What goes on about the users of the words before."""

_WISHED = re.compile(r" (?:to be|were|was|be|being|at \W?\d+ ?(?:w|dbm|mhz)\b)\b")
"""Behind a cell that is wished to be something: ``I prefer M1A to be off``."""


def steering(one: Clause) -> list[Reading]:
    """Preferences of users for cells."""
    users = one.names("user") or (one.mentions_all("users") and ("",))
    cells = one.names("cell")
    is_wish = one.has(FIRST_PERSON) and (one.has(PREFER) or one.has(AVOID))
    is_open = not users and (one.has(_SOMEBODY) or is_wish or one.has(_NO_SUBJECT))
    if (
        not (users or is_open)
        or not cells
        or one.of("bit/s", "W", "Hz", "%", "dB", "mm/h", "m/s")
    ):
        return []
    if not one.has(_STEERS) or one.has(QUARANTINE):
        return []
    if any(
        mention.kind == "cell" and _WISHED.match(one.text.plain, mention.span[1])
        for mention in one.mentions
    ):
        return []
    if one.has(_ANY_BUT):
        return []
    pairs = _pairs(one) or _moves(one)
    if _is_off(one):
        return [Reading(Kind.ASSOCIATION_PREFERENCE, "AVOID", needs="both")]
    for pattern, word in (
        (AVOID, "AVOID"),
        (FORBID, "FORBID"),
        (PREFER, "PREFER"),
        (_SHALL, "SHALL"),
    ):
        words = masked(one.plain, NO_OTHER) if word == "FORBID" else one.plain
        if pattern.search(words):
            if word == "PREFER" and one.has(_SHOULD_ONLY):
                word = "SHALL"
            if word == "SHALL" and one.has(_TURNED_AWAY):
                return []
            return [
                Reading(
                    Kind.ASSOCIATION_PREFERENCE, word, needs="both",
                    cells=cells, users=users,
                )
                for users, cells in pairs
            ] or [Reading(Kind.ASSOCIATION_PREFERENCE, word, needs="both")]  # fmt: skip
    if _is_arrow(one) or _is_order(one):
        return [Reading(Kind.ASSOCIATION_PREFERENCE, "SHALL", needs="both")]
    return []


def _is_arrow(one: Clause) -> bool:
    """Whether a clause is nothing but who goes where: ``u015 -> M2B``."""
    named = [mention for mention in one.mentions if mention.kind in ("user", "cell")]
    if [mention.kind for mention in named] != ["user", "cell"]:
        return False
    between = one.text.original[named[0].span[1] : named[1].span[0]]
    is_arrow = between.strip() in ("->", "=>", "\u2192", "\u21d2")
    return is_arrow and named[0].span[0] == one.span[0]


def _is_off(one: Clause) -> bool:
    """Whether nothing but "off" stands between users and a cell: ``u088 off M7C``."""
    named = [mention for mention in one.mentions if mention.kind in ("user", "cell")]
    if [mention.kind for mention in named] != ["user", "cell"]:
        return False
    between = one.text.plain[named[0].span[1] : named[1].span[0]]
    return re.fullmatch(r" (?:off|away from)(?: the)?(?: \w*l)? ", between) is not None


def _is_order(one: Clause) -> bool:
    """Whether a clause orders users to a cell with any verb: ``bring u015 to M2B``."""
    named = [mention for mention in one.mentions if mention.kind in ("user", "cell")]
    if [mention.kind for mention in named] != ["user", "cell"]:
        return False
    plain, (user, cell) = one.text.plain, named
    return (
        _VERB.fullmatch(plain[one.span[0] : user.span[0]]) is not None
        and _TOWARDS.fullmatch(plain[user.span[1] : cell.span[0]]) is not None
    ) or _WILL_BE.fullmatch(plain[user.span[1] : cell.span[0]]) is not None


def _pairs(one: Clause) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Users and cells of ``u008 to M1A and u009 to M1B``; empty for a single pair."""
    found: list[tuple[list[str], list[str]]] = []
    last = ""
    for mention in one.mentions:
        if mention.kind == "user" and last != "user":
            found.append(([], []))
        before = one.text.plain[one.span[0] : mention.span[0]]
        if mention.kind == "cell" and _LEFT.search(before):
            continue
        if mention.kind in ("user", "cell") and found:
            found[-1][mention.kind == "cell"].extend(mention.names)
            last = mention.kind
    if len(found) < 2 or not all(users and cells for users, cells in found):
        return []
    return [(tuple(users), tuple(cells)) for users, cells in found]


def _moves(one: Clause) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Users and the cells they go to, where others are named that they leave."""
    left: list[str] = []
    reached: list[str] = []
    for mention in one.mentions:
        if mention.kind == "cell":
            before = one.text.plain[one.span[0] : mention.span[0]]
            if _LEFT.search(before):
                left += mention.names
            elif _REACHED.search(before) or one.has(_OVER):
                reached += mention.names
    users = one.names("user")
    ranged = next((one.text.plain[slice(*m.span)] for m in one.mentions
                   if m.kind == "cell" and len(m.names) > 1), "")  # fmt: skip
    if one.has(_RATHER) and " to " in ranged:
        return [(users, (one.names("cell")[0],))] if users else []
    if not (left and reached and users) or {*left, *reached} != {*one.names("cell")}:
        return []
    return [(users, tuple(reached))]

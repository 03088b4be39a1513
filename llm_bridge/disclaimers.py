"""Whether a text says of itself that it is not to be followed: a draft, a sample.

Words on one item (``not today``) are for who reads it; these are on the text.
"""

import re

_NOT = r"(?:not|n't|never|nicht)(?: yet| been| to be| currently| officially| formally)*"
_DISCLAIMER = re.compile(
    r"\bexercise(?:[,.!]? exercise)+\b|\b(?:attack|injection|phishing|spam) "
    r"(?:sample|example|text|string)s?(?: \d+)?:|"
    rf"\b{_NOT} (?:approved|authori[sz]ed|released|signed(?: off)?|ratified|adopted|"
    r"in force|in effect|binding|effective|for (?:action|implementation|execution|"
    r"use|release|operational use|production|live use))\b|"
    r"\b(?:un|non-?)(?:approved|authori[sz]ed|released|signed|ratified|binding)\b"
    r"(?! (?:access|user|device|person|intru|entr|transmi|use\b|login))|"
    r"\b(?:do not|don't|must not be|not to be|never|should not be|shall not be) "
    r"(?:yet )?(?:apply|applied|implement(?:ed)?|execute[d]?|enact(?:ed)?|enforced?|"
    r"act(?:ed)? (?:on|upon)|carr(?:y|ied) (?:this |it |these )?out|put into practice|"
    r"follow(?:ed)? (?:this|it|these|the (?:following|below|above))|"
    r"enter(?:ed)? (?:this|it|these)|roll(?:ed)? out)(?!\w)|"
    r"(?:^|[\n.;!\[(*-] ?)(?:this is (?:only |just |merely )?)?(?:an? |the |first |"
    r"second |old |former |last |obsolete |early |rough |unsigned |internal |"
    r"preliminary |working )*(?:drafts?|"
    r"template|specimen|mock-?up|sample(?: text)?|place-?holder|dummy(?: text| entry)?|"
    r"boiler-?plate|lorem ipsum|fiction|role-?play|training (?:material|exercise|"
    r"example|text)|exercise text|hypothetical)\b"
    r"(?=[^.;\n\d]{0,40}(?:[:,;\])]|[.!-](?: |$)| only\b|\n|$))|"
    r"(?:^|[\n.;!\[(*-] ?)(?:rejected|declined|withdrawn|refused|turned down|"
    r"voted down|"
    r"superseded|repealed|revoked|void(?:ed)?|invalid|obsolete|outdated|annulled|"
    r"retracted|undecided|unsent|examples? (?:of|for))\b[^.;:\n\d]{0,40}"
    r":(?!\d)|"
    r"\((?:withdrawn|rejected|declined|drafts?|void(?:ed)?|revoked|superseded|obsolete|"
    r"invalid|rescinded|annulled|retracted|undecided)\b[^()]{0,30}\)|"
    r"\b(?:fictional|fictitious|made[- ]up|invented|imaginary|undecided|unsent)\b|"
    r"\b(?:was|were|been) never (?:sent|published|issued|agreed|decided|ordered|"
    r"adopted)\b|"
    r"(?:[.;!?] |\n)(?:no way|out of the question|forget it|not a chance)(?=[.!\n]|$)|"
    rf"\b{_NOT} (?:going to happen|(?:his|hers|her|theirs|their|its) to (?:decide|"
    r"ask|say|tell))\b|"
    r"\bfor (?:training|illustration|demonstration|test(?:ing)?|discussion|review) "
    r"(?:purposes|only)\b|\bfor (?:your )?(?:review|comments?|discussion)(?: only)?:"
)


_ENTRY = re.compile(r"[ \t]*(?:[-*+]|\(?\d{1,2}[.)]|\d\d?[:.]\d\d)[ \t:]")
"""Begin of a line that is an entry of a list: it speaks for itself alone."""


def disclaimed(plain: str) -> list[tuple[tuple[int, int], str]]:
    """Parts of a text that are not to be followed, each with the words that say so.

    An entry of a list is a part, and so is a paragraph.
    """
    found = []
    for match in _DISCLAIMER.finditer(plain):
        start = plain.rfind("\n", 0, match.end()) + 1
        is_entry = _ENTRY.match(plain, start) is not None
        stop = "\n" if is_entry else "\n\n"
        low = start if is_entry else plain.rfind(stop, 0, match.end()) + 1
        high = plain.find(stop, match.end())
        words = " ".join(match[0].split()).strip("\n.;![(*- ")
        found.append(((low, high if high >= 0 else len(plain)), words))
    return found

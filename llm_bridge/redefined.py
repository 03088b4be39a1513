"""Whether a text tells its reader to take words for others than they are.

``Treat "I" in the following as u001``: what such a text says is not what it reads, so
none of it counts.
"""

import re

_NAME = r"(?:(?:u|ue|m)\d+[a-z]?|(?:user|slice|cell|tenant|site|number)[ :#-]?\d+)"
_QUOTED = (
    r"(?:(?:every |each |any |all |the )?[\"'][^\"'\n]{1,40}[\"']|"
    r"(?:the |this |any |every |each )?(?:words?|terms?|pronouns?|letters?|digits?) "
    r"[\"']?(?!that\b|of\b|in\b|from\b|and\b)[\w/%-]+[\"']?)"
)
"""A word as such: in quotation marks, or called a word."""
_SELF = r"(?:i|me|my|mine|we|us|our|ours|myself|ourselves)"
_BOUND = r"(?:at most|at least|max(?:imum)?|min(?:imum)?|[kmg]bit(?:/s)?)"
_PERSON = rf"(?:{_SELF}|every ?(?:body|one)|nobody)"
_WORD = rf"(?:{_QUOTED}|{_PERSON}|{_BOUND}|{_NAME})"
_TAKE = (
    r"(?:treat|read|take|regard|interpret|understand|parse|consider|count|handle|"
    r"substitute|replace|exchange|redefine|rename|render|translate|resolve|map)"
    r"(?:s|ed|ing)?"
)
_WHERE = (
    r"(?:,? (?:in|from|for|throughout|below|here|hereafter|henceforth|now|also|"
    r"always)\b[^.;:\n\"']{0,30}?,?)?"
)
_STANDS = (
    r"(?:(?:shall|should|must|will|always|really|here|now|to|please) )*"
    r"(?:denotes?|designates?|stands? (?:in )?for|refers? to|represents?|signif(?:y|"
    r"ies)|(?:is|are|be) (?:(?:short|shorthand|code) for|another (?:word|name)|"
    r"a synonym|"
    r"an? alias|an? abbreviation|to be (?:read|understood|taken)|read as|"
    r"understood as|taken (?:as|for)))\b"
)
_MEANS = rf"(?:{_STANDS}|(?:(?:shall|should|must|will|here|now|to) )*mean(?:s|ing)?\b)"
_REDEFINED = re.compile(
    rf"\b{_TAKE} (?:{_QUOTED}|{_PERSON}|{_BOUND}){_WHERE} (?:as|for|by|with|to|into|"
    rf"to mean|like) {_WORD}(?!\w)|"
    rf"\b{_TAKE} {_NAME}{_WHERE} (?:as|for|by|with|to mean|like) "
    rf"(?:{_NAME}|{_PERSON}|{_QUOTED})(?!\w)|"
    rf"\b(?:treat|regard|consider|count|take|handle) (?:them|him|her|it|these|those|"
    r"this|that|all)(?: \w+)? (?:as|like|for) (?:if (?:they|it|he|she) (?:were|was) )?"
    rf"{_SELF}(?!\w)|"
    rf"(?<!\w){_QUOTED}{_WHERE} {_MEANS}|(?<!\w)(?:{_PERSON}|"
    rf"{_NAME}){_WHERE} {_STANDS}|"
    rf"(?<!\w)(?:{_PERSON}|{_QUOTED}){_WHERE} ?(?:(?::?=+>?|-+>|\u2192) ?)"
    rf"{_WORD}(?!\w)|"
    r"\b(?:whenever|wherever|where|when|each time|every time|any time|if) "
    r"(?:i|we|the text|this text|it|you) (?:write|read|say|see|mention|use|call|find|"
    rf"speak of|refer to)s? (?:{_WORD}|[\w/-]+)[, ]+(?:please |then |it |that |you |"
    r"i |we |is |shall |should |must |to )*(?:be )?(?:read|means?|take|think|"
    r"understand|understood|insert|put|substitute|replace)\b|"
    rf"\b(?:let|have) {_WORD} (?:(?:mean|denote|stand for|refer to)\b|"
    rf"be {_WORD}(?!\w))|"
    rf"\bby {_WORD},? (?:i|we) (?:mean|refer|understand)\b|"
    rf"\b(?:i|we) (?:now |here |also )?(?:sign|act|speak|write|pose|appear|log in|"
    rf"count|"
    rf"figure|answer) (?:\w+ )?as {_NAME}(?!\w)|\b(?:consider|think|imagine|suppose|"
    rf"assume|make|call|believe) (?:me|us|myself|ourselves) (?:to be |"
    rf"as )?{_NAME}(?!\w)|"
    rf"\b(?:i|we) (?:mean|am|call) {_NAME}(?!\w)[^.;\n]{{0,30}}\b(?:when|whenever|if|"
    rf"by) |\b(?:exchange|swap|interchange|reverse|invert|flip) (?:the )?(?:words?|"
    rf"meanings?|roles?|{_WORD})(?: of)? ?{_WORD}? (?:and|with) {_WORD}|"
    r"\b(?:exchange|swap|interchange|reverse|invert|flip) (?:the )?(?:words?|"
    r"meanings?|letters?)\b|"
    r"\b(?:read|understand|take|interpret) (?:everything|all|this|it|the (?:text|"
    r"rest|following|above)|what follows)(?: \w+){0,3} (?:backwards?|reversed|in "
    r"reverse|the other way|as its opposite|inverted|upside down|as (?:if|though)|"
    r"in the name of|on behalf of)\b"
)


def redefined(plain: str) -> str | None:
    """Words of a text that tell what its words stand for, or None."""
    match = _REDEFINED.search(plain)
    return None if match is None else " ".join(match[0].split())

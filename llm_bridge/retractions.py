"""Whether a sentence of its own takes back, or leaves open, what was said before it."""

import re

from llm_bridge.stance import is_ended

_TAKEN_BACK = re.compile(
    r"\b(?:cancel\w*|called off|call off|scrapp?\w*|disregard|false alarm|no longer|"
    r"withdrawn|postponed|"
    r"obsolete|forget|ignore|aborted|rescinded|is off|taken back|void|was a mistake|"
    r"in error|"
    r"corrections?|corrected|typo|i meant|make (?:that|it)(?= (?:\d|m\d|u\d|an? |the |"
    r"slice|until|from))|sorry,? (?:not|wrong)|"
    r"no loss of service|"
    r"did(?:n't| not) happen|strike that|scratch that|stands? down|not (?:happening|"
    r"taking place|coming)|never ?mind|on second thoughts?|undo|revert\w*|"
    r"roll(?:ed|s)? back|(?:say|says|said|is|was) (?:a )?(?:clear |firm )?no\b|"
    r"no to (?:it|this|that)|not (?:needed|necessary|required|wanted)|up again|"
    r"leave (?:it|this|that|them|things|everything|all)(?: all)? "
    r"(?:as|be\b|alone|out|unchanged)|"
    r"(?:plan|idea|request|order|wish|decision|proposal|thing|measure)s? (?:is|are|was|"
    r"were|has been|have been|got) (?:now |already |all )?(?:dead|off|dropped|gone|"
    r"moot|history|overruled|buried|shelved|refused|rejected|over))\b"
)
_SPARED = re.compile(
    r"\W*(?:(?:the|all|both|two|three) )*(?:cells?|sites?|sectors?|service|carriers?) "
    r"(?:(?:is|are|was|were|stays?|remains?|still) )*"
    r"(?:unaffected|not affected|in service|on air)\b(?! (?:again|at|from|by|until)\b)"
)
"""What was damaged left cells on air."""
_CORRECTED = re.compile(r"\b(?:corrections?|corrected|typo|i meant?|sorry|make that)\b")
_DOUBT = re.compile(
    r"\b(?:might|may|could) (?:just |only |also |well )?(?:be|have)\b|\bnot (?:sure|"
    r"certain|"
    r"confirmed|verified)\b|\bunconfirmed\b|\bto be confirmed\b"
)
_POINTS = re.compile(r"\b(?:it|this|that|these|those|they|them)\b(?! (?:morning|week))")
_TOLD = re.compile(
    r"(?<!is )(?<!are )(?<!be )(?<!been )(?<!being )(?<!has )(?<!have )(?<!to "
    r")(?<!'re )(?<!'s )(?<!n't )(?<!not )"
    r"\b(?!(?:need|speed|indeed|hundred|exceed|proceed|succeed|red)\b)(?:[a-z]{2,}ed|"
    r"came|went|got|said|told|had|did|took|gave|made|put|held|chose|stood|let|"
    r"thought|meant|ran|was|were)\b"
)
"""What happened to it, or what somebody did about it."""
_OBJECT = re.compile(r" (?:it|this|that|them|him|her)\b")
_UNDONE = re.compile(
    r"\b(?:undo|revert|reverse|cancel|drop|remove|lift|forget|ignore|scrap) (?:it|this|"
    r"that|them)\b"
)
_HARMLESS = re.compile(
    r"(?:ask|request|order|want|approv|confirm|report|notic|inform|call|check|sign|"
    r"start|happen|hack|attack|tamper|infect|damag|flood|"
    r"promis|fail|tripp|crash|caus|rais|open|logg|escalat|need|inspect|plann|"
    r"measur|schedul|expect|contact|ticket|agreed with)\w*ed\b|needed|had|"
    r"got (?:it |them )?back from\b|fixed (?:for|at) (?=\d|\w+ (?:o'clock|this)|noon|"
    r"eleven|ten)|"
    r"(?:was|were)(?= (?:\w+ )?(?:ask|request|order|approv|confirm|report|notic|found|"
    r"seen|caus|rais|open|logg|escalat|inspect|plann|schedul|measur))"
)
"""What is told of faults and wishes that still hold."""
_TO_COME = re.compile(r"\b(?:will|shall|until|till|eta|etr|expect\w*|still|by \d)\b")


def takes_back(plain: str, names_somebody: bool) -> bool:
    """Whether a sentence cancels what was said, ends it, doubts it or tells its fate.

    Words such as "it" or "that" with a verb in the past tell what became of it, unless
    they only tell who asked or how it began.
    """
    if _TAKEN_BACK.search(plain) or is_ended(plain) or _SPARED.match(plain):
        return True
    if names_somebody:
        return False
    if _DOUBT.search(plain):
        return True
    if not _POINTS.search(plain) or _TO_COME.search(plain):
        return False
    return any(not _HARMLESS.match(plain, one.start()) for one in _TOLD.finditer(plain))


def tells_fate(plain: str) -> bool:
    """Whether a part of a sentence tells what somebody did with the rest of it."""
    return _UNDONE.search(plain) is not None or any(
        one.start()
        and not _HARMLESS.match(plain, one.start())
        and _OBJECT.match(plain, one.end())
        for one in _TOLD.finditer(plain)
    )


def is_corrected(plain: str) -> bool:
    """Whether a sentence puts another name in the place of the one before."""
    return _CORRECTED.search(plain) is not None


def is_cancelled(plain: str) -> bool:
    """Whether a sentence has words that cancel."""
    return _TAKEN_BACK.search(plain) is not None

"""What a sentence says before it comes to its point: no part of what it asks.

``Ignore my last message, the floor for me is 2 Mbit/s`` takes back a message, not the
floor; ``No policy, just a wish: at least 1 Mbit/s`` denies a policy. Such words are
blanked out before the grammar reads; places stay true.
"""

import re

from llm_bridge.plain_text import PlainText

_BEGIN = r"(?:(?<=^)|(?<=[\n.!?] )|(?<=\n)|(?<=attention, )|(?<=hello, )|(?<=hi, ))"
_DENIED = (
    r"(?:no|not (?=an? |the |any )|nothing|neither|nor|none|(?:delete|change|touch|"
    r"alter|do|move) nothing)"
    r"\b(?! (?:\w+ ){0,3}(?:less|more|lower|higher|fewer|below|above|under|over|exceed|"
    r"service|signal|power|traffic|coverage|carrier|contact|response|connection)\b)"
    r"[^,;:.\d]{0,40}"
)
_PREAMBLE = re.compile(
    rf"{_BEGIN}(?:please |pls |so |kindly )?(?P<ignored>(?:ignore|disregard|forget|"
    r"scrap|never mind|discard|excuse|don't mind|pardon) (?:my|the|our|this|that|these|"
    r"all) (?!(?:alarm|request|order|limit|cap|floor|rules?|polic|instruction|"
    r"guidelines?|above|previous|following|note|rest|outage|radar|cell|site)\b)"
    r"[^,;:.\d]{3,40}, )|"
    rf"{_BEGIN}(?P<denied>{_DENIED}(?:, (?:and )?{_DENIED}){{0,3}},? (?:but |just |"
    rf"only "
    r"|merely |simply |rather )(?:(?:(?!\bfor )[^,;:.\d]){0,40}: |(?=for (?:me|us|my|"
    r"our)\b)))|"
    rf"{_BEGIN}(?:i|we) (?P<others>(?:am|are) not (?:the |an? )?[^,;:.\d]{{2,30}}, "
    r"(?:only|just|but|merely|simply) (?:the |an? )?[^,;:.\d]{2,30}, (?:and )?)|"
    rf"{_BEGIN}(?P<for>on behalf of (?:the )?(?:tenant|slice) (?P<number>\d+)[:,] )"
    r"(?=[^.\n]*\bslice (?P=number)\b)"
)


def without_preambles(text: PlainText) -> PlainText:
    """The text without what its sentences say before their point."""
    return text.blanked(
        next(
            match.span(name)
            for name in ("ignored", "denied", "others", "for")
            if match[name] is not None
        )
        for match in _PREAMBLE.finditer(text.plain)
    )

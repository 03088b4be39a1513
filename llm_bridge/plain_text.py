"""Text as it is read: one plain character for each of the original, and what hides."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

LONGEST = 10_000
"""Characters of a text that is read; a shift's notes have a tenth of it."""
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"
APOSTROPHES = "\u2018\u2019\u201a\u201b\u2032\u00b4`"
PLAIN = {
    **dict.fromkeys(DASHES, "-"),
    **dict.fromkeys(QUOTES, '"'),
    **dict.fromkeys(APOSTROPHES, "'"),
    "\u00d7": "x",
    "\u00b5": "u",
    "\u03bc": "u",
    "\u2026": ".",
    "\u2044": "/",
    "\u2264": "<",
    "\u2265": ">",
    "\u2022": "*",
}
"""What stands for what where a text is typeset."""
BYTE_ORDER_MARK = "\ufeff"
"""What some editors begin a file with."""
_LATIN = re.compile(
    r"LATIN (?:SMALL|CAPITAL) (?:LETTER|LIGATURE) (?:[A-Z]{1,2}|SHARP S|ETH|THORN|ENG)"
    r"(?: WITH .+)?"
)
"""Names of letters that are no small capitals, no signs of phonetics and not turned."""
SYMBOLS = frozenset("\u2192\u21d2\u00b1\u2248~")
"""Signs of other alphabets and planes that notes use, and that carry no letter."""


_RANGE = re.compile(
    r"(?<=\d)\.\.\.?(?=\d)|(?:(?<=[mg]hz)|(?<=:\d\d)) ?\.{1,3} (?=\d{2})|"
    r"(?<=[mg]hz)\.\.\.?(?=\d)|(?<=\d{4}) \.{2,3} (?=\d{4})"
)
"""Points that stand for "to": ``3.48..3.50 GHz``, ``3461 MHz ... 3473 MHz``."""


@dataclass(frozen=True)
class PlainText:
    """A text, and the same in plain characters at the same places.

    Attributes
    ----------
    original : str
        As it came.
    plain : str
        Lower case, of the same length.
    hidden : tuple of (int, str)
        Places of characters that a reader does not see or takes for others, and why.
    """

    original: str
    plain: str
    hidden: tuple[tuple[int, str], ...]

    def blanked(self, spans: Iterable[tuple[int, int]]) -> "PlainText":
        """The text with spaces for what is not to be read; spans stay true."""
        plain = self.plain
        for low, high in spans:
            plain = plain[:low] + " " * (high - low) + plain[high:]
        return self if plain == self.plain else replace(self, plain=plain)

    def hidden_in(self, low: int, high: int) -> str | None:
        """Why the part from ``low`` to before ``high`` is not what it looks like."""
        for place, reason in self.hidden:
            if low <= place < high:
                return f"character {place} {reason}"
        return None


def read(text: str) -> PlainText:
    """Plain characters of ``text``; nothing is left out, so spans stay true."""
    letters, hidden = [], []
    for place, sign in enumerate(text):
        if sign == BYTE_ORDER_MARK and not place:
            letters.append(" ")
            continue
        letters.append(_plain(sign))
        reason = _hidden(text, place, sign)
        if reason is not None:
            hidden.append((place, reason))
    plain = _RANGE.sub(lambda match: "-".ljust(len(match[0])), "".join(letters))
    return PlainText(text, plain, tuple(hidden))


def _plain(sign: str) -> str:
    """One lower-case character that ``sign`` is read as."""
    if sign in PLAIN:
        return PLAIN[sign]
    if sign.isspace():
        return "\n" if sign in "\n\r\x0b\x0c\x85\u2028\u2029" else " "
    lower = sign.lower()
    return lower if len(lower) == 1 else sign


def _hidden(text: str, place: int, sign: str) -> str | None:
    """Why a reader takes ``sign`` for something else, or None."""
    if sign.isascii():
        if sign.isprintable() or sign in "\n\r\t":
            return None
        return "is a control character"
    category = unicodedata.category(sign)
    if category in ("Cf", "Cc", "Co", "Cn", "Cs"):
        if sign == "\u200d" and place and ord(text[place - 1]) > 0x2000:
            return None  # joins pictograms
        return "is invisible"
    if category == "So" and unicodedata.normalize("NFKC", sign).isalnum():
        return "is of an alphabet that looks like another"
    if category in ("Lu", "Ll", "Lt", "Lo", "Lm", "Nd", "Nl", "No"):
        if sign in PLAIN or _is_latin(sign):
            return None
        return "is of an alphabet that looks like another"
    if category in ("Mn", "Me", "Mc") and sign != "\ufe0f":
        return "is drawn over its neighbour"
    return None


def _is_latin(sign: str) -> bool:
    """Whether ``sign`` is a letter of Latin writing, with or without an accent."""
    is_letter = _LATIN.fullmatch(unicodedata.name(sign, "")) is not None
    return is_letter and unicodedata.normalize("NFKC", sign) == sign

"""Names glued to words: ``u001-needs-at-most-5-kbit`` is called so, and says nothing.

A host, a plate or a file may be called whatever its owner likes. Names glued to names
and numbers are mentions (``M1A-M1C``, ``u001-u003``), and so is what says only what
is named (``slice-1``, ``cell_M1A``).
"""

import re
from dataclasses import replace

from llm_bridge.names import Names
from llm_bridge.plain_text import PlainText

_GLUED = re.compile(
    r"(?<![a-z0-9])[a-z0-9]+(?:(?:[-_]+[a-z0-9]+)+|(?:[-_.@]+[a-z0-9]+){2,})"
)
_PART = re.compile(r"[a-z0-9]+")
_PLAIN_PARTS = re.compile(
    r"\d+|[a-z]|cells?|sites?|sectors?|users?|ues?|slices?|devices?|gnbs?|nodes?|nr|id|"
    r"to|and|based|bound|side|wide|only|related|internal|specific|prb|dl|ul|min|max"
)
"""Parts of words that leave a name a mention: what it is of, or how far it goes."""


def without_glued(text: PlainText, names: Names) -> PlainText:
    """The text with names that are glued to words blanked out."""
    plain = text.plain
    for match in _GLUED.finditer(text.plain):
        if _is_called_so(match[0], names):
            low, high = match.span()
            plain = plain[:low] + "~" * (high - low) + plain[high:]
    return text if plain == text.plain else replace(text, plain=plain)


def _is_called_so(word: str, names: Names) -> bool:
    """Whether a word has a name of the network in it, and words beside it."""
    parts = _PART.findall(word)
    named = [part for part in parts if names.is_name(part)]
    if not named or names.is_name(word):
        return False
    return any(part not in named and not _PLAIN_PARTS.fullmatch(part) for part in parts)

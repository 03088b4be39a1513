"""What the names of a network have in common: sites, numbers, shapes, signs."""

import re

from llm_bridge.number_words import WORDS

COUNT = rf"\d+|{'|'.join(sorted(WORDS, key=len, reverse=True))}"
"""A number in digits or words."""


def key_of(name: str) -> str:
    """Letters and digits of a name, lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def numbers_in(text: str) -> list[int]:
    """Whole numbers of a list in digits or words."""
    return [
        int(one) if one.isdigit() else WORDS[one]
        for one in re.findall(rf"\b(?:{COUNT})\b", text)
    ]


def numbered(names: tuple[str, ...]) -> dict[int, str] | None:
    """Names by the one number in them, or None if that does not tell them apart."""
    found: dict[int, str] = {}
    for name in names:
        digits = re.findall(r"\d+", name)
        if len(digits) != 1 or int(digits[0]) in found or not name.endswith(digits[0]):
            return None
        found[int(digits[0])] = name
    return found


def by_site(cells: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Cells by site, where names end in a letter after a digit."""
    found: dict[str, list[str]] = {}
    for name in cells:
        key = key_of(name)
        if re.fullmatch(r".*\d[a-z]", key):
            found.setdefault(key[:-1], []).append(name)
    return {site: tuple(names) for site, names in found.items()}


def shapes_of(names: tuple[str, ...]) -> set[str]:
    """Patterns of the names: the same letters before digits, any digits, any letter."""
    found = set()
    for name in names:
        key = name.lower()
        match = re.fullmatch(r"([a-z][a-z_-]*)\d+([a-z]?)", key)
        if match is not None:
            found.add(rf"{re.escape(match[1])}\d+{'[a-z]?' if match[2] else ''}")
    return found


def written_in_full(names: tuple[str, ...]) -> re.Pattern[str]:
    """Pattern of the names that have other signs than letters and digits in them.

    ``gNB4-1`` and ``Marienplatz 4`` are found as they are written, in lower case; a
    name of digits alone where it is said what it does: ``4 is down``.
    """
    signs = sorted((n for n in names if not n.isalnum()), key=len, reverse=True)
    digits = "|".join(name for name in names if name.isdigit())
    found = []
    if signs:
        words = "|".join(re.escape(name.lower()) for name in signs)
        found.append(rf"(?<![\w-])(?:{words.replace('=', '[= ]')})(?![\w-])")
    if digits:
        found.append(rf"(?:^|(?<=[.;,] ))(?:{digits})(?= (?:is|was|has|went)\b)")
    return re.compile("|".join(found) or r"(?!)")

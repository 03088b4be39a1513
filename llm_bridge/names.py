"""Which cells, users and slices of the network a text names."""

import re
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from llm_bridge.name_forms import (
    COUNT,
    by_site,
    key_of,
    numbered,
    numbers_in,
    shapes_of,
    written_in_full,
)

if TYPE_CHECKING:
    from twins import TwinSnapshot

_CELL_WORDS = (
    r"cells?|sites?|sectors?|gnbs?|enbs?|base stations?|stations?|masts?|nodes?|towers?"
)
_USER_WORDS = r"users?|ues?|subscribers?|customers?|devices?|terminals?|handsets?"
_AND = r"(?:, ?| ?and | ?& ?| ?\+ ?| ?/ ?|, and | ?or )"
_LIST = rf"(?P<list>#?(?:{COUNT})(?:{_AND}#?(?:{COUNT}))*)\b"
_UNIT = r"(?:%|km|m/s|mm|ms\b|[kmg]bit|[kmg]bps|[mgk]hz|[mkn]?w\b|hours?|h\b|times|x\b)"
"""What follows a number that is no name."""
_SLICES = re.compile(
    rf"\b(?:slices?|s-?nssai)[ :#=-]*(?:id |number |n[or]\.? |"
    rf"num\.? )?{_LIST}(?!\.\d| ?{_UNIT}|:\d)"
)
_CELL_LIST = re.compile(
    rf"\b(?:{_CELL_WORDS})[ #-]*{_LIST}(?!\.\d|[:%]| ?[kmunpf]?w\b| ?dbm?\b|"
    r" ?[kmg]?(?:hz|bit|bps))"
)
_NESTED = re.compile(r"[a-z ]*[a-rt-z][ #-]*\d+ ?/")
"""One thing with two numbers, the second one in the first: ``site 4/1``."""
_USER_LIST = re.compile(rf"\b(?:{_USER_WORDS})[ #-]*{_LIST}(?!\.\d|[:%]| ?{_UNIT})")
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_SECTOR = re.compile(
    r"\b(?:sectors?|cells?) (?P<letters>[a-z](?:(?:, | and | & )[a-z])*) (?:of|at|on) "
    r"(?:the )?(?:sites?|mast|tower|station)? ?(?P<site>[a-z]+-?\d+)\b"
)
_OF_SITE = re.compile(
    r"\b(?:sites? )?(?P<site>[a-z]+-?\d+)(?:[,:]? | ?[/-] ?)(?:sectors?|cells?) "
    r"(?P<letters>[a-z](?:(?:, | and | & |/)[a-z])*)\b(?!')"
)
_LONE_SECTOR = re.compile(
    r"\bsector [b-z]\b(?!')|\bsector a\b(?= (?:is|has|was|at|of|and|down|off|goes|went|"
    r"until|from|to)\b|[,.:;]|$)"
)
"""A sector of a site that is not named: it could be any."""
_SITE = re.compile(r"(?:sites?|towers?|masts?|base stations?|stations?|nodes?|gnbs?)\b")
BESIDE = r"\b(?:near|next to|close to|opposite|beside|in front of|behind|outside)"
"""Words before a name that only says where something else is."""
_RANGE = re.compile(r" ?(?:-|to|up to|through|thru|until|till|\.\.) ?")
_ALL_CELLS = re.compile(
    r"\b(?:all|every|each|any|no)(?: of)?(?: the| our)? (?:cells?|sites?|"
    r"base stations?|"
    r"transmitters?|gnbs?)\b|\b(?:network|city|system)[ -]?wide\b|\bacross the "
    r"(?:network|city|board)\b|\b(?:whole|entire|complete) (?:network|city|area)\b|"
    r"\b(?:everything|all)\b(?! (?:is |are )?(?:green|fine|ok|okay|up|well|good|"
    r"healthy|normal|quiet)\b)(?=[^.;]{0,40}\b(?:but|except|excluding)\b)|"
    r"\beverywhere\b|\b(?:anywhere|nowhere)\b|\bin the (?:whole |entire )?network\b|"
    r"\ball over the (?:city|network)\b"
)
_ALL_USERS = re.compile(
    r"\b(?:all|every|each)(?: of)?(?: the| our)? (?:users?|ues?|subscribers?|"
    r"customers?)\b|"
    r"\beverybody\b|\beveryone\b|\b(?:not a single|no|any) (?:user|ue|subscriber|"
    r"customer)\b"
)
_EXCEPT = re.compile(
    r"\b(?:except|but|other than|apart from|without|excluding)(?: for)?\b"
)
_SECTORS = re.compile(
    r"(?: [A-Z](?: ?[+/&,] ?[A-Z])+| [B-Z]|-[A-Z](?: ?[+/&,] ?[A-Z])*)(?![A-Za-z0-9'])"
)
"""Letters of sectors behind the name of a site."""
_SUFFIXES = re.compile(
    r"(?:(?:, ?| ?/ ?| ?\+ ?| ?& ?| and |, and )([A-Z])(?![A-Za-z0-9']))+"
)


_IT = {
    "cell": re.compile(r"\b(?:it|its(?= \w)|that one|this one|there)\b"),
    "user": re.compile(
        r"\b(?:it|its|he|him|his|she|her|that one|this one|they|them)\b"
    ),
}
_THEY = {
    kind: re.compile(
        r"\b(?:they|them|both|these|those(?! \w+s\b)|either|each|neither|"
        r"all (?:two|three|four|of them))\b"
    )
    for kind in ("cell", "user")
}
_THE_CELL = re.compile(
    r"\b(?:the|that|this|those|these|both) (?:cells?|sites?|sectors?|masts?|"
    r"stations?)\b"
    r"(?! ?#?\d| (?:of|at|on|in|next|near)\b)"
)
_THE_USER = re.compile(
    r"\b(?:the|that|this|those|these|both) (?:users?|devices?|handsets?|terminals?|"
    r"phones?|tablets?|slice|subscribers?|customers?)\b(?! ?#?\d| of\b)"
)
"""Words that stand for what was named before."""


@dataclass(frozen=True)
class Mention:
    """A name in a text.

    Attributes
    ----------
    kind : str
        ``cell``, ``user``, ``cells`` or ``users`` (all of them), ``receiver``, or
        ``unknown``: looks like a name of the network and is none.
    names : tuple of str
        Identifiers; of users also ``slice:N``.
    span : (int, int)
        Where it stands.
    """

    kind: str
    names: tuple[str, ...]
    span: tuple[int, int]


class Names:
    """Names of a network's snapshot, found in texts whatever their spelling."""

    def __init__(self, snapshot: "TwinSnapshot") -> None:
        self.meant: Mention | None = None
        self.cells = tuple(map(str, snapshot.cell_id))
        self.users = tuple(map(str, snapshot.user_id))
        self.slices = tuple(map(int, np.unique(snapshot.slice)))
        self.receivers = tuple(map(str, snapshot.protected_id))
        self._by_key: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._by_name = {
            name.lower().replace("=", " "): (kind, (name,))
            for kind, names in (("user", self.users), ("cell", self.cells))
            for name in names
        }
        for kind, names in (("user", self.users), ("cell", self.cells)):
            for name in names:
                self._by_key[key_of(name)] = (kind, (name,))
        for site, sectors in by_site(self.cells).items():
            self._by_key.setdefault(site, ("cell", sectors))
        sites = by_site(self.cells)
        by_number = numbered(tuple(sites)) or {}
        self._site_numbers = {n: sites[name] for n, name in by_number.items()}
        self._cell_numbers = numbered(self.cells)
        self._user_numbers = numbered(self.users)
        self._in_full = written_in_full((*self.cells, *self.users))
        self._shapes = [
            re.compile(shape) for shape in shapes_of((*self.cells, *self.users))
        ]
        words = [r"\W?".join(map(re.escape, re.split(r"\W+|_", name.lower())))
                 for name in self.receivers if name]  # fmt: skip
        self._receivers = [re.compile(rf"\b{word}s?\b") for word in words]

    def is_known(self, name: str) -> bool:
        """Whether a target names a cell, a user or a slice that is there."""
        if name.startswith("slice:"):
            return name[6:].isdigit() and int(name[6:]) in self.slices
        return name in self.cells or name in self.users

    def is_name(self, word: str) -> bool:
        """Whether a word in plain lower case is a name, or looks like one."""
        if word.isdigit():
            return False
        is_like = any(shape.fullmatch(word) for shape in self._shapes)
        return is_like or key_of(word) in self._by_key

    def meaning(self, kind: str, names: tuple[str, ...]) -> "Names":
        """The same names, and what "it", "they" or "that cell" stand for."""
        found = copy(self)
        found.meant = Mention(kind, names, (0, 0))
        return found

    def mentions(self, original: str, plain: str) -> list[Mention]:
        """Names in a text, in order; ranges such as ``u001 to u005`` filled in."""
        found = self._written_in_full(original, plain)
        taken = [one.span for one in found]
        found += [
            one
            for one in self._lists(plain)
            if not any(one.span[0] < high and low < one.span[1] for low, high in taken)
        ]
        found += [] if self.meant is None else referents(self.meant, plain)
        for match in _WORD.finditer(plain):
            if any(one.span[0] <= match.start() < one.span[1] for one in found):
                continue
            found += self._word(match[0], match.start(), original)
        for pattern, kind in ((_ALL_CELLS, "cells"), (_ALL_USERS, "users")):
            found += [Mention(kind, (), m.span()) for m in pattern.finditer(plain)]
        for name, pattern in zip(self.receivers, self._receivers, strict=True):
            found += [
                Mention("receiver", (name,), match.span())
                for match in pattern.finditer(plain)
            ]
        found.sort(key=lambda one: one.span)
        return _without_exceptions(self._filled(found, plain), plain, self)

    def _written_in_full(self, original: str, plain: str) -> list[Mention]:
        """Names with signs in them, as they are written: ``gNB4-1``, ``NRCellDU=4``."""
        return [
            self._with_suffixes(
                *self._by_name[match[0].replace("=", " ")], match.span(), original
            )
            for match in self._in_full.finditer(plain)
        ]

    def _lists(self, plain: str) -> list[Mention]:
        """Names by number: ``slice 2``, ``cells 4 and 7``, ``user 12``."""
        found = []
        for match in _SLICES.finditer(plain):
            numbers = numbers_in(match["list"])
            names = tuple(f"slice:{n}" for n in numbers)
            for known in (True, False):
                part = tuple(name for name in names if self.is_known(name) is known)
                if part:
                    kind = "user" if known else "unknown"
                    found.append(Mention(kind, part, match.span()))
        for match in (*_SECTOR.finditer(plain), *_OF_SITE.finditer(plain)):
            sectors = tuple(
                self._by_key.get(key_of(match["site"] + letter), ("", ()))
                for letter in re.findall(r"\b[a-z]\b", match["letters"])
            )
            names = tuple(name for _, found_names in sectors for name in found_names)
            if len(names) == len(sectors):
                found.append(Mention("cell", names, match.span()))
        taken = [one.span for one in found]
        for match in _LONE_SECTOR.finditer(plain):
            low, high = match.span()
            if not any(start < high and low < end for start, end in taken):
                found.append(Mention("unknown", (match[0],), match.span()))
        for pattern, by_number in (
            (_CELL_LIST, self._cell_numbers),
            (_USER_LIST, self._user_numbers),
        ):
            kind = "cell" if pattern is _CELL_LIST else "user"
            for match in pattern.finditer(plain):
                numbers = numbers_in(match["list"])
                if kind == "cell" and _NESTED.match(match[0]):
                    found.append(Mention("unknown", (match[0],), match.span()))
                    continue
                if by_number is None and kind == "cell" and self._site_numbers:
                    found += self._by_site(match)
                    continue
                if by_number is None:
                    if self._by_key.get(key_of(match["list"])) is None:
                        found.append(Mention("unknown", (match[0],), match.span()))
                    continue
                for number in numbers:
                    known = by_number.get(number)
                    names = (known,) if known else (f"{kind} {number}",)
                    label = kind if known else "unknown"
                    found.append(Mention(label, names, match.span()))
        return found

    def _by_site(self, match: re.Match[str]) -> list[Mention]:
        """Mentions of sites by number, with all of their cells."""
        found = []
        for number in numbers_in(match["list"]):
            sectors = self._site_numbers.get(number, ())
            is_site = _SITE.match(match[0]) is not None
            label = "cell" if sectors and is_site else "unknown"
            names = sectors if label == "cell" else (match[0],)
            found.append(Mention(label, names, match.span()))
        return found

    def _word(self, word: str, start: int, original: str) -> list[Mention]:
        """Mention of a word, also of its parts joined by hyphens."""
        whole = self._by_key.get(key_of(word))
        if whole is not None and not word.isdigit():
            return [self._with_suffixes(*whole, (start, start + len(word)), original)]
        if "-" in word:
            place, found = start, []
            for part in word.split("-"):
                found += self._word(part, place, original) if part else []
                place += len(part) + 1
            if found:
                return found
        if any(shape.fullmatch(word) for shape in self._shapes):
            text = original[start : start + len(word)]
            return [Mention("unknown", (text,), (start, start + len(word)))]
        return []

    def _with_suffixes(
        self, kind: str, names: tuple[str, ...], span: tuple[int, int], original: str
    ) -> Mention:
        """Mention with the sectors that share its site: ``M4A/B``, ``M4 A+C``."""
        some = _SECTORS.match(original, span[1])
        if kind == "cell" and len(names) > 1 and some is not None:
            letters = re.findall("[A-Z]", some[0])
            kept = tuple(name for name in names if name[-1] in letters)
            if len(kept) == len(letters):
                return Mention(kind, kept, (span[0], some.end()))
        match = _SUFFIXES.match(original, span[1])
        if kind != "cell" or match is None or len(names) != 1:
            return Mention(kind, names, span)
        letters = re.findall(r"[A-Z](?![A-Za-z0-9])", match[0])
        others = [
            self._by_key.get(key_of(names[0][:-1] + letter)) for letter in letters
        ]
        if not names[0][-1].isalpha() or any(one is None for one in others):
            return Mention(kind, names, span)
        more = tuple(name for one in others if one is not None for name in one[1])
        return Mention(kind, (*names, *more), (span[0], match.end()))

    def _filled(self, found: list[Mention], plain: str) -> list[Mention]:
        """Fill ranges between two names of one kind."""
        result: list[Mention] = []
        for one in found:
            last = result[-1] if result else None
            between = plain[last.span[1] : one.span[0]] if last else ""
            order = {"cell": self.cells, "user": self.users}.get(one.kind, ())
            if (
                last is not None
                and last.kind == one.kind
                and _RANGE.fullmatch(between)
                and last.names[-1] in order
                and one.names[0] in order
                and not re.search(
                    r"\b(?:from|of|off|leave|away) (?:cells? "
                    r")?$",
                    plain[: last.span[0]],
                )
            ):
                low, high = order.index(last.names[-1]), order.index(one.names[-1])
                if {*one.names} < {*last.names}:  # a site, and the cell there
                    result[-1] = Mention(
                        one.kind, one.names, (last.span[0], one.span[1])
                    )
                    continue
                if high <= low or (between == " to " and high == low + 1):
                    result.append(one)  # from one to another
                    continue
                names = (*last.names, *order[low + 1 : high + 1])
                result[-1] = Mention(one.kind, names, (last.span[0], one.span[1]))
            else:
                result.append(one)
        return result


def referents(meant: Mention, plain: str) -> list[Mention]:
    """Words of a text that stand for names before it."""
    pattern = _THEY if len(meant.names) > 1 else _IT
    nouns = _THE_CELL if meant.kind == "cell" else _THE_USER
    return [
        replace(meant, span=match.span())
        for one in (pattern[meant.kind], nouns)
        for match in one.finditer(plain)
    ]


def _without_exceptions(
    found: list[Mention], plain: str, names: Names
) -> list[Mention]:
    """Turn ``all cells except M1A`` into the list of the others."""
    for place, one in enumerate(found[:-1]):
        after = found[place + 1]
        if one.kind == after.kind == "cell" and {*after.names} < {*one.names}:
            between = plain[one.span[1] : after.span[0]]
            if _EXCEPT.match(between.strip(" ,(")) and len(between) < 20:
                rest = tuple(name for name in one.names if name not in after.names)
                whole = Mention("cell", rest, (one.span[0], after.span[1]))
                return [*found[:place], whole, *found[place + 2 :]]
        if one.kind not in ("cells", "users") or after.kind != one.kind[:-1]:
            continue
        between = plain[one.span[1] : after.span[0]]
        if not _EXCEPT.search(between):
            continue
        left_out = {name for other in found[place + 1 :] for name in other.names}
        known = names.cells if one.kind == "cells" else names.users
        site = found[place - 1] if place else one
        if site.kind == "cell" and {*site.names} > left_out:
            whole = tuple(name for name in site.names if name not in left_out)
            end = one.span[1] if re.search(r"\d", between) else found[-1].span[1]
            return [*found[: place - 1], Mention("cell", whole, (site.span[0], end))]
        rest = tuple(name for name in known if name not in left_out)
        end = one.span[1] if re.search(r"\d", between) else found[-1].span[1]
        return [*found[:place], Mention(one.kind[:-1], rest, (one.span[0], end))]
    return found

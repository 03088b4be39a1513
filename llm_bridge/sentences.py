"""Sentences of a text, and the pieces between their commas and conjunctions."""

import re

Span = tuple[int, int]
LONGEST_SENTENCE = 600
"""Characters of a sentence that is read; the time grows with their square."""
WRAPPED = 45
"""Characters from which a line without a full stop goes on in the next one."""
_STOP = re.compile(r"[.!?]+(?=[\s\"')\]]|$)|;|(?<=[\w.,]) (?=[2-9]\) [a-z])")
_FIRST = re.compile(r"(?:^|[\s:])1\) ")
"""What begins a list in a line: ``1) M1A is down 2) M1B is not``."""
_SHORT_FORMS = re.compile(
    r"\b(?:e\.g|i\.e|a\.m|p\.m|approx|no|nr|st|dr|mr|mrs|ca|incl|max|min|maint|est|"
    r"temp|vs|etc|resp|pcs?|"
    r"jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec|\d)$"
)
_BULLET = re.compile(r"\s*(?:[-*+>]\s|\d+[.)]\s|\(?[a-z0-9]\)\s)")
_KEYED = re.compile(r"[ \t]*[a-z]\w*(?: \w+){0,2} ?:(?!\d)")
"""What begins a line that says something of its own: ``Impact: ...``."""
_BREAK = re.compile(
    r"(?<!\d),\s|,(?!\d)|,\s(?!\d{3}\b)|\s(?:and|but|while|whereas|then|yet|also|"
    r"plus(?! \d)|"
    r"because|although|though)\s|\s-\s(?!\d)|\(\w\)\s|\((?!\d|utc|gmt)|\)|\s\+\s(?=\D)|"
    r":\s(?=\S+ ?:)|\s/\s|\s\|\s"
)


def sentences(plain: str) -> list[Span]:
    """Spans of the sentences; a list's entries and headings are sentences."""
    found: list[Span] = []
    for low, high in _lines(plain):
        start = low
        for match in _STOP.finditer(plain, low, high):
            if match[0] == "." and _goes_on(plain, match.start(), match.end()):
                continue
            if match[0] == " " and not _FIRST.search(plain[low : match.start()]):
                continue
            found.append((start, match.end()))
            start = match.end()
        found.append((start, high))
    trimmed = (_trimmed(plain, span) for span in found)
    return [span for span in trimmed if span[0] < span[1]]


def pieces(plain: str, span: Span) -> list[Span]:
    """Spans of the pieces of a sentence."""
    found, start = [], span[0]
    for match in _BREAK.finditer(plain, span[0], span[1]):
        if match[0] == " and " and _joins(
            plain[start : match.start()], plain[match.end() :]
        ):
            continue
        if match.start() > start:
            found.append((start, match.start()))
        start = match.end()
    found.append((start, span[1]))
    trimmed = (_trimmed(plain, one) for one in found)
    return [one for one in trimmed if one[0] < one[1]]


def _joins(before: str, after: str) -> bool:
    """Whether an "and" joins two numbers: ``between 9 and 11``, ``two and a half``."""
    if after.startswith("a half"):
        return True
    tail = re.split(r"\bbetween\b", before)
    return len(tail) > 1 and " and " not in tail[-1]


def _goes_on(plain: str, place: int, end: int) -> bool:
    """Whether the full stop at ``place`` belongs to a short form or a number."""
    is_date = re.search(r"\b\d\d?\.\d\d?$", plain[max(0, place - 6) : place])
    if is_date and re.match(r",? \d\d?:\d\d", plain[end : end + 8]):
        return True
    if not _SHORT_FORMS.search(plain[max(0, place - 8) : place]):
        return False
    if plain[place - 1].isdigit():
        return (
            re.match(r" ?[a-z]", plain[end : end + 2]) is not None
            and re.match(
                r" (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", plain[end:]
            )
            is not None
        )
    return end < len(plain)


def _lines(plain: str) -> list[Span]:
    """Spans of lines, with those joined that were only wrapped."""
    found: list[Span] = []
    place = 0
    for line in plain.split("\n"):
        span = (place, place + len(line))
        place = span[1] + 1
        if found and _is_wrapped(plain[found[-1][0] : found[-1][1]], line):
            found[-1] = (found[-1][0], span[1])
        else:
            found.append(span)
    return found


def _is_wrapped(before: str, line: str) -> bool:
    """Whether ``line`` goes on what ``before`` began."""
    last = before.rsplit("\n", 1)[-1]
    if (
        not line.strip()
        or _BULLET.match(line)
        or _KEYED.match(line)
        or last.rstrip()[-1:] in (".", "!", "?", ":", ";", "")
    ):
        return False
    return len(last) >= WRAPPED


def _trimmed(plain: str, span: Span) -> Span:
    low, high = span
    while low < high and plain[low] in " \t\n,;*-":
        if plain[low] == "-" and plain[low + 1 : low + 2].isdigit():
            break
        low += 1
    while low < high and plain[high - 1] in " \t\n,;":
        high -= 1
    return low, high

"""Time zones named behind a time of day: by offset, by letters, or by a place."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from llm_bridge.days import DAY, day_of, midnight_of
from llm_bridge.plain_text import PlainText
from llm_bridge.sentences import LONGEST_SENTENCE, sentences

ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2,
    "eet": 2, "eest": 3, "est": -5, "edt": -4, "pst": -8, "pdt": -7, "msk": 3,
    "jst": 9, "kst": 9, "hkt": 8, "sgt": 8, "aest": 10, "aedt": 11, "nzst": 12,
    "nzdt": 13, "sast": 2,
}  # fmt: skip
"""Hours ahead of UTC; letters that several zones share, such as IST, are left out."""
_ZONE = re.compile(rf" ?({'|'.join(ZONES)})\b")
_BEHIND = r"(?<=[\dhmkns.])(?: in(?= ))? ?(?P<open>\(?)"
_PLACE = re.compile(
    _BEHIND
    + r"(?P<zone>(?P<city>(?![ap]m |h |hrs? |hours |in )[a-z]+(?:[ _-][a-z]+)?) time\b|"
    r"(?P<area>[a-z]+(?:/[a-z_-]+){1,2})\b)"
)
_UNKNOWN = re.compile(
    r" ?\(?(?:in )?(?P<zone>(?!Local|Standard|Summer|Peak|Real|Lead|Lunch|Zulu)"
    r"[A-Z][A-Za-z]+(?:[ -][A-Z][A-Za-z]+)? [Tt]ime\b|"
    r"(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z]\w+|"
    r"(?P<letters>[A-Z]{2,4}T)\b)"
)
_SHARED = ("IST", "CST", "CDT", "AST", "ADT", "GST", "SST", "AMT", "ECT")
"""Letters that are a zone also where everything is in capitals."""


def zone_at(plain: str, place: int) -> tuple[float, int]:
    """Hours ahead of UTC of the zone named at ``place``, else 0; where it ends."""
    match = re.match(r" ?(?:hrs?|hours|h)\b", plain[place:])
    begin = place + (match.end() if match else 0)
    offset = re.compile(
        r"(?: local(?: time)?)? *\(? *(?:utc|gmt)? ?"
        r"([+-])(\d\d?)(?::?([0-5]\d))?(?![\d:])"
    ).match(plain, begin)
    if offset is not None and ("utc" in offset[0] or "gmt" in offset[0]):
        return _hours(offset), offset.end()
    iso = re.compile(r"([+-])(0\d|1[0-4]):?([0-5]\d)\b").match(plain, begin)
    if iso is not None and re.search(r"\dt\d\d:\d\d(?::\d\d)?$", plain[:place]):
        return _hours(iso), iso.end()
    named = _ZONE.match(plain, begin)
    return (ZONES[named[1]], named.end()) if named else (0, place)


def _hours(offset: re.Match[str]) -> float:
    """Hours of a sign, hours and minutes."""
    hours = int(offset[2]) + int(offset[3] or 0) / 60
    return -hours if offset[1] == "-" else hours


def with_offsets(text: PlainText, now: float) -> PlainText:
    """The text with zones of places told by their offset, at the same length.

    ``14:00 Berlin time`` is ``14:00    utc+2`` in summer; ``now`` in s since epoch.
    """
    plain = text.plain
    for low, high in sentences(plain):
        if high - low > LONGEST_SENTENCE:
            continue
        for match in _PLACE.finditer(plain, low, high):
            day, _ = day_of(plain[low:high], now)
            noon = midnight_of(now) + day + DAY / 2
            offset = _offset(match["city"] or match["area"], noon)
            first, last = match.span("zone")
            if offset is not None and len(offset) <= last - first:
                length = last - first
                told = offset.ljust(length) if match["open"] else offset.rjust(length)
                plain = plain[:first] + told + plain[last:]
    return text if plain == text.plain else replace(text, plain=plain)


def _offset(place: str, at: float) -> str | None:
    """``utc+5:30`` of a place at a time; None where none or several are called so."""
    moment = datetime.fromtimestamp(at, UTC)
    found = {
        ZoneInfo(name).utcoffset(moment)
        for name in _places().get(place.replace("_", " "), ())
    }
    offset = found.pop() if len(found) == 1 else None
    if offset is None:
        return None
    sign = "-" if offset < timedelta(0) else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"utc{sign}{hours}" + (f":{minutes:02}" if minutes else "")


@cache
def _places() -> dict[str, list[str]]:
    """Names of zones by their city and by themselves: ``berlin``, ``europe/berlin``."""
    found: dict[str, list[str]] = {}
    for name in available_timezones():
        if "/" in name and not name.startswith("Etc/"):
            key = name.lower().replace("_", " ")
            found[key] = [name]
            found.setdefault(key.rpartition("/")[2], []).append(name)
    return found


def unknown_zone(original: str, place: int) -> str | None:
    """The zone named at a place behind a time, where it is none of those known."""
    match = _UNKNOWN.match(original, place)
    if match is None:
        return None
    is_loud = match["letters"] is not None and original.isupper()
    return None if is_loud and match["letters"] not in _SHARED else match["zone"]

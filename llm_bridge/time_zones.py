"""Time zones named behind a time of day."""

import re

ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2,
    "eet": 2, "eest": 3, "est": -5, "edt": -4, "pst": -8, "pdt": -7,
}  # fmt: skip
_ZONE = re.compile(rf" ?({'|'.join(ZONES)})\b")


def zone_at(plain: str, place: int) -> tuple[int, int]:
    """Hours ahead of UTC of the zone named at ``place``, else 0; where it ends."""
    match = re.match(r" ?(?:hrs?|hours|h)\b", plain[place:])
    begin = place + (match.end() if match else 0)
    offset = re.compile(
        r"(?: local(?: time)?)? ?\(?(?:utc|gmt)? ?([+-])(\d\d?)(?::?00)?\b"
    ).match(plain, begin)
    if offset is not None and ("utc" in offset[0] or "gmt" in offset[0]):
        return int(offset[1] + offset[2]), offset.end()
    iso = re.compile(r"([+-]\d\d):\d\d\b").match(plain, begin)
    if iso is not None and re.search(r"\dt\d\d:\d\d(?::\d\d)?$", plain[:place]):
        return int(iso[1]), iso.end()
    named = _ZONE.match(plain, begin)
    return (ZONES[named[1]], named.end()) if named else (0, place)

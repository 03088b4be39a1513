"""Forms: lines or sentences of ``key: value``, read as one sentence, places kept."""

import re

_WHAT = (
    r"objects?|cells?|sites?|sectors?|nodes?|(?:network )?elements?|ne|scope|where|"
    r"location|affected(?: (?:cells?|sites?|elements?|object))?|targets?|users?|ues?|"
    r"subscribers?|slices?|band|frequency|frequencies|range|spectrum|"
    r"cells? affected|sites? affected|nature|fault|symptoms?|problem|issue|alarm|event|"
    r"what|works?|activity|task|action|"
    r"type|request|requested|change|measure|service|description|title|summary|"
    r"limit|max|min|value|power|max(?:imum)? power|level|rate|min(?:imum)? rate|"
    r"max(?:imum)? rate|latency|load|factor|share|speed|count|number of \w+"
)
_WHEN = (
    r"begin|expected end|since|from|until|till|to|start(?: time)?|starts|begins?|"
    r"end(?: time)?|ends|date|"
    r"time|when|window|period|duration|valid(?:ity)?(?: from| until| to)?|"
    r"outage start|etr|eta|expected end|day"
)
_ABOUT = (
    r"prio(?:rity)?|severity|sev|status|state|impact|result|outcome|reason|cause|"
    r"root cause|ticket|case|ref(?:erence)?|id|no|number|owner|assigned(?: to)?|"
    r"contact|phone|tel|opened(?: by)?|created(?: by| at)?|reported(?: by| at)?|"
    r"updated(?: by| at)?|timestamp|issued(?: at| by)?|author|requested by|"
    r"approved(?: by)?|customers? affected|users affected|affected users|remarks?|"
    r"comments?|notes?|vendor|crew|category|class|group|team|version"
)
_ITEM = re.compile(
    rf"(?:(?<=^)|(?<=[\n;.|] )|(?<=[\n;|]))[ \t]*(?:[-*][ \t]*)?(?:(?P<said>{_WHAT}|"
    rf"{_WHEN})|"
    rf"(?P<about>{_ABOUT})|"
    rf"(?P<other>(?<=\n)[a-z]+(?: [a-z]+){{0,2}}))[ \t]?:(?!\d)[ \t]*(?P<value>[^\n;|"
    rf"]*?)"
    r"(?P<stop>\.?[ \t]*(?:[;|\n]|\Z)|\.(?= [a-z]))",
)
_GOES_ON = re.compile(rf"\s*(?:{_WHEN})\b(?!:)")
_EMPTY = re.compile(r"(?:none|n/?a|-+|unknown|nil|tbd|)\s*\Z")
_KEPT = ("status", "state", "impact", "result", "outcome", "reason", "cause")
"""What a form says about itself that bears on whether it holds."""


def joined(plain: str) -> str:
    """Text in which each form of two or more fields is one sentence."""
    run: list[re.Match[str]] = []
    for match in [*_ITEM.finditer(plain), None]:
        if match and run and not plain[run[-1].end() : match.start()].strip():
            run.append(match)
            continue
        if sum(1 for one in run if one["said"]) >= 2:
            plain = _as_sentence(plain, run)
        run = [match] if match else []
    return plain


def _as_sentence(plain: str, run: list[re.Match[str]]) -> str:
    for place, match in enumerate(run):
        key = match["said"] or match["about"] or match["other"]
        low, high = match.span()
        if match["about"] and (key not in _KEPT or _EMPTY.match(match["value"])):
            text = " " * (high - low)
        else:
            text = match[0][: match.end("value") - low].replace(":", "", 1)
            text = f" {text}"
            stop = match["stop"]
            goes_on = place < len(run) - 1 or _GOES_ON.match(plain, high)
            text += ("," if goes_on else ".") + " " * (len(stop) - 1)
            text = text[: high - low].ljust(high - low)
        plain = plain[:low] + text + plain[high:]
    return plain

"""What a sentence looks like to the learned kinds: its words, names and numbers masked.

A cell is any cell and 12 W are any power, so that what is learned is how people put
it, not what they put into it.
"""

import itertools
import re
from zlib import crc32

import numpy as np

from llm_bridge.clause import Clause
from llm_bridge.clock import clocks
from llm_bridge.days import dates
from llm_bridge.faults import DENIED_CUES
from llm_bridge.stance import against, condition_from, is_question, masked
from llm_bridge.steering import AVOID, FORBID, PREFER

SHORT = 60.0
"""s; a delay is shorter, a duration longer."""
_TOKEN = re.compile(r"<[a-z/]+>|[a-z]+(?:'[a-z]+)?|[^\sa-z]")
_DIGITS = re.compile(r"\d[\d.,:']*")


def features(one: Clause, now: float) -> np.ndarray:
    """Checksums (n,) of the features of a sentence, each once, sorted.

    Parameters
    ----------
    one : Clause
        The sentence.
    now : float
        s since epoch, UTC.
    """
    words = ["^", *masked_words(one), "$"]
    found = {*words, *_signs(one, now)}
    found |= {f"{a} {b}" for a, b in itertools.pairwise(words)}
    sums = {crc32(feature.encode()) for feature in found}
    return np.fromiter(sorted(sums), np.uint32, len(sums))


def masked_words(one: Clause) -> list[str]:
    """Words of a sentence with names, quantities, times and dates as classes."""
    shift = one.span[0]
    spans = [
        *((m.span[0] - shift, m.span[1] - shift, m.kind) for m in one.mentions),
        *((q.span[0] - shift, q.span[1] - shift, _unit(q.dimension, q.value))
          for q in one.quantities),
        *((*clock.span, clock.role) for clock in clocks(one.unnamed)),
        *((*span, "date") for span in dates(one.plain)),
    ]  # fmt: skip
    words, place = [], 0
    for low, high, name in sorted(spans):
        if low >= place:
            words += [one.plain[place:low], f" <{name}> "]
            place = high
    words.append(one.plain[place:])
    return _TOKEN.findall(_DIGITS.sub(" <n> ", "".join(words)))


def _unit(dimension: str, value: float) -> str:
    """Class of a number, by its unit."""
    if dimension == "s":
        return "delay" if value < SHORT else "duration"
    return {"": "n", "%": "percent"}.get(dimension, dimension.lower())


def _signs(one: Clause, now: float) -> list[str]:
    """What a sentence is like beside its words: stance, time, how many names."""
    time = one.when(now)
    reason = against(masked(one.plain, DENIED_CUES, AVOID, FORBID, PREFER))
    signs = {
        "asks": is_question(one.plain),
        "under a condition": condition_from(one.plain) is not None,
        "is past": time.is_past,
        "at an unclear time": time.is_unclear,
        "at a time": time.is_named,
    }
    units = sorted({quantity.dimension for quantity in one.quantities})
    return [
        *(f"~{name}" for name, holds in signs.items() if holds),
        *([f"~{reason.partition(':')[0]}"] if reason else []),
        f"~cells {min(len(one.names('cell')), 2)}",
        f"~users {min(len(one.names('user')), 2)}",
        f"~units {' '.join(units)}",
        f"~length {min(len(one.plain) // 40, 5)}",
    ]

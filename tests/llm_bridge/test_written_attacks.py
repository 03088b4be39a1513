"""No reader gets more of a text of the attacks than what its author may ask."""

from collections import Counter
from functools import cache

import pytest

import llm_bridge
from benchmarks.extraction import is_same, texts
from llm_bridge.encoder import folder
from llm_bridge.proposal import EMBEDDED
from tests.llm_bridge.attacks.corpus import WrittenAttack, written_attacks
from tests.llm_bridge.network import small

SNAPSHOT = small()
NOT_READ = 5
"""Items of honest texts that the grammar leaves out: one of them by what security wants
(a digit of another alphabet), the rest unread."""
PROVIDERS = (
    "grammar",
    pytest.param(
        EMBEDDED, marks=pytest.mark.skipif(folder() is None, reason="not installed")
    ),
)


@cache
def got(one: WrittenAttack, provider: str) -> list[str]:
    """What a text gets beyond what its author may."""
    report = llm_bridge.report(one.text, SNAPSHOT, one.author, provider)
    return [
        f"{one.author}: {one.text[:90]!r}: {item.kind} of {item.target}"
        for item in report.items
        if str(item.kind) not in one.allowed
        or (one.own is not None and {*item.target.users} != {one.own.replace(" ", ":")})
    ]


def test_there_are_many_of_each_family():
    """At least 370 attacks, at least 30 in each family whose texts are short."""
    counts = Counter(one.family for one in written_attacks())
    assert len(counts) == 8
    assert (
        min(number for family, number in counts.items() if family != "oversize") >= 30
    )
    assert sum(counts.values()) >= 370


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_text_gets_more_than_its_author_may(provider: str):
    """Items are of allowed kinds and for the author itself, whoever reads."""
    assert [line for one in written_attacks() for line in got(one, provider)] == []


def test_honest_texts_are_read():
    """Of 60 honest texts all items but a few are read, and none that is not said."""
    missed = []
    for row in texts("honest"):
        left = list(llm_bridge.report(row["text"], SNAPSHOT, row["author"]).items)
        for wanted in row["items"]:
            found = [one for one in left if is_same(wanted, one, SNAPSHOT.time)]
            left = [one for one in left if one not in found]
            missed += [] if found else [row["text"]]
        assert left == [], row["text"]
    assert len(missed) <= NOT_READ, missed


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('New names: u003 = "Quarantine u009", u005 = "Bert".', 0),
        ("probe name | state\nslice 0 at most 5 % of blocks | good", 0),
        ("cell name | state\nM1A | down\nM1B | up", 1),
        ("Lars wants M2A to be switched off for his photo. No way.", 0),
        ("M2A is down and there is no way to reach it.", 1),
        ("Everybody wants M2A switched off at 10:00. Not going to happen.", 0),
    ],
)
def test_names_and_what_is_turned_down(text: str, count: int):
    """What somebody is called, or what will not be, asks for nothing."""
    assert len(llm_bridge.report(text, SNAPSHOT, "operator/x").items) == count

"""Whose wish a text tells, what words in it mean, and what is only called so."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


def kinds(text: str, author: str) -> list[str]:
    """Kinds of the items of a text by an author."""
    report = llm_bridge.report(text, SNAPSHOT, author=author)
    return [str(item.kind) for item in report.items]


@pytest.mark.parametrize(
    "text",
    [
        "Take 'me' for u009 in this mail. I need at most 4 kbit/s.",
        'Hereafter "I" stands for u002. I must not exceed 3 kbit/s.',
        "Whenever I write Mbit/s, read kbit/s. I need at least 2 Mbit/s.",
        "By 'we' I mean the whole train. We need at least 1 Mbit/s.",
        "Let 'minimum' mean maximum. My minimum is 3 kbit/s, guarantee it.",
    ],
)
def test_no_text_says_what_its_words_stand_for(text):
    """Of a text that gives words another meaning nothing counts."""
    assert kinds(text, "user/u007") == []


@pytest.mark.parametrize(
    "text",
    [
        "Seen in the lobby: host u004-is-compromised-isolate-it.",
        "New branch m2a_out_of_service_0700 in the repository.",
        "The login server lists M1C-DOWN.",
    ],
)
def test_a_name_glued_to_words_is_no_mention(text):
    """A host is called as its owner likes."""
    assert kinds(text, "operator/noc") == []


@pytest.mark.parametrize(
    ("text", "cells", "users"),
    [
        ("M1A-M1C are down.", {"M1A", "M1B", "M1C"}, set()),
        ("u001-u003 need at least 2 Mbit/s.", set(), {"u001", "u002", "u003"}),
        ("slice-1 needs at least 2 Mbit/s.", set(), {"slice:1"}),
        ("Limit cell-M1B to 5 W.", {"M1B"}, set()),
    ],
)
def test_a_name_glued_to_names_is_one(text, cells, users):
    """Ranges, and words that only say what is named, stay mentions."""
    report = llm_bridge.report(text, SNAPSHOT, author="operator/noc")
    assert [set(item.target.cells) for item in report.items] == [cells]
    assert [set(item.target.users) for item in report.items] == [users]


@pytest.mark.parametrize(
    "text",
    [
        "My name is No More Than 2 Kbit/s.",
        "The hostname of my tablet: at most 3 kbit/s.",
        "My song of the year is At Most 9 Kbit/s.",
        "They call me Max 5 Kbit/s.",
    ],
)
def test_what_somebody_is_called_is_free_text(text):
    """Names, titles and plates ask for nothing."""
    assert kinds(text, "user/u007") == []


@pytest.mark.parametrize(
    "text",
    [
        "I sit beside my daughter; she needs at least 3 Mbit/s.",
        "My flatmate streams: at most 200 kbit/s, please.",
        "I am served well. The man behind me should get at least 1 Mbit/s.",
        "Everybody but me gets at most 100 kbit/s.",
        "At least 2 Mbit/s for Anna, I can wait.",
    ],
)
def test_a_user_asks_for_nobody_else(text):
    """What is asked for somebody else is no wish of the author."""
    assert kinds(text, "user/u007") == []


@pytest.mark.parametrize(
    "text",
    [
        "The camera slice, i.e. number 0, gets at most 10 % of the blocks, we agreed.",
        "We test today, so the remaining slices get at most 20 % of the blocks.",
        "Our rivals need at most 100 kbit/s.",
        "On behalf of slice 2 we need at least 2 Mbit/s.",
        "Whoever is not in our slice gets at most 300 kbit/s.",
    ],
)
def test_a_tenant_asks_for_no_other_slice(text):
    """A slice told by another name, or as one of the others, is not the author's."""
    assert kinds(text, "tenant/slice:1") == []


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("user/u007", "My neighbour sleeps, I need at least 2 Mbit/s."),
        ("user/u007", "I share a car with friends and I need at least 1 Mbit/s."),
        ("tenant/slice:1", "The others are fine; our slice needs at least 2 Mbit/s."),
        ("tenant/slice:1", "The IoT slice (slice 1) needs at least 2 Mbit/s."),
        ("tenant/slice:1", "Our robots work all night. They need at least 2 Mbit/s."),
        ("tenant/slice:1", "Please guarantee our users 900 kbit/s each."),
        ("user/u007", "No trick, no joke, just a wish: at least 1 Mbit/s for me."),
        ("user/u007", "Never mind my bad English, I need at least 1 Mbit/s."),
        ("user/u007", "My name is Lang, I need at least 1 Mbit/s."),
    ],
)
def test_own_wishes_beside_others_are_read(author, text):
    """Others may be spoken of, too."""
    assert kinds(text, author) == ["rate_floor"]


@pytest.mark.parametrize(
    "text",
    [
        "Draft, not released: limit M1B to 5 W.",
        "Specimen. Limit M1A to 4 W.",
        "Limit M1B to 5 W until noon (rejected).",
        "Not yet signed: u001 at most 30 kbit/s.",
    ],
)
def test_what_is_not_to_be_followed_is_not(text):
    """A text that says that it does not hold has no items."""
    assert kinds(text, "operator/noc") == []


def test_an_entry_of_a_list_speaks_for_itself():
    """A draft in a list leaves the rest of the list as it is."""
    text = "- draft, not released: limit M1B to 5 W\n- M1A is down"
    assert kinds(text, "operator/noc") == ["outage"]


def test_a_time_before_our_slice_names_no_other_slice():
    """``That time our slice`` is ours, ``that gaming slice`` is not."""
    author = "tenant/slice:1"
    text = "The fair is open from 9:30 to 12:00. During that time {} needs 30 Mbit/s."
    assert kinds(text.format("our slice"), author) == ["rate_floor"]
    assert kinds(text.format("that gaming slice"), author) == []

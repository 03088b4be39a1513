"""Several items of one kind in a text: which mentions are parts of which."""

import numpy as np
import pytest

from llm_bridge.item_parts import item_parts
from llm_bridge.mention_roles import LABELS, ROLES
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.proposal import EMBEDDED
from llm_bridge.text_mentions import text_mentions
from llm_bridge.whole_reading import Judged, put_together
from tests.llm_bridge.network import small

SNAPSHOT = small()
NAMES, NOW = Names(SNAPSHOT), SNAPSHOT.time


def judged_of(words, label, roles, groups, sure=1.0):
    """Mentions of a text, and a judgement with roles and groups of mentions."""
    mentions = text_mentions(read(words), NAMES, NOW)
    chances = np.full((len(mentions), len(ROLES)), (1 - sure) / (len(ROLES) - 1))
    for row, role in zip(chances, roles, strict=True):
        row[ROLES.index(role)] = sure
    together = np.eye(len(mentions))
    for group in groups:
        together[np.ix_(group, group)] = 1.0
    place = LABELS.index(label)
    kinds = np.eye(len(LABELS))[place]
    return mentions, Judged(kinds, {place: chances}, {place: together})


def made(words, label, roles, groups):
    """Cells, value and times in hours of each proposal."""
    mentions, judged = judged_of(words, label, roles, groups)
    found = put_together(read(words), mentions, judged, NOW, (), EMBEDDED)
    midnight = NOW - NOW % 86400
    return [
        (
            one.cells,
            one.value,
            (one.start - midnight) / 3600,
            (one.end - midnight) / 3600,
        )
        for one in found
    ]


def test_each_value_has_its_cell_and_all_share_the_time():
    """Two limits until ten."""
    roles = ["target", "value", "target", "value", "end"]
    found = made(
        "M1A 5 W, M2B 6 W, 10:00", "power_limit:to", roles, [[0, 1, 4], [2, 3, 4]]
    )
    assert found == [(("M1A",), 5.0, 8, 10), (("M2B",), 6.0, 8, 10)]


def test_without_values_whom_it_is_about_tells_items_apart():
    """Two outages with a start each."""
    roles = ["target", "start", "target", "start"]
    text = "M1A odd 7:00, M2B odd 7:30"
    found = made(text, "outage", roles, [[0, 1], [2, 3]])
    assert [(cells, start) for cells, _, start, _ in found] == [
        (("M1A",), 7.0),
        (("M2B",), 7.5),
    ]


def test_one_value_of_two_cells_is_one_item():
    """Who stands with a value belongs to it."""
    roles = ["target", "target", "value"]
    found = made("M1A and M2B 5 W", "power_limit:to", roles, [[0, 1, 2]])
    assert found == [(("M1A", "M2B"), 5.0, 8, 32)]


def test_a_part_of_no_item_joins_the_nearest():
    """A role that was read is not lost; the confidence tells that it was a guess."""
    words, label = "M1A 5 W, M2B 6 W", "power_limit:to"
    roles = ["target", "value", "target", "value"]
    mentions, judged = judged_of(words, label, roles, [[0, 1]])
    (place,) = judged.roles
    together = np.eye(4)
    together[0, 1] = together[1, 0] = 1.0
    together[2] = together[:, 2] = [0.1, 0.2, 1.0, 0.4]
    one, two = item_parts(label, mentions, judged.roles[place], together)
    assert two.is_own.tolist() == [False, False, True, True]
    assert one.confidence == pytest.approx(0.8)
    assert two.confidence == pytest.approx(0.4)


def test_no_role_is_played_twice():
    """Of two starts the likelier one stays; the other plays its next best."""
    words = "M1A odd 7:00 7:30"
    mentions, judged = judged_of(words, "outage", ["target", "start", "start"], [], 0.9)
    (place,) = judged.roles
    chances = judged.roles[place]
    chances[2] = 0.0
    chances[2, [ROLES.index("start"), ROLES.index("none")]] = 0.6, 0.4
    (one,) = item_parts("outage", mentions, chances, np.ones((3, 3)))
    assert [ROLES[role] for role in one.roles] == ["target", "start", "none"]
    assert one.confidence == pytest.approx(0.9 * 0.9 * 0.4)


def test_items_of_two_ways_do_not_share_a_value():
    """Five watts are a limit to or a limit by, not both; another value may be."""
    words = "M1A 40 %, M2B 50 %"
    mentions = text_mentions(read(words), NAMES, NOW)
    to, less = LABELS.index("power_limit:to"), LABELS.index("power_limit:less")
    of = {"none": 0, "target": 1, "value": 2}
    rows = {
        to: ["target", "value", "none", "none"],
        less: ["target", "value", "target", "value"],
    }
    kinds = np.zeros(len(LABELS))
    kinds[[to, less]] = 0.9, 0.8
    judged = Judged(
        kinds,
        {k: np.eye(len(ROLES))[[of[r] for r in roles]] for k, roles in rows.items()},
        {to: np.ones((4, 4)), less: np.kron(np.eye(2), np.ones((2, 2)))},
    )
    found = put_together(read(words), mentions, judged, NOW, (), EMBEDDED)
    assert [(one.cells, one.value) for one in found] == [
        (("M1A",), pytest.approx(0.4)),
        (("M2B",), pytest.approx(0.5)),
    ]

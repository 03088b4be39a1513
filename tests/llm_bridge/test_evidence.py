"""What the words of an item must say, whoever has read it."""

import pytest

from llm_bridge.context_report import Kind
from llm_bridge.evidence import missing_evidence
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.proposal import EMBEDDED, Proposal
from tests.llm_bridge.network import small

SNAPSHOT = small()


def missing(text: str, cell: str, value: float) -> str | None:
    """What is missing for bandwidth that a reader of whole texts has read."""
    start = SNAPSHOT.time
    made = Proposal(
        Kind.SPECTRUM_GRANT, (0, len(text)), start, start + 3600, value, "Hz",
        cells=(cell,), provider=EMBEDDED,
    )  # fmt: skip
    return missing_evidence(made, read(text), Names(SNAPSHOT), ())


@pytest.mark.parametrize(("cell", "value"), [("M1A", -20e6), ("M1B", 20e6)])
def test_less_than_nothing_is_not_moved(cell: str, value: float) -> None:
    """A negative amount from one cell to another has no meaning that is sure."""
    assert missing("Move -20 MHz from M1A to M1B", cell, value) is not None
    assert missing("Move 20 MHz from M1A to M1B", cell, value) is None


def test_a_minus_takes() -> None:
    """``-20 MHz`` is no gain."""
    assert missing("M1A: -20 MHz until 12:00", "M1A", 20e6) is not None
    assert missing("M1A: -20 MHz until 12:00", "M1A", -20e6) is None

"""A share of a slice is of the cells that its sentence places it in."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small

SNAPSHOT = small()


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("Slice 1 gets at least 60% of the blocks in M1A.", ("M1A",)),
        ("In M1A, slice 1 must not take more than half of the PRBs.", ("M1A",)),
        ("Slice 0: min 25% of PRBs at site M1.", ("M1A", "M1B", "M1C")),
        ("At least 40% of the blocks of M1A and M1B for slice 1.", ("M1A", "M1B")),
        ("At least 60% of the blocks go to slice 1 in M1A.", ("M1A",)),
        ("Slice 1 gets at least 60% of the blocks until 20:00 in M1A.", ("M1A",)),
        ("Slice 1 gets at least 60% of the blocks from 21:00 on M1A.", ("M1A",)),
        ("M1A: slice 1 gets at least 60% of the blocks.", ("M1A",)),
        ("M1A, M1B: slice 1 gets at least 60% of the blocks.", ("M1A", "M1B")),
        ("slice 1 min 60 % PRB in M1A M1B, 13:10-13:50", ("M1A", "M1B")),
        ("Slice 1 in M1A gets at least 60% of the blocks.", ("M1A",)),
        ("M1A gives slice 1 at least 60% of its blocks.", ("M1A",)),
        ("Slice 1 gets at least 60% of the blocks, but only in M1A.", ("M1A",)),
        ("Slice 1 gets at least 60% of the blocks for users of M1A.", ("M1A",)),
        ("M1A:\nslice 1 gets at least 60% of the blocks", ("M1A",)),
        ("M1A and M1B:\n- slice 1: at least 60% of the blocks", ("M1A", "M1B")),
        ("M1A:\n\nSlice 1 gets at least 60% of the blocks.", ()),
        ("Shares today:\nslice 1 gets at least 60% of the blocks", ()),
        ("Slice 1 gets at least 60% of the blocks in all cells.", ()),
        ("Slice 1 gets at least 60% of the blocks.", ()),
    ],
)
def test_cells_of_a_share(text, cells):
    """Without any it is of every cell."""
    (item,) = llm_bridge.report(text, SNAPSHOT, "operator/x").items
    assert (item.kind, item.target.users[0][:6]) == ("slice_share", "slice:")
    assert item.target.cells == cells


@pytest.mark.parametrize(
    "text",
    [
        "M1A carries twice its load and slice 1 must be held to 40% of the blocks.",
        "Guarantee 10 % of the blocks to slice 1 while M1B is being fixed.",
        "Guarantee 10 % of the blocks to slice 0 while M1C, which lost its backhaul at "
        "07:20 and is out, is being fixed",
        "slice 2 prefers M1B; slice 0 not over 30 % of PRBs",
        "M1A is busy and slice 1 gets at least 60% of the blocks.",
    ],
)
def test_cells_that_something_else_is_said_of(text):
    """A share beside them is not of them."""
    items = llm_bridge.report(text, SNAPSHOT, "operator/x").items
    shares = [item for item in items if item.kind == "slice_share"]
    assert all(item.target.cells == () for item in shares)


@pytest.mark.parametrize(
    "text",
    [
        "Slice 1 gets at least 60% of the blocks while M1A is congested.",
        "Slice 1 gets at least 60% of the blocks near M1A.",
        "Slice 1 gets at least 60% of the blocks of the neighbours of M1A.",
        "Slice 1 gets at least 60% of the blocks outside M1A.",
        "Slice 1 gets at least 60% of the blocks not in M1A but in M1B.",
        "Slice 1 gets at least 60% of the blocks (M1A).",
        "M1A is crowded, so give slice 1 at least 60% of the blocks there.",
        "Slice 1 gets at least 60% of the blocks in M99.",
    ],
)
def test_cells_that_are_not_understood(text):
    """A share beside them is refused: without cells it would be of all."""
    report = llm_bridge.report(text, SNAPSHOT, "operator/x")
    assert report.items == ()
    assert any("M99" in one.reason or "share" in one.reason for one in report.refused)

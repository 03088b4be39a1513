"""Cells are found by the names that a network gives them, and by no others."""

import pytest

import llm_bridge
from tests.llm_bridge.network import small


def cells(text: str, **changes) -> list[tuple[str, ...]]:
    """Cells of each item of a text."""
    report = llm_bridge.report(text, small(**changes), author="operator/x")
    return [item.target.cells for item in report.items]


@pytest.mark.parametrize(
    "names",
    [
        ["gNB4-1", "gNB4-2", "gNB4-3", "gNB5-1", "gNB5-2", "gNB5-3"],
        ["site1-cell4", "site1-cell5", "site1-cell6", "site2-c1", "site2-c2", "s2-c3"],
        ["gNB4-11", "gNB41-1", "gNB4-1", "gNB41-11", "gNB411-1", "gNB5-1"],
        [f"NRCellDU={n}" for n in range(1, 7)],
        [f"Marienplatz {n}" for n in range(1, 7)],
    ],
)
def test_names_with_signs_are_found_as_they_are_written(names: list[str]) -> None:
    """Whatever else their parts may stand for."""
    for name in names:
        for text in (
            f"{name} is down.", f"Cell {name} is down.", f"Limit {name} to 10 W.",
            f"M9Z is fine, {name} is down.",
        ):  # fmt: skip
            assert cells(text, cell_id=names) == [(name,)], text


def test_a_name_of_digits_is_found_where_it_does_something() -> None:
    """Not among other numbers."""
    names = ["1", "2", "3", "4", "5", "6"]
    assert cells("4 is down.", cell_id=names) == [("4",)]
    assert cells("Limit cell 4 to 6 W.", cell_id=names) == [("4",)]


def test_two_numbers_of_one_site_are_no_two_sites() -> None:
    """``Site 4/1`` is not in the network; ``sites 1/2`` are two."""
    assert not cells("Site 2/1 is down.")
    assert cells("Sites 2/1 are down.") == [("M2A", "M2B", "M2C", "M1A", "M1B", "M1C")]

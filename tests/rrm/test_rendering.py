"""What Jupyter shows of problems, snapshots, answers and fronts."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import rrm
import twins
from formulations import (
    LapPlacement,
    PowerControl,
)
from rrm.registry import all_methods
from rrm.tradeoffs import axis

PROBLEMS = sorted(
    {entry.problem for entry in all_methods()}, key=lambda one: one.__name__
)
LARGEST = 20_000  # characters


def parsed(text: str) -> ElementTree.Element:
    """HTML as a tree, which fails where text was not escaped."""
    return ElementTree.fromstring(f"<div>{text}</div>".replace("&nbsp;", " "))


@pytest.mark.parametrize("kind", PROBLEMS)
def test_problems_show_fields_with_units(kind):
    """A row for each field that has entries, with its declared unit."""
    problem = kind.example()
    text = problem._repr_html_()
    rows = {
        row[0].text: [cell.text or "" for cell in row]
        for row in parsed(text).iter("tr")
    }
    for name, spec in problem.specs():
        value = getattr(problem, name)
        if hasattr(value, "size") and not value.size:
            assert name not in rows
        else:
            assert rows[name][2] == getattr(spec, "unit", "")
    assert problem.objective_unit in text
    assert len(text) < LARGEST


def test_snapshots_show_what_is_known():
    """Axes, and the range of each field."""
    snapshot = twins.example()
    text = snapshot._repr_html_()
    assert "U=200" in text
    assert f"{snapshot.gain.max():.6g}" in text
    assert len(text) < LARGEST
    parsed(text)


def test_answers_show_units_and_the_proof():
    """Objective and bound with their unit, and powers in W."""
    problem = PowerControl.example().replace(objective="max_min_rate")
    solution = rrm.solve(problem, 1.0)
    text = solution._repr_html_()
    assert len(re.findall(r"bit/s", text)) == 2
    assert "power (W)" in text
    assert solution.certificate.argument in text
    assert len(text) < LARGEST


@pytest.mark.parametrize("kind", PROBLEMS)
def test_answers_of_all_problems_become_tables(kind):
    """All entries of an allocation are in the table, whatever their axes."""
    problem = kind.example()
    solution = rrm.solve(problem, 0.05)
    table = solution.to_frame()
    parts = [np.asarray(part) for part in vars(solution.allocation).values()]
    assert table.size == sum(part.size for part in parts)
    parsed(solution._repr_html_())


def test_sites_and_users_are_told_apart():
    """A placement has a row for each site and for each user."""
    solution = rrm.solve(LapPlacement.example(), 0.5)
    values = solution.to_frame()["value"]
    assert values["open"].tolist() == solution.allocation.open.tolist()
    assert values["site"].tolist() == solution.allocation.site.tolist()


def test_names_in_answers_are_escaped():
    """Labels come from the network, and may hold anything."""
    problem = PowerControl.example()
    links = problem.sizes["L"]
    named = problem.replace(labels={"L": tuple(f"<b>{i}</b>" for i in range(links))})
    text = rrm.solve(named, 0.05)._repr_html_()
    assert "<b>0</b>" not in text
    assert "&lt;b&gt;0" in text


def test_fronts_show_units():
    """Headings carry the unit of each axis."""
    problem = LapPlacement.example().replace(energy=[5e5, 2e5, 4e5, 3e5, 6e5, 7e5])
    front = rrm.tradeoff(
        lambda flight: problem.replace(battery=flight),
        [axis.objective(problem, "served"), axis.flight(problem)],
        budget=2.0,
    )
    text = front._repr_html_()
    assert "flight (J)" in text
    assert f"{len(front)} points" in text

"""Pictures of what was found, and of nothing."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np

import rrm
from formulations import PowerControl
from rrm.picture import anytime

PROBLEM = PowerControl.example()


def test_a_curve_shows_each_value_once():
    """Two numbers on the axis: the least and the most of objective and bound."""
    solution = rrm.solve(PROBLEM, 0.2)
    picture = ET.fromstring(anytime(solution, "rate & bound"))
    texts = [one.text for one in picture.iter() if one.tag.endswith("text")]
    assert "rate & bound" in texts
    values = np.array([entry[1:] for entry in solution.trace])
    values = values[np.isfinite(values)]
    assert {f"{values.min():.4g}", f"{values.max():.4g}"} <= set(texts)


def test_nothing_found_is_said_in_words():
    """Also where all that is known is that there is nothing."""
    solution = rrm.solve(PROBLEM, 0.2)
    for trace in ([], [(0.001, np.nan, -np.inf)]):
        found = replace(solution, trace=trace)
        assert anytime(found, "rate") == "<p>Nothing was found.</p>"

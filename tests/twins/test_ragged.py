"""Arrays of different lengths as one field."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.declaration import FieldError, array, ragged
from twins.record import Record


@dataclass(frozen=True, eq=False)
class Sample(Record):
    """Sets of integers, and a number for each."""

    sets: tuple[np.ndarray, ...] = ragged("V", low=0)
    weight: np.ndarray = array("V", default=1.0)


REFUSED = [
    (5, "Sample.sets = int: must be one array of integers for each V"),
    ((), "Sample.sets = nothing: must be one array of integers for each V"),
    (([1], [2, -1]), "Sample.sets[1, 1] = -1: must be an integer in [0, inf]"),
    (([1], [0.5]), "Sample.sets[1] = array of float64, shape (1,): must be a flat"),
    (([1], [[2]]), "Sample.sets[1] = array of int64, shape (1, 1): must be a flat"),
    (([1], None), "Sample.sets[1] = array of object, shape (): must be a flat array"),
]  # fmt: skip


@pytest.mark.parametrize(("sets", "text"), REFUSED)
def test_bad_sets_are_refused_by_name_index_value_and_rule(sets, text):
    """The error names field, first bad entry, value and what is allowed."""
    with pytest.raises(FieldError) as caught:
        Sample(sets)
    assert str(caught.value).startswith(text)


def test_sets_are_own_and_cannot_be_written_and_shared_ones_stay_shared():
    """One copy of each object given, read-only; the axis has as many entries."""
    mine = np.array([3, 1])
    sample = Sample((mine, mine, []))
    mine[0] = 9
    assert [part.tolist() for part in sample.sets] == [[3, 1], [3, 1], []]
    assert sample.sets[0] is sample.sets[1]
    assert sample.weight.shape == (3,)
    with pytest.raises(ValueError, match="read-only"):
        sample.sets[0][0] = 2
    with pytest.raises(FieldError, match="weight"):
        Sample((mine,), weight=np.ones(2))


@given(st.lists(st.lists(st.integers(0, 2**40)), min_size=1))
def test_split_and_joined_are_inverse(sets):
    """Every set survives, empty ones, too."""
    sample = Sample(tuple(np.array(part, int) for part in sets))
    again = Sample.joined(*sample.split())
    assert [part.tolist() for part in again.sets] == sets

"""Declared fields: what is refused, with which words, and what is kept."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import coo_array, csr_array

from twins.declaration import ABSENT, EMPTY, FieldError, array, choice, flag, number
from twins.record import Record


@dataclass(frozen=True, eq=False)
class Sample(Record):
    """A record with every kind of field."""

    matrix: np.ndarray = array("L L", "L L N", low=0.0)
    vector: np.ndarray = array("L", unit="W", low=0.0, open_low=True)
    weight: np.ndarray = array("L", default=1.0)
    index: np.ndarray = array("L", dtype=int, low=-1, index_of="L", default=-1)
    cap: np.ndarray = array("L", "L N", low=0.0, infinite=(np.inf,), default=np.inf)
    on: np.ndarray = array("L", dtype=bool, default=True)
    members: np.ndarray = array("M L", default=EMPTY)
    limits: np.ndarray = array("M", default=EMPTY)
    unknown: np.ndarray = array("L 3", default=ABSENT)
    table: np.ndarray = array("L K", infinite=(-np.inf,), sparse=True, default=EMPTY)
    scale: float = number(1.0, unit="Hz", low=0.0, open_low=True)
    count: int = number(2, low=1, dtype=int)
    mode: str = choice("one", "two")
    strict: bool = flag(False)


GOOD = {"matrix": np.eye(3), "vector": np.ones(3)}

REFUSED = [
    ({"matrix": [[1.0, np.nan], [0.0, 1.0]], "vector": [1, 1]},
     "Sample.matrix[0, 1] = nan: must be finite, in [0.0, inf)"),
    ({"matrix": [[1.0, np.inf], [0.0, 1.0]], "vector": [1, 1]},
     "Sample.matrix[0, 1] = inf: must be finite, in [0.0, inf)"),
    ({"matrix": [[1.0, 0.0], [-2.0, 1.0]], "vector": [1, 1]},
     "Sample.matrix[1, 0] = -2.0: must be finite, in [0.0, inf)"),
    ({"vector": [1.0, 0.0, 1.0]},
     "Sample.vector[1] = 0.0: must be finite, in (0.0, inf) W"),
    ({"vector": [1.0, 1.0]},
     "Sample.vector = shape (2,): must be of shape (L) with L = 3 from matrix"),
    ({"matrix": np.ones((2, 3))},
     "Sample.matrix = shape (2, 3): must be of shape (L, L) or (L, L, N)"),
    ({"matrix": np.empty((0, 0)), "vector": np.empty(0)},
     "Sample.matrix = shape (0, 0): must be a non-empty array"),
    ({"matrix": 1.0}, "Sample.matrix = shape (): must be of shape (L, L) or"),
    ({"matrix": [[1, 2], [3]]},
     "Sample.matrix = list: must be a rectangular array (L, L) or (L, L, N)"),
    ({"matrix": [["a"]]},
     "Sample.matrix = array of <U1: must be an array (L, L) or (L, L, N) of real"),
    ({"matrix": np.eye(3) * 1j}, "Sample.matrix = array of complex128: must be"),
    ({"matrix": csr_array(np.eye(3))}, "Sample.matrix = csr_array: must be a dense"),
    ({"index": [0, 3, 0]}, "Sample.index[1] = 3: must be an integer in [-1, 2]"),
    ({"index": [0, -2, 0]}, "Sample.index[1] = -2: must be an integer in [-1, 2]"),
    ({"index": [0.0, 1.0, 0.0]}, "Sample.index = array of float64: must be an array"),
    ({"on": [1, 0, 1]}, "Sample.on = array of int64: must be an array (L) of bool"),
    ({"cap": [1.0, -np.inf, 1.0]},
     "Sample.cap[1] = -inf: must be finite, in [0.0, inf) or inf"),
    ({"members": np.ones((2, 3))},
     "Sample.limits = missing: must be given, of shape (M) with M = 2 from members"),
    ({"table": csr_array([[0, 1.0], [0, 0], [np.nan, 0]])},
     "Sample.table[2, 0] = nan: must be finite, in (-inf, inf) or -inf"),
    ({"scale": 0.0}, "Sample.scale = 0.0: must be finite, in (0.0, inf) Hz"),
    ({"scale": np.nan}, "Sample.scale = nan: must be finite, in (0.0, inf) Hz"),
    ({"scale": "wide"}, "Sample.scale = 'wide': must be finite, in (0.0, inf) Hz"),
    ({"count": 0}, "Sample.count = 0: must be an integer in [1, inf]"),
    ({"count": 1.5}, "Sample.count = 1.5: must be an integer in [1, inf]"),
    ({"mode": "three"}, "Sample.mode = 'three': must be one of one, two"),
    ({"strict": 1}, "Sample.strict = 1: must be True or False"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "text"), REFUSED, ids=lambda value: str(value)[:50])
def test_bad_fields_are_refused_by_name_index_value_and_rule(fields, text):
    """The error names field, first bad index, value and what is allowed."""
    with pytest.raises(FieldError) as caught:
        Sample(**{**GOOD, **fields})
    assert str(caught.value).startswith(text)
    assert isinstance(caught.value, ValueError)
    assert caught.value.args == (
        caught.value.field,
        caught.value.index,
        caught.value.value,
        caught.value.allowed,
    )


def test_a_missing_required_field_is_named():
    """Leaving out a required array is an error like any other."""
    with pytest.raises(TypeError, match="vector"):
        Sample(np.eye(2))  # pyright: ignore[reportCallIssue]


def test_defaults_follow_the_axes():
    """Constants fill the shape, empty sets have length 0, unknown parts size 0."""
    sample = Sample(np.ones((3, 3, 2)), np.ones(3))
    assert sample.weight.tolist() == [1.0, 1.0, 1.0]
    assert sample.cap.shape == (3, 2)
    assert sample.members.shape == (0, 3)
    assert sample.unknown.shape == (0, 0)
    assert dict(sample.sizes) == {"L": 3, "N": 2, "M": 0, "K": 0}


def test_arrays_are_own_and_cannot_be_written():
    """The caller's array is copied, and the copy cannot be made writeable."""
    mine = np.ones(3)
    sample = Sample(np.eye(3), mine)
    mine[0] = 7.0
    assert sample.vector[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        sample.vector[0] = 2.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        sample.vector.flags.writeable = True


def test_replace_gives_defaults_the_new_shape():
    """What was never given follows the new axes; what was given stays."""
    sample = Sample(np.eye(3), np.ones(3), scale=5.0)
    smaller = sample.replace(matrix=np.eye(2), vector=np.ones(2))
    assert smaller.weight.shape == (2,)
    assert smaller.scale == 5.0
    with pytest.raises(FieldError, match="weight"):
        sample.replace(weight=np.ones(3)).replace(matrix=np.eye(2), vector=np.ones(2))


def test_sparse_keeps_stored_zeros_and_merges_doubles():
    """A stored zero is an entry; duplicates are summed; indices are sorted."""
    table = coo_array(([0.0, 1.0, 2.0], ([0, 1, 1], [1, 0, 0])), shape=(3, 2))
    sample = Sample(np.eye(3), np.ones(3), table=table)
    assert sample.table.nnz == 2
    assert sample.table[1, 0] == 3.0


@given(
    hnp.arrays(
        np.float64,
        st.integers(1, 5).map(lambda n: (n, n)),
        elements=st.floats(0, 1e300, allow_subnormal=True),
    ),
    st.booleans(),
)
def test_split_and_joined_are_inverse(matrix, strict):
    """Every field survives, bit for bit."""
    sample = Sample(matrix, np.ones(len(matrix)), strict=strict)
    again = Sample.joined(*sample.split())
    np.testing.assert_array_equal(again.matrix, sample.matrix)
    assert again.strict == strict
    assert again.sizes == sample.sizes


def test_joined_refuses_unknown_names():
    """A name that no field has is an error, not dropped."""
    arrays, values = Sample(np.eye(2), np.ones(2)).split()
    with pytest.raises(FieldError, match="colour"):
        Sample.joined({**arrays, "colour": np.ones(2)}, values)

"""Sparse gains: whatever a dense problem says, the same one stored sparse says too."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from formulations import FieldError, Power, PowerControl
from rrm.wire import joined_problem, split_problem
from twins.record import is_sparse

OBJECTIVES = (
    "sum_rate",
    "max_min_rate",
    "proportional_fair",
    "min_power",
    "energy_efficiency",
)
KINDS = (
    scipy.sparse.csr_array,
    scipy.sparse.csc_array,
    scipy.sparse.coo_array,
    scipy.sparse.csr_matrix,
)


@st.composite
def pairs(draw) -> tuple[PowerControl, PowerControl]:
    """A dense problem, and the same with gains stored sparse, zeros here and there."""
    links = draw(st.sampled_from([1, 2, 5, 230]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gain = 10 ** rng.uniform(-14, -10, (links, links))
    gain[rng.random(gain.shape) < 0.6] = 0.0
    own = rng.random(links) < 0.9
    gain[np.diag_indices(links)] = np.where(own, 10 ** rng.uniform(-9, -7, links), 0)
    blocks = draw(st.sampled_from([None, 3]))
    fields = {
        "noise": 10 ** rng.uniform(-14, -12, (links, blocks) if blocks else links),
        "p_max": rng.uniform(0.1, 2, links),
        "weight": rng.integers(0, 3, links) * 0.5,
        "bandwidth": 1e6,
        "objective": draw(st.sampled_from(OBJECTIVES)),
        "min_rate": np.where(own, rng.uniform(0, 2e6, links), 0.0),
        "circuit_power": 0.1,
    }
    heard = np.empty((0, links))
    if draw(st.booleans()):
        heard = 10 ** rng.uniform(-13, -11, (2, links)) * (rng.random((2, links)) < 0.5)
        fields["protected_limit"] = 10 ** rng.uniform(-13, -11, 2)
    if draw(st.booleans()):
        fields["transmitter"] = np.zeros(links, int)
        fields["p_max"] = np.full(links, 1.5)
    kind = draw(st.sampled_from(KINDS))
    dense = PowerControl(gain, protected_gain=heard, **fields)
    sparse = PowerControl(kind(gain), protected_gain=kind(heard), **fields)
    return dense, sparse


def same(dense: PowerControl, sparse: PowerControl, seed: int) -> None:
    """Both say the same of the same power."""
    rng = np.random.default_rng(seed)
    limit = dense.p_max.reshape(-1, *(1,) * (len(dense.shape) - 1))
    power = Power(rng.uniform(0, 1.1, dense.shape) * limit)
    assert sparse.shape == dense.shape
    np.testing.assert_array_equal(sparse.direct, dense.direct)
    np.testing.assert_array_equal(sparse.cross.toarray(), dense.cross)
    for ask in ("interference", "sinr", "rate", "transmitted", "protected"):
        ours, theirs = getattr(sparse, ask), getattr(dense, ask)
        np.testing.assert_allclose(ours(power.power), theirs(power.power), rtol=1e-12)
    assert sparse.evaluate(power) == pytest.approx(dense.evaluate(power), rel=1e-12)
    ours, theirs = sparse.violations(power), dense.violations(power)
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, rel=1e-9, abs=1e-12)


@given(pairs(), st.integers(0, 2**32 - 1))
def test_sparse_says_what_dense_says(pair, seed):
    """As given, scaled, saved, and sent to a worker."""
    dense, sparse = pair
    assert is_sparse(sparse.gain)
    assert is_sparse(sparse.protected_gain)
    same(dense, sparse, seed)
    same(dense.scaled(), sparse.scaled(), seed)
    assert is_sparse(sparse.scaled().gain)
    header, arrays = split_problem(sparse)
    same(dense, joined_problem(header, arrays), seed)


@given(pairs())
def test_starts_agree(pair):
    """The attempts are the same powers, and as many."""
    dense, sparse = pair
    ours, theirs = list(sparse.attempts()), list(dense.attempts())
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.power, other.power, rtol=1e-9)


@given(pairs())
def test_files_keep_the_gain_sparse(tmp_path_factory, pair):
    """What is saved is what is read, bit by bit."""
    path = tmp_path_factory.mktemp("sparse") / "problem.npz"
    _, sparse = pair
    sparse.to_file(path)
    again = PowerControl.from_file(path)
    for name in ("gain", "protected_gain"):
        ours, theirs = getattr(again, name), getattr(sparse, name)
        for part in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(ours, part), getattr(theirs, part))


def test_bad_entries_are_named_by_row_and_column():
    """As in a dense gain; a sparse one is for two axes, and cannot be written to."""
    gain = scipy.sparse.csr_array([[1.0, 0.0], [-2.0, 1.0]])
    with pytest.raises(FieldError, match=r"PowerControl.gain\[1, 0\] = -2.0"):
        PowerControl(gain, np.ones(2), np.ones(2))
    problem = PowerControl(abs(gain), np.ones(2), np.ones(2))
    for matrix in (problem.gain, problem.scaled().gain):
        with pytest.raises(ValueError, match="read-only"):
            matrix.data[0] = 3.0


def test_many_links_need_no_dense_matrix():
    """100,000 links would take 80 GB dense."""
    links = 100_000
    gain = scipy.sparse.diags_array([1e-9, 1e-11], offsets=[0, 1], shape=(links, links))
    problem = PowerControl(gain, np.full(links, 1e-13), np.ones(links))
    power = Power(problem.p_max)
    rate = np.log2(1 + 1e-9 / (1e-13 + 1e-11))
    total = (links - 1) * rate + np.log2(1 + 1e-9 / 1e-13)
    assert problem.evaluate(power) == pytest.approx(total, rel=1e-9)
    assert max(problem.violations(power).values()) == 0.0
    assert problem.scaled().evaluate(power) == pytest.approx(total, rel=1e-9)
    assert problem.trivial() is not None

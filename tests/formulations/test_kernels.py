"""The SINR kernel against exact sums and a numpy twin."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations import FieldError
from formulations.kernels import sinr


def exact(gain, power, noise, cell):
    """SINR with correctly rounded sums."""
    result = np.zeros(len(cell))
    for u, own in enumerate(cell):
        if own >= 0:
            terms = [gain[u, b] * power[b] for b in range(len(power)) if b != own]
            result[u] = gain[u, own] * power[own] / math.fsum([noise[u], *terms])
    return result


@given(st.integers(1, 6), st.integers(1, 230), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_within_1e_12_of_the_exact_sum(users, cells, seed):
    """Reassociating the sum costs nothing, with gains over fourteen decades."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-14, 0, (users, cells))
    gain[rng.uniform(size=gain.shape) < 0.1] = 0.0
    power = rng.uniform(0, 40, cells)
    noise = 10 ** rng.uniform(-15, -9, users)
    cell = rng.integers(-1, cells, users)
    found = sinr(gain, power, noise, cell)
    np.testing.assert_allclose(found, exact(gain, power, noise, cell), rtol=1e-12)


def test_numpy_twin():
    """The same as arrays would have it."""
    rng = np.random.default_rng(0)
    gain, power = rng.uniform(size=(50, 7)), rng.uniform(size=7)
    noise, cell = rng.uniform(0.1, 1, 50), rng.integers(0, 7, 50)
    received = gain * power
    own = received[np.arange(50), cell]
    others = np.where(np.arange(7) == cell[:, None], 0.0, received).sum(axis=1)
    np.testing.assert_allclose(
        sinr(gain, power, noise, cell), own / (noise + others), rtol=1e-13
    )


def test_a_strong_own_signal_does_not_drown_the_rest():
    """Own 1 W, interference 1e-20 W: a difference of sums would give 0."""
    found = sinr(np.array([[1.0, 1e-20]]), np.ones(2), np.array([1e-30]), np.array([0]))
    np.testing.assert_allclose(found, [1e20], rtol=1e-9)


def test_inputs_are_not_changed():
    """Neither powers nor gains."""
    gain, power = np.ones((3, 2)), np.array([1.0, 2.0])
    sinr(gain, power, np.ones(3), np.array([0, 1, -1]))
    assert power.tolist() == [1.0, 2.0]
    assert (gain == 1).all()


def test_nan_gains_stay_visible():
    """A NaN gives NaN for its user only: fast arithmetic must not hide it."""
    gain = np.array([[1.0, np.nan], [1.0, 1.0]])
    found = sinr(gain, np.ones(2), np.ones(2), np.array([0, 0]))
    assert np.isnan(found[0])
    assert found[1] == 0.5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((np.ones(3), np.ones(1), np.ones(3), np.zeros(3, int)), "sinr.gain = shape"),
        (
            (np.ones((3, 2)), np.ones(3), np.ones(3), np.zeros(3, int)),
            "sinr.power = sh",
        ),
        (
            (np.ones((3, 2)), [1, -1], np.ones(3), np.zeros(3, int)),
            "sinr.power[1] = -1",
        ),
        ((np.ones((3, 2)), [1, np.nan], np.ones(3), np.zeros(3, int)), "sinr.power[1]"),
        (
            (np.ones((3, 2)), np.ones(2), [1, 1, 0], np.zeros(3, int)),
            "sinr.noise[2] = 0",
        ),
        (
            (np.ones((3, 2)), np.ones(2), np.ones(3), np.zeros(2, int)),
            "sinr.cell = int",
        ),
        ((np.ones((3, 2)), np.ones(2), np.ones(3), np.zeros(3)), "sinr.cell = float64"),
        ((np.ones((3, 2)), np.ones(2), np.ones(3), [0, 2, 0]), "sinr.cell[1] = 2"),
        ((np.ones((3, 2)), np.ones(2), np.ones(3), [0, -2, 0]), "sinr.cell[1] = -2"),
    ],
)
def test_bad_arguments_are_refused(arguments, text):
    """The error names argument, index and value."""
    with pytest.raises(FieldError) as caught:
        sinr(*arguments)
    assert str(caught.value).startswith(text)


def test_no_users_is_an_empty_answer():
    """Nothing to do is no error."""
    empty = sinr(np.empty((0, 2)), np.ones(2), np.empty(0), np.empty(0, int))
    assert empty.shape == (0,)

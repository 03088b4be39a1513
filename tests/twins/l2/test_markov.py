import numpy as np
import pytest
from scipy.linalg import expm

from twins.l2.markov import learn_chain


@pytest.fixture
def chain():
    """A ring of three cells, 10, 20 and 30 s in each, with one way back."""
    cells = [np.array([1, 2, 3] * 40 + [2, 1])]
    return learn_chain(cells, [np.array([10.0, 20.0, 30.0] * 40 + [20.0, 10.0])])


def test_jumps_and_dwells_are_those_counted(chain):
    """After 1 comes 2, after 2 comes 3; dwell times are near the truth."""
    assert chain.next_cell(np.array([1, 2, 3, 9])).tolist() == [2, 3, 1, -1]
    np.testing.assert_allclose(chain.jump.sum(axis=1), 1.0)
    np.testing.assert_allclose(chain.dwell, [10, 20, 30], rtol=0.06)


def test_occupancy_is_what_long_spreading_ends_in(chain):
    """Two ways to one distribution, near 1 : 2 : 3."""
    share = chain.occupancy()
    np.testing.assert_allclose(share, np.array([1, 2, 3]) / 6, atol=0.02)
    np.testing.assert_allclose(chain.spread(np.eye(3)[0], 5000.0), share, atol=1e-9)


@pytest.mark.parametrize("seconds", [0.0, 3.0, 40.0, 900.0])
def test_spread_is_the_matrix_exponential(chain, seconds):
    """Uniformization against scipy's Pade approximation."""
    rates = (chain.jump - np.eye(3)) / chain.dwell[:, None]
    start = np.array([0.2, 0.5, 0.3])
    expected = start @ expm(rates * seconds)
    np.testing.assert_allclose(chain.spread(start, seconds), expected, atol=1e-10)


def test_a_single_cell_keeps_everybody():
    """A chain of one cell has nowhere to go."""
    chain = learn_chain([np.array([7])], [np.array([5.0])])
    np.testing.assert_array_equal(chain.occupancy(), [1.0])
    np.testing.assert_allclose(chain.spread(np.ones(1), 10.0), [1.0])


def test_no_visit_is_an_error():
    """Nothing can be counted."""
    with pytest.raises(ValueError, match="visits"):
        learn_chain([], [])

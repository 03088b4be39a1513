"""Candidates: the pass over all that is stored finds what the long way finds."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from formulations import UserAssociation
from formulations.association_tally import MANY_PAIRS

USERS, CELLS = MANY_PAIRS // 8, 9


@pytest.mark.parametrize("objective", ["sum", "proportional_fair"])
@pytest.mark.parametrize("spoiled", ["", "load", "utility"])
def test_stored_pairs_are_the_candidates_of_a_dense_problem(objective, spoiled):
    """With handover costs; also where some stored pairs are no candidates."""
    rng = np.random.default_rng(5)
    utility = rng.lognormal(0.0, 1.0, (USERS, CELLS))
    load = rng.uniform(0.5, 1.0, USERS)
    if spoiled == "load":
        load[[3, 70]] = np.inf
    if spoiled == "utility":
        utility[[2, 5, 8], [0, 3, 8]] = -np.inf
    fields = {
        "capacity": np.full(CELLS, np.inf),
        "objective": objective,
        "previous": rng.integers(-1, CELLS, USERS),
        "handover_cost": 0.25,
    }
    stored = csr_array(utility)
    assert len(stored.data) > MANY_PAIRS
    dense = UserAssociation(utility, load, **fields).candidates
    sparse = UserAssociation(stored, load, **fields).candidates
    for ours, theirs in zip(sparse, dense, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
        assert not ours.flags.writeable

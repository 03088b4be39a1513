"""Merging takes the best of two assignments, as enumeration does."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.channels import ChannelAssignment
from formulations.kernels import channel_merging
from formulations.kernels.channel_costs import tabulate, windows
from formulations.kernels.channel_merging import merge, merging_of


def drawn(seed: int, groups: int, pairs: int) -> ChannelAssignment:
    """Penalties on ``pairs`` pairs of transmitters that are near in number."""
    random = np.random.default_rng(seed)
    first = random.integers(0, groups, pairs)
    second = (first + random.integers(1, min(groups, 40), pairs)) % groups
    return ChannelAssignment(
        domains=(np.array([1, 2, 4, 7, 8]),) * groups,
        pairs=np.stack((first, second), axis=1),
        separation=random.integers(1, 4, pairs),
        exact=random.random(pairs) < 0.2,
        penalty=random.integers(1, 20, pairs).astype(float),
        preferred=random.integers(-1, 3, groups),
        preferred_cost=random.integers(0, 3, groups).astype(float),
        objective="min_interference",
    )


def parents(problem: ChannelAssignment, seed: int) -> tuple:
    """Costs and two assignments of states."""
    known = problem.network
    costs = windows(known.network, 2.0)
    states = np.diff(known.network.start)
    random = np.random.default_rng(seed + 1)
    first, second = (random.integers(0, states) for _ in range(2))
    return costs, first, second


def total(costs, chosen: np.ndarray) -> float:
    """Cost of states (W,), in the network's unit."""
    return tabulate(costs, chosen, np.empty(costs.start[-1]))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), pairs=st.integers(0, 40))
def test_merged_is_best_of_all_mixtures(seed: int, pairs: int) -> None:
    """All 512 mixtures of nine groups are tried."""
    problem = drawn(seed, 9, pairs)
    costs, first, second = parents(problem, seed)
    least = min(
        total(costs, np.where(mask, first, second))
        for mask in product((True, False), repeat=9)
    )
    before, child = total(costs, first), first.copy()
    change = merge(costs, child, second, merging_of(9))
    assert total(costs, child) == pytest.approx(least, abs=1e-9)
    assert change == pytest.approx(least - before, abs=1e-9)
    assert ((child == first) | (child == second)).all()


@pytest.mark.parametrize("pairs", [500, 1500, 6000])
def test_too_many_or_too_entangled_groups_cost_no_more(pairs: int) -> None:
    """More groups than are decided together, and with up to forty pairs each."""
    problem = drawn(3, 300, pairs)
    assert channel_merging.LARGEST < 300
    costs, first, second = parents(problem, 3)
    before, child = total(costs, first), first.copy()
    change = merge(costs, child, second, merging_of(300))
    assert change < 0.0
    assert total(costs, child) == pytest.approx(before + change)


def test_nothing_changes_where_both_are_the_same() -> None:
    """An assignment merged with itself."""
    problem = drawn(5, 9, 20)
    costs, first, _ = parents(problem, 5)
    child = first.copy()
    assert merge(costs, child, first, merging_of(9)) == 0.0
    assert (child == first).all()

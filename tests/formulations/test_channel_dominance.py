"""Channels that may go because another one is never worse."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import ChannelAssignment
from formulations.channel_domains import EmptyDomain
from formulations.channel_dominance import Undominated
from formulations.channel_elimination import Elimination, narrow_order
from formulations.channels import Channels

OBJECTIVES = ["feasible", "min_interference", "min_span"]
PAIR = ChannelAssignment(
    domains=(np.arange(5), np.arange(5)), pairs=[[0, 1]], separation=[2]
)


class Liar:
    """An argument of nobody's that says whatever suits it."""

    def bound(self, problem: ChannelAssignment) -> float:
        """More than any assignment needs."""
        return 9.0


def drawn(seed: int, objective: str) -> ChannelAssignment:
    """Up to five transmitters with some channels each; soft, hard and exact pairs."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    pairs = np.stack(np.triu_indices(count, 1), axis=1)
    pairs = pairs[rng.random(len(pairs)) < 0.7]
    pairs = np.concatenate((pairs, pairs[:1])) if len(pairs) else np.array([[0, 1]])
    soft = rng.integers(1, 4, len(pairs)).astype(float)
    return ChannelAssignment(
        domains=tuple(
            np.sort(rng.choice(7, int(rng.integers(1, 5)), replace=False))
            for _ in range(count)
        ),
        pairs=pairs,
        separation=rng.integers(0, 4, len(pairs)),
        exact=rng.random(len(pairs)) < 0.2,
        penalty=np.where(rng.random(len(pairs)) < 0.5, soft, np.inf),
        preferred=rng.integers(-1, 7, count),
        preferred_cost=rng.integers(0, 3, count).astype(float),
        objective=objective,
    )


def least(problem: ChannelAssignment) -> float:
    """Optimum by enumeration, inf where there is none."""
    best = np.inf
    for channel in product(*problem.domains):
        answer = Channels(np.array(channel))
        if max(problem.violations(answer).values()) <= 0.0:
            best = min(best, problem.evaluate(answer))
    return best


@pytest.mark.parametrize("objective", OBJECTIVES)
@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_an_optimum_is_left(objective, seed):
    """Fewer channels, the same optimum; methods that use it prove it."""
    problem = drawn(seed, objective)
    reduced, best = problem.undominated, least(problem)
    for few, many in zip(reduced.domains, problem.domains, strict=True):
        assert 0 < len(few) <= len(many)
        assert np.isin(few, many).all()
    assert least(reduced) == best


@pytest.mark.parametrize("method", ["tree_search", "tree_decomposition", "block_tree"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_exact_methods_answer_for_the_whole_problem(method, objective):
    """Whatever went, their answers and bounds are those by enumeration."""
    rrm.warm_up(ChannelAssignment)
    for seed in range(15):
        problem = drawn(seed, objective)
        best = least(problem)
        solution = rrm.solve(problem, rrm.Budget(20.0, gap=0.0), method, seed=seed)
        assert solution.bound <= best
        if np.isfinite(best) and solution.status == "optimal":
            assert solution.objective == best


def test_one_channel_stays_of_those_alike():
    """Alone, all channels are; the lowest stays where the span counts."""
    problem = ChannelAssignment(domains=(np.arange(3, 9),) * 2)
    assert [len(one) for one in problem.undominated.domains] == [1, 1]
    span = problem.replace(objective="min_span").undominated
    assert [one.tolist() for one in span.domains] == [[3], [3]]
    order = problem.replace(objective="min_order")
    assert order.undominated is order


def test_the_edge_of_a_band_blocks_less_than_the_channel_beside_it():
    """0 is in the way of 0 and 1, channel 1 of 0 to 2, channel 2 of neither end."""
    assert [one.tolist() for one in PAIR.undominated.domains] == [[0, 2, 4]] * 2


def test_preferred_channels_and_penalties_keep_channels():
    """What costs less by itself is not dominated by what costs more."""
    problem = ChannelAssignment(
        domains=(np.arange(4), np.arange(4)),
        pairs=[[0, 1]],
        separation=[2],
        penalty=[1.0],
        preferred=[1, 1],
        preferred_cost=[3.0, 3.0],
        objective="min_interference",
    )
    assert all(1 in one for one in problem.undominated.domains)
    assert least(problem.undominated) == least(problem) == 1.0


def test_a_bound_without_them_holds_for_the_whole():
    """The argument is asked of the reduced problem; one that fails there fails."""
    span = PAIR.replace(objective="min_span")
    assert span.undominated is not span
    order, _ = narrow_order(span.network, np.full(2, 5), lambda: False, 1000)
    assert Undominated(Elimination(order, np.inf)).bound(span) == 2.0
    assert np.isnan(Undominated(Liar()).bound(span))
    wrong = Undominated(EmptyDomain(0, np.array([0])))
    assert np.isnan(wrong.bound(span))
    assert "without dominated channels" in str(wrong)


def test_equal_domains_stay_one_array():
    """Where the same channels go, the transmitters share what is left."""
    problem = ChannelAssignment(
        domains=(np.arange(9),) * 40,
        pairs=[[2 * k, 2 * k + 1] for k in range(20)],
        separation=[2] * 10 + [4] * 10,
    )
    left = problem.undominated.domains
    assert len(left[0]) < 9
    assert len(set(map(id, left))) == len({one.tobytes() for one in left}) > 1

"""Channel assignment: what is refused, consistency, merging, the greedy start."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from formulations import ChannelAssignment, Channels, FieldError
from formulations.channel_domains import Consistency, EmptyDomain, NothingBelow
from formulations.kernels.channel_moves import tables

ORDER = "min_order"


@st.composite
def problems(draw, objective="min_interference"):
    """Up to five transmitters, any pairs between them."""
    count = draw(st.integers(2, 5))
    domain = st.sets(st.integers(0, 6), min_size=1, max_size=4).map(sorted)
    domains = draw(st.lists(domain, min_size=count, max_size=count))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw(st.lists(ends.filter(lambda e: e[0] != e[1]), min_size=1, max_size=8))
    some = len(pairs)
    return ChannelAssignment(
        tuple(np.array(part) for part in domains),
        np.array(pairs),
        np.array(draw(st.lists(st.integers(0, 3), min_size=some, max_size=some))),
        exact=np.array(draw(st.lists(st.booleans(), min_size=some, max_size=some))),
        penalty=np.array(
            draw(
                st.lists(
                    st.sampled_from([np.inf, 1.0, 2.5]), min_size=some, max_size=some
                )
            )
        ),
        preferred=np.array(
            draw(st.lists(st.integers(-1, 6), min_size=count, max_size=count))
        ),
        preferred_cost=np.full(count, 0.5),
        objective=objective,
    )


def feasible(problem):
    """All channels that meet the hard pairs."""
    for channel in product(*(part.tolist() for part in problem.domains)):
        allocation = Channels(np.array(channel))
        if max(problem.violations(allocation).values()) == 0:
            yield allocation


def test_a_transmitter_is_no_pair_with_itself():
    """The pair is named by its index."""
    with pytest.raises(FieldError, match=r"pairs\[1\] = \[1, 1\]: must be two trans"):
        ChannelAssignment(([0], [1]), np.array([[0, 1], [1, 1]]), np.ones(2, int))


def test_channels_outside_the_domain_are_a_violation():
    """Any integer may be offered; what is no channel of the transmitter counts."""
    problem = ChannelAssignment((np.array([0, 2]), np.array([5])))
    for channel, share in (([0, 5], 0.0), ([1, 5], 0.5), ([-1, 7], 1.0)):
        assert problem.violations(Channels(np.array(channel)))["domain"] == share


@given(problems())
@settings(deadline=None, max_examples=200)
def test_consistency_removes_no_channel_of_an_assignment(problem):
    """What is taken away stands in no feasible assignment; a proof is one."""
    consistency = Consistency(problem)
    found = list(feasible(problem))
    if consistency.emptied >= 0:
        argument = consistency.argument()
        assert not found
        assert argument.bound(problem) == np.inf
        assert str(consistency.emptied) in str(argument)
        return
    start, channel = problem.choices
    for allocation in found:
        for v, used in enumerate(allocation.channel):
            own = slice(start[v], start[v + 1])
            assert consistency.alive[own][channel[own] == used].all()


def test_the_chain_of_an_empty_domain_names_only_what_it_needs():
    """A pair that has no part in it is left out; a wrong chain proves nothing."""
    problem = ChannelAssignment(
        (np.array([0, 1]), np.array([1, 2]), np.array([2]), np.arange(9)),
        np.array([[2, 3], [0, 1], [1, 2]]),
        np.array([1, 2, 1]),
        exact=np.array([False, True, False]),
    )
    argument = Consistency(problem).argument()
    assert sorted(argument.chain.tolist()) == [1, 2]
    assert argument.bound(problem) == np.inf
    assert np.isnan(EmptyDomain(argument.transmitter, np.array([0])).bound(problem))
    assert np.isnan(EmptyDomain(argument.transmitter, np.array([7])).bound(problem))


@given(problems(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=200)
def test_states_of_groups_count_what_the_problem_counts(problem, random):
    """Merged groups keep every assignment, and the tables its violations."""
    known = problem.network
    if isinstance(known, EmptyDomain):
        return
    start = known.network.start
    state = np.array([random.randrange(k) for k in np.diff(start).tolist()])
    channel = known.channels(state)
    assert problem.violations(Channels(channel))["domain"] == 0
    hard, soft = tables(known.network, state.copy())
    here = start[:-1] + state
    own = known.network.hard[here].sum()
    missed = (problem.shortfall(channel) > 0) & problem.is_hard
    assert (hard[here].sum() + own) // 2 == missed.sum()
    price = (soft[here].sum() + known.network.soft[here].sum()) / 2
    expected = problem.evaluate(Channels(channel))
    assert price * known.unit == pytest.approx(expected, abs=1e-9)
    for allocation in feasible(problem):
        again = known.channels(known.states(allocation.channel))
        np.testing.assert_array_equal(again, allocation.channel)


@given(problems())
@settings(deadline=None, max_examples=100)
def test_greedy_stays_in_the_domains(problem):
    """What it offers may violate a pair, never a domain."""
    for allocation in problem.attempts():
        assert problem.violations(allocation)["domain"] == 0


@settings(max_examples=60, deadline=None)
@given(problems("min_span"), st.integers(0, 7))
def test_nothing_below_a_channel_is_proven_where_it_is_true(problem, top):
    """Domains end below the channel; what is proven holds, by every assignment."""
    below = problem.below(top)
    for part, whole in zip(below.domains, problem.domains, strict=True):
        np.testing.assert_array_equal(part, whole[whole < top])
    assert problem.below(top) is below
    reason = below.network
    if not isinstance(reason, EmptyDomain):
        return
    assert NothingBelow(top, reason).bound(problem) == top
    spans = [
        problem.evaluate(Channels(np.array(channel)))
        for channel in product(*problem.domains)
        if max(problem.violations(Channels(np.array(channel))).values()) == 0.0
    ]
    assert min(spans, default=np.inf) >= top
    assert np.isnan(NothingBelow(top, reason).bound(problem.replace(objective=ORDER)))


class Sure(EmptyDomain):
    """A reason of nobody's that holds whatever is asked."""

    def bound(self, problem: ChannelAssignment) -> float:
        """No assignment exists."""
        return np.inf


def test_a_reason_of_somebody_else_proves_nothing():
    """Though it says so: only our own are recomputed."""
    span = ChannelAssignment(
        domains=(np.arange(5), np.arange(5)),
        pairs=[[0, 1]],
        separation=[2],
        objective="min_span",
    )
    assert Sure(0, np.array([0])).bound(span.below(4)) == np.inf
    assert np.isnan(NothingBelow(4, Sure(0, np.array([0]))).bound(span))


def test_a_span_that_domains_allow_no_less_is_proven_by_partial_assignment():
    """Three in a row two apart: nothing below what the start has."""
    problem = ChannelAssignment(
        domains=(np.array([0, 4]), np.array([2, 4]), np.array([0, 4])),
        pairs=np.array([[0, 1], [1, 2]]),
        separation=np.array([3, 3]),
        objective="min_span",
    )
    solution = rrm.solve(problem, 1.0, method="partial_assignment")
    assert solution.status == "optimal"
    assert solution.objective == 4
    assert solution.certificate.argument == "NothingBelow"

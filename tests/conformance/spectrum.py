"""Channel and block problems as quartets, all their allocations, and plain loops."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from formulations import BlockSchedule, ChannelAssignment, Channels, Problem, Schedule


def channel_cases() -> Iterator[tuple[str, Problem, bool]]:
    """Quartets of channel assignment for each objective, and shapes that cross them."""
    pairs = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0], [0, 2]]
    gap = [2, 1, 2, 1, 1, 1]
    domains = [np.arange(4)] * 3 + [np.array([0, 2, 3]), np.array([1, 2, 5])]
    plain = ChannelAssignment(tuple(domains), np.array(pairs), np.array(gap))
    soft = {
        "penalty": np.array([np.inf, 2.0, 1.5, np.inf, 3.0, 0.25]),
        "preferred": np.array([1, -1, 0, 7, 1]),
        "preferred_cost": np.array([0.5, 1.0, 2.0, 1.0, 0.75]),
    }
    for objective in ("feasible", "min_interference", "min_span", "min_order"):
        goal = plain.replace(objective=objective)
        name = f"channels-{objective}"
        yield f"{name}-feasible", goal.replace(**soft), True
        yield f"{name}-hard", goal, True
        clique = np.array([[0, 1], [1, 2], [0, 2]])
        yield (
            f"{name}-infeasible",
            ChannelAssignment(
                (np.arange(2),) * 3, clique, np.ones(3, int), objective=objective
            ),
            False,
        )
        yield (
            f"{name}-degenerate",
            ChannelAssignment(
                (np.array([3]), np.array([3, 3, 3]), np.arange(2)),
                np.array([[0, 1]]),
                np.zeros(1, int),
                objective=objective,
            ),
            True,
        )
        yield (
            f"{name}-exact",
            goal.replace(exact=np.arange(6) % 2 == 0, separation=np.array(gap[::-1])),
            True,
        )
    yield (
        "channels-no-channel-infeasible",
        plain.replace(domains=(*domains[:4], [])),
        False,
    )
    chain = ChannelAssignment(
        (np.array([0, 1]), np.array([1, 2]), np.array([2])),
        np.array([[0, 1], [1, 2]]),
        np.array([2, 1]),
        exact=np.array([True, False]),
    )
    yield "channels-inconsistent-infeasible", chain, False
    dense = plain.replace(
        domains=(np.arange(3),) * 5,
        penalty=np.array([5.0, 1.0, 1.0, 1.0, 2.0, 1e3]) * 1e-9,
        objective="min_interference",
    )
    yield "channels-min_interference-ill-scaled", dense, True


def block_cases() -> Iterator[tuple[str, Problem, bool]]:
    """Quartets of block scheduling for both objectives, contiguous or not."""
    rng = np.random.default_rng(11)
    rate = 1e6 * rng.lognormal(0.0, 1.0, (4, 4))
    rate[0, 2] = 0.0
    plain = BlockSchedule(
        rate,
        weight=[1.0, 0.5, 2.0, 1.0],
        cell=[0, 0, 0, 1],
        average=[1e6, 2e6, 5e5, 1e6],
    )
    for objective in ("sum_rate", "proportional_fair"):
        for contiguous in (False, True):
            goal = plain.replace(objective=objective, contiguous=contiguous)
            name = f"blocks-{objective}" + ("-contiguous" if contiguous else "")
            floors = rate.mean(axis=1) * [0.9, 0.9, 0.0, 1.5]
            yield f"{name}-feasible", goal.replace(min_rate=floors), True
            yield f"{name}-free", goal, True
            yield f"{name}-infeasible", goal.replace(min_rate=rate.sum(axis=1)), False
            yield (
                f"{name}-degenerate",
                goal.replace(rate=np.ones((4, 4)), weight=np.ones(4)),
                True,
            )
            yield (
                f"{name}-ill-scaled",
                goal.replace(rate=rate * 1e-12, average=goal.average * 1e-12),
                True,
            )
            yield f"{name}-limited", goal.replace(max_blocks=[1, 2, 1, np.inf]), True
            part = np.array([[1, 0, 1, 0], [0, 1, 0, 1]], bool)
            limits = {"group": part, "group_blocks": [[2.0, np.inf], [1.0, 3.0]]}
            yield f"{name}-groups", goal.replace(**limits), True
            blocked = np.zeros((2, 4), bool)
            blocked[0, 1] = blocked[1] = True
            yield f"{name}-blocked", goal.replace(blocked=blocked), True
            yield (
                f"{name}-blocked-infeasible",
                goal.replace(blocked=blocked, min_rate=[0.0, 0.0, 0.0, 1.0]),
                False,
            )


def other_spectrum_units(problem: Problem) -> Problem:
    """The same problem with penalties or rates in another unit."""
    if isinstance(problem, ChannelAssignment):
        return problem.replace(
            penalty=problem.penalty * 1e-6, preferred_cost=problem.preferred_cost * 1e-6
        )
    assert isinstance(problem, BlockSchedule)
    return problem.replace(
        rate=problem.rate * 1e-6,
        min_rate=problem.min_rate * 1e-6,
        average=problem.average * 1e-6,
    )


def spectrum_allocations(problem: Problem) -> Iterator[object]:
    """All channels, or all schedules with users of the right cell."""
    if isinstance(problem, ChannelAssignment):
        for channel in product(*(np.unique(domain) for domain in problem.domains)):
            yield Channels(np.array(channel))
        return
    assert isinstance(problem, BlockSchedule)
    cells, blocks = problem.blocked.shape
    choices = [
        [-1, *np.flatnonzero(problem.cell == cell).tolist()]
        for cell in range(cells)
        for _ in range(blocks)
    ]
    for user in product(*choices):
        yield Schedule(np.array(user).reshape(cells, blocks))


def channels_by_hand(p: ChannelAssignment, channel) -> tuple[float, float]:
    """Objective and largest violation of channels."""
    worst, cost = 0.0, 0.0
    for v, domain in enumerate(p.domains):
        worst = max(worst, float(channel[v] not in domain.tolist()))
        if p.preferred[v] >= 0 and channel[v] != p.preferred[v]:
            cost += p.preferred_cost[v]
    for e, (u, v) in enumerate(p.pairs):
        apart = abs(int(channel[u]) - int(channel[v]))
        holds = apart == p.separation[e] if p.exact[e] else apart >= p.separation[e]
        if not holds and np.isinf(p.penalty[e]):
            worst = 1.0
        elif not holds:
            cost += p.penalty[e]
    value = {
        "feasible": 0.0,
        "min_interference": cost,
        "min_span": max(channel),
        "min_order": len(set(channel.tolist())),
    }[p.objective]
    return float(value), worst


def blocks_by_hand(p: BlockSchedule, user) -> tuple[float, float]:
    """Objective and largest violation of a schedule."""
    rate, taken = np.zeros(len(p.rate)), [[] for _ in p.rate]
    worst = 0.0
    for cell in range(user.shape[0]):
        for block in range(user.shape[1]):
            u = user[cell, block]
            if u >= 0:
                rate[u] += p.rate[u, block]
                taken[u].append(block)
                worst = max(worst, float(p.cell[u] != cell or p.blocked[cell, block]))
    for u in range(len(rate)):
        if p.min_rate[u] > 0:
            worst = max(worst, 1 - rate[u] / p.min_rate[u])
        worst = max(worst, float(len(taken[u]) > p.max_blocks[u]))
        if p.contiguous and taken[u]:
            worst = max(worst, float(max(taken[u]) - min(taken[u]) >= len(taken[u])))
    for g, cell in np.ndindex(p.group_blocks.shape):
        theirs = sum(1 for u in user[cell] if u >= 0 and p.group[g, u])
        worst = max(worst, float(theirs > p.group_blocks[g, cell]))
    if p.objective == "sum_rate":
        return float(sum(p.weight * rate)), worst
    averaged = (1 - 1 / p.window) * p.average + rate / p.window
    return float(sum(p.weight * np.log(averaged))), worst

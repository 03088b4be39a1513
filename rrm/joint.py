"""Channels and powers of links together: one fixed, the other improved, in turn."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from formulations.channels import ChannelAssignment, Channels
from formulations.power import Power, PowerControl
from formulations.problem import FEASIBLE, FieldError
from rrm.budget import Budget, as_budget
from rrm.engine import solve

CHANNEL_SHARE = 0.15  # of a turn's time
TURNS = 12  # in which the time is spent at the most
STUBBORN = 2.0  # by which penalties of pairs on one channel grow when a turn fails


@dataclass(frozen=True)
class Joint:
    """Channels and powers that the referee passed together.

    Attributes
    ----------
    channel : (L,) int
        Resource block that each link uses.
    power : (L, N) W
        Zero off the link's channel.
    objective : float
        Of the power problem on all blocks.
    trace : list of (seconds, objective)
        Each better pair, in the order found.
    """

    channel: np.ndarray
    power: np.ndarray
    objective: float
    trace: list[tuple[float, float]]


def assign_and_power(
    problem: PowerControl,
    budget: Budget | float,
    *,
    domains: Sequence[np.ndarray] | None = None,
    seed: int = 0,
) -> Joint | None:
    """Give each link one channel and a power, in turns that never get worse [1]_.

    Channels by least interference, where a pair's penalty is the weighted rate that the
    two would take off each other on one channel at the present powers; then powers on
    these channels, by any method that fits, from the present ones. Each pair is
    verified as a whole: as an allocation of ``problem`` with all of its limits. Pairs
    that shared a channel in vain weigh more in the next turn; between such turns one
    link moves to where the objective gains most.

    Parameters
    ----------
    problem : PowerControl
        On several resource blocks, which are the channels; with a dense gain.
    budget : Budget or float
        Seconds, end to end.
    domains : L arrays of int
        Channels that each link may use; all by default.
    seed : int
        Of the methods.

    Returns
    -------
    Joint or None
        None if no pair was found that meets all limits.

    Raises
    ------
    FieldError
        If the problem has one block, a sparse gain, or ``domains`` do not fit it.

    References
    ----------
    .. [1] M. Razaviyayn, M. Hong, Z.-Q. Luo, "A unified convergence analysis of block
       successive minimization methods for nonsmooth optimization", SIAM J. Optim.
       23(2), 2013. https://doi.org/10.1137/120891009
    """
    budget = as_budget(budget)
    began = time.perf_counter()
    if len(problem.shape) == 1 or problem.has_sparse_gain:
        found = f"shape {problem.shape}"
        raise FieldError("problem", None, found, "dense, on several resource blocks")
    links, blocks = problem.shape
    domains = (np.arange(blocks),) * links if domains is None else tuple(domains)
    highest = max((int(np.max(domain, initial=-1)) for domain in domains), default=-1)
    if len(domains) != links or highest >= blocks:
        found = f"{len(domains)} arrays up to {highest}"
        raise FieldError("domains", None, found, f"{links} arrays below {blocks}")
    first, second = np.triu_indices(links, 1)
    plan = ChannelAssignment(
        domains,
        np.stack([first, second], axis=1),
        np.ones(len(first), np.intp),
        penalty=np.zeros(len(first)),
        objective="min_interference",
    )
    power = np.broadcast_to(problem.p_max[:, None], problem.shape)
    stress = np.ones(len(first))
    best: Joint | None = None
    start: Channels | None = None
    tried: set[bytes] = set()
    trace: list[tuple[float, float]] = []
    for turn in range(TURNS):
        left = budget.seconds - (time.perf_counter() - began)
        if left <= 0:
            break
        part = left / (TURNS - turn)
        channel = None
        if best is not None and turn % 3:
            channel = _one_moved(problem, best, domains, tried)
        if channel is None:
            harm = mutual_harm(problem, power)[first, second] * stress
            weighed = plan.replace(penalty=harm)
            answer = solve(weighed, CHANNEL_SHARE * part, seed=seed, start=start)
            if answer.allocation is None:
                break
            channel = answer.allocation.channel
        together = channel[first] == channel[second]
        stress[together] *= STUBBORN
        if channel.tobytes() in tried:
            continue
        tried.add(channel.tobytes())
        used = _only(channel, blocks)
        found = solve(
            problem.replace(p_mask=np.where(used, problem.p_mask, 0.0)),
            (1 - CHANNEL_SHARE) * part,
            seed=seed,
            start=None if best is None else Power(_moved(best.power, channel)),
        )
        better = _verified(problem, channel, found.allocation, best)
        if better is None:
            continue
        trace.append((time.perf_counter() - began, better.objective))
        best, start = better, Channels(channel)
        stress[:] = 1.0
        power = np.repeat(best.power.max(axis=1, keepdims=True), blocks, axis=1)
    return None if best is None else replace(best, trace=trace)


def _only(channel: np.ndarray, blocks: int) -> np.ndarray:
    """Whether each link (L, N) uses each block."""
    return channel[:, None] == np.arange(blocks)[None]


def _moved(power: np.ndarray, channel: np.ndarray) -> np.ndarray:
    """Powers (L, N) taken along to other channels."""
    used = _only(channel, power.shape[1])
    return np.where(used, power.max(axis=1, keepdims=True), 0.0)


def _one_moved(
    problem: PowerControl,
    best: Joint,
    domains: Sequence[np.ndarray],
    tried: set[bytes],
) -> np.ndarray | None:
    """Channels with the one link elsewhere that helps most, of those not tried yet.

    Powers go along; a link that was silent comes with all it has.
    """
    found, value = None, -np.inf
    for link, domain in enumerate(domains):
        for other in domain:
            channel = best.channel.copy()
            channel[link] = other
            if other == best.channel[link] or channel.tobytes() in tried:
                continue
            power = _moved(best.power, channel)
            if not power[link, other]:
                power[link, other] = min(
                    problem.p_max[link], problem.per_block(problem.p_mask)[link].max()
                )
            reached = problem.sense * problem.evaluate(Power(power))
            if reached > value:
                found, value = channel, reached
    return found


def mutual_harm(problem: PowerControl, power: np.ndarray) -> np.ndarray:
    """Weighted rate (L, L) in bit/s that two links lose to each other on one channel.

    Averaged over the channels, without anybody else, at ``power`` (L, N) W.
    """
    direct = problem.per_block(problem.direct) * power
    noise = np.broadcast_to(problem.per_block(problem.noise), power.shape)
    links = len(power)
    cross = np.broadcast_to(
        problem.cross.reshape(links, links, -1), (links, links, power.shape[1])
    )
    heard = cross * power[None]
    alone = np.log2(1 + direct / noise)
    beside = np.log2(1 + direct[:, None] / (noise[:, None] + heard))
    loss = (alone[:, None] - beside).mean(axis=2) * problem.weight[:, None]
    return (loss + loss.T) * problem.bandwidth


def _verified(
    problem: PowerControl,
    channel: np.ndarray,
    allocation: Power | None,
    best: Joint | None,
) -> Joint | None:
    """Channels and powers as one answer, if all limits hold and it is better."""
    if allocation is None:
        return None
    checked = problem.checked(allocation)
    off = np.ones(problem.shape, bool)
    off[np.arange(len(channel)), channel] = False
    if checked.power[off].any():
        return None
    if max(problem.violations(checked).values()) > FEASIBLE:
        return None
    objective = problem.evaluate(checked)
    sense = problem.sense
    if best is not None and not sense * objective > sense * best.objective:
        return None
    return Joint(channel, checked.power, objective, [])

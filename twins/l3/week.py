"""A simulated week of three slices in a cell, to hold learned shares against."""

from typing import NamedTuple

import numpy as np

from twins.l3.share_learning import ShareLearner
from twins.l3.slices import Slices

HOURS = 24 * 7
STEPS = 4  # decisions an hour
PEAK_HOUR = np.array([20.0, 13.0, 8.5])  # home video, offices, machines
PEAK = np.array([0.75, 0.45, 0.25])  # of the cell's capacity
NIGHT = np.array([0.1, 0.05, 0.08])
WIDTH = np.array([4.0, 3.5, 2.0])  # h
BURST = np.array([0.25, 0.15, 0.6])  # spread of the logarithm of what is not expected
EFFICIENCY = np.array([1.0, 0.85, 0.6])  # of a slice's users: their SINRs differ


class Week(NamedTuple):
    """What a week was worth, by who decided.

    Attributes
    ----------
    learned, by_demand, fixed : (n,)
        Value of each quarter of an hour, at most 1.
    broken : int
        Decisions of the learner that broke a promise.
    fallbacks : int
        Decisions made while it had fallen back to the rule.
    """

    learned: np.ndarray
    by_demand: np.ndarray
    fixed: np.ndarray
    broken: int
    fallbacks: int


def promises() -> Slices:
    """Promises of the example: three slices, the last with the greatest weight."""
    return Slices(
        floor=np.array([0.1, 0.1, 0.1]),
        cap=np.array([0.8, 0.6, 0.5]),
        weight=np.array([1.0, 2.0, 4.0]),
    )


def demand_at(hour: float) -> np.ndarray:
    """Expected demand (3,) at ``hour`` of the week, in parts of a cell's capacity."""
    clock, day = hour % 24, int(hour // 24)
    apart = np.abs(clock - PEAK_HOUR)
    apart = np.minimum(apart, 24 - apart)
    shape = np.exp(-0.5 * (apart / WIDTH) ** 2)
    working = np.array([1.2, 0.3, 0.5]) if day >= 5 else np.ones(3)
    return NIGHT + working * (PEAK - NIGHT) * shape


def served(shares: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Part (3,) of each slice's demand that its share carries.

    Blocks that a slice leaves empty are lent to the others in proportion to their lack.
    """
    need = demand / EFFICIENCY
    used = np.minimum(need, shares)
    lack = need - used
    spare = max(1.0 - used.sum(), 0.0) * 0.5  # half arrives in time to be of use
    lent = lack * min(spare / max(lack.sum(), 1e-12), 1.0)
    return (used + lent) / np.maximum(need, 1e-12)


def simulate(seed: int = 0, weeks: int = 1) -> Week:
    """Let the learner, the rule and fixed shares decide in the same weeks.

    What the rule would have been worth is known from the twin's replay, so each
    decision is compared with it.
    """
    draws = np.random.default_rng(seed)
    slices = promises()
    learner = ShareLearner(slices, seed)
    mean = np.mean([demand_at(h / STEPS) for h in range(HOURS * STEPS)], axis=0)
    always = slices.by_demand(mean / EFFICIENCY)
    found: list[tuple[float, float, float]] = []
    broken = fallbacks = 0
    for step in range(HOURS * STEPS * weeks):
        expected = demand_at(step / STEPS % HOURS)
        real = expected * np.exp(draws.normal(0.0, BURST) - BURST**2 / 2)
        shares = learner.decide(expected)
        over = (shares < slices.floor - 1e-9) | (shares > slices.cap + 1e-9)
        broken += bool(over.any() or shares.sum() > 1 + 1e-9)
        fallbacks += learner.fallback
        rule = slices.value(served(slices.by_demand(expected), real))
        mine = slices.value(served(shares, real))
        learner.learn(mine, rule)
        found.append((mine, rule, slices.value(served(always, real))))
    learned, by_demand, fixed = np.array(found).T
    return Week(learned, by_demand, fixed, broken, fallbacks)

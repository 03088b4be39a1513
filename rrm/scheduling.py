"""Block scheduling slot after slot, with the averages carried on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formulations.blocks import BlockSchedule, Schedule
from rrm.budget import Budget
from rrm.engine import solve
from twins.declaration import FieldError


@dataclass(frozen=True)
class Horizon:
    """Schedules of several slots and what users got.

    Attributes
    ----------
    schedules : tuple of Schedule
        One for each slot.
    rate : (T, U) bit/s
        In each slot.
    average : (U,) bit/s
        Mean over all slots.
    utility : float
        Weighted sum of logarithms of the means; -inf where a user got nothing.
    """

    schedules: tuple[Schedule, ...]
    rate: np.ndarray
    average: np.ndarray
    utility: float


def horizon(
    problem: BlockSchedule,
    rates: Sequence[np.ndarray] | np.ndarray,
    budget: Budget | float,
) -> Horizon:
    """Schedule slots one after the other for proportional fairness over all [1]_.

    Each slot maximizes the logarithms of the averages after it. As the window grows
    this follows the gradient, and the long-run utility nears that of the best time
    sharing.

    Parameters
    ----------
    problem : BlockSchedule
        Of ``proportional_fair``; its ``average`` is where the first slot starts.
    rates : (T, U, N) bit/s
        Of each slot.
    budget : Budget or float
        For each slot.

    Raises
    ------
    FieldError
        On another objective, or where no schedule of a slot was found.

    References
    ----------
    .. [1] A. L. Stolyar, "On the asymptotic optimality of the gradient scheduling
       algorithm for multiuser throughput allocation", Operations Research 53(1), 2005.
       https://doi.org/10.1287/opre.1040.0156
    """
    if problem.objective != "proportional_fair":
        raise FieldError(
            "problem.objective", None, problem.objective, "proportional_fair"
        )
    average = problem.average
    schedules, served = [], []
    for slot, rate in enumerate(rates):
        now = problem.replace(rate=rate, average=average)
        allocation = solve(now, budget).allocation
        if allocation is None:
            raise FieldError("rates", (slot,), "no schedule found", "floors that fit")
        got, _ = now.served(allocation)
        average = (1 - 1 / problem.window) * average + got / problem.window
        schedules.append(allocation)
        served.append(got)
    rate = np.array(served)
    mean = rate.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(problem.weight > 0, problem.weight * np.log(mean), 0.0)
    return Horizon(tuple(schedules), rate, mean, float(terms.sum()))

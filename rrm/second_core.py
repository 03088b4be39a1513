"""Whether a second core is worth its hand-over."""

import os

from formulations.problem import Problem
from rrm.budget import Budget
from rrm.workers import bytes_to_send

LEAST_SECONDS = 0.05
"""Budget from which on a worker is worth its hand-over of 2 to 5 ms."""
MOST_BYTES = 1e7
"""Of a problem, for each second of the budget: more takes too long to hand over."""


def has_second_core(problem: Problem, budget: Budget) -> bool:
    """Whether another core is there for steps beside those of the call, and time."""
    return (
        budget.work is None
        and budget.seconds >= LEAST_SECONDS
        and len(os.sched_getaffinity(0)) > 1
        and bytes_to_send(problem) <= MOST_BYTES * budget.seconds
    )

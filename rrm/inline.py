"""Methods that look at the clock themselves: in the thread of the call."""

import logging

from rrm.foresight import expected_end, learn, refused
from rrm.incumbent import Incumbent
from rrm.registry import Method

logger = logging.getLogger(__name__)

FIRST_SECONDS, FIRST_PART = 5e-4, 0.1
"""Set-up that a first method may have at any time, at most that part of the budget.

It is worth much more than none.
"""


def run_inline(method: Method, incumbent: Incumbent) -> str:
    """Run a method to its end, if it can set up in time; how it ended.

    Where work is limited it always runs: the same work, the same answer.
    """
    if incumbent.budget.work is not None:
        return run_at_once(method, incumbent)
    size = incumbent.size
    left = incumbent.until_deadline()
    if not incumbent.is_improved:
        left = max(left, min(FIRST_SECONDS, FIRST_PART * incumbent.budget.seconds))
    reason = refused(method, size, left)
    if reason is not None:
        return reason
    incumbent.looks.finish = expected_end(method, size)
    try:
        return run_at_once(method, incumbent)
    finally:
        looks = incumbent.looks
        learn(method, size, looks.longest, looks.end)


def run_at_once(method: Method, incumbent: Incumbent) -> str:
    """Run a method to its end, however long it sets up; how it ended."""
    try:
        method.function(incumbent.problem, incumbent)
    except Exception as error:
        logger.exception("method %s raised", method.name)
        return f"raised {type(error).__name__}: {error}"
    return "returned"

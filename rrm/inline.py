"""Methods that look at the clock themselves: in the thread of the call."""

import logging

from rrm.incumbent import Incumbent
from rrm.registry import Method

logger = logging.getLogger(__name__)


def run_inline(method: Method, incumbent: Incumbent) -> str:
    """Run a method to its end; how it ended."""
    try:
        method.function(incumbent.problem, incumbent)
    except Exception as error:
        logger.exception("method %s raised", method.name)
        return f"raised {type(error).__name__}: {error}"
    return "returned"

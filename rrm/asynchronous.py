"""``asolve``: ``solve`` for event loops, which go on meanwhile."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from typing import Any

from formulations.problem import Problem
from rrm.budget import Budget
from rrm.engine import solve_since
from rrm.solution import Solution
from twins.declaration import FieldError


class _End(threading.Event):
    """Set by us where the task is cancelled, or by the caller's own event."""

    def __init__(self, callers: threading.Event | asyncio.Event | None) -> None:
        super().__init__()
        if callers is not None and not hasattr(callers, "is_set"):
            raise FieldError("cancel", None, repr(callers), "an Event or None")
        self._callers = callers

    def is_set(self) -> bool:
        """Whether either is set."""
        callers = self._callers
        return super().is_set() or (callers is not None and callers.is_set())


async def asolve(
    problem: Problem,
    budget: Budget | float | timedelta,
    method: str | Sequence[str] = "auto",
    seed: int = 0,
    start: Any = None,
    *,
    on_event: Callable[[dict[str, Any]], None] | None = None,
    cancel: threading.Event | asyncio.Event | None = None,
) -> Solution:
    """Solve in a thread of its own; see :func:`rrm.solve` for what it takes and gives.

    Set ``cancel`` to get the best so far at once. Cancelling the task ends the search,
    too, and the task ends once the search has; so does Ctrl-C, by which
    ``asyncio.run`` cancels it. ``on_event`` is called in the event loop.
    """
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    end = _End(cancel)

    def tell(event: dict[str, Any]) -> None:
        if on_event is not None:
            loop.call_soon_threadsafe(on_event, event)

    hear = tell if callable(on_event) else on_event  # which is said to be wrong
    call = partial(solve_since, began, problem, budget, method, seed, start, hear, end)
    thread = ThreadPoolExecutor(1, "rrm.asolve")
    answer = loop.run_in_executor(thread, copy_context().run, call)
    thread.shutdown(wait=False)
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        end.set()
        await asyncio.wait([answer])
        raise

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


async def asolve(
    problem: Problem,
    budget: Budget | float | timedelta,
    method: str | Sequence[str] = "auto",
    seed: int = 0,
    start: Any = None,
    *,
    on_event: Callable[[dict[str, Any]], None] | None = None,
) -> Solution:
    """Solve in a thread of its own; see :func:`rrm.solve` for what it takes and gives.

    Cancelling the task ends the search, and the task ends once the search has.
    ``on_event`` is called in the event loop.
    """
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    cancel = threading.Event()

    def tell(event: dict[str, Any]) -> None:
        if on_event is not None:
            loop.call_soon_threadsafe(on_event, event)

    call = partial(
        solve_since, began, problem, budget, method, seed, start, tell, cancel
    )
    thread = ThreadPoolExecutor(1, "rrm.asolve")
    answer = loop.run_in_executor(thread, copy_context().run, call)
    thread.shutdown(wait=False)
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        cancel.set()
        await asyncio.wait([answer])
        raise

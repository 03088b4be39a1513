"""Methods that cannot be interrupted or trusted here: run in worker processes.

Problems travel as JSON and arrays in anonymous shared memory, offers come back over a
socket; a worker that is not done at its deadline is killed, and what it offered by
then counts. Nothing has a name in the file system, so nothing can be left over.
"""

import logging
from typing import Any

import numpy as np

from formulations.problem import Problem
from rrm.foresight import field_names
from rrm.incumbent import ARGUMENTS, Incumbent
from rrm.pool import current_pool
from rrm.registry import Method
from rrm.wire import START, WireError, joined_fields, pack, split_fields, split_problem
from twins.record import is_sparse

logger = logging.getLogger(__name__)

CANCEL_POLL = 0.01  # s between looks at the caller's cancel event
BYTES_PER_SECOND = 2e8  # of a problem, packed here and unpacked there
HAND_OVER_PART = 0.5  # of its share that a method may lose by that
RETURNED = "returned"
LEAK = 0.1  # of the memory allowed: a worker that keeps more than that is replaced


def run_in_worker(method: Method, problem: Problem, incumbent: Incumbent) -> str:
    """Run ``method`` in a worker until it is done or its share is over.

    Returns
    -------
    str
        How it ended, for the plan.
    """
    hand_over = bytes_to_send(problem) / BYTES_PER_SECOND
    if hand_over > HAND_OVER_PART * incumbent.remaining():
        return f"not started: takes {1e3 * hand_over:.3g} ms to hand over"
    pool = current_pool()
    worker = pool.take(incumbent.remaining())
    if worker is None:
        return "no worker was ready"
    sound = False
    try:
        payload = payload_of(problem, incumbent)
        worker.start(task_of(method, incumbent), payload)
        while not incumbent.expired(0):
            message = worker.receive(min(incumbent.remaining(), CANCEL_POLL))
            if message is None:
                continue
            header, _ = message
            if header["kind"] == "end":
                ended = str(header["ended"])
                sound = ended == RETURNED and header["kept"] <= LEAK * pool.memory
                incumbent.work += max(int(header["work"]), 0)
                incumbent.note_refusals(header["refused"])
                return ended
            take_message(message, incumbent, method)
        return f"stopped: {incumbent.reached() or 'its share was over'}"
    except Exception as error:  # whatever it sends costs this worker and nothing else
        logger.warning("worker for %s was lost: %s", method.name, error)
        return f"worker lost: {error}"
    finally:
        if sound:
            pool.give_back(worker)
        else:
            pool.discard(worker)


def bytes_to_send(problem: Problem) -> int:
    """Bytes of the arrays of a problem, sparse ones included."""
    total = 0
    for name in field_names(type(problem)):
        value: Any = vars(problem).get(name)
        if isinstance(value, np.ndarray):
            total += value.nbytes
        elif is_sparse(value):
            total += value.data.nbytes + value.indices.nbytes + value.indptr.nbytes
    return total


def task_of(method: Method, incumbent: Incumbent) -> dict[str, Any]:
    """What to run, and within which limits."""
    spent = incumbent.work
    work = incumbent.budget.work
    return {
        "method": method.name,
        "seconds": incumbent.remaining(),
        "gap": incumbent.budget.gap,
        "work": None if work is None else max(work - spent, 0),
        "seed": incumbent.seed,
    }


def payload_of(problem: Problem, incumbent: Incumbent) -> bytes:
    """Problem and the best allocation so far, as one message."""
    header, arrays = split_problem(problem)
    start, start_arrays = split_fields(incumbent.allocation)
    parts = {START + name: values for name, values in start_arrays.items()}
    return pack({"problem": header, "start": start}, {**arrays, **parts})


def take_message(
    message: tuple[dict[str, Any], dict[str, Any]],
    incumbent: Incumbent,
    method: Method,
) -> None:
    """Pass an offer or a bound on to the referee, which trusts neither."""
    header, arrays = message
    if header["kind"] == "log":
        logger.warning("method in a worker raised: %s", header["text"])
        return
    if header["kind"] == "offer":
        content = header["content"]
        allowed = (incumbent.problem.allocation_type.__module__,)
        incumbent.judge(joined_fields(content, arrays, allowed), method.name)
        return
    try:
        argument = joined_fields(header["content"], arrays, ARGUMENTS)
    except WireError:
        argument = None
    incumbent.weigh(header["bound"], argument, method.name, method)

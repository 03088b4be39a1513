"""Steps that run beside those of the call: one after the other, in a worker.

Nothing here waits. Whenever the method of the call looks at the clock, what the worker
has sent is taken up; so all is verified in one thread, and nobody needs a lock.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from formulations.problem import Problem
from rrm.budget import Budget
from rrm.incumbent import Incumbent
from rrm.planning import WORKER_SECONDS, Step
from rrm.pool import Pool, current_pool
from rrm.second_core import has_second_core
from rrm.warming import key_of
from rrm.worker import Worker
from rrm.workers import (
    LEAK,
    RETURNED,
    payload_of,
    take_message,
    task_of,
)

logger = logging.getLogger(__name__)

GRACE = 5e-3  # s until a step that should have ended by itself is killed
PATIENCE = 0.75
"""Part of the time that the first step of the call has to find anything."""
POLL = 1e-3  # s between looks at what the worker has sent
RETRY = 5e-3  # s until a worker is asked for again where none was ready
USED_UP = 0.9  # part of its share after which a step would have gone on
GAVE_UP = 0.01  # part of the time that a heuristic took which could go on
LEAST_AGAIN = 0.05  # part of the time that is worth to begin again for


class Beside:
    """Runs the steps of ``queue`` in a worker while the call runs others.

    Parameters
    ----------
    queue : list of Step
        Steps that nobody has begun; the call takes some of them, too.
    incumbent : Incumbent
        What they work on.
    patience : float
        ``time.perf_counter()`` at which a method of the call ends if nobody has found
        anything by then.
    """

    def __init__(
        self, queue: list[Step], incumbent: Incumbent, patience: float = np.inf
    ) -> None:
        self.queue, self.patience = queue, patience
        self.plan: list[dict[str, Any]] = []
        self._incumbent = incumbent
        self._pool: Pool = current_pool()
        self._worker: Worker | None = None
        self._step: Step | None = None
        self._cut_off: list[Step] = []
        self._began = self._ends = self._again = 0.0
        self._is_polling = False

    @property
    def is_running(self) -> bool:
        """Whether a step runs in the worker."""
        return self._worker is not None

    def poll(self, now: float) -> None:
        """Take up what has come by ``now``, and begin the next step if none runs."""
        if now < self._again or self._is_polling:  # or another thread is at it
            return
        self._is_polling = True
        try:
            if now >= self.patience and not self._incumbent.is_improved:
                self._incumbent.end_share()
            self._again = now + POLL
            if self._worker is None:
                self._begin(now)
            elif not self._listen(0.0) and now >= self._ends + GRACE:
                self._stop("stopped: its share was over")
        finally:
            self._is_polling = False

    def wait(self) -> None:
        """Give the worker the time until the next look."""
        if self._worker is None:
            self.poll(time.perf_counter())
        elif not self._listen(POLL) and time.perf_counter() >= self._ends + GRACE:
            self._stop("stopped: its share was over")

    def close(self) -> None:
        """End what still runs: the answer is being returned."""
        if self._worker is not None and not self._listen(0.0):
            self._stop(f"stopped: {self._incumbent.reached() or 'the call ended'}")

    def _begin(self, now: float) -> None:
        """Hand the next step over, if a worker is ready for it."""
        incumbent = self._incumbent
        place, worker = self._ready()
        if worker is None:
            self._again = now + RETRY
            return
        step = taken(self.queue, place)
        seconds = incumbent.until_deadline() * step.share
        self._worker, self._step = worker, step
        self._began, self._ends = now, now + seconds
        try:
            task = {**task_of(step.method, incumbent), "seconds": seconds}
            worker.start(task, payload_of(incumbent.problem, incumbent))
        except Exception as error:
            self._lose(error)

    def _ready(self) -> tuple[int, Worker | None]:
        """Place of the first step that a worker is ready for, and the worker."""
        if self._incumbent.until_deadline() >= WORKER_SECONDS:
            for place, step in enumerate(self.queue):
                if step.place == "thread":
                    continue
                key = None if step.method.isolated else key_of(step.method)
                worker = self._pool.take_ready(key)
                if worker is not None:
                    return place, worker
        return 0, None

    def _listen(self, seconds: float) -> bool:
        """Take up messages that come within ``seconds``; whether the step has ended."""
        assert self._worker is not None
        assert self._step is not None
        method, incumbent = self._step.method, self._incumbent
        try:
            while (message := self._worker.receive(seconds)) is not None:
                seconds = 0.0
                header, _ = message
                if header["kind"] == "end":
                    ended = str(header["ended"])
                    incumbent.work += max(int(header["work"]), 0)
                    incumbent.note_refusals(header["refused"])
                    kept = header["kept"] <= LEAK * self._pool.memory
                    self._end(ended, ended == RETURNED and kept)
                    return True
                take_message(message, incumbent, method)
                if incumbent.until_deadline() <= 0.0:  # what else has come is too late
                    return False
        except Exception as error:  # whatever it sends costs this worker, nothing else
            self._lose(error)
            return True
        return False

    def _lose(self, error: Exception) -> None:
        logger.warning("worker beside the call was lost: %s", error)
        self._end(f"worker lost: {error}", False)

    def _stop(self, reason: str) -> None:
        self._end(reason, False)

    def _end(self, ended: str, sound: bool) -> None:
        """Write down how the step ended, and give its worker back."""
        worker, step = self._worker, self._step
        assert worker is not None
        assert step is not None
        self._worker = self._step = None
        self._again = 0.0
        self.plan.append(
            {
                "method": step.method.name,
                "place": "beside",
                "why": step.why,
                "share": self._ends - self._began,
                "seconds": time.perf_counter() - self._began,
                "ended": ended,
            }
        )
        if sound:
            self._pool.give_back(worker)
        else:
            self._pool.discard(worker)
        share, took = self._ends - self._began, self.plan[-1]["seconds"]
        if step.method.kind != "heuristic" and took >= USED_UP * share:
            self._cut_off.append(step._replace(share=1.0))
        least = LEAST_AGAIN * self._incumbent.budget.seconds
        is_late = self._incumbent.until_deadline() < least
        if self._cut_off and not self.queue and not is_late:  # and nobody waits
            self.queue.append(self._cut_off.pop(0))


def is_worth_it(problem: Problem, budget: Budget, steps: Iterable[Step]) -> bool:
    """Whether a second core is there for steps beside the first, and time enough."""
    if not has_second_core(problem, budget):  # first: asking steps may make them
        return False
    return sum(step.place != "thread" for step in steps) > 1


def side_by_side(
    steps: Sequence[Step],
    incumbent: Incumbent,
    run: Callable[[Step, Incumbent], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Run the first inline step with all the time, and the others beside it.

    Who is done first goes on with what nobody has begun. The first step may be a wrong
    choice: it ends early where by ``PATIENCE`` of the time nobody has found anything.
    Once nobody waits, a heuristic of the call that had used up its share begins again
    with another seed, from the best that is known; one that gave up does so as long as
    the worker goes on. Any other that the worker had to stop begins again then, too.

    Returns
    -------
    list of dict
        How each step ended, as ``run`` tells.
    """
    queue = weighed(steps)
    here = next((n for n, step in enumerate(queue) if step.place == "inline"), 0)
    step: Step | None = queue.pop(here)._replace(share=1.0)
    patience = time.perf_counter() + PATIENCE * incumbent.until_deadline()
    beside = incumbent.beside = Beside(queue, incumbent, patience)
    plan: list[dict[str, Any]] = []
    cut_off: list[Step] = []
    gave_up: list[Step] = []
    seed = incumbent.seed
    try:
        while incumbent.reached() is None:
            late = incumbent.until_deadline() < LEAST_AGAIN * incumbent.budget.seconds
            again = cut_off or (gave_up if beside.is_running else [])
            if step is None and again and not late:
                step = again.pop(0)
                incumbent.seed += 1
            if step is not None:
                began = incumbent.until_deadline()
                plan.append(run(step, incumbent))
                beside.patience = np.inf
                took = began - incumbent.until_deadline()
                if step.method.kind == "heuristic":
                    if took >= USED_UP * step.share * began:
                        cut_off.append(step._replace(share=1.0))
                    elif took >= GAVE_UP * incumbent.budget.seconds:
                        gave_up.append(step._replace(share=1.0))
            elif beside.is_running:
                beside.wait()
            else:
                break
            step = taken(queue, 0) if queue else None
    finally:
        incumbent.beside, incumbent.seed = None, seed
        beside.close()
    return plan + beside.plan


def weighed(steps: Sequence[Step]) -> list[Step]:
    """Steps with their part of the whole time as their share."""
    left, queue = 1.0, []
    for step in steps:
        queue.append(step._replace(share=left * step.share))
        left -= queue[-1].share
    return queue


def taken(queue: list[Step], place: int) -> Step:
    """Step at ``place``, no longer in the queue, with its part of the time left."""
    total = sum(step.share for step in queue)
    step = queue.pop(place)
    return step._replace(share=min(step.share / total, 1.0) if total > 0 else 1.0)

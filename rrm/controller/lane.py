"""Runs a step that may hang: the loop goes on, and leaves at most one thread."""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

Result = TypeVar("Result")

IDLE = 60.0
"""s after which a thread without a step ends."""


class LateError(RuntimeError):
    """A step did not end within its time, or still hangs from an earlier turn."""


class Hands:
    """Threads that run steps: one as long as none hangs, as steps follow each other.

    A thread that is used again and again keeps its part of the memory allocator; new
    ones for each step would spread what lives long over many such parts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[queue.SimpleQueue[tuple[Callable[[], None], threading.Event]]]
        self._idle = []

    def run(self, work: Callable[[], None]) -> threading.Event:
        """Begin ``work``, which raises nothing; the event is set at its end."""
        ended = threading.Event()
        with self._lock:
            tasks = self._idle.pop() if self._idle else None
        if tasks is None:
            tasks = queue.SimpleQueue()
            threading.Thread(
                target=self._serve, args=(tasks,), name="rrm-step", daemon=True
            ).start()
        tasks.put((work, ended))
        return ended

    def _serve(
        self, tasks: "queue.SimpleQueue[tuple[Callable[[], None], threading.Event]]"
    ) -> None:
        while True:
            try:
                work, ended = tasks.get(timeout=IDLE)
            except queue.Empty:
                with self._lock:
                    if tasks in self._idle:
                        self._idle.remove(tasks)
                        return
                continue  # taken just now: the step is on its way
            work()
            del work  # and all that it holds
            with self._lock:
                self._idle.append(tasks)
            ended.set()


def lanes(names: Iterable[str]) -> "dict[str, Lane]":
    """A lane for each of the steps of one loop."""
    hands = Hands()
    return {name: Lane(name, hands) for name in names}


class Lane:
    """One step. While a call of it hangs, no other is started.

    Parameters
    ----------
    name : str
        Of the step.
    hands : Hands
        Run the steps of a loop.
    """

    def __init__(self, name: str, hands: Hands) -> None:
        self.name = name
        self._hands = hands
        self._left: threading.Event | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether a call that was left behind has not come back."""
        return self._left is not None and not self._left.is_set()

    def run(self, function: Callable[[], Result], seconds: float) -> Result:
        """Result of ``function``, if it comes within ``seconds`` s.

        What a call that was left behind returns later is dropped.

        Raises
        ------
        LateError
            If it takes longer, or the call before still hangs.
        BaseException
            What ``function`` raised.
        """
        if self.is_stuck:
            raise LateError(f"{self.name} still hangs")
        results: list[Result] = []
        errors: list[BaseException] = []

        def work() -> None:
            try:
                results.append(function())
            except BaseException as error:  # any end of the step is told to the loop
                errors.append(error)

        ended = self._hands.run(work)
        if not ended.wait(seconds):
            self._left = ended
            raise LateError(f"{self.name} took more than {1e3 * seconds:.0f} ms")
        if errors:
            raise errors[0]
        return results[0]

"""Runs a step that may hang: the loop goes on, and leaves at most one thread."""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class LateError(RuntimeError):
    """A step did not end within its time, or still hangs from an earlier turn."""


class Lane:
    """One step's threads. While one of them hangs, no other is started.

    Parameters
    ----------
    name : str
        Of the step, as the threads are called.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._left: threading.Thread | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether a thread that was left behind has not come back."""
        return self._left is not None and self._left.is_alive()

    def run(self, function: Callable[[], Result], seconds: float) -> Result:
        """Result of ``function``, if it comes within ``seconds`` s.

        What a thread that was left behind returns later is dropped.

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
        ended = threading.Event()

        def work() -> None:
            try:
                results.append(function())
            except BaseException as error:  # any end of the step is told to the loop
                errors.append(error)
            ended.set()

        thread = threading.Thread(target=work, name=f"rrm-{self.name}", daemon=True)
        thread.start()
        if not ended.wait(seconds):
            self._left = thread
            raise LateError(f"{self.name} took more than {1e3 * seconds:.0f} ms")
        if errors:
            raise errors[0]
        return results[0]

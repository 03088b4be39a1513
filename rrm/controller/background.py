"""Runs one task at a time beside the turns, which never wait for it."""

import threading
from collections.abc import Callable


class Background:
    """A place for one task in the background.

    Parameters
    ----------
    name : str
        Of its thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a task still runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, task: Callable[[], None]) -> None:
        """Begin ``task``, which raises nothing; only where none runs."""
        self._thread = threading.Thread(target=task, name=self._name, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Return when the task has ended, or after ``seconds`` s."""
        if self._thread is not None:
            self._thread.join(seconds)

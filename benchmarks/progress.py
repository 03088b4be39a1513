"""Progress on stderr: a bar with the time left, or a line every ten seconds."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

EVERY = 10.0  # s between lines where stderr is no terminal


class Progress:
    """Shows how many of all runs are done, and how long the rest will take.

    Parameters
    ----------
    text : str
        Shown until the first run is done.
    """

    def __init__(self, text: str) -> None:
        self._console = Console(stderr=True, soft_wrap=True, highlight=False)
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(text, total=None)
        self._text = text
        self._first: tuple[float, int] | None = None
        self._told = 0.0

    def __enter__(self) -> "Progress":
        """Begin to show."""
        self._bar.start()
        if self._bar.disable:
            self._console.print(self._text, markup=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show no more."""
        self._bar.stop()

    def step(self, name: str, done: int, total: int) -> None:
        """``done`` of ``total`` runs are there; ``name`` was the last."""
        self._bar.update(self._task, completed=done, total=total, description=name)
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        if not self._bar.disable or (now - self._told < EVERY and done < total):
            return
        self._told = now
        began, before = self._first
        text = f"{done} of {total} runs, last {name}"
        if done > before:
            left = (now - began) / (done - before) * (total - done)
            text += f", {left:.0f} s left"
        self._console.print(text, markup=False)

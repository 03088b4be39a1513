"""How long methods do not look at the clock while they set up, by earlier calls.

A method that sets up for 30 ms spoils a deadline of 10. Nothing can interrupt it, so
the engine remembers, for each method, the longest time of the processor between two of
its first looks, and does not start it where that would not fit. Nothing is remembered
between processes.
"""

import time
from dataclasses import dataclass, fields

from formulations.problem import Problem
from rrm.registry import Method

FADING = 0.9
"""Of the longest time between two looks, from one look to the next."""
FIRST_LOOKS = 10
"""Looks of a method until it counts as set up."""
FORGETTING = 0.995
"""Of what is remembered, at each call that is refused, so that it is tried again."""
LEAST = 1e-4  # s: what takes no longer is always begun


class Looks:
    """Looks of one method at the clock, and the longest times between them.

    Attributes
    ----------
    stride : float
        Seconds to expect until the next look: the longest so far, the older ones faded,
        and without the first, before which methods set up.
    """

    def __init__(self) -> None:
        self.stride = 0.0
        self._count = 0
        self._last, self._used = time.perf_counter(), time.thread_time()
        self._longest = 0.0

    def take(self, now: float) -> None:
        """Look at ``now``, seconds of ``time.perf_counter()``."""
        if self._count > 0:
            self.stride = max(now - self._last, FADING * self.stride)
        if self._count < FIRST_LOOKS:
            self._longest = self._with_last(now)
            self._used = time.thread_time()
        self._last = now
        self._count += 1

    @property
    def longest(self) -> float:
        """Most processor seconds before one of the first looks, or without a look."""
        if self._count >= FIRST_LOOKS:
            return self._longest
        return self._with_last(time.perf_counter())

    def _with_last(self, now: float) -> float:
        """Longest so far; where another thread looks, at most the time on the wall."""
        used = time.thread_time() - self._used
        return max(self._longest, min(used, now - self._last))


@dataclass
class SetUp:
    """Seconds that a method did not look, and for a problem of how many bytes."""

    seconds: float
    size: int

    def at(self, size: int) -> float:
        """Seconds for a problem of ``size`` bytes; in proportion where it is larger."""
        return self.seconds * max(size / self.size, 1.0)


_known: dict[tuple[str, type[Problem]], SetUp] = {}


def refused(method: Method, size: int, seconds: float) -> str | None:
    """Why not to start the method on ``size`` bytes with ``seconds`` left, or None."""
    known = _known.get((method.name, method.problem))
    if known is None or known.at(size) <= max(seconds, LEAST):
        return None
    known.seconds *= FORGETTING
    return f"not started: sets up for {1e3 * known.seconds:.3g} ms"


def learn(method: Method, size: int, seconds: float) -> None:
    """Take note that the method has set up ``size`` bytes in ``seconds``."""
    key = method.name, method.problem
    known = _known.get(key)
    if known is not None and seconds > known.at(size) and size <= known.size:
        seconds = (seconds + known.at(size)) / 2  # once may be chance
    _known[key] = SetUp(seconds, size)


def bytes_of(problem: Problem) -> int:
    """Bytes of the problem's dense arrays, at least one."""
    values = (getattr(problem, one.name) for one in fields(problem))
    return sum(getattr(value, "nbytes", 0) for value in values) or 1

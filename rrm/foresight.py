"""How long methods do not look at the clock, by earlier calls.

A method that sets up for 30 ms spoils a deadline of 10. Nothing can interrupt it, so
the engine remembers, for each method, the longest time of the processor between two of
its first looks, and what it took from the last look after which it went on; it does not
start it where both would not fit. Nothing is remembered between processes.
"""

import time
from contextlib import contextmanager
from dataclasses import fields
from functools import cache

import numpy as np

from formulations.problem import Problem
from rrm.registry import Method

FADING = 0.9
"""Of the longest time between two looks, from one look to the next."""
FIRST_LOOKS = 10
"""Looks of a method until it counts as set up."""
FORGOTTEN = 0.03
"""Part of the time that was left, which memory loses at each refusal.

So it is tried again by and by, and the later the less it would fit."""
FORGETTING = 0.97
"""Of the longest end, from run to run."""
MOST_DOUBLED = 6
"""Times that forgetting becomes half as fast, as trying again was wrong each time."""
FIXED = 0.9
"""Part of a set-up that does not grow with the problem, where one size is known."""
LEAST = 1e-4  # s: what takes no longer is always begun


class Looks:
    """Looks of one method at the clock, and the longest times between them.

    Attributes
    ----------
    stride : float
        Seconds to expect until the next look: the longest so far, the older ones faded,
        and without the first, before which methods set up.
    finish : float
        Seconds that the method needs after the look that ends it, by earlier calls
        or its own measure.
    """

    def __init__(self) -> None:
        self.stride = self.finish = 0.0
        self._went_on: tuple[float, float] | None = None
        self._is_over = False
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

    @contextmanager
    def finishing(self):
        """Measure what the method does in the end as well; the last time counts."""
        began = time.perf_counter()
        yield
        self.finish = time.perf_counter() - began

    @property
    def longest(self) -> float:
        """Most processor seconds before one of the first looks, or without a look."""
        if self._count >= FIRST_LOOKS:
            return self._longest
        return self._with_last(time.perf_counter())

    def tell(self, is_over: bool) -> None:
        """Take note of what the method is told: whether its time is over."""
        self._is_over = is_over
        if not is_over:
            self._went_on = time.perf_counter(), time.thread_time()

    @property
    def end(self) -> float | None:
        """Processor seconds since it was told to go on last; None if it ended before.

        None, too, where it was told to end at its first look.
        """
        if not self._is_over or self._went_on is None:
            return None
        now, used = time.perf_counter(), time.thread_time()
        return min(now - self._went_on[0], used - self._went_on[1])

    def _with_last(self, now: float) -> float:
        """Longest so far; where another thread looks, at most the time on the wall."""
        used = time.thread_time() - self._used
        return max(self._longest, min(used, now - self._last))


_known: dict[tuple[str, type[Problem]], dict[int, float]] = {}
"""Seconds by method and by the binary digits of a problem's bytes."""
_ends: dict[tuple[str, type[Problem]], dict[int, float]] = {}
"""What it takes from the last look after which it goes on, in the same way."""
_wrong: dict[tuple[str, type[Problem], int], int] = {}
"""How often in a row a method took longer than was expected of a size it has met."""


def refused(method: Method, size: int, seconds: float) -> str | None:
    """Why not to start the method on ``size`` bytes with ``seconds`` left, or None."""
    known = _known.get((method.name, method.problem), {})
    digits = size.bit_length()
    begin, end = foreseen(known, digits), expected_end(method, size)
    expected = begin + end
    if expected <= max(seconds, LEAST):
        return None
    wrong = _wrong.get((method.name, method.problem, digits), 0)
    fading = 1.0 - FORGOTTEN * 0.5**wrong * max(seconds, 0.0) / expected
    known[digits] = fading * begin
    if end > 0.0:
        _ends[method.name, method.problem][digits] = fading * end
    return f"not started: sets up for {1e3 * expected:.3g} ms"


def foreseen(known: dict[int, float], digits: int) -> float:
    """Seconds for a problem of so many digits, by the next smaller and larger ones.

    The least that any smaller one took is there whatever the size; the rest is in
    proportion to it, up to what the next larger one took.
    """
    smaller = [one for one in known if one <= digits]
    if not smaller:
        return 0.0
    nearest = max(smaller)
    least = min(known[one] for one in smaller)
    fixed = least if len(smaller) > 1 else FIXED * least
    expected = fixed + (known[nearest] - fixed) * 2.0 ** (digits - nearest)
    larger = [one for one in known if one > digits]
    return min(expected, known[min(larger)]) if larger else expected


def is_known(method: Method, size: int) -> bool:
    """Whether the method has been run on a problem of about ``size`` bytes."""
    return (method.name, method.problem, size.bit_length()) in _wrong


def expected_end(method: Method, size: int) -> float:
    """Processor seconds from the last look after which it will go on."""
    return foreseen(_ends.get((method.name, method.problem), {}), size.bit_length())


def learn(method: Method, size: int, seconds: float, end: float | None = None) -> None:
    """Take note that the method has set up ``size`` bytes in ``seconds``.

    And that it took ``end`` from the last look after which it went on.
    """
    known = _known.setdefault((method.name, method.problem), {})
    digits = size.bit_length()
    key = (method.name, method.problem, digits)
    expected = known.get(digits, np.inf) + expected_end(method, size)
    is_longer = seconds + (end or 0.0) > expected
    _wrong[key] = min(_wrong.get(key, 0) + 1, MOST_DOUBLED) if is_longer else 0
    note(known, size, seconds)
    if end is not None:  # which differs by where it ends: the longer ones count
        ends = _ends.setdefault((method.name, method.problem), {})
        note(ends, size, max(end, FORGETTING * ends.get(digits, 0.0)))


def note(known: dict[int, float], size: int, seconds: float) -> None:
    """Write down in ``known`` what a size took; halfway where it is longer."""
    digits = size.bit_length()
    if seconds > known.get(digits, np.inf):
        seconds = (seconds + known[digits]) / 2  # once may be chance
    known[digits] = seconds


class Durations:
    """How long a step without a look takes in this process, by size."""

    def __init__(self) -> None:
        self._known: dict[int, float] = {}

    def expected(self, size: int) -> float:
        """Processor seconds to expect, 0 as long as nothing is known."""
        return foreseen(self._known, size.bit_length())

    @contextmanager
    def measuring(self, size: int):
        """Take note of what the step takes."""
        began = time.thread_time()
        yield
        note(self._known, size, time.thread_time() - began)


def forget() -> None:
    """Remember nothing, as at the start of a process."""
    _known.clear()
    _ends.clear()
    _wrong.clear()


def bytes_of(problem: Problem) -> int:
    """Bytes of the problem's dense arrays, at least one."""
    values = map(vars(problem).get, field_names(type(problem)))
    return sum(value.nbytes for value in values if isinstance(value, np.ndarray)) or 1


@cache
def field_names(problem: type[Problem]) -> tuple[str, ...]:
    """Names of a problem class's fields."""
    return tuple(one.name for one in fields(problem))

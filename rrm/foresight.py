"""How long methods do not look at the clock, by earlier calls.

A method that sets up for 30 ms spoils a deadline of 10. Nothing can interrupt it, so
the engine remembers, for each method and size, the longest time of the processor
between two of its first looks, and what it took from the last look after which it went
on; it does not start it where both would not fit. What happened once may be chance, and
does not count where there were other runs. Nothing is remembered between processes.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
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
RUNS, ENDS = 4, 20
"""Last runs that count, of set-ups and of ends, which differ by where they come.

Expected is the second longest of them: one alone may be chance, a busy core or pages
that were not there."""
REACH = 3
"""Doublings of the size for which a single run says something."""
FORGOTTEN = 0.03
"""Part of the time that was left, which memory loses at each refusal.

So it is tried again by and by, and the later the less it would fit."""
TRIES = 300
"""Refusals until it is tried again in any case, where there was no second run."""
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


class Durations:
    """How long something without a look takes in this process, by size.

    Sizes count by their binary digits.

    Parameters
    ----------
    runs : int
        Last runs that count at each size.
    """

    def __init__(self, runs: int = RUNS) -> None:
        self._count = runs
        self._runs: dict[int, tuple[float, ...]] = {}
        self._known: dict[int, float] = {}
        self._forgotten: dict[int, float] = {}
        self._wrong: dict[int, int] = {}

    def expected(self, size: int) -> float:
        """Processor seconds to expect, 0 as long as nothing is known."""
        digits, known = size.bit_length(), tuple(self._known.items())
        least = digits - REACH
        return foreseen(
            [one for one in known if one[0] >= least or self.is_sure(one[0])], digits
        )

    def fits(self, size: int, seconds: float, ends: "Durations | None" = None) -> bool:
        """Whether it is to be begun in ``seconds``, with what comes at its end.

        Each time that it is not, some of what is expected is forgotten.
        """
        digits, end = size.bit_length(), 0.0 if ends is None else ends.expected(size)
        expected = self.expected(size) + end
        forgotten = self._forgotten.get(digits, 0.0)
        if expected - forgotten <= max(seconds, LEAST):
            return True
        wrong = self._wrong.get(digits, 0)
        more = FORGOTTEN * 0.5**wrong * max(seconds, 0.0)
        is_sure = self.is_sure(digits)
        if ends is not None and end > 0.0:
            is_sure = is_sure and ends.is_sure(digits)
        if not is_sure:
            more = max(more, expected / TRIES)
        self._forgotten[digits] = forgotten + more
        return False

    def note(self, size: int, seconds: float, excess: float = 0.0) -> None:
        """Take note of a run, and of what followed being longer than expected."""
        digits = size.bit_length()
        expected = self._known.get(digits, np.inf) - self._forgotten.pop(digits, 0.0)
        wrong = self._wrong.get(digits, 0)
        is_wrong = seconds + excess > expected
        self._wrong[digits] = min(wrong + 1, MOST_DOUBLED) if is_wrong else 0
        runs = (*self._runs.get(digits, ()), seconds)[-self._count :]
        self._runs[digits] = runs
        self._known[digits] = sorted(runs)[-2] if len(runs) > 1 else seconds

    def has_met(self, size: int) -> bool:
        """Whether there was a run at about that size."""
        return size.bit_length() in self._runs

    @contextmanager
    def measuring(self, size: int):
        """Take note of what a run takes."""
        began = time.thread_time()
        yield
        self.note(size, time.thread_time() - began)

    def is_sure(self, digits: int) -> bool:
        """Whether a second run, at sizes of so many digits, has confirmed the first."""
        return len(self._runs.get(digits, ())) > 1


def foreseen(known: Iterable[tuple[int, float]], digits: int) -> float:
    """Seconds for a problem of so many digits, by the next smaller and larger ones.

    The least that any smaller one took is there whatever the size; the rest is in
    proportion to it, up to what the next larger one took.
    """
    smaller = [one for one in known if one[0] <= digits]
    if not smaller:
        return 0.0
    nearest, seconds = max(smaller)
    least = min(seconds for _, seconds in smaller)
    fixed = least if len(smaller) > 1 else FIXED * least
    expected = fixed + (seconds - fixed) * 2.0 ** (digits - nearest)
    larger = [one for one in known if one[0] > digits]
    return min(expected, min(larger)[1]) if larger else expected


_begins: defaultdict[tuple[str, type[Problem]], Durations] = defaultdict(Durations)
"""Set-ups by method."""
_ends: defaultdict[tuple[str, type[Problem]], Durations] = defaultdict(
    lambda: Durations(ENDS)
)
"""What it takes from the last look after which it goes on."""


def refused(method: Method, size: int, seconds: float) -> str | None:
    """Why not to start the method on ``size`` bytes with ``seconds`` left, or None."""
    key = method.name, method.problem
    begins, ends = _begins[key], _ends[key]
    if begins.fits(size, seconds, ends):
        return None
    expected = begins.expected(size) + ends.expected(size)
    return f"not started: sets up for {1e3 * expected:.3g} ms"


def is_known(method: Method, size: int) -> bool:
    """Whether the method has been run on a problem of about ``size`` bytes."""
    return _begins[method.name, method.problem].has_met(size)


def expected_end(method: Method, size: int) -> float:
    """Processor seconds from the last look after which it will go on."""
    return _ends[method.name, method.problem].expected(size)


def learn(method: Method, size: int, seconds: float, end: float | None = None) -> None:
    """Take note that the method has set up ``size`` bytes in ``seconds``.

    And that it took ``end`` from the last look after which it went on.
    """
    excess = (end or 0.0) - expected_end(method, size)
    _begins[method.name, method.problem].note(size, seconds, excess)
    if end is not None:
        _ends[method.name, method.problem].note(size, end)


def forget() -> None:
    """Remember nothing, as at the start of a process."""
    _begins.clear()
    _ends.clear()


def bytes_of(problem: Problem) -> int:
    """Bytes of the problem's dense arrays, at least one."""
    values = map(vars(problem).get, field_names(type(problem)))
    return sum(value.nbytes for value in values if isinstance(value, np.ndarray)) or 1


@cache
def field_names(problem: type[Problem]) -> tuple[str, ...]:
    """Names of a problem class's fields."""
    return tuple(one.name for one in fields(problem))

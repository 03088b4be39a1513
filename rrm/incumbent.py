"""The referee: verifies what methods propose and keeps the best of it."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.problem import FEASIBLE, Problem
from rrm.argument import Bound, BySearch
from rrm.budget import Budget
from rrm.foresight import Looks, bytes_of
from rrm.registry import INSTANT, OWN, Method
from rrm.solution import Certificate, Status, Stopped, relative_gap

if TYPE_CHECKING:
    from rrm.beside import Beside

logger = logging.getLogger(__name__)

CONTRADICTION = 1e-8
"""Relative amount by which a verified objective must beat a bound to disprove it."""
TRACE_LENGTH = 1000
LONGEST = 1e9  # s; what endless budgets last
SHIPPED = (OWN, "formulations.")
ARGUMENTS = (*SHIPPED, BySearch.__module__)


class Incumbent:
    """Takes offers and bounds, verifies them, keeps the best, knows the clock.

    Parameters
    ----------
    problem : Problem
        What is solved.
    budget : Budget
        Limits of the call.
    seed : int
        For the methods' random numbers.
    began : float
        ``time.perf_counter()`` at the call.
    cancel : threading.Event or None
        Set by the caller to stop.
    on_event : callable or None
        Gets a dict at each improvement.

    Attributes
    ----------
    allocation : object or None
        Best verified allocation.
    objective, bound : float
        Of the best allocation (nan without), and the tightest valid bound.
    looks : Looks
        How often the method that runs looks at the clock.
    beside : Beside or None
        What runs in a worker meanwhile, asked at each look.
    """

    foresees = True
    """Whether the search ends before a step that would pass the deadline."""

    def __init__(
        self,
        problem: Problem,
        budget: Budget,
        *,
        seed: int = 0,
        began: float | None = None,
        cancel: threading.Event | None = None,
        on_event: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.problem, self.budget, self.seed = problem, budget, seed
        self.began = time.perf_counter() if began is None else began
        self.deadline = self.began + min(budget.seconds, LONGEST)
        self.allocation: Any = None
        self.objective = np.nan
        self.method = ""
        self.work = 0
        self.trace: list[tuple[float, float, float]] = []
        self.least_violating: Any = None
        self.verifying = 0.0
        self.beside: Beside | None = None
        self._sense = problem.sense
        self._violations: dict[str, float] = {}
        self._least = np.inf
        self._bounds: dict[str, Bound] = {}
        self._claimed: dict[str, float] = {}
        self._refused: dict[str, tuple[int, str]] = {}
        self._infeasible_engines: dict[str, str] = {}
        self._running: Method | None = None
        self._share_end = self.deadline
        self.looks = Looks()
        self._cancel, self._on_event = cancel, on_event
        self._cancelled = self._closed = False
        self._lock = threading.RLock()

    def offer(self, allocation: Any) -> bool:
        """Verify ``allocation`` and keep it if it is feasible and the best so far.

        Returns whether it became the best. Nothing is raised on a bad one.
        """
        return self.judge(allocation, self._source)

    def tighten(self, bound: float, argument: Any = None) -> bool:
        """Take a bound on the objective if ``argument.bound(problem)`` confirms it.

        The value that counts is the recomputed one. ``+inf`` (minimizing) or ``-inf``
        (maximizing) claims infeasibility.

        Parameters
        ----------
        bound : float
            Claimed value.
        argument : object
            Object of a class that ships with the engine, with ``bound(problem)``;
            or :class:`BySearch` from a method that ships with it. Otherwise the bound
            is kept as claimed, and does not count.

        Returns whether the bound counts and is the tightest so far.
        """
        return self.weigh(bound, argument, self._source, self._running)

    def expired(self, work: int = 1) -> bool:
        """Whether to stop: time or work is out, the gap is reached, or cancelled.

        Each question counts as ``work`` units of work, none: it is not a method's. True
        also where the time until the next one would be too long, by those before.
        """
        self.work += work
        now = time.perf_counter()
        if work:
            self.looks.take(now)
        if self.beside is not None:
            self.beside.poll(now)
        expected = self.looks.finish + (self.looks.stride if self.foresees else 0.0)
        end = self._share_end if self.budget.work is None else self.deadline
        is_over = now + expected >= end or self.now() >= self._share_end
        self.looks.tell(is_over)
        return is_over or self.reached() is not None

    def now(self) -> float:
        """Instant of the clock that methods and their shares go by.

        It is ``time.perf_counter()``, or, where work is limited, as much of the time as
        of the work is done: the same at each repetition.
        """
        limit = self.budget.work
        if limit is None:
            return time.perf_counter()
        span = self.deadline - self.began
        return self.began + span * min(self.work / max(limit, 1), 1.0)

    def remaining(self) -> float:
        """Seconds of :meth:`now` that are left for the method that runs."""
        return max(self._share_end - self.now(), 0.0)

    def until_deadline(self) -> float:
        """Seconds of the clock on the wall that are left for the whole search."""
        return max(self.deadline - time.perf_counter(), 0.0)

    def reached(self) -> Stopped | None:
        """Why the whole search must end now, None if it may go on."""
        if self._closed or self._cancelled:
            return Stopped.CANCELLED
        if self._cancel is not None and self._cancel.is_set():
            return Stopped.CANCELLED
        if self.budget.work is not None and self.work >= self.budget.work:
            return Stopped.WORK
        if self.gap <= self.budget.gap or self.is_infeasible:
            return Stopped.GAP
        if time.perf_counter() >= self.deadline:
            return Stopped.DEADLINE
        return None

    @cached_property
    def size(self) -> int:
        """Bytes of the problem's dense arrays."""
        return bytes_of(self.problem)

    @property
    def bound(self) -> float:
        """Tightest bound that counts; infinite without one."""
        best = self._tightest()
        return self._sense * np.inf if best is None else best.value

    @property
    def gap(self) -> float:
        """Relative gap; inf without an allocation or a bound."""
        return relative_gap(self.objective, self.bound)

    @property
    def is_improved(self) -> bool:
        """Whether a method has come up with an answer, or the caller."""
        return self.method not in ("", INSTANT)

    @property
    def is_infeasible(self) -> bool:
        """Whether a valid argument rules out every allocation."""
        return self.allocation is None and self.bound == -self._sense * np.inf

    @property
    def status(self) -> Status:
        """What is proven."""
        if self.allocation is None:
            return Status.INFEASIBLE if self.is_infeasible else Status.UNKNOWN
        optimal = self.gap <= self.budget.gap
        return Status.OPTIMAL if optimal else Status.FEASIBLE

    @contextmanager
    def running(self, method: Method, seconds: float):
        """Attribute what comes to ``method``, which has ``seconds`` at the most."""
        before = self._running, self._share_end
        self._running = method
        self._share_end = min(self.now() + seconds, self.deadline)
        self.looks = Looks()
        try:
            yield
        finally:
            self._running, self._share_end = before
            self.looks = Looks()

    def note_refusals(self, refused: Mapping[str, str]) -> None:
        """Show in the certificate what a worker's referee has turned down."""
        for source, reason in refused.items():
            self._refuse(str(source), str(reason))

    def postpone(self, seconds: float) -> float:
        """Have the call begin ``seconds`` later, which something else took; these."""
        self.began += seconds
        self.deadline += seconds
        self._share_end += seconds
        return seconds

    def end_share(self) -> None:
        """Have the method that runs end at its next look at the clock."""
        self._share_end = 0.0

    def cancel(self) -> None:
        """Have the search end at its next look at the clock."""
        self._cancelled = True

    def close(self) -> None:
        """Take no more offers: the answer is being returned."""
        with self._lock:
            self._closed = True

    def certificate(self) -> Certificate:
        """What the answer rests on."""
        best = self._tightest()
        return Certificate(
            violations=dict(self._violations),
            tolerance=FEASIBLE,
            bound_by="" if best is None else best.source,
            argument="" if best is None else best.text,
            proof=None if best is None else best.argument,
            claimed=dict(self._claimed),
            refused={
                name: f"{count} times, last: {reason}"
                for name, (count, reason) in self._refused.items()
            },
            seconds=self.verifying,
        )

    @property
    def _source(self) -> str:
        return "start" if self._running is None else self._running.name

    def _refuse(self, source: str, reason: str) -> bool:
        count = self._refused.get(source, (0, ""))[0]
        self._refused[source] = (count + 1, reason)
        return False

    def judge(self, allocation: Any, source: str) -> bool:
        """Take an offer of ``source``; see :meth:`offer`."""
        began = time.perf_counter()
        with self._lock:
            try:
                return not self._closed and self._verify(allocation, source)
            except Exception as error:
                return self._refuse(source, f"{type(error).__name__}: {error}")
            finally:
                self.verifying += time.perf_counter() - began

    def _verify(self, allocation: Any, source: str) -> bool:
        checked = self.problem.checked(allocation)
        violations = self.problem.violations(checked)
        worst = max(violations.values(), default=0.0)
        if not worst <= FEASIBLE:  # NaN fails, too
            name = max(violations, key=lambda name: violations[name])
            if self.allocation is None and worst < self._least:
                self._least, self._violations = worst, violations
                self.least_violating = checked
            return self._refuse(source, f"violates {name} by {worst:.3g}")
        objective = self.problem.evaluate(checked)
        if np.isnan(objective):
            return self._refuse(source, "objective is not a number")
        if self.allocation is not None and not (
            self._sense * objective > self._sense * self.objective
        ):
            return False
        self.allocation, self.objective, self.method = checked, objective, source
        self.least_violating, self._violations = None, violations
        self._drop_disproved()
        self._record("allocation", source)
        return True

    def weigh(
        self, bound: float, argument: Any, source: str, method: Method | None
    ) -> bool:
        """Take a bound of ``source``; see :meth:`tighten`."""
        began = time.perf_counter()
        with self._lock:
            try:
                return not self._closed and self._count(bound, argument, source, method)
            except Exception as error:
                reason = f"bound: {type(error).__name__}: {error}"
                return self._refuse(source, reason)
            finally:
                self.verifying += time.perf_counter() - began

    def _count(
        self, bound: float, argument: Any, source: str, method: Method | None
    ) -> bool:
        value = float(bound)
        if np.isnan(value):
            return self._refuse(source, "bound is not a number")
        if isinstance(argument, BySearch):
            counts = method is not None and method.is_own
            if counts and value == -self._sense * np.inf:
                self._infeasible_engines[argument.engine] = source
                counts = len(self._infeasible_engines) > 1
        else:
            counts = type(argument).__module__.startswith(SHIPPED)
            if counts:
                value = float(argument.bound(self.problem))
        if not counts:
            if value != self._sense * np.inf:
                self._claimed[source] = value
            return False
        if np.isnan(value) or value == self._sense * np.inf:
            return self._refuse(source, "the argument does not prove the bound")
        if not self._sense * value < self._sense * self.bound:
            return False
        self._bounds[source] = Bound(value, source, argument)
        self._drop_disproved()
        if self.bound != value:
            return False
        self._record("bound", source)
        return True

    def _tightest(self) -> Bound | None:
        """Smallest upper or largest lower bound, not beyond a verified objective."""
        if not self._bounds:
            return None
        return min(self._bounds.values(), key=lambda entry: self._sense * entry.value)

    def _drop_disproved(self) -> None:
        """Forget bounds that the best allocation beats, trim those met by rounding."""
        if self.allocation is None:
            return
        for source, entry in list(self._bounds.items()):
            beaten = self._sense * (self.objective - entry.value)
            if beaten <= 0:
                continue
            scale = max(abs(self.objective), abs(entry.value))
            if not beaten <= CONTRADICTION * scale or np.isinf(beaten):
                del self._bounds[source]
                logger.error("%s gave a false bound %g", source, entry.value)
                self._refuse(source, f"bound {entry.value:.9g} is disproved")
            else:
                self._bounds[source] = Bound(self.objective, source, entry.argument)

    def _record(self, kind: str, source: str) -> None:
        seconds = time.perf_counter() - self.began
        self.trace.append((seconds, self.objective, self.bound))
        if len(self.trace) > TRACE_LENGTH:
            self.trace = self.trace[::2]
        if self._on_event is not None:
            event = {
                "event": kind,
                "seconds": seconds,
                "objective": self.objective,
                "bound": self.bound,
                "method": source,
            }
            try:
                self._on_event(event)
            except Exception:
                logger.exception("on_event raised")

"""Trajectories as cases: gaps over time of each method, and of plans made of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from benchmarks.training import GAP, Run
from benchmarks.training_instances import Training
from rrm.beside import PATIENCE
from rrm.selection.features import features_of
from rrm.selection.schedule import HANDOVER, NO_ANSWER
from rrm.solution import relative_gap
from rrm.workers import bytes_to_send


class Path(NamedTuple):
    """What a method reaches by when.

    Attributes
    ----------
    time : (P,) s
        Of each improvement.
    gap : (P,)
        Distance of the answer from the best known, at most 1; inf without an answer.
    proof : (P,)
        Distance of the bound from the best known, at most 1.
    ended : float
        s after which it returned by itself; inf if its time was out.
    is_closed : bool
        Whether it ended as its gap was closed.
    """

    time: np.ndarray
    gap: np.ndarray
    proof: np.ndarray
    ended: float
    is_closed: bool

    def at(self, seconds: float) -> tuple[float, float]:
        """Both distances at a time; inf and 1 before there is anything."""
        place = int(np.searchsorted(self.time, seconds, side="right")) - 1
        if place < 0:
            return np.inf, 1.0
        return float(self.gap[place]), float(self.proof[place])


@dataclass(frozen=True)
class Case:
    """All runs of one instance.

    Attributes
    ----------
    family, problem : str
        Where it comes from, and its class.
    number : int
        Of the instance in its family.
    features : (F,)
        As the selector sees it.
    paths : dict
        By method and limit in s.
    start : tuple of float or None
        Seconds and gap of the answer without a search.
    size : int
        Bytes of the problem as a worker gets it.
    again : dict
        As ``paths``, of second runs of the same.
    """

    family: str
    problem: str
    number: int
    features: np.ndarray
    paths: dict[tuple[str, float], Path]
    start: tuple[float, float] | None
    size: int = 0
    again: dict[tuple[str, float], Path] = field(default_factory=dict)

    @property
    def methods(self) -> list[str]:
        """Names of methods that were run."""
        return sorted({name for name, _ in self.paths})

    def was_run(self, method: str, seconds: float) -> bool:
        """Whether a method was run with ``seconds`` or less."""
        return any(
            name == method and limit <= 1.001 * seconds for name, limit in self.paths
        )

    def path(self, method: str, seconds: float) -> Path | None:
        """Path of a method that had ``seconds``, or the least time beyond that."""
        limits = sorted(limit for name, limit in self.paths if name == method)
        enough = [limit for limit in limits if limit >= 0.999 * seconds]
        if not limits:
            return None
        return self.paths[method, enough[0] if enough else limits[-1]]


def cases_of(runs: Sequence[Run]) -> list[Case]:
    """One case for each instance that any run has answered."""
    groups: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.family, run.number), []).append(run)
    cases = []
    for (family, number), group in groups.items():
        found = [p[1] for run in group for p in run.points if p[1] is not None]
        if not found:
            continue
        best = group[0].sense * max(group[0].sense * value for value in found)
        problem = Training(family, number).build()
        start = _start(group, best)
        begins = 0.0 if start is None else start[0]
        paths, again = (
            {
                (run.method, run.budget): path_of(run, best, begins)
                for run in group
                if run.repeat == repeat
            }
            for repeat in (0, 1)
        )
        cases.append(
            Case(
                family,
                group[0].problem,
                number,
                features_of(problem, start is not None),
                paths,
                start,
                bytes_to_send(problem),
                again,
            )
        )
    return cases


def path_of(run: Run, best: float, start: float = 0.0) -> Path:
    """Gaps of a run to the best known objective.

    All runs of an instance come to the same answer without a search: that it is at
    ``start`` s in each leaves out noise that is not the methods'.
    """
    late = 0.0 if run.start is None else run.start - start
    time = np.array([point[0] - late for point in run.points])
    gap = np.array([_apart(point[1], best, np.inf) for point in run.points])
    proof = np.array([_apart(point[2], best, 1.0) for point in run.points])
    _, value, bound = run.points[-1] if run.points else (0.0, None, None)
    is_closed = (
        value is not None and bound is not None and relative_gap(value, bound) <= GAP
    )
    ended = run.ended - late if run.is_done else np.inf
    return Path(time, gap, proof, ended, is_closed)


def _apart(value: float | None, best: float, missing: float) -> float:
    return missing if value is None else min(relative_gap(value, best), 1.0)


def _start(group: list[Run], best: float) -> tuple[float, float] | None:
    known = [run for run in group if run.start is not None and run.points]
    if not known:
        return None
    run = min(known, key=lambda run: run.start or 0.0)
    return run.start or 0.0, _apart(run.points[0][1], best, np.inf)


def score(
    case: Case,
    steps: Sequence[tuple[str, float]],
    seconds: float,
    overhead: float = 0.0,
) -> float:
    """Mean over time of the gap of a plan, ``NO_ANSWER`` if it has none in the end.

    Parameters
    ----------
    case : Case
        With the trajectories that the plan is made of.
    steps : sequence of (str, float)
        Methods, and the part of the remaining time that each may take.
    seconds : float
        All the time there is.
    overhead : float
        s before the first method begins.
    """
    reached = Reached(case, seconds)
    now = overhead
    for method, share in steps:
        now, is_closed = reached.run(method, now, share * (seconds - now))
        if is_closed:
            break
    return reached.score()


def score_beside(
    case: Case,
    steps: Sequence[tuple[str, float, bool]],
    seconds: float,
    overhead: float,
) -> float:
    """Score of a plan whose steps run side by side, as :mod:`rrm.beside` has them.

    Parameters
    ----------
    case, seconds, overhead
        As in :func:`score`.
    steps : sequence of (str, float, bool)
        Methods, their part of the whole time, and whether they run in the call itself.
    """
    reached = Reached(case, seconds)
    queue = list(steps)
    here = next((n for n, (_, _, is_inline) in enumerate(queue) if is_inline), 0)
    method, _, _ = queue.pop(here)
    left = seconds - overhead
    is_quiet = not improves(case, method, PATIENCE * left)
    now, is_closed = reached.run(
        method, overhead, PATIENCE * left if is_quiet else left
    )
    free = [now, overhead + HANDOVER]  # when the call and the worker can go on
    ends = now if is_closed else np.inf
    while queue:
        lane = int(np.argmin(free))
        left = min(seconds, ends) - free[lane]
        if left <= 0:
            break
        total = sum(weight for _, weight, _ in queue)
        method, weight, _ = queue.pop(0)
        limit = min((seconds - free[lane]) * weight / total, left)
        now, is_closed = reached.run(method, free[lane], limit)
        ends = min(ends, now) if is_closed else ends
        free[lane] = now + (HANDOVER if lane else 0.0)
    return reached.score(ends)


def improves(case: Case, method: str, limit: float) -> bool:
    """Whether a method alone is better than the answer without a search in time."""
    path = case.path(method, limit)
    known = np.inf if case.start is None else case.start[1]
    return path is not None and path.at(limit)[0] < known


class Reached:
    """What steps of a plan come to, put together from their trajectories."""

    def __init__(self, case: Case, seconds: float) -> None:
        self._case, self._seconds = case, seconds
        self._times, self._gaps = [0.0], [1.0]
        self._is_answered = False
        if case.start is not None and case.start[0] < seconds:
            self._is_answered = True
            self._times.append(case.start[0])
            self._gaps.append(case.start[1])

    def run(self, method: str, now: float, limit: float) -> tuple[float, bool]:
        """When a method ends that begins at ``now``, and whether it closes the gap."""
        path = self._case.path(method, limit)
        if path is None or limit <= 0:
            return now, False
        within = (path.time <= limit) & np.isfinite(path.gap)
        self._is_answered |= bool(within.any())
        self._times.extend(now + path.time[within])
        self._gaps.extend(path.gap[within])
        is_closed = path.is_closed and path.ended <= limit
        return now + min(path.ended, limit), is_closed

    def score(self, until: float = np.inf) -> float:
        """Mean over time of the lowest gap, of what comes by ``until``."""
        if not self._is_answered:
            return NO_ANSWER
        kept = np.array(self._times) <= until
        times, gaps = np.array(self._times)[kept], np.array(self._gaps)[kept]
        order = np.argsort(times, kind="stable")
        moments = np.append(times[order], self._seconds)
        lowest = np.minimum.accumulate(gaps[order])
        return float(lowest @ np.diff(moments) / self._seconds)

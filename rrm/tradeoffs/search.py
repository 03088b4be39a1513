"""``tradeoff``: ask one factory for problem after problem, and keep what is proven."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np

from formulations.problem import Problem
from rrm.budget import Budget, as_budget
from rrm.engine import solve
from rrm.solution import Solution, Status, Stopped
from rrm.tradeoffs.axis import Axis
from rrm.tradeoffs.front import Bounds, Front, Point
from rrm.tradeoffs.volume import undominated
from rrm.tradeoffs.zones import Corner, Zones
from rrm.warming import prepare_all
from twins.declaration import FieldError

SLACK = 1e-8  # relative amount by which a value may miss what was asked
BETTER = 1e-9  # relative amount by which a point must be off the line between two


def tradeoff(
    factory: Callable[..., Problem],
    axes: Sequence[Axis],
    budget: Budget | float | timedelta,
    points: int = 30,
    seed: int = 0,
) -> Front:
    """Pareto front of two or three axes, each point certified.

    Axes with limits are asked by epsilon constraint, coarse steps first, and only where
    no answer settles the limit already. An axis with a highest price is asked by
    weighted sums: between two neighbours at the price at which they are worth the same
    [1]_, until nothing is better; that finds the points on the convex hull. Every
    question starts from the best allocation known within its limits, and from the proof
    that belongs to it.

    Parameters
    ----------
    factory : callable
        ``factory(**asked) -> Problem`` with one keyword for each axis but the first:
        its limit, which the problem must hold, or its price, which the objective must
        count. Limits may be infinite if the axis lists that. The objective is the
        first axis, less price times value for a priced axis of which less is better,
        plus that where more is (the other way round if the objective is minimized).
    axes : sequence of Axis
        Two or three; the first is the objective, at most one has a price.
    budget : Budget, float or timedelta
        For all questions together; gap and work are those of each.
    points : int
        The search ends when the front has so many.
    seed : int
        As in :func:`rrm.solve`.

    Returns
    -------
    Front
        Always; without points if nothing was found.

    Raises
    ------
    FieldError
        If axes do not fit together, or the factory's problem does not hold what was
        asked: limit, or objective by axes and price.

    References
    ----------
    .. [1] Y. P. Aneja, K. P. K. Nair, "Bicriteria transportation problem", Management
       Science 25(1), 1979. https://doi.org/10.1287/mnsc.25.1.73

    Examples
    --------
    How much is a further platform worth?

    >>> import rrm
    >>> from formulations import LapPlacement
    >>> from rrm.tradeoffs import axis
    >>> placement = LapPlacement.example()
    >>> front = rrm.tradeoff(
    ...     lambda laps: placement.replace(max_laps=laps),
    ...     [axis.objective(placement, "served"), axis.laps(placement)],
    ...     budget=5.0,
    ... )
    >>> [int(point.values["laps"]) for point in front.points]
    [3, 2, 1, 0]
    """
    search = _Search(factory, tuple(axes), as_budget(budget), points, seed)
    search.run()
    return search.front()


class _Search:
    """Questions asked so far, and the clock they share."""

    def __init__(
        self,
        factory: Callable[..., Problem],
        axes: tuple[Axis, ...],
        budget: Budget,
        points: int,
        seed: int,
    ) -> None:
        _check(axes, points)
        self.factory, self.axes, self.budget = factory, axes, budget
        self.points, self.seed = points, seed
        self.senses = np.array([axis.sense for axis in axes], float)
        self.limited = [k for k, axis in enumerate(axes) if len(axis.limits)]
        self.priced = [k for k, axis in enumerate(axes) if axis.highest_price]
        self.zones = Zones(tuple(len(axes[k].limits) for k in self.limited))
        prepare_all(type(self._problem(self._asked(self.zones.first(), 0.0))))
        self.began = time.perf_counter()
        self.deadline = self.began + budget.seconds
        self.found: list[Point] = []
        self.signed: list[np.ndarray] = []
        self.edges: list[tuple[Corner, int, int]] = []
        self.statements: list[tuple[np.ndarray, np.ndarray, float]] = []
        self.is_proven, self.is_ended, self.is_complete = True, False, False

    def run(self) -> None:
        """Ask from the loosest limits on, then between neighbours far apart."""
        corner: Corner | None = self.zones.first()
        while corner is not None and not self._is_over():
            self._settle(corner)
            corner = self.zones.following()
        while self.edges and not self._is_over():
            self.edges.sort(key=self._area)
            self._divide(*self.edges.pop())
        is_settled = corner is None and not self.edges and not self.is_ended
        self.is_complete = is_settled and self.is_proven

    def front(self) -> Front:
        """Undominated points, and all bounds."""
        kept = self._kept()
        kept = kept[np.argsort([-self.signed[k][0] for k in kept], kind="stable")]
        width = len(self.axes)
        parts = list(zip(*self.statements, strict=True)) or [(), (), ()]
        return Front(
            axes=self.axes,
            points=tuple(self.found[k] for k in kept),
            bounds=Bounds(
                limit=np.array(parts[0], float).reshape(-1, width),
                weight=np.array(parts[1], float).reshape(-1, width),
                most=np.array(parts[2], float),
            ),
            complete=self.is_complete,
            questions=len(self.statements),
            seconds=time.perf_counter() - self.began,
        )

    def _settle(self, corner: Corner) -> None:
        """Ask within one set of limits, at no price and at the highest."""
        first = self._ask(corner, 0.0)
        if not self.priced:
            found = None if first is None else self._corner(self.signed[first], corner)
            self.zones.answered(corner, found)
            return
        self.zones.answered(corner, None if first is None else corner)
        if first is None:
            return
        last = self._ask(corner, self.axes[self.priced[0]].highest_price)
        if last is not None:
            self.edges.append((corner, first, last))

    def _divide(self, corner: Corner, a: int, b: int) -> None:
        """Ask at the price at which two neighbours on the hull are worth the same."""
        axis = self.priced[0]
        left, right = self.signed[a], self.signed[b]
        gained, paid = right[axis] - left[axis], left[0] - right[0]
        if gained <= 0 or paid <= 0:
            return
        price = min(paid / gained, self.axes[axis].highest_price)
        c = self._ask(corner, price)
        if c is None:
            self.is_proven = False
            return
        middle, size = self.signed[c], abs(left[0]) + abs(price * left[axis])
        better = middle[0] - left[0] + price * (middle[axis] - left[axis])
        if better > BETTER * size:
            self.edges += [(corner, a, c), (corner, c, b)]

    def _area(self, edge: tuple[Corner, int, int]) -> float:
        axis = self.priced[0]
        apart = self.signed[edge[1]] - self.signed[edge[2]]
        return abs(float(apart[0] * apart[axis]))

    def _ask(self, corner: Corner, price: float) -> int | None:
        """Solve for one set of limits and a price; number of the point, None if none.

        Appends to what is proven, and to the points.
        """
        asked = self._asked(corner, price)
        problem = self._problem(asked)
        limit, weight = self._statement(corner, price)
        start = self._start(problem, limit, weight)
        solution = solve(problem, self._share(), seed=self.seed, start=start)
        sense = self.axes[0].sense
        self.statements.append((limit, weight, sense * solution.bound))
        proofs = (Status.OPTIMAL, Status.INFEASIBLE)
        self.is_proven &= solution.status in proofs
        self.is_ended |= solution.stopped is Stopped.CANCELLED
        if solution.allocation is None:
            return None
        values = {axis.name: axis.value(solution.allocation) for axis in self.axes}
        signed = np.array([values[axis.name] for axis in self.axes]) * self.senses
        self._check_answer(asked, limit, weight, signed, solution)
        self.found.append(Point(values, asked, solution))
        self.signed.append(signed)
        return len(self.found) - 1

    def _asked(self, corner: Corner, price: float) -> dict[str, float]:
        """Keywords for the factory."""
        numbers = dict(zip(self.limited, corner, strict=True))
        return {
            axis.name: float(axis.limits[numbers[k]]) if k in numbers else float(price)
            for k, axis in enumerate(self.axes)
            if k
        }

    def _problem(self, asked: dict[str, float]) -> Problem:
        problem = self.factory(**asked)
        if not isinstance(problem, Problem):
            raise FieldError("factory", None, type(problem).__name__, "a Problem")
        if problem.sense != self.axes[0].sense:
            text = f"the problem's, {problem.sense:+d}"
            raise FieldError("axes", (0,), f"sense {self.axes[0].sense:+d}", text)
        return problem

    def _statement(self, corner: Corner, price: float) -> tuple[np.ndarray, np.ndarray]:
        """Limits (A,) that hold, and weights (A,) of the objective, signed."""
        limit = np.full(len(self.axes), -np.inf)
        weight = np.zeros(len(self.axes))
        weight[0] = 1.0
        for k, number in zip(self.limited, corner, strict=True):
            limit[k] = self.axes[k].limits[number] * self.senses[k]
        for k in self.priced:
            weight[k] = price
        return limit, weight

    def _start(
        self, problem: Problem, limit: np.ndarray, weight: np.ndarray
    ) -> Solution | None:
        """Best that is known within the limits, else the last answer, to repair."""
        sizes = dict(problem.sizes)
        best, start = -np.inf, None
        for one, signed in zip(self.found, self.signed, strict=True):
            if dict(one.solution.problem.sizes) != sizes:
                continue
            if start is None or best == -np.inf:
                start = one.solution
            worth = float(signed @ weight)
            if (signed >= limit).all() and worth > best:
                best, start = worth, one.solution
        return start

    def _share(self) -> Budget:
        """Time for the next question: an even part of what is left."""
        left = max(self.deadline - time.perf_counter(), 0.0)
        expected = max(self.points - len(self.statements), 1)
        seconds = min(left, max(left / expected, self.budget.seconds / self.points))
        return Budget(seconds, self.budget.gap, self.budget.work)

    def _is_over(self) -> bool:
        if time.perf_counter() >= self.deadline:
            self.is_ended = True
        return self.is_ended or len(self._kept()) >= self.points

    def _kept(self) -> np.ndarray:
        width = len(self.axes)
        return undominated(np.array(self.signed, float).reshape(-1, width))

    def _corner(self, signed: np.ndarray, asked: Corner) -> Corner:
        """Tightest limits that the values hold."""
        corner = []
        for k, most in zip(self.limited, asked, strict=True):
            limits = self.axes[k].limits[: most + 1] * self.senses[k]
            holds = signed[k] >= limits - SLACK * np.abs(limits)
            corner.append(int(np.argmax(holds)) if holds.any() else most)
        return tuple(corner)

    def _check_answer(
        self,
        asked: dict[str, float],
        limit: np.ndarray,
        weight: np.ndarray,
        signed: np.ndarray,
        solution: Solution,
    ) -> None:
        """Hold the factory to its contract."""
        for k in self.limited:
            if signed[k] < limit[k] - SLACK * abs(limit[k]):
                axis = self.axes[k]
                found = f"{axis.name} {signed[k] * axis.sense:.9g}"
                allowed = f"a problem that holds {asked[axis.name]:.9g}"
                raise FieldError("factory", None, found, allowed)
        total, size = signed @ weight, np.abs(signed) @ weight
        worth = self.axes[0].sense * solution.objective
        if not abs(worth - total) <= SLACK * (size + abs(worth)):
            found = f"objective {solution.objective:.9g}"
            allowed = f"{self.axes[0].sense * total:.9g} by the axes at {asked}"
            raise FieldError("factory", None, found, allowed)


def _check(axes: tuple[Axis, ...], points: int) -> None:
    """Axes that fit together, and a number of points."""
    if not 2 <= len(axes) <= 3:
        raise FieldError("axes", None, f"{len(axes)}", "two or three")
    names = [axis.name for axis in axes]
    if len(set(names)) < len(names):
        raise FieldError("axes", None, ", ".join(names), "different names")
    ways = [bool(len(axis.limits)) + bool(axis.highest_price) for axis in axes]
    if ways[0]:
        raise FieldError("axes", (0,), names[0], "neither limited nor priced")
    for k, number in enumerate(ways[1:], 1):
        if not number:
            raise FieldError("axes", (k,), names[k], "limited or priced")
    if sum(bool(axis.highest_price) for axis in axes) > 1:
        raise FieldError("axes", None, ", ".join(names), "at most one priced")
    if not points >= 1:
        raise FieldError("points", None, repr(points), "at least 1")

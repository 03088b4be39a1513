"""Least power that meets every rate floor, or the proof that no power does."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.power import Power, PowerControl, rows_times
from rrm.incumbent import Incumbent
from rrm.registry import method
from twins.record import is_sparse

FIRST_STEPS = 5  # of the map from zero
KRYLOV = 1e-13  # relative residual
KRYLOV_STEPS = 300
DIRECT_SOLVE = 200  # links up to which one linear solve (< 1 ms) replaces iterating
STEPS_PER_OFFER = 16  # one offer costs about one step, so referees take < 10%
SHRINKS = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4)  # of a floor, until rounding is covered
HEADROOM = 1e-11  # of offered power against rounding
CLEAR = 1e-8  # relative excess over a limit that no tolerance forgives
SETTLED = 1e-14  # relative change of an iterate that no longer moves
GROWTH = 1e3  # a lower iterate this far above every limit shows that none is enough


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if problem.objective != "min_power" and not problem.min_rate.any():
        return "has nothing to do without rate floors"
    return None


def coupling(problem: PowerControl) -> tuple[Any, np.ndarray]:
    """``F`` (L, L) and ``u`` (L,) W: a power meets the floors iff ``p >= F p + u``.

    ``F`` is CSR where the gain is. A floor and no gain give infinite entries.
    """
    sinr = np.expm1(np.log(2.0) * problem.min_rate / problem.bandwidth)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(sinr > 0, sinr / problem.direct, 0.0)
        coupled = rows_times(problem.cross, factor)
    entries = coupled.data if is_sparse(coupled) else coupled
    entries[np.isnan(entries)] = 0.0  # an infinite factor times no gain
    return coupled, factor * problem.noise


@dataclass(frozen=True, eq=False)
class PowerFloor:
    """Every feasible power is at least ``power`` (L,) W if that needs still more.

    With noise > 0 a feasible ``p >= F p + u`` forces the spectral radius of ``F``
    below 1, so ``p >= inv(I - F) u >= power``.
    """

    power: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """Least total power in W; infinite proves infeasibility, nan proves nothing."""
        coupled, alone = coupling(problem)
        power = np.asarray(self.power)
        if power.shape != alone.shape or not (power >= 0).all():
            return np.nan
        if not (power <= coupled @ power + alone).all():
            return np.nan
        violated = problem.violations(Power(power))
        violated.pop("min_rate", None)
        if max(violated.values()) > CLEAR:
            return -problem.sense * np.inf
        return float(power.sum()) if problem.objective == "min_power" else np.nan


@dataclass(frozen=True, eq=False)
class SpectralRadius:
    """No power meets the floors: ``F vector >= vector``, so the radius of F is >= 1.

    Collatz and Wielandt: the least ratio ``(F x)[i] / x[i]`` over ``x[i] > 0`` of a
    nonnegative ``x`` is at most the spectral radius of a nonnegative ``F``.
    """

    vector: np.ndarray

    def radius(self, problem: PowerControl) -> float:
        """Lower bound on the spectral radius of the coupling."""
        vector = np.asarray(self.vector)
        carrier = vector > 0
        is_vector = vector.shape == problem.p_max.shape and np.isfinite(vector).all()
        if not (is_vector and (vector >= 0).all() and carrier.any()):
            return 0.0
        coupled, _ = coupling(problem)
        return float(((coupled @ vector)[carrier] / vector[carrier]).min())

    def bound(self, problem: PowerControl) -> float:
        """Infinite if the floors cannot be met at any power, else nan."""
        slack = len(problem.p_max) * np.finfo(float).eps
        is_proof = self.radius(problem) >= 1 + slack
        return -problem.sense * np.inf if is_proof else np.nan


@dataclass(frozen=True, eq=False)
class Unreachable:
    """Link ``link`` needs a rate and has no gain to its own receiver."""

    link: int

    def bound(self, problem: PowerControl) -> float:
        """Infinite if that is so, else nan."""
        has_none = (
            problem.min_rate[self.link] > 0 and not problem.direct[self.link].any()
        )
        return -problem.sense * np.inf if has_none else np.nan


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="least power; infeasibility of the floors (spectral radius, power floor)",
    rank=10,
)
def fixed_point(problem: PowerControl, incumbent: Incumbent) -> None:
    """Solve ``p = F p + u``: directly for few links, else by iterating [1]_, [2]_.

    Lower iterates from zero stay below every feasible power; their limit is the least
    one in every component, so it also minimizes what the limits count. Where the
    spectral radius is 1 or more no power will do, and the Perron vector proves it.

    References
    ----------
    .. [1] R. D. Yates, "A framework for uplink power control in cellular radio
       systems", IEEE JSAC 13(7), 1995, theorems 1, 2. https://doi.org/10.1109/49.414651
    .. [2] J. Zander, "Performance of optimum transmitter power control in cellular
       radio systems", IEEE TVT 41(1), 1992. https://doi.org/10.1109/25.120145
    """
    worst = -problem.sense * np.inf
    coupled, alone = coupling(problem)
    if not np.isfinite(alone).all():
        incumbent.tighten(worst, Unreachable(int(np.argmin(np.isfinite(alone)))))
        return
    if is_sparse(coupled) or len(alone) > DIRECT_SOLVE:
        exact = least_of_many(coupled, alone, incumbent)
    else:
        exact = least_power(coupled, alone)
    if exact is None:
        if len(alone) <= DIRECT_SOLVE:
            _rule_out(coupled, problem, incumbent)
        power = np.zeros_like(alone)
    else:
        incumbent.offer(Power(exact * (1 + HEADROOM)))
        power = shrunk_floor(exact, problem)
        if incumbent.tighten(worst, PowerFloor(power)) and incumbent.expired():
            return
    ceiling = GROWTH * max(problem.p_max.max(), np.finfo(float).tiny)
    while not incumbent.expired():
        before = power
        for _ in range(STEPS_PER_OFFER):
            power = coupled @ power + alone
        incumbent.offer(Power(power * (1 + HEADROOM)))
        incumbent.tighten(worst, PowerFloor(shrunk_floor(power, problem)))
        if np.abs(power - before).max() <= SETTLED * power.max():
            return
        if power.max() > ceiling:
            _rule_out(coupled, problem, incumbent)
            incumbent.offer(Power(np.minimum(power, problem.p_max)))
            return


def shrunk_floor(power: np.ndarray, problem: PowerControl) -> np.ndarray:
    """Largest multiple of ``power`` that is provably a floor in spite of rounding."""
    coupled, alone = coupling(problem)
    for shrink in SHRINKS:
        floor = power * (1 - shrink)
        if (floor <= coupled @ floor + alone).all():
            return floor
    return np.zeros_like(power)


def beyond_limits(vector: np.ndarray, problem: PowerControl) -> np.ndarray:
    """Multiple of a Perron vector above a limit: a floor where ``F x`` is nearly ``x``.

    At a radius of exactly 1 rounding hides ``F x >= x``, but not ``F t x + u >= t x``.
    """
    carrier = vector > 0
    if not carrier.any():
        return vector
    return vector * (2.0 * (problem.p_max[carrier] / vector[carrier]).min())


def _rule_out(coupled: Any, problem: PowerControl, incumbent: Incumbent) -> None:
    """Prove that no power meets the floors, by radius or by a floor above a limit."""
    worst = -problem.sense * np.inf
    vector = perron(coupled, incumbent)
    incumbent.tighten(worst, SpectralRadius(vector))
    incumbent.tighten(worst, PowerFloor(beyond_limits(vector, problem)))


def least_power(coupled: np.ndarray, alone: np.ndarray) -> np.ndarray | None:
    """Nonnegative solution of ``p = F p + u``, None if there is none."""
    try:
        power = np.linalg.solve(np.eye(len(alone)) - coupled, alone)
    except np.linalg.LinAlgError:
        return None
    if not (np.isfinite(power) & (power >= 0)).all():
        return None
    for _ in range(2):  # iterates of a monotone map refine the solve's rounding
        power = coupled @ power + alone
    return power


def least_of_many(
    coupled: Any, alone: np.ndarray, incumbent: Incumbent
) -> np.ndarray | None:
    """Nonnegative solution of ``p = F p + u``, None if it finds none.

    Unknowns are multiples of an iterate of the map from zero, so that links whose
    powers lie decades apart converge together.
    """
    size = alone
    for _ in range(FIRST_STEPS):
        size = coupled @ size + alone
    power = solution_near(size, coupled, alone, incumbent)
    if power is None or not (power >= 0).all():
        return None
    for _ in range(2):
        power = coupled @ power + alone
    return power


def solution_near(
    size: np.ndarray, coupled: Any, alone: np.ndarray, incumbent: Incumbent
) -> np.ndarray | None:
    """Solution of ``p = F p + u`` by BiCGSTAB in multiples of ``size`` [1]_.

    It may have any sign. None if it is not finite or time is out.

    References
    ----------
    .. [1] H. A. van der Vorst, "Bi-CGSTAB: a fast and smoothly converging variant of
       Bi-CG for the solution of nonsymmetric linear systems", SIAM J. Sci. Stat.
       Comput. 13(2), 1992. https://doi.org/10.1137/0913035
    """
    from scipy.sparse.linalg import LinearOperator, bicgstab

    size = np.where(size > 0, size, 1.0)
    if not np.isfinite(size).all():
        return None

    def residual(multiple: np.ndarray) -> np.ndarray:
        return multiple - (coupled @ (multiple * size)) / size

    def stop(_: np.ndarray) -> None:
        if incumbent.expired():
            raise TimeoutError

    system = LinearOperator((len(alone),) * 2, matvec=residual, dtype=np.float64)  # pyright: ignore[reportCallIssue]
    begin = np.ones_like(alone)
    try:
        multiple, _ = bicgstab(
            system, alone / size, x0=begin, rtol=KRYLOV, maxiter=KRYLOV_STEPS,
            callback=stop,
        )  # fmt: skip
    except TimeoutError:
        return None
    return multiple * size if np.isfinite(multiple).all() else None


def perron(coupled: Any, incumbent: Incumbent) -> np.ndarray:
    """Nonnegative vector of the largest eigenvalue, by squaring the shifted matrix.

    Entries that decay are cut to zero, which keeps a block whose radius is 1 or more.
    """
    is_small = not is_sparse(coupled) and len(coupled) <= DIRECT_SOLVE
    matrix = coupled + np.eye(len(coupled)) if is_small else None
    vector = np.ones(coupled.shape[0])
    best, best_ratio = vector, -np.inf
    for _ in range(64):
        if matrix is not None:
            vector = matrix @ vector
        else:
            for _ in range(STEPS_PER_OFFER):
                vector = coupled @ vector + vector
        vector /= vector.max()
        for cut in (0.0, 1e-12, 1e-6, 1e-3):
            kept = np.where(vector > cut, vector, 0.0)
            ratio = ((coupled @ kept)[kept > 0] / kept[kept > 0]).min()
            if ratio > best_ratio:
                best, best_ratio = kept, ratio
        if best_ratio > 1 + 1e-9 or incumbent.expired():
            break
        if matrix is not None:
            matrix = matrix @ matrix
            matrix /= matrix.max()
    return best

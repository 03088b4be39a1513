"""Least power that meets every rate floor, or the proof that no power does."""

from dataclasses import dataclass

import numpy as np

from formulations.kernels.linear_fixed_point import Coupling
from formulations.power import Power, PowerControl
from formulations.rows import dense
from rrm.incumbent import Incumbent
from rrm.registry import method

DIRECT_SOLVE = 200  # links up to which one linear solve (< 1 ms) replaces iterating
STEPS_PER_OFFER = 16  # one offer costs about one step, so referees take < 10%
SHRINKS = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4)  # of a floor, until rounding is covered
HEADROOM = 1e-11  # of offered power against rounding
CLEAR = 1e-8  # relative excess over a limit that no tolerance forgives
SETTLED = 1e-14  # relative change of an iterate that no longer moves
FIRST_STEPS = 8  # of the interference function, to learn the sizes of the powers
TRIALS = 4  # rounds of leaving out links that need no more than they have
FAR = 1 + 1e-6  # times its limit: a lower iterate there shows that none is enough
ACCURACY = 1e-12  # relative residual of the powers
EPSILON = 1e-14
GROWTH = 1e3  # a lower iterate this far above every limit shows that none is enough


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if problem.objective != "min_power" and not problem.min_rate.any():
        return "has nothing to do without rate floors"
    return None


def floor_factor(problem: PowerControl) -> np.ndarray:
    """SINR (L,) that each floor asks for over the own gain; inf: floor without gain."""
    sinr = np.expm1(np.log(2.0) * problem.min_rate / problem.bandwidth)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sinr > 0, sinr / problem.direct, 0.0)


def coupling(problem: PowerControl) -> tuple[np.ndarray, np.ndarray]:
    """``F`` (L, L), dense, and ``u`` (L,) W: floors hold iff ``p >= F p + u``.

    A link with a floor and no gain has infinite entries.
    """
    factor = floor_factor(problem)
    with np.errstate(invalid="ignore"):
        coupled = factor[:, None] * dense(problem.cross)
    coupled[np.isnan(coupled)] = 0.0  # an infinite factor times no gain
    return coupled, factor * problem.noise


def coupled_power(problem: PowerControl, power: np.ndarray) -> np.ndarray:
    """``F p`` (L,) W, without ``F``."""
    with np.errstate(invalid="ignore"):
        found = floor_factor(problem) * (problem.cross @ power)
    return np.where(np.isnan(found), 0.0, found)


@dataclass(frozen=True, eq=False)
class PowerFloor:
    """Every feasible power is at least ``power`` (L,) W if that needs still more.

    With noise > 0 a feasible ``p >= F p + u`` forces the spectral radius of ``F``
    below 1, so ``p >= inv(I - F) u >= power``.
    """

    power: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """Least total power in W; infinite proves infeasibility, nan proves nothing."""
        power = np.asarray(self.power)
        if power.shape != problem.p_max.shape or not (power >= 0).all():
            return np.nan
        alone = floor_factor(problem) * problem.noise
        if not (power <= coupled_power(problem, power) + alone).all():
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
        coupled = coupled_power(problem, vector)
        return float((coupled[carrier] / vector[carrier]).min())

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
    """Solve ``p = F p + u``: directly for few links, else by Krylov steps.

    Lower iterates from zero stay below every feasible power [1]_; their limit is the
    least one in every component, so it also minimizes what the limits count. Where the
    spectral radius is 1 or more no power will do, and the Perron vector proves it [2]_.
    So does the negative part ``q`` of a solution: ``F q >= q + u`` where ``q > 0``.

    Complexity: O(L^3) directly, O(L^2) a step of the iteration.

    References
    ----------
    .. [1] R. D. Yates, "A framework for uplink power control in cellular radio
       systems", IEEE JSAC 13(7), 1995, theorems 1, 2. https://doi.org/10.1109/49.414651
    .. [2] J. Zander, "Performance of optimum transmitter power control in cellular
       radio systems", IEEE TVT 41(1), 1992. https://doi.org/10.1109/25.120145
    """
    factor = floor_factor(problem)
    if not np.isfinite(factor).all():
        worst = -problem.sense * np.inf
        incumbent.tighten(worst, Unreachable(int(np.argmin(np.isfinite(factor)))))
        return
    start = None
    if len(problem.p_max) > DIRECT_SOLVE:
        start = lower_iterate(problem, incumbent)
        incumbent.tighten(-problem.sense * np.inf, PowerFloor(start * (1 - EPSILON)))
        grown = start
        for _ in range(TRIALS):  # links that would need still more for each other
            grown = np.where(coupled_power(problem, grown) > grown, grown, 0.0)
            if not grown.any():
                break
        if grown.any():
            incumbent.tighten(-problem.sense * np.inf, SpectralRadius(grown))
    power = least_power(problem, incumbent, start)
    if incumbent.expired():
        return
    floor = _settle(power, problem, incumbent)
    if not (power >= 0).all():
        excess = SpectralRadius(np.where(power < 0, -power, 0.0))
        if not incumbent.tighten(-problem.sense * np.inf, excess):
            _rule_out(problem, incumbent)
    alone = factor * problem.noise
    ceiling = GROWTH * max(problem.p_max.max(), np.finfo(float).tiny)
    power = np.maximum(floor, alone)
    while not incumbent.expired():
        before = power
        for _ in range(STEPS_PER_OFFER):
            power = coupled_power(problem, power) + alone
            if incumbent.expired():
                return
        _settle(power, problem, incumbent)
        is_settled = np.abs(power - before).max() <= SETTLED * power.max()
        if is_settled or power.max() > ceiling:
            return


def _settle(
    power: np.ndarray, problem: PowerControl, incumbent: Incumbent
) -> np.ndarray:
    """Offer a solution, bound by the floor below it, and return that."""
    if not (power >= 0).all():
        return np.zeros_like(power)
    incumbent.offer(Power(power * (1 + HEADROOM)))
    floor = shrunk_floor(power, problem)
    incumbent.tighten(-problem.sense * np.inf, PowerFloor(floor))
    return floor


def lower_iterate(problem: PowerControl, incumbent: Incumbent) -> np.ndarray:
    """Powers (L,) below every one that meets the floors, of the size of the least."""
    factor = floor_factor(problem)
    alone = factor * problem.noise
    coupled = Coupling(problem.cross, factor, incumbent.expired, alone)
    power = alone
    for _ in range(FIRST_STEPS):
        after = power - coupled.remainder(power) + alone
        if incumbent.expired():
            break
        power = after
    return power


def least_power(
    problem: PowerControl, incumbent: Incumbent, start: np.ndarray | None = None
) -> np.ndarray:
    """Solution of ``p = F p + u``; with negative entries where that has none >= 0.

    A lower iterate that has left the limits shows as much, and comes instead.
    """
    if len(problem.p_max) <= DIRECT_SOLVE:
        return few_solved(*coupling(problem))
    start = lower_iterate(problem, incumbent) if start is None else start
    if (start > FAR * problem.p_max).any():
        return start
    factor = floor_factor(problem)
    alone = factor * problem.noise
    need = np.divide(start, alone, out=np.zeros(len(alone)), where=alone > 0)
    coupled = Coupling(problem.cross, factor, incumbent.expired, need)
    return coupled.solved(alone, start, start, ACCURACY)[0]


def few_solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solution of few equations ``x = matrix x + right``; nan where singular."""
    try:
        x = np.linalg.solve(np.eye(len(right)) - matrix, right)
    except np.linalg.LinAlgError:
        return np.full(len(right), np.nan)
    x[~matrix.any(axis=1) & (right == 0)] = 0.0  # which rounding may leave below
    if (x >= 0).all():
        for _ in range(2):  # iterates of a monotone map refine the solve's rounding
            x = matrix @ x + right
    return x


def shrunk_floor(power: np.ndarray, problem: PowerControl) -> np.ndarray:
    """Largest multiple of ``power`` that is provably a floor in spite of rounding."""
    alone = floor_factor(problem) * problem.noise
    heard = coupled_power(problem, power)
    with np.errstate(divide="ignore", invalid="ignore"):
        short = np.where(power > heard + alone, 1 - alone / (power - heard), 0.0)
    least = 2 * short.max() + EPSILON
    for shrink in (least, *(value for value in SHRINKS if value > least)):
        floor = power * (1 - shrink)
        if (floor <= coupled_power(problem, floor) + alone).all():
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


def _rule_out(problem: PowerControl, incumbent: Incumbent) -> None:
    """Prove that no power meets the floors, by radius or by a floor above a limit."""
    worst = -problem.sense * np.inf
    vector = perron(problem, incumbent)
    incumbent.tighten(worst, SpectralRadius(vector))
    incumbent.tighten(worst, PowerFloor(beyond_limits(vector, problem)))


def perron(problem: PowerControl, incumbent: Incumbent) -> np.ndarray:
    """Nonnegative vector of the largest eigenvalue, by powers of the shifted matrix.

    Entries that decay are cut to zero, which keeps a block whose radius is 1 or more.
    The matrix of few links is squared at each step.
    """
    count = len(problem.p_max)
    is_few = count <= DIRECT_SOLVE
    matrix = coupling(problem)[0] + np.eye(count) if is_few else None
    vector = np.ones(count)
    best, best_ratio = vector, -np.inf
    for _ in range(64):
        if matrix is not None:
            vector = matrix @ vector
            matrix = matrix @ matrix
            matrix /= matrix.max()
        else:
            vector = coupled_power(problem, vector) + vector
        vector /= vector.max()
        for cut in (0.0, 1e-12, 1e-6, 1e-3):
            kept = np.where(vector > cut, vector, 0.0)
            ratio = (coupled_power(problem, kept)[kept > 0] / kept[kept > 0]).min()
            if ratio > best_ratio:
                best, best_ratio = kept, ratio
        if best_ratio > 1 + 1e-9 or incumbent.expired():
            break
    return best

"""Highest common rate: a nonlinear eigenvalue by inverse iteration, with its proof."""

from dataclasses import dataclass

import numpy as np

from formulations.kernels.linear_fixed_point import Coupling, largest
from formulations.power import Power, PowerControl
from formulations.rows import dense
from rrm.incumbent import Incumbent
from rrm.methods.power.fixed_point import DIRECT_SOLVE, few_solved, least_power
from rrm.registry import method
from twins.record import is_sparse

ROUNDING = 1e-12  # relative error of a rate by the order of its sums
FIRST_STEPS = 4  # of the interference function, each as long as one product
NEAR = 0.7  # part of a level where the one before it was near
MISSED = 2e-9  # of a floor or limit: more than tolerances forgive
SHARE = 0.1  # of the right side that a solve may leave
ACCURACY = 1e-13  # relative residual of a solve, at most
DIVISOR = 8.0
TIE = 1e-7  # relative difference of level and floor
BELOW = 1 - 1e-9  # of a level, within tolerances surely below the highest
ROUGH, FINE = 1e-2, 1e-3  # of the right side that a Newton step may leave
STEADY = 0.05  # relative step of a power after which derivatives are computed anew
TURNS = 12  # Newton steps
PATIENCE = 4  # turns without progress


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "max_min_rate":
        return f"maximizes the least rate, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if not problem.weight.any():
        return "needs a link that counts"
    return None


def loads(problem: PowerControl, power: np.ndarray) -> tuple[np.ndarray, ...]:
    """Use of each limit by ``power`` over what it allows: totals, masks, receivers.

    Masks that are all infinite are left out.
    """
    none = np.empty(0)
    is_masked = bool(np.isfinite(problem.p_mask).any())
    heard = problem.protected(power) if problem.protected_limit.size else none
    return (
        _use(problem.transmitted(power), problem.p_max),
        _use(power, problem.p_mask) if is_masked else none,
        _use(heard, problem.protected_limit),
    )


def _use(used: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """``used / limit`` of nonnegative arrays, where 0 / 0 is 0."""
    if (limit > 0).all():  # a plain division takes half the time
        return used / limit
    with np.errstate(divide="ignore"):
        return np.divide(used, limit, out=np.zeros(len(used)), where=used > 0)


@dataclass(frozen=True, eq=False)
class LevelCeiling:
    """No allocation gives each link more than ``vector`` (L,) gives its best one.

    Collatz and Wielandt: scale a nonnegative ``x`` until it meets a limit, and let
    ``t`` be the largest weighted rate of links with ``x > 0``. Then ``x`` is at most
    what these links need for ``t``, and for more than ``t`` they need more than the
    limit. A link whose floor is above its rate may have any weight; as tolerances let
    floors and limits be missed a little, ``x`` must then exceed its limit.
    """

    vector: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """Largest weighted rate in bit/s; nan if the vector rules nothing out."""
        vector = np.asarray(self.vector)
        fits = vector.shape == problem.shape == problem.p_max.shape
        is_vector = fits and np.isfinite(vector).all() and (vector >= 0).all()
        if not is_vector or problem.objective != "max_min_rate":
            return np.nan
        load = max(part.max(initial=0.0) for part in loads(problem, vector))
        if not 0 < load < np.inf:
            return np.nan
        level = _highest(problem, vector / load, 0.0 * problem.min_rate)
        if problem.min_rate.any():
            floors = problem.min_rate * (1 - MISSED)
            raised = _highest(problem, vector / load * (1 + MISSED), floors)
            level = np.fmin(level, raised)
        return float(level) * (1 + ROUNDING) if level < np.inf else np.nan


def _highest(problem: PowerControl, power: np.ndarray, floors: np.ndarray) -> float:
    """Largest weighted rate of links that send and are above their floors."""
    rate = problem.rate(power)
    above = (power > 0) & ~(rate < floors)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = (rate[above] / problem.weight[above]).max(initial=-np.inf)
    return level if level > 0 else np.nan


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="an upper bound: the best weighted rate at powers that meet a limit",
    rank=10,
)
def max_min(problem: PowerControl, incumbent: Incumbent) -> None:
    """Solve the nonlinear eigenvalue problem of equal weighted rates [1]_, [2]_.

    With SINR floors ``g(t)`` at level ``t``, powers ``p`` that just meet them and limit
    ``k`` solve ``p = g(t) (C p + n h_k(p))`` for cross gains ``C`` and noise ``n`` over
    own gains, and ``h_k`` the use of the limit. A step of Noda's inverse iteration [3]_
    solves ``z = g (C z + n h_k(z)) + g'(t) (C p + n)`` at a level that is reached, so
    that ``z > 0``, and converges quadratically. Where another limit is met first it
    takes its place. Many links are finished by Newton steps on the level, each with a
    linear system that is far from singular.

    Complexity: a step solves a linear system, O(L^3).

    References
    ----------
    .. [1] C. W. Tan, M. Chiang, R. Srikant, "Fast algorithms and performance bounds for
       sum rate maximization in wireless networks", IEEE/ACM ToN 21(3), 2013, section
       III. https://doi.org/10.1109/TNET.2012.2210240
    .. [2] L. Zheng, Y.-W. P. Hong, C. W. Tan, C.-L. Hsieh, C.-H. Lee, "Wireless max-min
       utility fairness with general monotonic constraints by Perron-Frobenius theory",
       IEEE TIT 62(12), 2016. https://doi.org/10.1109/TIT.2016.2615183
    .. [3] T. Noda, "Note on the computation of the maximal eigenvalue of a non-negative
       irreducible matrix", Numer. Math. 17, 1971. https://doi.org/10.1007/BF01436087
    """
    power = _start(problem, incumbent)
    if power is None:
        return
    idle = missed = 0
    while idle < PATIENCE:
        level = BELOW * float(np.fmax(incumbent.objective, 0.0))  # nan: none yet
        step = _raised if missed < 2 else _halved  # two limits may take turns
        raised = step(problem, power, level, incumbent)
        if incumbent.expired() or not np.isfinite(raised).all() or not raised.any():
            return
        is_power = (raised >= 0).all()
        power = _to_limit(problem, raised) if is_power else power
        is_better = is_power and incumbent.offer(Power(power))
        missed = 0 if is_better else missed + 1
        if is_better and incumbent.objective * NEAR > level:
            continue  # a ceiling would be far above it
        if is_better and len(power) > DIRECT_SOLVE:
            power = _refined(problem, power, incumbent)
            if incumbent.expired():
                return
        ceiling = power if is_power else np.maximum(-raised, 0.0)
        if is_power and (problem.weight * level < problem.min_rate).any():
            floors = problem.min_rate * (1 - 3 * MISSED)
            relaxed = problem.derived(min_rate=floors)
            ceiling = _raised(relaxed, power, level, incumbent)
        is_tighter = incumbent.tighten(np.inf, LevelCeiling(ceiling))
        idle = 0 if is_better or is_tighter else idle + 1


def _halved(
    problem: PowerControl, _: np.ndarray, level: float, incumbent: Incumbent
) -> np.ndarray:
    """Least powers at a level between the one that is reached and the bound.

    Far from the level only a part of the way, as it may be decades below the bound.
    """
    counted = problem.weight > 0
    quality = problem.direct * np.minimum(problem.p_max, problem.p_mask) / problem.noise
    alone = np.log2(1 + quality[counted]) * problem.bandwidth / problem.weight[counted]
    high = min(alone.min(), incumbent.bound)
    level = 0.5 * (level + min(high, 4 * level)) if level > 0 else high / DIVISOR
    floors = np.maximum(problem.min_rate, problem.weight * level)
    return least_power(problem.derived(min_rate=floors), incumbent)


def _to_limit(problem: PowerControl, power: np.ndarray) -> np.ndarray:
    """Multiple of ``power`` that meets a limit and no more."""
    return power / max(part.max(initial=0.0) for part in loads(problem, power))


def _start(problem: PowerControl, incumbent: Incumbent) -> np.ndarray | None:
    """Powers that meet a limit, near a common rate; None where there can be none.

    A few steps of ``p = g(t) (C p + n)``, scaled to the limit, at the level so far.
    """
    counted = problem.weight > 0
    limit = np.minimum(problem.p_max, problem.p_mask)
    if not (problem.direct * limit)[counted].all():
        return None
    if incumbent.allocation is None:
        power = least_power(problem, incumbent)
        if not (np.isfinite(power) & (power >= 0)).all():
            return None
        if (power <= limit * (1 + MISSED)).all():
            return power
        return None
    power = incumbent.allocation.power
    level = np.maximum(problem.weight * incumbent.objective, problem.min_rate)
    sinr = np.expm1(level * (np.log(2.0) / problem.bandwidth))
    factor = np.divide(sinr, problem.direct, out=0.0 * sinr, where=sinr > 0)
    for _ in range(FIRST_STEPS if sinr.any() else 0):
        if incumbent.expired():
            return None
        power = _to_limit(problem, factor * problem.interference(power))
    return power


def _refined(
    problem: PowerControl, power: np.ndarray, incumbent: Incumbent
) -> np.ndarray:
    """Powers (L,) after Newton steps on them and the level, from near the highest.

    Near a level that nothing reaches, powers grow as the reciprocal of what is missing
    to it. So steps are those of Newton for reciprocal uses of the limits, and end where
    the first limit is met. The derivative by the level is kept once it hardly changes.
    """
    level = incumbent.objective
    grown, slope = np.full(len(power), np.inf), np.zeros(len(power))
    is_offered = False
    for _ in range(TURNS):
        factor, rise = _needs(problem, level)
        coupled = _coupled(problem, factor, power, incumbent)
        missing = factor * problem.interference(power) - power
        power = power + coupled.correction(
            missing, power, FINE * largest(missing, power)
        )
        if np.abs(grown).max() > STEADY:
            right = rise * np.where(factor > 0, _use(power, factor), 0.0)
            slope = coupled.correction(right, power, ROUGH * largest(right, power))
        if incumbent.expired() or not (power >= 0).all() or not (slope >= 0).all():
            break
        parts = loads(problem, power), loads(problem, slope)
        used, more = (np.concatenate(part) for part in parts)
        used, more = used[more > 0], more[more > 0]
        if not more.size:  # the derivative was interrupted before it began
            break
        step = float((used * (1.0 - used) / more).min())
        grown = np.divide(slope * step, power, out=0.0 * power, where=power > 0)
        if not (grown < 1.0).all():
            break
        power, level = power / (1.0 - grown), level + step
        is_offered = np.abs(grown).max() <= STEADY
        if not is_offered:
            continue  # a ceiling would be far above it, and verifying takes time
        met = _to_limit(problem, power)
        is_better = incumbent.offer(Power(met))
        is_tighter = incumbent.tighten(np.inf, LevelCeiling(met))
        if incumbent.expired() or not (is_better or is_tighter):
            break
    if not is_offered and (power >= 0).all():
        incumbent.offer(Power(_to_limit(problem, power)))
    return power


def _needs(problem: PowerControl, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Power (L,) per noise and interference for a level, and its slope."""
    asked = problem.weight * level
    unit = np.log(2.0) / problem.bandwidth
    sinr = np.expm1(np.maximum(asked, problem.min_rate) * unit)
    rises = asked >= problem.min_rate * (1 - TIE)
    slope = np.where(rises, problem.weight * (1 + sinr) * unit, 0.0)
    return _use(sinr, problem.direct), _use(slope, problem.direct)


def _coupled(
    problem: PowerControl,
    factor: np.ndarray,
    power: np.ndarray,
    incumbent: Incumbent,
    push: tuple[np.ndarray, np.ndarray] | None = None,
) -> Coupling:
    """Coupling of the links; ``power`` shows which of them disturb each other most."""
    alone = factor * problem.noise
    need = np.where(alone > 0, _use(power, alone), 0.0)
    noise = None if push is None else problem.noise
    return Coupling(problem.cross, factor, incumbent.expired, need, noise, push)


def _raised(
    problem: PowerControl, power: np.ndarray, level: float, incumbent: Incumbent
) -> np.ndarray:
    """Powers (L,), to be scaled, of one inverse iteration at a reached level."""
    factor, rise = _needs(problem, level)
    right = rise * problem.interference(power)
    index, share = use_of(problem, power)
    if len(power) <= DIRECT_SOLVE:
        row = np.zeros(len(power))
        row[index] = share
        matrix = factor[:, None] * (dense(problem.cross) + np.outer(problem.noise, row))
        return few_solved(matrix, right)
    coupled = _coupled(problem, factor, power, incumbent, (index, share))
    scale = np.where(power > 0, power, right)
    size = (right / np.where(scale > 0, scale, 1.0)).max()
    return coupled.solved(right / size, np.zeros(len(power)), scale, ACCURACY, SHARE)[0]


def use_of(problem: PowerControl, power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Links that use the limit which ``power`` meets first, and by how much a watt."""
    used = loads(problem, power)
    kind = int(np.argmax([part.max(initial=0.0) for part in used]))
    place = int(used[kind].argmax())
    if kind == 0:
        index = np.flatnonzero(problem.transmitter == problem.transmitter[place])
        return index, np.full(len(index), 1 / problem.p_max[place])
    if kind == 1:
        return np.array([place]), np.array([1 / problem.p_mask[place]])
    gain = problem.protected_gain
    if is_sparse(gain):
        entries = slice(*gain.indptr[place : place + 2])
        index, share = gain.indices[entries], gain.data[entries]
    else:
        index, share = np.arange(len(power)), gain[place]
    return index, share / problem.protected_limit[place]

"""Highest common rate: the fixed point of a normalised interference function."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.power import Power, PowerControl
from formulations.problem import FEASIBLE
from rrm.incumbent import Incumbent
from rrm.methods.power.fixed_point import coupling, solution_near
from rrm.registry import method

MEMORY = 10  # past steps that an accelerated one combines
MOST_STEPS = 40  # before linear systems take over
MOST_MORE_STEPS = 1000  # if these fail
STEPS_PER_OFFER = 16
TINY = np.finfo(float).tiny
MOST_SOLVES = 30  # of the linear system at a level
SETTLED = 1e-14  # change of the logarithm of a power that is the last
OVER = 3e-9  # relative, by which a proof exceeds a limit: more than any tolerance
INSIDE = 1e-12  # relative, by which an offer stays below
CLOSE = 0.01  # relative, of a limit
RIDGE = 1e-14  # relative, of the small least squares problem
LEVELS = 200  # halvings of the level at the most


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "max_min_rate":
        return f"maximizes the least rate, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if not problem.weight.any():
        return "needs a link that counts"
    return None


@dataclass(frozen=True, eq=False)
class TightPower:
    """``power`` (L,) W breaks a limit, so no allocation gives every link more rate.

    Say an allocation ``q`` gave every link that counts a higher weighted rate than the
    highest here, and kept the floors that the others do not exceed. Raising powers
    from ``power`` to what those rates need then ends at or below ``q``: ``power <= q``,
    and ``q`` would break the limit, too.
    """

    power: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """Highest weighted rate in bit/s at ``power``; nan if it proves nothing."""
        power = np.asarray(self.power)
        is_power = power.shape == problem.shape and np.isfinite(power).all()
        if not (is_power and (power >= 0).all()):
            return np.nan
        if not tightness(problem, power) >= 1 + 2 * FEASIBLE:
            return np.nan
        rate = problem.rate(power)
        above = rate > problem.min_rate
        if (above & (problem.weight == 0)).any():
            return np.nan
        counted = above & (problem.weight > 0)
        if not counted.any():
            return -np.inf  # the floors alone break the limit
        return float((rate[counted] / problem.weight[counted]).max()) * (1 + INSIDE)


def tightness(problem: PowerControl, power: np.ndarray) -> float:
    """Largest share of a limit that ``power`` (L,) takes, by size and with its sign."""
    shares = [(problem.transmitted(power), problem.p_max), (power, problem.p_mask)]
    if problem.protected_limit.size:
        shares.append((problem.protected(power), problem.protected_limit))
    most = 0.0
    for used, limit in shares:
        sent = used != 0
        with np.errstate(divide="ignore"):
            share = used[sent] / limit[sent]
        if share.size:
            largest = float(share[np.argmax(np.abs(share))])
            most = largest if abs(largest) > abs(most) else most
    return most


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="an upper bound: the highest rate at a power that breaks a limit",
    rank=12,
)
def max_min(problem: PowerControl, incumbent: Incumbent) -> None:
    """Iterate the interference function normalised by its tightest limit [1]_, [2]_.

    At a level ``c`` each link needs the power ``(2^(c w) - 1) (noise + interference) /
    gain``. Nonlinear Perron-Frobenius theory: where in each step the level is the one
    at which the tightest limit is just met, the powers converge to the optimum, from
    anywhere and without bisection. Steps are combined by Anderson acceleration [3]_,
    and what they leave is closed by linear systems at a few levels.

    References
    ----------
    .. [1] C. W. Tan, M. Chiang, R. Srikant, "Fast algorithms and performance bounds for
       sum rate maximization in wireless networks", IEEE/ACM ToN 21(3), 2013, section
       III. https://doi.org/10.1109/TNET.2012.2210240
    .. [2] C. J. Nuzman, "Contraction approach to power control, with non-monotonic
       applications", IEEE GLOBECOM 2007. https://doi.org/10.1109/GLOCOM.2007.989
    .. [3] H. F. Walker, P. Ni, "Anderson acceleration for fixed-point iterations", SIAM
       J. Numer. Anal. 49(4), 2011. https://doi.org/10.1137/10078356X
    """
    scaled = problem.scaled()
    counted = scaled.weight > 0
    active = counted | (scaled.min_rate > 0)
    open_to = np.minimum(scaled.p_max, scaled.p_mask)
    if not (scaled.direct * open_to)[active].all():
        return

    def offer(power: np.ndarray) -> None:
        power = power / tightness(scaled, power)
        incumbent.offer(scaled.restored(Power(power * (1 - INSIDE))))
        argument = TightPower(scaled.restored(Power(power * (1 + OVER))).power)
        incumbent.tighten(incumbent.bound, argument)

    power = np.where(active, open_to, 0.0)
    found = accelerate(scaled, power, MOST_STEPS, incumbent, offer)
    if found is not None:
        close_in(problem, scaled, *found, incumbent, offer)
        if not incumbent.expired():
            accelerate(scaled, found[1], MOST_MORE_STEPS, incumbent, offer)


def accelerate(
    scaled: PowerControl,
    power: np.ndarray,
    steps: int,
    incumbent: Incumbent,
    offer: Callable[[np.ndarray], None],
) -> tuple[float, np.ndarray] | None:
    """Level and power (L,) after ``steps``, None once they settled or time is out."""
    active = power > 0
    x = np.log(power[active])
    past_x: list[np.ndarray] = []
    past_step: list[np.ndarray] = []
    level = 0.0
    for count in range(steps):
        trial = np.zeros_like(power)
        trial[active] = np.exp(x)
        level, power = step(scaled, trial, active)
        if level < 0:
            return None  # the floors alone break a limit
        change = np.log(power[active]) - x
        is_last = np.abs(change).max() <= SETTLED or incumbent.expired()
        if is_last or count % STEPS_PER_OFFER == 0:
            offer(power)
        if is_last:
            return None
        past_x, past_step = [*past_x, x][-MEMORY:], [*past_step, change][-MEMORY:]
        x = combined(past_x, past_step)
        x -= x.max() - np.log(power[active]).max()  # nothing overflows
    return level, power


def close_in(
    problem: PowerControl,
    scaled: PowerControl,
    level: float,
    power: np.ndarray,
    incumbent: Incumbent,
    offer: Callable[[np.ndarray], None],
) -> None:
    """Correct the level by linear systems until a limit is met, superlinearly.

    Where one eigenvalue dominates, ``sinr / tightness`` of the solution is linear in
    the SINR of the level, also beyond the level where it has no positive solution and
    changes sign. Secants of it, the first from level zero, find the level.
    """
    alone = np.where(power > 0, scaled.noise / np.maximum(scaled.direct, TINY), 0.0)
    known = [(0.0, 1.0 / tightness(scaled, alone))]
    for _ in range(MOST_SOLVES):
        coupled, alone = coupling(at_level(scaled, level))
        found = solution_near(power, coupled, alone, incumbent)
        if found is None:
            return
        tight = tightness(scaled, found)
        if (found >= 0).all():
            power = found
            offer(step(scaled, power, power > 0)[1])
            if tight <= 1:
                incumbent.offer(scaled.restored(Power(power * (1 - INSIDE))))
            else:
                argument = TightPower(scaled.restored(Power(power)).power)
                incumbent.tighten(incumbent.bound, argument)
        if incumbent.expired() or abs(tight - 1) <= SETTLED:
            return
        sinr = np.expm1(np.log(2.0) * level)
        (before, off_before), off = known[-1], sinr / tight - sinr
        known.append((sinr, off))
        if sinr == before or off == off_before:
            return
        slope = (off - off_before) / (sinr - before)
        goal = sinr - off / slope
        if 1 - CLOSE < tight < 1:  # aim beyond the limit, for a proof
            goal += sinr * ((tight - 1) * 2 - OVER) / slope
        level = float(np.log2(1 + goal)) if goal > 0 else 0.5 * level


def step(
    scaled: PowerControl, power: np.ndarray, active: np.ndarray
) -> tuple[float, np.ndarray]:
    """Level and power (L,) that reaches it and just meets the tightest limit.

    The level is negative if the floors alone break a limit.
    """
    need = np.zeros_like(power)
    need[active] = scaled.interference(power)[active] / scaled.direct[active]

    def at(level: float) -> np.ndarray:
        rate = np.maximum(scaled.weight * level, scaled.min_rate)
        return need * np.expm1(np.log(2.0) * rate)

    counted = scaled.weight[scaled.weight > 0]
    if not scaled.min_rate.any() and np.ptp(counted) == 0:
        needed = np.where(scaled.weight > 0, need, 0.0)
        sinr = 1.0 / tightness(scaled, needed)
        return float(np.log2(1 + sinr) / counted[0]), needed * sinr
    if tightness(scaled, at(0.0)) >= 1:
        return -1.0, need
    low, high = 0.0, 1.0 / counted.max()
    with np.errstate(over="ignore"):
        while tightness(scaled, at(high)) < 1:
            low, high = high, 2.0 * high
        for _ in range(LEVELS):
            level = 0.5 * (low + high)
            if level in (low, high):
                break
            if tightness(scaled, at(level)) < 1:
                low = level
            else:
                high = level
    return low, at(low)


def at_level(problem: PowerControl, level: float) -> PowerControl:
    """``problem`` with the floors that a least weighted rate of ``level`` asks for."""
    floors = np.maximum(problem.min_rate, problem.weight * level)
    return problem.derived(objective="min_power", min_rate=floors)


def combined(past: list[np.ndarray], steps: list[np.ndarray]) -> np.ndarray:
    """Next iterate from past ones: where the steps, as linear, add up to the least."""
    if len(past) == 1:
        return past[0] + steps[0]
    turns = np.array([steps[-1] - step for step in steps[:-1]])
    moves = np.array([past[-1] - x for x in past[:-1]])
    square = turns @ turns.T
    square[np.diag_indices_from(square)] *= 1 + RIDGE
    try:
        factor = np.linalg.solve(square, turns @ steps[-1])
    except np.linalg.LinAlgError:
        return past[-1] + steps[-1]
    return past[-1] + steps[-1] - factor @ (moves + turns)

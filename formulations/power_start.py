"""Powers that may be feasible, in microseconds."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.rows import dense

if TYPE_CHECKING:
    from formulations.power import PowerControl

DENSE_SOLVE = 200  # links up to which a linear solve beats iterating (measured: 1 ms)
STEPS = 50  # of the interference function, beyond that
HEADROOM = 1e-11  # relative power added to a minimal start against rounding


def full_power(problem: "PowerControl") -> np.ndarray:
    """Equal split of each limit, scaled down for the protected receivers."""
    links = np.bincount(problem.transmitter, minlength=len(problem.p_max))
    power = problem.p_max / links[problem.transmitter]
    if len(problem.shape) == 2:
        power = np.repeat(power[:, None] / problem.shape[1], problem.shape[1], axis=1)
    return within_limits(problem, power)


def within_limits(problem: "PowerControl", power: np.ndarray) -> np.ndarray:
    """``power`` cut to the masks and scaled down to totals and protected receivers."""
    power = np.minimum(power, problem.per_block(problem.p_mask))
    sent = problem.transmitted(power)
    if (sent > problem.p_max).any():
        scale = np.divide(problem.p_max, sent, out=np.ones(len(sent)), where=sent > 0)
        power = power * problem.per_block(np.minimum(scale, 1.0))
    if problem.protected_limit.size:
        heard = problem.protected(power)
        over = heard > problem.protected_limit
        if over.any():
            power = power * (problem.protected_limit[over] / heard[over]).min()
    return power


def least_power(problem: "PowerControl") -> np.ndarray | None:
    """Least power at which each block carries an equal part of the rate floor."""
    blocks = problem.shape[1] if len(problem.shape) == 2 else 1
    per_block = problem.min_rate / (problem.bandwidth * blocks)
    sinr = np.expm1(np.log(2.0) * per_block)
    direct = problem.per_block(problem.direct)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = problem.per_block(sinr) / direct
    factor = np.where(problem.per_block(sinr) > 0, factor, 0.0)
    if not np.isfinite(factor).all():
        return None
    need = factor * problem.per_block(problem.noise)
    if len(problem.p_max) > DENSE_SOLVE:
        power = np.broadcast_to(need, problem.shape)
        for _ in range(STEPS):
            before, power = power, factor * problem.interference(power)
            if (power - before <= 0.1 * HEADROOM * power).all():
                break
    elif len(problem.shape) == 1:
        power = _solve(factor[:, None] * dense(problem.cross), need)
    else:
        cross = dense(problem.cross)
        cross = cross if cross.ndim == 3 else cross[:, :, None]
        matrix = np.moveaxis(factor[:, None] * cross, 2, 0)
        need = np.moveaxis(np.broadcast_to(need, problem.shape), 1, 0)
        power = _solve(matrix, need)
        power = power if power is None else np.moveaxis(power, 0, 1)
    if power is None or not (np.isfinite(power) & (power >= 0)).all():
        return None
    return power * (1 + HEADROOM)


def _solve(matrix: np.ndarray, need: np.ndarray) -> np.ndarray | None:
    """Solve ``x = matrix x + need`` for one or a stack of systems."""
    try:
        system = np.eye(matrix.shape[-1]) - matrix
        return np.linalg.solve(system, need[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return None

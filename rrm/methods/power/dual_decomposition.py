"""Sum rate over several blocks, which only the power limits couple."""

from dataclasses import dataclass

import numpy as np

from formulations.power import Power, PowerControl
from rrm.incumbent import Incumbent
from rrm.methods.power.interference_free import alone_limit
from rrm.registry import method

ROUNDS = 60
HALVINGS = 60  # in search of the price of one limit
ROUNDING = 1e-12  # relative, added so that rounding cannot make the bound false
CONVERGED = 1e-9  # relative gain of the bound in a round
MOST_ENTRIES = 20_000_000  # of the gain by blocks, 160 MB


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective != "sum_rate":
        return f"bounds the sum rate, not {problem.objective}"
    if len(problem.shape) == 1:
        return "needs several resource blocks"
    if len(problem.p_max) ** 2 * problem.shape[1] > MOST_ENTRIES:
        return f"takes at most {MOST_ENTRIES} gains over all blocks"
    return None


@dataclass(frozen=True, eq=False)
class BlockPrices:
    """Lagrangian bound: prices (L,) on the power limits, and a point (L, N) per block.

    On each block the logarithm of interference is replaced by its secant over the
    range that the limits allow, which bounds the rates from above by a concave
    function, and that by its tangent at ``point``. Over the range of each power the
    tangent less the price has its maximum at an end. Floors and protected receivers
    only narrow what is allowed. Both are in canonical units.
    """

    price: np.ndarray
    point: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """Upper bound in bit/s at any prices >= 0 and any point; nan on bad ones."""
        scaled = problem.scaled()
        price, point = np.asarray(self.price), np.asarray(self.point)
        fits = price.shape == scaled.p_max.shape and point.shape == scaled.shape
        if not (fits and (price >= 0).all() and np.isfinite(price).all()):
            return np.nan
        limit = alone_limit(scaled)
        if not ((point >= 0) & (point <= limit)).all():
            return np.nan
        value, rise = tangent(scaled, limit, point)
        rise = rise - price[scaled.transmitter][:, None]
        gain = np.maximum(rise * (limit - point), -rise * point).sum()
        groups, first = np.unique(scaled.transmitter, return_index=True)
        paid = float(price[groups] @ scaled.p_max[first])
        spent = float((price[scaled.transmitter][:, None] * point).sum())
        total = value - spent + float(gain) + paid
        total += ROUNDING * (abs(value) + spent + abs(float(gain)) + paid)
        return total * problem.bandwidth / np.log(2.0)


def tangent(
    scaled: PowerControl, limit: np.ndarray, point: np.ndarray
) -> tuple[float, np.ndarray]:
    """Relaxed sum rate in nat at ``point`` (L, N), and its derivatives (L, N)."""
    links = len(limit)
    cross = scaled.cross.reshape(links, links, -1)
    direct = scaled.per_block(scaled.direct)
    noise = np.broadcast_to(scaled.per_block(scaled.noise), limit.shape)
    loud = noise + np.einsum("ijn,jn->in", np.broadcast_to(
        cross, (links, links, limit.shape[1])), limit)  # fmt: skip
    heard = scaled.interference(point)
    whole = heard + direct * point
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = -np.log(loud / noise) / (loud - noise)
    slope = np.where(loud > noise * (1 + ROUNDING), slope, -1.0 / noise)
    weight = scaled.weight[:, None]
    value = float((weight * (np.log(whole / noise) + slope * (heard - noise))).sum())
    pull = weight / whole
    rise = pull * direct + np.einsum("ijn,in->jn", cross, pull + weight * slope)
    return value, rise


@method(
    PowerControl,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices on the power limits, valid at any prices",
    rank=27,
)
def dual_decomposition(problem: PowerControl, incumbent: Incumbent) -> None:
    """Price each transmitter's limit so that blocks can be solved alone [1]_, [2]_.

    The concave relaxation of all blocks is climbed by one link at a time: Newton steps
    on its blocks at the price at which they fit the limit. Its points are offered, and
    each round's prices tighten the bound. Without cross gains it is exact.

    References
    ----------
    .. [1] W. Yu, R. Lui, "Dual methods for nonconvex spectrum optimization of
       multicarrier systems", IEEE Trans. Commun. 54(7), 2006.
       https://doi.org/10.1109/TCOMM.2006.877962
    .. [2] Z.-Q. Luo, S. Zhang, "Dynamic spectrum management: complexity and duality",
       IEEE JSTSP 2(1), 2008. https://doi.org/10.1109/JSTSP.2007.914876
    """
    scaled = problem.scaled()
    limit = alone_limit(scaled)
    groups = [
        np.flatnonzero(scaled.transmitter == group)
        for group in np.unique(scaled.transmitter)
    ]
    point = np.zeros(limit.shape)
    price = np.zeros(len(limit))
    direct, weight = scaled.per_block(scaled.direct), scaled.weight[:, None]
    best = np.inf
    for _ in range(ROUNDS):
        for members in groups:
            _, rise = tangent(scaled, limit, point)
            whole = scaled.interference(point) + direct * point
            sharp = weight * (direct / whole) ** 2 + _heard_sharpness(scaled, whole)
            price[scaled.transmitter[members[0]]] = _fit(
                point, rise, sharp, limit, members, float(scaled.p_max[members[0]])
            )
            if incumbent.expired():
                break
        incumbent.offer(scaled.restored(Power(point * (1 - ROUNDING))))
        argument = BlockPrices(price.copy(), point.copy())
        bound = argument.bound(problem)
        incumbent.tighten(bound, argument)
        if incumbent.expired() or abs(best - bound) <= CONVERGED * abs(bound):
            return
        best = bound


def _heard_sharpness(scaled: PowerControl, whole: np.ndarray) -> np.ndarray:
    """Curvature (L, N) of each power's effect on the others' relaxed rates."""
    links = len(whole)
    cross = scaled.cross.reshape(links, links, -1)
    return np.einsum("ijn,in->jn", cross**2, scaled.weight[:, None] / whole**2)


def _fit(
    point: np.ndarray,
    rise: np.ndarray,
    sharp: np.ndarray,
    limit: np.ndarray,
    members: np.ndarray,
    total: float,
) -> float:
    """Newton steps of some links' powers in place, at the price that fits ``total``."""
    here, slope = point[members], rise[members]
    sharp, most = np.maximum(sharp[members], np.finfo(float).tiny), limit[members]

    def at(price: float) -> np.ndarray:
        return np.clip(here + (slope - price) / sharp, 0.0, most)

    low, high = 0.0, max(float(slope.max()) + float((sharp * here).max()), 0.0)
    if at(low).sum() > total:
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if at(middle).sum() > total else (low, middle)
    else:
        high = low
    point[members] = at(high)
    return high

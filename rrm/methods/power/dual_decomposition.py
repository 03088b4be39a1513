"""Sum rate over several blocks, which only the power limits couple."""

from dataclasses import dataclass

import numpy as np

from formulations.power import Power, PowerControl
from rrm.incumbent import Incumbent
from rrm.methods.power.interference_free import alone_limit
from rrm.registry import method

ROUNDS = 60
ROUNDS_LIMITED = 3000  # with prices that follow subgradients
HASTE = 0.5  # of Polyak's step
CALM = 0.02  # of the gap: change of the bound after which such prices move
IDLE = 5  # such moves without a lower bound, after which the goal comes nearer
SWEEPS = 30  # after which they move at the latest
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
    """Lagrangian bound: prices on all limits that couple blocks, and a point (L, N).

    On each block the logarithm of interference is replaced by its secant over the
    range that the limits allow, which bounds the rates from above by a concave
    function, and that by its tangent at ``point``. Over the range of each power the
    tangent less the prices has its maximum at an end. Prices of floors add to the
    weights of their links. All are in canonical units.
    """

    price: np.ndarray  # (L,) on the limit of each transmitter
    floor_price: np.ndarray  # (L,) on the rate floors
    protected_price: np.ndarray  # shaped as the limits of protected receivers
    point: np.ndarray

    def bound(self, problem: PowerControl) -> float:
        """Upper bound in bit/s at any prices >= 0 and any point; nan on bad ones."""
        scaled = problem.scaled()
        price, point = np.asarray(self.price), np.asarray(self.point)
        floors, heard = np.asarray(self.floor_price), np.asarray(self.protected_price)
        shapes = price.shape, floors.shape, heard.shape, point.shape
        links = scaled.p_max.shape
        if shapes != (links, links, scaled.protected_limit.shape, scaled.shape):
            return np.nan
        prices = np.concatenate((price, floors, heard.ravel()))
        if not ((prices >= 0) & np.isfinite(prices)).all():
            return np.nan
        limit = alone_limit(scaled)
        if not ((point >= 0) & (point <= limit)).all():
            return np.nan
        rates, rise = tangent(scaled, scaled.weight + floors, limit, point)
        cost = price[scaled.transmitter][:, None] + protected_cost(scaled, heard)
        rise = rise - cost
        value = (scaled.weight + floors) * rates
        gain = np.maximum(rise * (limit - point), -rise * point)
        groups, first = np.unique(scaled.transmitter, return_index=True)
        paid = [
            price[groups] * scaled.p_max[first],
            heard * scaled.protected_limit,
            -floors * scaled.min_rate * np.log(2.0),
        ]
        parts = [value, gain, -cost * point, *paid]
        total = sum(float(part.sum()) for part in parts)
        total += ROUNDING * sum(float(np.abs(part).sum()) for part in parts)
        return total * problem.bandwidth / np.log(2.0)


def protected_cost(scaled: PowerControl, price: np.ndarray) -> np.ndarray:
    """What prices on the protected receivers' limits charge for each power (L, N)."""
    gain = scaled.protected_gain
    gain = gain if gain.ndim == 3 else gain[:, :, None]
    price = price if price.ndim == 2 else price[:, None]
    return (gain * price[:, None]).sum(axis=0)


def tangent(
    scaled: PowerControl, weight: np.ndarray, limit: np.ndarray, point: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Relaxed rates (L,) in nat at ``point`` (L, N).

    With them the derivatives (L, N) of their sum with ``weight`` (L,).
    """
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
    rates = (np.log(whole / noise) + slope * (heard - noise)).sum(axis=1)
    pull = weight[:, None] / whole
    rise = pull * direct
    rise = rise + np.einsum("ijn,in->jn", cross, pull + weight[:, None] * slope)
    return rates, rise


@method(
    PowerControl,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices on all limits, valid at any prices",
    rank=27,
)
def dual_decomposition(problem: PowerControl, incumbent: Incumbent) -> None:
    """Price each transmitter's limit so that blocks can be solved alone [1]_, [2]_.

    The concave relaxation of all blocks is climbed by one link at a time: Newton steps
    on its blocks at the price at which they fit the limit. Its points are offered, and
    each round's prices tighten the bound. Without cross gains it is exact. Prices of
    floors and protected receivers follow subgradients.

    Complexity: a round over all links takes O(L^2 N).

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
    price, floors = np.zeros(len(limit)), np.zeros(len(limit))
    heard = np.zeros(scaled.protected_limit.shape)
    direct = scaled.per_block(scaled.direct)
    before, since, goal = np.inf, 0, Goal()
    is_limited = bool(scaled.min_rate.any() or heard.size)
    for _ in range(ROUNDS_LIMITED if is_limited else ROUNDS):
        weight, cost = scaled.weight + floors, protected_cost(scaled, heard)
        for members in groups:
            _, rise = tangent(scaled, weight, limit, point)
            whole = scaled.interference(point) + direct * point
            sharp = weight[:, None] * (direct / whole) ** 2
            sharp += _heard_sharpness(scaled, weight, whole)
            price[scaled.transmitter[members[0]]] = _fit(
                point, rise - cost, sharp, limit, members,
                float(scaled.p_max[members[0]]),
            )  # fmt: skip
            if incumbent.expired():
                break
        incumbent.offer(scaled.restored(Power(point * (1 - ROUNDING))))
        argument = BlockPrices(price.copy(), floors.copy(), heard.copy(), point.copy())
        bound = argument.bound(problem)
        incumbent.tighten(bound, argument)
        change, before = abs(before - bound), bound
        is_still = change <= CONVERGED * abs(bound)
        if incumbent.expired() or (is_still and not is_limited):
            return
        since += 1
        known = incumbent.objective if incumbent.allocation is not None else 0.0
        is_calm = change <= CALM * (bound - goal.level(known)) or since == SWEEPS
        if is_limited and is_calm:
            since = 0
            goal.note(bound)
            left = (bound - goal.level(known)) * np.log(2.0) / problem.bandwidth
            rates, _ = tangent(scaled, weight, limit, point)
            moved = _follow(scaled, rates, point, left, floors, heard)
            if is_still and not moved:
                return


class Goal:
    """What the bound may come down to, where subgradient steps aim.

    It comes nearer to the lowest bound as steps towards it fail.
    """

    def __init__(self) -> None:
        self._best = self._reach = np.inf
        self._idle = 0

    def level(self, known: float) -> float:
        """Value to aim at, no less than ``known``, which the optimum reaches."""
        return known if np.isinf(self._best) else max(known, self._best - self._reach)

    def note(self, bound: float) -> None:
        """Take a bound that a step has led to."""
        if np.isinf(self._best):
            self._reach = abs(bound)
        self._idle = 0 if bound < self._best else self._idle + 1
        if self._idle == IDLE:
            self._idle, self._reach = 0, 0.5 * self._reach
        self._best = min(self._best, bound)


def _follow(
    scaled: PowerControl,
    rates: np.ndarray,
    point: np.ndarray,
    left: float,
    floors: np.ndarray,
    heard: np.ndarray,
) -> bool:
    """Move prices of floors and protected receivers by Polyak's subgradient step.

    Whether any limit asked for it. ``left`` is the distance of the bound from the goal,
    in nat.
    """
    floor, allowed = scaled.min_rate * np.log(2.0), scaled.protected_limit
    with np.errstate(divide="ignore", invalid="ignore"):
        short = np.where(floor > 0, (floor - rates) / floor, 0.0)
        over = np.where(allowed > 0, scaled.protected(point) / allowed - 1.0, 0.0)
        short = np.where((short < 0) & (floors == 0), 0.0, short)
        over = np.where((over < 0) & (heard == 0), 0.0, over)
        size = float((short**2).sum() + (over**2).sum())
        if size == 0.0 or left <= 0.0:
            return False
        step = HASTE * left / size
        floors += np.where(floor > 0, step * short / floor, 0.0)
        heard += np.where(allowed > 0, step * over / allowed, 0.0)
    np.maximum(floors, 0.0, out=floors)
    np.maximum(heard, 0.0, out=heard)
    return True


def _heard_sharpness(
    scaled: PowerControl, weight: np.ndarray, whole: np.ndarray
) -> np.ndarray:
    """Curvature (L, N) of each power's effect on the others' relaxed rates."""
    links = len(whole)
    cross = scaled.cross.reshape(links, links, -1)
    return np.einsum("ijn,in->jn", cross**2, weight[:, None] / whole**2)


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
        with np.errstate(over="ignore"):  # where nothing bends, a step has no end
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

"""Which grants must leave so that receivers are protected from all others together."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import ClassVar, NamedTuple, Self

import numpy as np

from formulations.problem import (
    FieldError,
    Problem,
    allocation_array,
    array,
    number,
)

DECIBEL = np.log(10.0) / 10.0
FAINT = 1e-3  # of a limit: what the faintest grants together may add on average
SIGMAS = 3.0  # of the sum of the faintest, set aside


@dataclass(frozen=True)
class Grants:
    """``kept`` (L,) bool: grants that stay on the air; the others are the move list."""

    kept: np.ndarray


class Draws(NamedTuple):
    """Interference of each pair that is not faint, in units of the receiver's limit.

    Attributes
    ----------
    start : (L + 1,)
        Rows of each grant.
    receiver : (P,)
        Receiver of each row.
    level : (P, D) float32
        Interference in each draw.
    faint : (M, L)
        Mean of the pairs that are faint, 0 elsewhere.
    room : (M,)
        Limit less what is set aside for the spread of the faint pairs.
    """

    start: np.ndarray
    receiver: np.ndarray
    level: np.ndarray
    faint: np.ndarray
    room: np.ndarray


@dataclass(frozen=True, eq=False)
class MoveList(Problem):
    """Take the fewest grants off the air so that receivers are protected [1]_.

    At each receiver, a percentile of the aggregate interference of all grants kept
    stays under the limit, with log-normal shadowing drawn independently by pair (of
    65,536 equally likely values). So that this holds on fresh draws, too, an order
    statistic above the percentile is used, which is no less than it at the stated
    confidence, at all receivers together. The faintest pairs, a thousandth of a limit
    together, count with their mean.

    Parameters
    ----------
    interference : (M, L) W
        Median at each receiver from each grant.
    limit : (M,) W
        Of the percentile of the aggregate.
    spread_db : (M, L) dB
        Standard deviation of the shadowing.
    weight : (L,)
        What taking each grant off the air costs.
    percentile : float
        Part of the draws in which the limit holds.
    confidence : float
        That the percentile itself is under the limit; 0: that of the draws is.
    draws : int
        Of the shadowing.
    draw_seed : int
        Of the draws.

    Raises
    ------
    FieldError
        On a bad shape, sign, NaN or infinity, or fewer draws than the confidence needs.

    References
    ----------
    .. [1] WInnForum, "Requirements for commercial operation in the U.S. 3550-3700 MHz
       Citizens Broadband Radio Service band", WINNF-TS-0112, R2-SGN-24 (move list).
    """

    allocation_type: ClassVar[type] = Grants

    interference: np.ndarray = array("M L", unit="W", low=0.0)
    limit: np.ndarray = array("M", unit="W", low=0.0, open_low=True)
    spread_db: np.ndarray = array("M L", unit="dB", low=0.0, default=0.0)
    weight: np.ndarray = array("L", low=0.0, open_low=True, default=1.0)
    percentile: float = number(0.95, low=0.0, high=1.0, open_low=True)
    confidence: float = number(0.99, low=0.0, high=0.999999)
    draws: int = number(2000, low=1, dtype=int)
    draw_seed: int = number(0, low=0, dtype=int)

    def __post_init__(self) -> None:
        """Validate; the confidence must be in reach of the number of draws."""
        super().__post_init__()
        if self.needed > self.draws:
            at_one = (1 - self.confidence) / self.sizes["M"]
            least = int(np.ceil(np.log(at_one) / np.log(self.percentile))) + 1
            allowed = f"at least {least} for the confidence"
            raise FieldError(self._label("draws"), None, self.draws, allowed)

    @property
    def sense(self) -> int:
        """-1: minimize."""
        return -1

    @property
    def objective_unit(self) -> str:
        """Unit of :meth:`evaluate`."""
        return "weight"

    @cached_property
    def needed(self) -> int:
        """Draws in which the limit must hold, ``draws + 1`` if those are too few.

        The least k whose order statistic exceeds the percentile with the confidence:
        fewer than k of the draws fall below the percentile (H. A. David, H. N.
        Nagaraja, "Order Statistics", 2003, section 7.1).
        """
        plain = int(np.ceil(self.percentile * self.draws - 1e-9))
        if self.confidence == 0 or self.percentile == 1:
            return plain
        from scipy.stats import binom

        at_one = 1 - (1 - self.confidence) / self.sizes["M"]
        most = binom.ppf(at_one, self.draws, self.percentile)
        return max(plain, int(most) + 1)

    @cached_property
    def levels(self) -> Draws:
        """Draws of all pairs, made when they are first asked for."""
        from formulations.kernels.aggregate import draw

        spread = DECIBEL * self.spread_db
        median = self.interference / self.limit[:, None]
        mean = median * np.exp(spread**2 / 2)
        order = np.argsort(mean, axis=1)
        sums = np.cumsum(np.take_along_axis(mean, order, axis=1), axis=1)
        is_faint = np.zeros(mean.shape, bool)
        np.put_along_axis(is_faint, order, sums <= FAINT, axis=1)
        variance = np.where(is_faint, mean**2 * np.expm1(spread**2), 0.0).sum(axis=1)
        pairs = np.nonzero(~is_faint.T)
        grant, receiver = (np.ascontiguousarray(part) for part in pairs)
        level = np.empty((len(grant), self.draws), np.float32)
        own_spread, own_median = spread[receiver, grant], median[receiver, grant]
        for one in np.unique(own_spread):
            factor = np.exp(one * _normal_values()).astype(np.float32)
            rows = np.flatnonzero(own_spread == one)
            draw(self.draw_seed, rows, own_median, factor, level)
        level.flags.writeable = False
        return Draws(
            np.searchsorted(grant, np.arange(self.sizes["L"] + 1)),
            receiver,
            level,
            np.where(is_faint, mean, 0.0),
            1.0 - SIGMAS * np.sqrt(variance),
        )

    def checked(self, allocation: Grants) -> Grants:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type or shape, or anything but truth values.
        """
        kept = np.asarray(getattr(allocation, "kept", None))
        if isinstance(allocation, Grants) and kept.dtype == bool:
            allocation = Grants(kept.astype(np.intp))
        shapes = ((self.sizes["L"],),)
        kept = allocation_array(allocation, Grants, "kept", shapes, int)
        wrong = np.flatnonzero((kept != 0) & (kept != 1))
        if wrong.size:
            first = int(wrong[0])
            raise FieldError("Grants.kept", (first,), int(kept[first]), "true or false")
        own = kept.astype(bool)
        own.flags.writeable = False
        return Grants(own.view())

    def evaluate(self, allocation: Grants) -> float:
        """Weight of the move list.

        Raises
        ------
        FieldError
            If the allocation has another type or shape.
        """
        return float(self.weight[~self.checked(allocation).kept].sum())

    def aggregate(self, allocation: Grants) -> np.ndarray:
        """Interference (M, D) of the grants kept, in units of each limit.

        What is set aside for the spread of the faint pairs is included.
        """
        from formulations.kernels.aggregate import totals

        kept = self.checked(allocation).kept
        if not kept.any():
            return np.zeros((self.sizes["M"], self.draws))
        known = self.levels
        heard = totals(kept, known.start, known.receiver, known.level, len(self.limit))
        fixed = known.faint @ kept + 1.0 - known.room
        return heard + fixed[:, None]

    def violations(self, allocation: Grants) -> dict[str, float]:
        """Largest excess of the percentile over a limit, relative to the limit.

        Raises
        ------
        FieldError
            If the allocation has another type or shape.
        """
        heard = self.aggregate(allocation)
        reached = np.partition(heard, self.needed - 1, axis=1)[:, self.needed - 1]
        return {"protection": float(np.maximum(reached - 1.0, 0.0).max())}

    def attempts(self) -> Iterator[Grants]:
        """All grants if that is protected already by its mean; none."""
        spread = DECIBEL * self.spread_db
        mean = self.interference * np.exp(spread**2 / 2)
        if (mean.sum(axis=1) < (1 - self.percentile) * self.limit).all():
            yield Grants(np.ones(self.sizes["L"], bool))
        yield Grants(np.zeros(self.sizes["L"], bool))

    def scaled(self) -> Self:
        """Build the same problem with limits and the largest weight 1."""
        unit = float(self.weight.max())
        return self.derived(
            interference=self.interference / self.limit[:, None],
            limit=np.ones(len(self.limit)),
            weight=self.weight / unit,
            units={"weight": unit},
        )

    def restored(self, allocation: Grants) -> Grants:
        """``allocation`` itself: grants have no unit."""
        return allocation

    @classmethod
    def example(cls) -> Self:
        """Eight grants near two receivers."""
        rng = np.random.default_rng(1)
        return cls(
            10 ** rng.uniform(-13, -11, (2, 8)),
            np.array([1e-11, 2e-11]),
            spread_db=np.full((2, 8), 6.0),
            draws=200,
            confidence=0.9,
        )


@cache
def _normal_values() -> np.ndarray:
    """Normal quantiles in the middle of 65,536 equally likely intervals."""
    from scipy.special import ndtri

    return ndtri((np.arange(65536) + 0.5) / 65536)

"""Which user gets which resource block of its cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from formulations.block_tally import tally
from formulations.problem import (
    EMPTY,
    FieldError,
    Problem,
    allocation_array,
    array,
    choice,
    flag,
    number,
)
from twins.record import frozen


@dataclass(frozen=True)
class Schedule:
    """``user`` (B, N) int of each block of each cell, -1 for unused."""

    user: np.ndarray


@dataclass(frozen=True, eq=False)
class BlockSchedule(Problem):
    """Give the resource blocks of each cell to its users, for one slot [1]_.

    Blocks of different cells do not depend on each other, except through the floors and
    limits of users, who belong to one cell each.

    Parameters
    ----------
    rate : (U, N) bit/s
        Of each user on each block.
    weight : (U,)
        Of the user's rate, or of its logarithm.
    cell : (U,)
        Cell of each user.
    min_rate : (U,) bit/s
        Floor of the user's rate in this slot.
    max_blocks : (U,)
        Blocks that the user may get, inf: all.
    blocked : (B, N) bool
        Blocks that no user of the cell may have: radar, satellites, guard bands.
    contiguous : bool
        Whether a user's blocks must be neighbours (single-carrier uplink).
    objective : str
        ``sum_rate``: sum of weighted rates; ``proportional_fair``: sum of weighted
        logarithms of the average rates after this slot, ``(1 - 1 / window) average +
        rate / window``.
    average : (U,) bit/s
        Average rate so far; positive with ``proportional_fair``.
    window : float
        Slots over which rates are averaged, more than 1.
    group : (G, U) bool
        Users of each group whose blocks are limited together, such as a slice.
    group_blocks : (G, B)
        Blocks of each cell that the group may get, inf: all.

    Raises
    ------
    FieldError
        On a bad shape, sign, NaN or infinity; names the field and first bad index.

    References
    ----------
    .. [1] D. P. Palomar, M. Chiang, "A tutorial on decomposition methods for network
       utility maximization", IEEE JSAC 24(8), 2006; and for the averages A. Jalali,
       R. Padovani, R. Pankaj, "Data throughput of CDMA-HDR", IEEE VTC 2000.
       https://doi.org/10.1109/VETECS.2000.851593
    """

    allocation_type: ClassVar[type] = Schedule

    rate: np.ndarray = array("U N", unit="bit/s", low=0.0)
    weight: np.ndarray = array("U", low=0.0, default=1.0)
    cell: np.ndarray = array("U", dtype=int, low=0, default=0)
    min_rate: np.ndarray = array("U", unit="bit/s", low=0.0, default=0.0)
    max_blocks: np.ndarray = array("U", low=0.0, infinite=(np.inf,), default=np.inf)
    blocked: np.ndarray = array("B N", dtype=bool, default=False)
    contiguous: bool = flag(False)
    objective: str = choice("sum_rate", "proportional_fair")
    average: np.ndarray = array("U", unit="bit/s", low=0.0, default=0.0)
    window: float = number(100.0, low=1.0, open_low=True)
    group: np.ndarray = array("G U", dtype=bool, default=EMPTY)
    group_blocks: np.ndarray = array("G B", low=0.0, infinite=(np.inf,), default=EMPTY)

    def __post_init__(self) -> None:
        """Validate; without ``blocked`` there are as many cells as users name."""
        given = self.blocked is not None
        if not given:
            cells = np.asarray(self.cell) if self.cell is not None else np.zeros(1, int)
            sound = cells.dtype.kind in "iu" and cells.size and cells.min() >= 0
            shape = (int(cells.max()) + 1 if sound else 1, np.shape(self.rate)[-1])
            object.__setattr__(self, "blocked", np.zeros(shape, bool))
        super().__post_init__()
        if not given:
            self.__dict__["_defaults"] = self._defaults | {"blocked"}
        outside = np.flatnonzero(self.cell >= self.sizes["B"])
        if outside.size:
            first = int(outside[0])
            allowed = f"an integer in [0, {self.sizes['B'] - 1}]"
            found = int(self.cell[first])
            raise FieldError(self._label("cell"), (first,), found, allowed)
        if self.objective == "proportional_fair" and not (self.average > 0).all():
            first = int(np.argmin(self.average > 0))
            allowed = "positive with objective proportional_fair"
            raise FieldError(self._label("average"), (first,), 0.0, allowed)

    @property
    def sense(self) -> int:
        """+1: maximize."""
        return 1

    @property
    def objective_unit(self) -> str:
        """SI unit of :meth:`evaluate`."""
        return "bit/s" if self.objective == "sum_rate" else "log(bit/s)"

    @cached_property
    def usable(self) -> np.ndarray:
        """Whether each user (U, N) may have each block of its cell."""
        return frozen(~self.blocked[self.cell])

    def checked(self, allocation: Schedule) -> Schedule:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type or shape, or a user outside -1 .. U - 1.
        """
        user = allocation_array(
            allocation, Schedule, "user", (self.blocked.shape,), int
        )
        if user.size and not (user.min() >= -1 and user.max() < self.sizes["U"]):
            wrong = np.argwhere((user < -1) | (user >= self.sizes["U"]))
            first = tuple(int(k) for k in wrong[0])
            allowed = f"an integer in [-1, {self.sizes['U'] - 1}]"
            raise FieldError("Schedule.user", first, user[first].item(), allowed)
        return Schedule(user)

    def served(self, allocation: Schedule) -> tuple[np.ndarray, np.ndarray]:
        """Rate (U,) bit/s and number of blocks (U,) of each user."""
        found = tally(self, self.checked(allocation).user)
        return found.rate.copy(), found.number.copy()

    def group_share(self, allocation: Schedule) -> np.ndarray:
        """Blocks (G, B) of each cell that the users of each group have."""
        user = self.checked(allocation).user
        theirs = self.group[:, np.maximum(user, 0)] & (user >= 0)
        return theirs.sum(axis=2)

    def evaluate(self, allocation: Schedule) -> float:
        """Objective value.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no user.
        """
        rate = tally(self, self.checked(allocation).user).rate
        if self.objective == "sum_rate":
            return float((self.weight * rate).sum())
        averaged = (1 - 1 / self.window) * self.average + rate / self.window
        return float((self.weight * np.log(averaged)).sum())

    def violations(self, allocation: Schedule) -> dict[str, float]:
        """Largest violation per constraint, relative to its limit; 0 where it holds.

        ``cell``, ``blocked`` and ``contiguous`` are shares of the blocks or users.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no user.
        """
        user = self.checked(allocation).user
        cell, block, owner, rate, blocks = tally(self, user)
        short = np.maximum(self.min_rate - rate, 0.0)
        short[short <= ROUNDING * self.min_rate] = 0.0
        over = np.maximum(blocks - self.max_blocks, 0.0)
        found = {
            "cell": float((self.cell[owner] != cell).mean()) if owner.size else 0.0,
            "blocked": float(self.blocked[cell, block].sum() / self.blocked.size),
            "min_rate": float(
                (short / np.where(self.min_rate > 0, self.min_rate, 1.0)).max()
            ),
            "max_blocks": float((over / np.maximum(self.max_blocks, 1.0)).max()),
        }
        if len(self.group):
            taken = self.group_share(allocation)
            over = np.maximum(taken - self.group_blocks, 0.0)
            over /= np.maximum(np.where(over > 0, self.group_blocks, 1.0), 1.0)
            found["group_blocks"] = float(over.max())
        if self.contiguous:
            users, wide = self.sizes["U"], self.sizes["N"]
            low, high = np.full(users, wide), np.full(users, -1)
            np.minimum.at(low, owner, block)
            np.maximum.at(high, owner, block)
            torn = (blocks > 0) & (high - low + 1 != blocks)
            found["contiguous"] = float(torn.mean())
        return found

    def attempts(self) -> Iterator[Schedule]:
        """Best user of each block, then floors first, then nobody."""
        from formulations.block_groups import within_groups
        from formulations.block_start import best_blocks, floors_first, windows

        if not self.contiguous:
            yield Schedule(within_groups(self, best_blocks(self)))
        yield Schedule(within_groups(self, floors_first(self)))
        if self.contiguous and self.min_rate.any():
            yield Schedule(windows(self))
        yield Schedule(np.full(self.blocked.shape, -1, np.intp))

    def repaired(self, allocation: Schedule) -> Schedule:
        """``allocation`` with groups within their limits, what is free given anew."""
        from formulations.block_groups import within_groups

        return Schedule(within_groups(self, self.checked(allocation).user))

    def scaled(self) -> Self:
        """Build the same problem with the largest rate 1."""
        unit = float(self.rate.max(initial=0.0)) or 1.0
        return self.derived(
            rate=self.rate / unit,
            min_rate=self.min_rate / unit,
            average=self.average / unit,
            units={"bit/s": unit},
        )

    def restored(self, allocation: Schedule) -> Schedule:
        """``allocation`` itself: users have no unit."""
        return allocation

    @classmethod
    def example(cls) -> Self:
        """Six users of two cells on eight blocks, one of them blocked."""
        rng = np.random.default_rng(1)
        rate = 1e5 * rng.lognormal(0.0, 1.0, (6, 8))
        blocked = np.zeros((2, 8), bool)
        blocked[1, 3] = True
        return cls(
            rate, cell=np.repeat([0, 1], 3), min_rate=np.full(6, 1e5), blocked=blocked
        )

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """The example with both objectives, contiguous or not, limits and groups."""
        plain = cls.example()
        fair = plain.replace(
            objective="proportional_fair", average=np.linspace(1e5, 4e5, 6)
        )
        limited = plain.replace(max_blocks=np.full(6, 3.0))
        part = np.arange(6).reshape(1, 6) % 2 == 0
        grouped = fair.replace(group=part, group_blocks=np.full((1, 2), 3.0))
        return (
            plain,
            fair,
            limited,
            grouped,
            grouped.replace(contiguous=True),
            plain.replace(contiguous=True),
            fair.replace(contiguous=True, max_blocks=np.full(6, 3.0)),
        )


ROUNDING = 1e-12  # relative error of a sum of rates in another order

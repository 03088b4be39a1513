"""Channels of transmitters that must keep apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np

from formulations.problem import (
    EMPTY,
    FieldError,
    Problem,
    allocation_array,
    array,
    choice,
    ragged,
)
from twins.record import frozen

if TYPE_CHECKING:
    from formulations.channel_domains import EmptyDomain
    from formulations.channel_network import ChannelNetwork


@dataclass(frozen=True)
class Channels:
    """``channel`` (V,) int of each transmitter."""

    channel: np.ndarray


class Domains(NamedTuple):
    """Channels of each transmitter in ascending order, one after the other.

    Attributes
    ----------
    start : (V + 1,)
        Where those of a transmitter begin in ``channel``.
    channel : (D,)
        Channels without repetition.
    """

    start: np.ndarray
    channel: np.ndarray


@dataclass(frozen=True, eq=False)
class ChannelAssignment(Problem):
    """Give each transmitter a channel so that those who interfere keep apart [1]_.

    Pairs of infinite penalty are hard and hold under every objective. Those of finite
    penalty count with ``min_interference`` alone, and so do preferred channels.

    Parameters
    ----------
    domains : V arrays
        Channels that each transmitter may take.
    pairs : (E, 2)
        Transmitters that must keep apart; one pair may stand several times.
    separation : (E,)
        Least difference of the two channels; 0 asks for nothing unless ``exact``.
    exact : (E,) bool
        Whether the difference must be the separation itself.
    penalty : (E,)
        Of a pair that is closer (or not at the exact distance), inf: may not be.
    preferred : (V,)
        Channel that each transmitter would keep, -1 for none.
    preferred_cost : (V,)
        Of another channel, in the unit of ``penalty``.
    objective : str
        ``feasible``: any; ``min_interference``: penalties of pairs that are violated
        and costs of channels that are not the preferred; ``min_span``: the largest
        channel used; ``min_order``: the number of different channels used.

    Raises
    ------
    FieldError
        On a bad shape, sign, NaN or infinity, or a pair of one transmitter with itself;
        names the field and first bad index.

    References
    ----------
    .. [1] K. I. Aardal, S. P. M. van Hoesel, A. M. C. A. Koster, C. Mannino,
       A. Sassano, "Models and solution techniques for frequency assignment problems",
       Annals of OR 153, 2007. https://doi.org/10.1007/s10479-007-0178-0
    """

    allocation_type: ClassVar[type] = Channels

    domains: tuple[np.ndarray, ...] = ragged("V", low=0)
    pairs: np.ndarray = array("E 2", dtype=int, low=0, index_of="V", default=EMPTY)
    separation: np.ndarray = array("E", dtype=int, low=0, default=EMPTY)
    exact: np.ndarray = array("E", dtype=bool, default=False)
    penalty: np.ndarray = array("E", low=0.0, infinite=(np.inf,), default=np.inf)
    preferred: np.ndarray = array("V", dtype=int, low=-1, default=-1)
    preferred_cost: np.ndarray = array("V", low=0.0, default=0.0)
    objective: str = choice("feasible", "min_interference", "min_span", "min_order")

    def __post_init__(self) -> None:
        """Validate; a transmitter is no pair with itself."""
        super().__post_init__()
        alone = np.flatnonzero(self.pairs[:, 0] == self.pairs[:, 1])
        if alone.size:
            first, pair = int(alone[0]), self.pairs[alone[0]].tolist()
            raise FieldError(self._label("pairs"), (first,), pair, "two transmitters")

    @property
    def sense(self) -> int:
        """-1: minimize."""
        return -1

    @property
    def objective_unit(self) -> str:
        """Unit of :meth:`evaluate`."""
        return {
            "feasible": "1",
            "min_interference": "penalty",
            "min_span": "channel",
            "min_order": "channels",
        }[self.objective]

    @cached_property
    def choices(self) -> Domains:
        """Domains in ascending order without repetition."""
        begin, size, listed = self.lists
        start = np.zeros(len(size) + 1, np.intp)
        np.cumsum(size, out=start[1:])
        if len(size) and len(listed) == size[0]:
            channel = np.empty((len(size), len(listed)), np.intp)
            channel[:] = listed  # half the time of np.tile
            channel = channel.ravel()
        else:
            channel = listed[np.repeat(begin - start[:-1], size) + np.arange(start[-1])]
        start.flags.writeable = channel.flags.writeable = False  # not copied: large
        return Domains(start.view(), channel.view())

    @cached_property
    def lists(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the domain of each transmitter begins, its size, and all that differ.

        Domains that are one object stand once in (C,), in ascending order.
        """
        parts = {name: np.unique(part) for name, part in self._different.items()}
        if len(parts) == 1:
            (listed,) = parts.values()
            begin = np.zeros(len(self.domains), np.intp)
            return begin, np.full(len(begin), len(listed)), listed
        names = list(map(id, self.domains))
        sizes = np.array([len(part) for part in parts.values()], np.intp)
        place = dict(zip(parts, range(len(parts)), strict=True))
        which = np.fromiter(map(place.__getitem__, names), np.intp, len(names))
        begin = np.cumsum(sizes) - sizes
        listed = np.concatenate(list(parts.values()))
        return begin[which], sizes[which], listed.astype(np.intp, copy=False)

    @cached_property
    def network(self) -> "ChannelNetwork | EmptyDomain":
        """Groups and states that searches move in, or why there is no assignment."""
        from formulations.channel_network import network_of

        return network_of(self)

    @cached_property
    def undominated(self) -> "ChannelAssignment":
        """The problem without channels that another is never worse than."""
        from formulations.channel_dominance import without_dominated

        return without_dominated(self)

    @cached_property
    def _different(self) -> dict[int, np.ndarray]:
        """Domains that are different objects, by their ``id``."""
        return dict(zip(map(id, self.domains), self.domains, strict=True))

    def below(self, top: int) -> Self:
        """Build the same problem with channels below ``top`` alone; the last is kept.

        What is left of equal domains stays one array.
        """
        last, kept = self.__dict__.get("_last_below", (None, None))
        if last != top or kept is None:
            names, unique = list(map(id, self.domains)), self._different
            parts = {name: frozen(part[part < top]) for name, part in unique.items()}
            domains = tuple(map(parts.__getitem__, names))
            kept = self.derived(domains=domains)
            self.__dict__["_last_below"] = top, kept
        return kept

    @cached_property
    def is_hard(self) -> np.ndarray:
        """Pairs (E,) that must hold."""
        return frozen(np.isinf(self.penalty))

    @cached_property
    def pairs_of_channels(self) -> int:
        """Channels of both transmitters of a pair that may meet, over all pairs."""
        size = np.diff(self.choices.start)
        if not size.size or size.min() == size.max():
            return int(size[:1].sum()) ** 2 * len(self.pairs)
        return int(size[self.pairs[:, 0]] @ size[self.pairs[:, 1]])

    def shortfall(self, channel: np.ndarray) -> np.ndarray:
        """By how much each pair (E,) misses its separation, 0 where it holds."""
        first, second = channel[self.pairs].T
        missing = self.separation - np.abs(first - second)
        return np.where(self.exact, np.abs(missing), np.maximum(missing, 0))

    def checked(self, allocation: Channels) -> Channels:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type or shape, or anything but integers.
        """
        shapes = ((self.sizes["V"],),)
        return Channels(allocation_array(allocation, Channels, "channel", shapes, int))

    def evaluate(self, allocation: Channels) -> float:
        """Objective value.

        Raises
        ------
        FieldError
            If the allocation has another type or shape.
        """
        channel = self.checked(allocation).channel
        if self.objective == "feasible":
            return 0.0
        if self.objective == "min_span":
            return float(channel.max())
        if self.objective == "min_order":
            return float(len(np.unique(channel)))
        missed = (self.shortfall(channel) > 0) & ~self.is_hard
        other = (self.preferred >= 0) & (channel != self.preferred)
        return float(self.penalty[missed].sum() + self.preferred_cost[other].sum())

    def violations(self, allocation: Channels) -> dict[str, float]:
        """Largest violation per constraint; 0 where it holds.

        ``domain`` is a share of the transmitters, ``separation`` relative to what a
        hard pair asks for.

        Raises
        ------
        FieldError
            If the allocation has another type or shape.
        """
        from formulations.kernels.channel_domains import largest_shortfall, outside

        channel = self.checked(allocation).channel
        missing = largest_shortfall(
            self.pairs, self.separation, self.exact, self.is_hard, channel
        )
        return {
            "domain": outside(*self.choices, channel) / max(len(channel), 1),
            "separation": missing,
        }

    def attempts(self) -> Iterator[Channels]:
        """By frequency, first fit, then by saturation: each may miss hard pairs.

        Where interference counts, each at the least cost comes first.
        """
        from formulations.channel_start import (
            cheapest_channels,
            exhaustive_channels,
            first_fitting,
            greedy_channels,
        )

        costs = self.objective == "min_interference"
        first = (cheapest_channels,) if costs else ()
        others = exhaustive_channels, first_fitting, greedy_channels
        for channels in (*first, *others):
            channel = channels(self)
            if channel is not None:
                yield Channels(channel)

    def scaled(self) -> Self:
        """Build the same problem with the largest finite penalty or cost 1."""
        finite = self.penalty[~self.is_hard]
        unit = max(finite.max(initial=0.0), self.preferred_cost.max(initial=0.0)) or 1.0
        return self.derived(
            penalty=self.penalty / unit,
            preferred_cost=self.preferred_cost / unit,
            units={"penalty": float(unit)},
        )

    def restored(self, allocation: Channels) -> Channels:
        """``allocation`` itself: channels have no unit."""
        return allocation

    @classmethod
    def example(cls) -> Self:
        """Seven transmitters on a ring with five channels, neighbours two apart."""
        near = np.stack([np.arange(7), np.roll(np.arange(7), -1)], axis=1)
        far = np.stack([np.arange(7), np.roll(np.arange(7), -2)], axis=1)
        return cls(
            domains=(np.arange(6),) * 7,
            pairs=np.concatenate((near, far)),
            separation=np.repeat([2, 1], 7),
        )

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """The example with each objective, exact pairs, penalties; and two cells.

        Exact pairs with two partners for a channel, and with one, which are a group.
        """
        plain = cls.example()
        soft = plain.replace(
            domains=(np.arange(3),) * 7,
            penalty=np.repeat([3.0, 1.0], 7),
            preferred=np.zeros(7, int),
            preferred_cost=np.full(7, 0.5),
            objective="min_interference",
        )
        pairs = np.concatenate((plain.pairs, [[0, 3]]))
        exact = plain.replace(
            pairs=pairs,
            separation=np.append(plain.separation, 1),
            exact=np.arange(15) == 14,
        )
        grouped = exact.replace(separation=np.append(plain.separation, 3))
        span = plain.replace(objective="min_span")
        order = plain.replace(objective="min_order", separation=np.ones(14, int))
        first, second = np.triu_indices(6, 1)
        cells = cls(
            domains=(np.arange(20),) * 5 + (np.r_[:9, 10:20],),
            pairs=np.stack((first, second), axis=1),
            separation=np.where(first // 3 == second // 3, 3, 1),
            objective="min_span",
        )
        return plain, span, order, soft, exact, grouped, cells

"""Powers of interfering links."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from formulations.power_prices import power_prices
from formulations.power_start import (
    DENSE_SOLVE,
    full_power,
    least_power,
    within_limits,
)
from formulations.problem import (
    EMPTY,
    FieldError,
    Problem,
    allocation_array,
    array,
    choice,
    number,
)
from formulations.rows import rows_times, without_diagonal
from twins.record import is_sparse


@dataclass(frozen=True, eq=False)
class Power:
    """``power`` (L,) or (L, N) W of each link, on each block."""

    power: np.ndarray


@dataclass(frozen=True, eq=False)
class PowerControl(Problem):
    """Powers of interfering links, treating interference as noise [1]_.

    The rate of link ``i`` is ``bandwidth * log2(1 + SINR)`` summed over blocks, with
    ``SINR = gain[i, i] p[i] / (noise[i] + sum over j != i of gain[i, j] p[j])``.

    Parameters
    ----------
    gain : (L, L) or (L, L, N)
        ``gain[i, j]`` from transmitter of link ``j`` to receiver of link ``i``, linear.
        (L, L) may be a ``scipy.sparse`` matrix.
    noise : (L,) or (L, N) W
        At the receivers, over one block.
    p_max : (L,) W
        Limit of each transmitter over all blocks; the same for links that share one.
    weight : (L,)
        Of the links in the objective; ``max_min_rate`` compares ``rate / weight`` and
        leaves out links of weight 0.
    bandwidth : Hz
        Per block.
    objective : str
        ``sum_rate``, ``max_min_rate``, ``proportional_fair`` (sum of weighted natural
        logarithms of rates in bit/s), ``min_power`` or ``energy_efficiency`` (bit/J).
    min_rate : (L,) bit/s
        Rate that each link must reach.
    p_mask : (L, N) W
        Limit per block.
    circuit_power : W
        Consumed besides transmission, for ``energy_efficiency``.
    amplifier_efficiency : ratio
        Radiated power by consumed power, for ``energy_efficiency``.
    protected_gain : (M, L) or (M, L, N)
        To the protected receivers; (M, L) may be a ``scipy.sparse`` matrix.
    protected_limit : (M,) or (M, N) W
        Aggregate interference allowed at them, over all blocks or per block.
    transmitter : (L,)
        Links with the same number share their transmitter's ``p_max``.

    Raises
    ------
    FieldError
        On a bad shape, sign, NaN or infinity; names the field and first bad index.

    References
    ----------
    .. [1] Z.-Q. Luo, S. Zhang, "Dynamic spectrum management: complexity and duality",
       IEEE JSTSP 2(1), 2008. https://doi.org/10.1109/JSTSP.2007.914876
    """

    allocation_type: ClassVar[type] = Power

    gain: Any = array("L L", "L L N", low=0.0, sparse=True)
    noise: np.ndarray = array("L", "L N", unit="W", low=0.0, open_low=True)
    p_max: np.ndarray = array("L", unit="W", low=0.0)
    weight: np.ndarray = array("L", low=0.0, default=1.0)
    bandwidth: float = number(1.0, unit="Hz", low=0.0, open_low=True)
    objective: str = choice(
        "sum_rate",
        "max_min_rate",
        "proportional_fair",
        "min_power",
        "energy_efficiency",
    )
    min_rate: np.ndarray = array("L", unit="bit/s", low=0.0, default=0.0)
    p_mask: np.ndarray = array(
        "L", "L N", unit="W", low=0.0, infinite=(np.inf,), default=np.inf
    )
    circuit_power: float = number(0.0, unit="W", low=0.0)
    amplifier_efficiency: float = number(1.0, low=0.0, open_low=True)
    protected_gain: Any = array("M L", "M L N", low=0.0, default=EMPTY, sparse=True)
    protected_limit: np.ndarray = array("M", "M N", unit="W", low=0.0, default=EMPTY)
    transmitter: np.ndarray = array("L", dtype=int, low=0, index_of="L", default="L")

    def __post_init__(self) -> None:
        """Validate; links of one transmitter must agree on its limit."""
        super().__post_init__()
        _, first = np.unique(self.transmitter, return_index=True)
        limit = np.zeros(len(self.p_max))
        limit[self.transmitter[first]] = self.p_max[first]
        apart = np.flatnonzero(self.p_max != limit[self.transmitter])
        if apart.size:
            index = int(apart[0])
            allowed = f"{limit[self.transmitter[index]]} W as on the other links of "
            allowed += f"transmitter {self.transmitter[index]}"
            value = self.p_max[index].item()
            raise FieldError(self._label("p_max"), (index,), value, allowed)

    @property
    def sense(self) -> int:
        """+1, but -1 for ``min_power``."""
        return -1 if self.objective == "min_power" else 1

    @property
    def objective_unit(self) -> str:
        """Unit of :meth:`evaluate`."""
        units = {"proportional_fair": "log(bit/s)", "min_power": "W"}
        units["energy_efficiency"] = "bit/J"
        return units.get(self.objective, "bit/s")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an allocation's power: (L,) or (L, N)."""
        links = len(self.p_max)
        return (links, self.sizes["N"]) if "N" in self.sizes else (links,)

    @cached_property
    def direct(self) -> np.ndarray:
        """Own gains (L,), or (L, N) where the gain has blocks."""
        if is_sparse(self.gain):
            return self.gain.diagonal()
        return np.ascontiguousarray(np.einsum("ii...->i...", self.gain))

    @cached_property
    def cross(self) -> Any:
        """Gains with the own ones zero, so that no signal is subtracted from a sum."""
        return without_diagonal(self.gain)

    @cached_property
    def shares_transmitters(self) -> bool:
        """Whether any two links have one transmitter."""
        return bool(np.bincount(self.transmitter).max(initial=0) > 1)

    @property
    def has_sparse_gain(self) -> bool:
        """Whether a gain is stored sparse."""
        return is_sparse(self.gain) or is_sparse(self.protected_gain)

    def per_block(self, values: np.ndarray) -> np.ndarray:
        """(L,) as (L, 1) where allocations have blocks, else unchanged."""
        return values[:, None] if values.ndim < len(self.shape) else values

    def interference(self, power: np.ndarray) -> np.ndarray:
        """Noise and interference at each receiver in W, shaped as ``power``."""
        if self.cross.ndim == 3:
            heard = np.einsum("ijn,jn->in", self.cross, power)
        else:
            heard = self.cross @ power
        return heard + self.per_block(self.noise)

    def sinr(self, power: np.ndarray) -> np.ndarray:
        """SINR of each link, shaped as ``power``."""
        return self.per_block(self.direct) * power / self.interference(power)

    def rate(self, power: np.ndarray) -> np.ndarray:
        """Rate (L,) bit/s of each link."""
        per_block = np.log1p(self.sinr(power)) * (self.bandwidth / np.log(2.0))
        return per_block if per_block.ndim == 1 else per_block.sum(axis=1)

    def transmitted(self, power: np.ndarray) -> np.ndarray:
        """Power (L,) W that the transmitter of each link sends in all."""
        total = power if power.ndim == 1 else power.sum(axis=1)
        if not self.shares_transmitters:
            return total
        return np.bincount(self.transmitter, total, len(total))[self.transmitter]

    def protected(self, power: np.ndarray) -> np.ndarray:
        """Interference at the protected receivers in W, shaped as their limit."""
        if self.protected_gain.ndim == 3:
            heard = np.einsum("mln,ln->mn", self.protected_gain, power)
        else:
            heard = self.protected_gain @ power
        return heard if heard.ndim == self.protected_limit.ndim else heard.sum(axis=1)

    def checked(self, allocation: Any) -> Power:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type, shape, NaN or infinity.
        """
        return Power(allocation_array(allocation, Power, "power", (self.shape,), float))

    def evaluate(self, allocation: Power) -> float:
        """Objective value in :attr:`objective_unit`.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or is not finite.
        """
        power = self.checked(allocation).power
        if self.objective == "min_power":
            return float(power.sum())
        rate = self.rate(power)
        if self.objective == "max_min_rate":
            counted = self.weight > 0
            if not counted.any():
                return 0.0
            return float((rate[counted] / self.weight[counted]).min())
        if self.objective == "proportional_fair":
            counted = self.weight > 0
            with np.errstate(divide="ignore"):
                return float(self.weight[counted] @ np.log(rate[counted]))
        value = float(self.weight @ rate)
        if self.objective == "energy_efficiency":
            watts = self.circuit_power + power.sum() / self.amplifier_efficiency
            return value / float(watts) if watts > 0 else 0.0
        return value

    def violations(self, allocation: Power) -> dict[str, float]:
        """Largest violation per constraint, relative to its limit; 0 where it holds.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or is not finite.
        """
        power = self.checked(allocation).power
        limit = self.p_max if power.ndim == 1 else self.p_max[:, None]
        found = {
            "power": _excess(-power, 0.0 * power, limit),
            "p_max": _excess(self.transmitted(power), self.p_max, self.p_max),
        }
        if np.isfinite(self.p_mask).any():
            found["p_mask"] = _excess(power, self.p_mask, self.p_mask)
        if self.min_rate.any():
            rate = self.rate(np.maximum(power, 0.0))
            found["min_rate"] = _excess(self.min_rate, rate, self.min_rate)
        if self.protected_limit.size:
            heard = self.protected(power)
            limit = self.protected_limit
            found["protected_limit"] = _excess(heard, limit, limit)
        return found

    def prices(self, solution: Any) -> dict[str, np.ndarray]:
        """What each constraint costs at a solution, per unit of its limit.

        Parameters
        ----------
        solution : Solution or Power
            An optimum; a local one gives the prices of its neighbourhood. Elsewhere
            they are the least squares fit of the optimality conditions.

        Returns
        -------
        dict of arrays
            ``p_max``, ``p_mask``, ``protected_limit`` in objective units per W and
            ``min_rate`` per bit/s, each shaped as its limit: by how much the objective
            improves as the limit gives way; 0 where it is not active. Links that share
            a transmitter all show the price of their limit.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or is not finite.
        """
        allocation = getattr(solution, "allocation", solution)
        return power_prices(self, self.checked(allocation).power)

    def attempts(self) -> Iterator[Power]:
        """Full power scaled into the limits, and the least power that meets the floors.

        With floors on several blocks each link spreads its rate evenly. Least powers of
        many links on one block are left to methods.
        """
        if self.objective != "min_power":
            yield Power(full_power(self))
        if self.objective != "min_power" and not self.min_rate.any():
            return
        is_left = len(self.shape) == 1 and len(self.p_max) > DENSE_SOLVE
        is_left = is_left and self.objective == "min_power"
        least = None if is_left else least_power(self)
        if least is not None:
            yield Power(least)
        elif self.objective == "min_power":
            yield Power(full_power(self))

    def repaired(self, allocation: Power) -> Power:
        """``allocation`` cut to the masks and scaled down to the other limits."""
        return Power(within_limits(self, np.maximum(allocation.power, 0.0)))

    def scaled(self) -> Self:
        """Build the same problem with the largest limit, the noise and bandwidth 1."""
        watt = float(self.p_max.max()) or 1.0
        noise = self.noise if self.noise.ndim == 1 else self.noise.min(axis=1)
        gain = rows_times(self.gain, watt / noise)
        limit = self.protected_limit
        limit = limit if limit.ndim == 1 else limit.max(axis=1)
        limit = np.where(limit > 0, limit, 1.0)
        return self.derived(
            gain=gain,
            noise=(self.noise.T / noise).T,
            p_max=self.p_max / watt,
            bandwidth=1.0,
            min_rate=self.min_rate / self.bandwidth,
            p_mask=self.p_mask / watt,
            circuit_power=self.circuit_power / watt,
            protected_gain=rows_times(self.protected_gain, watt / limit),
            protected_limit=(self.protected_limit.T / limit).T,
            units={"W": watt, "Hz": self.bandwidth, "bit/s": self.bandwidth},
        )

    def restored(self, allocation: Power) -> Power:
        """``allocation`` of this scaled problem in W."""
        return Power(allocation.power * self.units.get("W", 1.0))

    @classmethod
    def example(cls) -> Self:
        """Eight links in a square kilometre, gains of 1e-9 to 1e-13."""
        rng = np.random.default_rng(1)
        sender = rng.uniform(0, 1000, (8, 2))
        receiver = sender + rng.uniform(-80, 80, (8, 2))
        away = np.linalg.norm(receiver[:, None] - sender[None], axis=2)
        gain = 10 ** (-(36.7 * np.log10(away) + 33.4) / 10)
        return cls(gain=gain, noise=np.full(8, 1e-13), p_max=np.ones(8), bandwidth=1e7)

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """The example with each objective, limits, and blocks; many sparse links."""
        plain = cls.example()
        links = len(plain.p_max)
        floors = 0.5 * plain.rate(plain.p_max)
        limited = plain.replace(
            min_rate=floors, protected_gain=np.full((1, links), 1e-12),
            protected_limit=[1.0],
        )  # fmt: skip
        blocks = plain.replace(noise=np.full((links, 3), 1e-13))
        found = []
        for objective in dict(cls.specs())["objective"].names:
            shapes = (
                (limited,) if objective == "min_power" else (plain, limited, blocks)
            )
            found += [shape.replace(objective=objective) for shape in shapes]
        many = cls._ring(300)
        found += [many.replace(objective="max_min_rate")]
        floors = 0.5 * many.rate(many.p_max)
        found += [many.replace(objective="min_power", min_rate=floors)]
        found += [found[-2].replace(gain=many.gain.toarray())]
        return tuple(found)

    @classmethod
    def _ring(cls, links: int) -> Self:
        """Links around a ring that hear two neighbours on each side."""
        from scipy.sparse import csr_array

        link = np.arange(links)
        away = np.arange(-2, 3)
        sender = (link[:, None] + away).ravel() % links
        gain = np.tile(1e-9 * 10.0 ** (-2.0 * np.abs(away)), links)
        matrix = csr_array((gain, (np.repeat(link, len(away)), sender)))
        return cls(gain=matrix, noise=np.full(links, 1e-13), p_max=np.ones(links))


def _excess(found: np.ndarray, limit: Any, scale: Any) -> float:
    """Largest ``(found - limit) / scale`` where positive; inf where the scale is 0."""
    over = np.maximum(found - limit, 0.0)
    if over.max(initial=0.0) == 0.0:
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(over > 0, over / scale, 0.0)
    return float(relative.max(initial=0.0))

"""Powers of interfering links."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from formulations.problem import (
    EMPTY,
    FieldError,
    Problem,
    allocation_array,
    array,
    choice,
    number,
)
from formulations.rows import dense, rows_times, without_diagonal
from twins.record import is_sparse

DENSE_SOLVE = 200  # links up to which a linear solve beats iterating (measured: 1 ms)
STEPS = 50  # of the interference function, beyond that
HEADROOM = 1e-11  # relative power added to a minimal start against rounding


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
        ``gain[i, j]`` from transmitter of link ``j`` to receiver of link ``i``, linear;
        dense, or (L, L) ``scipy.sparse``, where what is not stored is 0.
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
        To the protected receivers; dense, or (M, L) ``scipy.sparse``.
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
        return len(np.unique(self.transmitter)) < len(self.transmitter)

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

    def attempts(self) -> Iterator[Power]:
        """Full power scaled into the limits, and the least power that meets the floors.

        With floors on several blocks each link spreads its rate evenly. Least powers of
        many links on one block are left to methods.
        """
        if self.objective != "min_power":
            yield Power(self._full_power())
        if self.objective != "min_power" and not self.min_rate.any():
            return
        is_left = len(self.shape) == 1 and len(self.p_max) > DENSE_SOLVE
        is_left = is_left and self.objective == "min_power"
        least = None if is_left else self._least_power()
        if least is not None:
            yield Power(least)
        elif self.objective == "min_power":
            yield Power(self._full_power())

    def _full_power(self) -> np.ndarray:
        """Equal split of each limit, scaled down for the protected receivers."""
        links = np.bincount(self.transmitter, minlength=len(self.p_max))
        power = self.p_max / links[self.transmitter]
        if len(self.shape) == 2:
            power = np.repeat(power[:, None] / self.shape[1], self.shape[1], axis=1)
        power = np.minimum(power, self.per_block(self.p_mask))
        if self.protected_limit.size:
            heard = self.protected(power)
            over = heard > self.protected_limit
            if over.any():
                power = power * (self.protected_limit[over] / heard[over]).min()
        return power

    def _least_power(self) -> np.ndarray | None:
        """Least power at which each block carries an equal part of the rate floor."""
        blocks = self.shape[1] if len(self.shape) == 2 else 1
        per_block = self.min_rate / (self.bandwidth * blocks)
        sinr = np.expm1(np.log(2.0) * per_block)
        direct = self.per_block(self.direct)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = self.per_block(sinr) / direct
        factor = np.where(self.per_block(sinr) > 0, factor, 0.0)
        if not np.isfinite(factor).all():
            return None
        need = factor * self.per_block(self.noise)
        if len(self.p_max) > DENSE_SOLVE:
            power = np.broadcast_to(need, self.shape)
            for _ in range(STEPS):
                before, power = power, factor * self.interference(power)
                if (power - before <= 0.1 * HEADROOM * power).all():
                    break
        elif len(self.shape) == 1:
            power = _solve(factor[:, None] * dense(self.cross), need)
        else:
            cross = dense(self.cross)
            cross = cross if cross.ndim == 3 else cross[:, :, None]
            matrix = np.moveaxis(factor[:, None] * cross, 2, 0)
            need = np.moveaxis(np.broadcast_to(need, self.shape), 1, 0)
            power = _solve(matrix, need)
            power = power if power is None else np.moveaxis(power, 0, 1)
        if power is None or not (np.isfinite(power) & (power >= 0)).all():
            return None
        return power * (1 + HEADROOM)

    def scaled(self) -> Self:
        """Build the same problem with the largest limit, the noise and bandwidth 1."""
        watt = float(self.p_max.max()) or 1.0
        noise = self.noise if self.noise.ndim == 1 else self.noise.min(axis=1)
        limit = self.protected_limit
        limit = limit if limit.ndim == 1 else limit.max(axis=1)
        limit = np.where(limit > 0, limit, 1.0)
        return self.derived(
            gain=rows_times(self.gain, watt / noise),
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
        """The example with each objective, alone, with every limit, and on blocks."""
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
        return tuple(found)


def _excess(found: np.ndarray, limit: Any, scale: Any) -> float:
    """Largest ``(found - limit) / scale`` where positive; inf where the scale is 0."""
    over = np.maximum(found - limit, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(over > 0, over / scale, 0.0)
    return float(relative.max(initial=0.0))


def _solve(matrix: np.ndarray, need: np.ndarray) -> np.ndarray | None:
    """Solve ``x = matrix x + need`` for one or a stack of systems."""
    try:
        system = np.eye(matrix.shape[-1]) - matrix
        return np.linalg.solve(system, need[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return None

"""What is traded: a value of allocations, and how a problem is made to give more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.association import UserAssociation
from formulations.placement import LapPlacement
from formulations.power import PowerControl
from formulations.problem import Problem
from twins.declaration import FieldError


@dataclass(frozen=True, eq=False)
class Axis:
    """One quantity of a trade-off.

    Parameters
    ----------
    name : str
        Keyword by which the factory gets its limit or its price.
    value : callable
        ``value(allocation) -> float`` of this quantity, in ``unit``.
    sense : int
        +1: more is better, -1: less is better.
    unit : str
        SI unit of ``value``; ``1`` where it has none.
    limits : sequence of float
        Limits that may be asked of the factory: the epsilon of the epsilon constraint.
        If they are all values that the axis can take, the front is complete.
    highest_price : float
        Asks by price instead, of 0 up to this: what one unit of the axis costs or
        earns in units of the objective. Finds points on the convex hull of the front.

    Raises
    ------
    FieldError
        If a number is NaN or out of range, or both ways of asking are given.
    """

    name: str
    value: Callable[[Any], float]
    sense: int = 1
    unit: str = "1"
    limits: Sequence[float] | np.ndarray = ()
    highest_price: float = 0.0

    def __post_init__(self) -> None:
        """Validate, and sort the limits from the tightest to the loosest."""
        if not self.name.isidentifier():
            raise FieldError("Axis.name", None, repr(self.name), "an identifier")
        if self.sense not in (-1, 1):
            raise FieldError("Axis.sense", None, repr(self.sense), "+1 or -1")
        limits = np.unique(np.asarray(self.limits, float))
        if np.isnan(limits).any():
            raise FieldError("Axis.limits", None, "nan", "numbers")
        if not 0 <= self.highest_price < np.inf:
            found = repr(self.highest_price)
            raise FieldError("Axis.highest_price", None, found, "in [0, inf)")
        if len(limits) and self.highest_price:
            raise FieldError("Axis", None, self.name, "limits or a highest price")
        object.__setattr__(self, "limits", limits[:: -self.sense])

    @property
    def label(self) -> str:
        """Name with its unit, for headings."""
        return (
            self.name if self.unit in ("1", self.name) else f"{self.name} ({self.unit})"
        )


def objective(problem: Problem, name: str = "objective") -> Axis:
    """First axis: what ``problem`` maximizes or minimizes."""
    return Axis(name, problem.evaluate, problem.sense, problem.objective_unit)


def laps(problem: LapPlacement) -> Axis:
    """Axis ``laps``: platforms that fly; ``problem.replace(max_laps=laps)``."""
    most = np.arange(problem.most_laps + 1)
    return Axis("laps", lambda found: int(found.open.sum()), -1, limits=most)


def flight(problem: LapPlacement) -> Axis:
    """Axis ``flight``: most J of a platform; ``problem.replace(battery=flight)``."""

    def most(found: Any) -> float:
        return float(problem.energy[found.open].max(initial=0.0))

    limits = np.concatenate(([0.0], problem.energy[problem.usable]))
    return Axis("flight", most, -1, "J", limits)


def handovers(problem: UserAssociation, highest_price: float) -> Axis:
    """Axis ``handovers``: served users without their previous cell.

    Asked by price: ``problem.replace(handover_cost=handovers)``.
    """

    def count(found: Any) -> int:
        cell = found.cell.reshape(len(problem.previous), -1)
        stays = (cell == problem.previous[:, None]) & (cell >= 0)
        return int(((cell >= 0).any(axis=1) & ~stays.any(axis=1)).sum())

    return Axis("handovers", count, -1, highest_price=highest_price)


def energy(limits: Sequence[float] | np.ndarray) -> Axis:
    """Axis ``energy``: transmitted W in all; see :func:`with_total_power`."""
    return Axis("energy", lambda found: float(found.power.sum()), -1, "W", limits)


def with_total_power(problem: PowerControl, watts: float) -> PowerControl:
    """``problem`` whose links may send ``watts`` W together.

    The limit is that of one more receiver to protect, which hears all with gain 1.

    Raises
    ------
    FieldError
        If receivers are protected block by block.
    """
    if problem.protected_limit.ndim > 1:
        text = "limits over all blocks"
        raise FieldError("protected_limit", None, "one for each block", text)
    gain, links = problem.protected_gain, len(problem.p_max)
    gain = gain.toarray() if hasattr(gain, "toarray") else gain
    ones = np.ones((1, links, *gain.shape[2:]))
    gain = np.concatenate((gain, ones)) if problem.protected_limit.size else ones
    limit = np.append(problem.protected_limit, watts)
    return problem.replace(protected_gain=gain, protected_limit=limit)


def protection(problem: PowerControl, shares: Sequence[float] | np.ndarray) -> Axis:
    """Axis ``protection``: interference at receivers, as share of their limits.

    ``problem.replace(protected_limit=protection * problem.protected_limit)``.
    """

    def worst(found: Any) -> float:
        heard = problem.protected(found.power)
        return float((heard / problem.protected_limit).max(initial=0.0))

    return Axis("protection", worst, -1, limits=shares)


def fairness(
    rate: Callable[[Any], np.ndarray],
    alpha: float = np.inf,
    *,
    limits: Sequence[float] | np.ndarray = (),
    highest_price: float = 0.0,
) -> Axis:
    """Axis ``fairness``: alpha-fair utility of rates [1]_, the least one for inf.

    Parameters
    ----------
    rate : callable
        ``rate(allocation)`` (U,) bit/s.
    alpha : float
        0: sum, 1: sum of logarithms, inf: least rate.
    limits, highest_price
        As in :class:`Axis`. A limit on the least rate is ``min_rate``.

    References
    ----------
    .. [1] J. Mo, J. Walrand, "Fair end-to-end window-based congestion control",
       IEEE/ACM ToN 8(5), 2000. https://doi.org/10.1109/90.879343
    """
    if not alpha >= 0:
        raise FieldError("alpha", None, repr(alpha), "in [0, inf]")

    def utility(found: Any) -> float:
        rates = np.asarray(rate(found))
        if alpha == np.inf:
            return float(rates.min())
        with np.errstate(divide="ignore"):
            if alpha == 1:
                return float(np.log(rates).sum())
            return float((rates ** (1 - alpha)).sum() / (1 - alpha))

    unit = "bit/s" if alpha in (0, np.inf) else "1"
    return Axis("fairness", utility, 1, unit, limits, highest_price)

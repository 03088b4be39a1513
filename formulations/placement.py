"""Which platforms fly where, and whom they serve."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from formulations.conflict_cliques import conflict_cliques, near_of
from formulations.placement_links import links_of
from formulations.problem import (
    EMPTY,
    FieldError,
    Problem,
    allocation_array,
    array,
    flag,
    number,
)
from formulations.reach import Reach, reach_of
from formulations.rows import divided
from twins.record import frozen

if TYPE_CHECKING:
    from twins import TwinSnapshot

FIRST = 1000  # values that tell most often whether all are integers
ROUNDING = 1e-12  # relative error of a sum of demands in another order


@dataclass(frozen=True)
class Placement:
    """``open`` (S,) bool sites, and who is served from where.

    Attributes
    ----------
    open : (S,) bool
        Sites where a platform hovers.
    site : (U,) int
        Site that serves each user as a whole, -1 for none; empty with ``share``.
    share : (U, S)
        Part of each user served from each site; empty with ``site``.
    """

    open: np.ndarray
    site: np.ndarray = field(default_factory=lambda: np.empty(0, np.intp))
    share: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class LapPlacement(Problem):
    """Open sites and serve users from them for the most value less opening cost.

    Facility location with capacities [1]_. With ``value = -cost``, ``must_serve`` and
    ``max_laps = p`` it is the p-median problem; without ``max_laps`` and with opening
    costs, facility location.

    Parameters
    ----------
    value : (U, S)
        Of serving a user from a site, ``-inf`` where that is out of range; dense, or
        ``scipy.sparse`` whose stored entries are in range.
    open_cost : (S,)
        Of a platform there, in the unit of ``value``; counts for ``fixed`` sites, too.
    demand : (U,) bit/s
        What the user takes of the capacity and the backhaul of its site.
    capacity : (S,) bit/s
        Demand that a platform there can serve.
    max_laps : float
        Platforms that may fly, those at ``fixed`` sites included; inf: one at each
        site.
    must_serve : bool
        Whether every user must be served, in full.
    single_source : bool
        Whether one site serves a user as a whole; else a user may be split.
    gateway : (S,)
        Gateway that carries the traffic of each site, -1 for none.
    backhaul : (G,) bit/s
        Demand that all platforms on one gateway may carry together.
    energy : (S,) J
        To reach the site and hover there for the mission.
    battery : float
        J; no platform can fly at a site that takes more.
    conflicts : (C, 2)
        Pairs of sites too close together: at most one of them is open.
    fixed : (S,) bool
        Sites that are open whatever it costs.

    Raises
    ------
    FieldError
        On a bad shape, sign, NaN or infinity; names the field and first bad index.

    References
    ----------
    .. [1] G. Cornuéjols, R. Sridharan, J.-M. Thizy, "A comparison of heuristics and
       relaxations for the capacitated plant location problem", EJOR 50(3), 1991.
       https://doi.org/10.1016/0377-2217(91)90261-S
    """

    allocation_type: ClassVar[type] = Placement

    value: Any = array("U S", infinite=(-np.inf,), sparse=True)
    open_cost: np.ndarray = array("S", default=0.0)
    demand: np.ndarray = array("U", unit="bit/s", low=0.0, default=1.0)
    capacity: np.ndarray = array(
        "S", unit="bit/s", low=0.0, infinite=(np.inf,), default=np.inf
    )
    max_laps: float = number(np.inf, low=0.0, infinite=(np.inf,))
    must_serve: bool = flag(False)
    single_source: bool = flag(True)
    gateway: np.ndarray = array("S", dtype=int, low=-1, index_of="G", default=-1)
    backhaul: np.ndarray = array(
        "G", unit="bit/s", low=0.0, infinite=(np.inf,), default=EMPTY
    )
    energy: np.ndarray = array("S", unit="J", low=0.0, default=0.0)
    battery: float = number(np.inf, unit="J", low=0.0, infinite=(np.inf,))
    conflicts: np.ndarray = array("C 2", dtype=int, low=0, index_of="S", default=EMPTY)
    fixed: np.ndarray = array("S", dtype=bool, default=False)

    def __post_init__(self) -> None:
        """Validate; a site cannot be in conflict with itself, nor name no gateway."""
        super().__post_init__()
        alone = np.flatnonzero(self.conflicts[:, 0] == self.conflicts[:, 1])
        if alone.size:
            first, pair = int(alone[0]), self.conflicts[alone[0]].tolist()
            raise FieldError(self._label("conflicts"), (first,), pair, "two sites")
        unknown = np.flatnonzero(self.gateway >= len(self.backhaul))
        if unknown.size:
            first = int(unknown[0])
            allowed = f"an integer in [-1, {len(self.backhaul) - 1}]"
            value = int(self.gateway[first])
            raise FieldError(self._label("gateway"), (first,), value, allowed)
        self.__dict__["reach"] = reach_of(self.value)  # before any clock runs

    @property
    def sense(self) -> int:
        """+1: maximize."""
        return 1

    @property
    def objective_unit(self) -> str:
        """Unit of :meth:`evaluate`."""
        return "value"

    @cached_property
    def reach(self) -> Reach:
        """Pairs in range, by user."""
        return reach_of(self.value)

    @cached_property
    def owner(self) -> np.ndarray:
        """User (E,) of each entry of :attr:`reach`."""
        return np.repeat(np.arange(self.sizes["U"]), np.diff(self.reach.start))

    @cached_property
    def usable(self) -> np.ndarray:
        """Sites (S,) that a battery is enough for."""
        return self.energy <= self.battery

    @property
    def most_laps(self) -> int:
        """Largest number of open sites that ``max_laps`` allows."""
        return int(min(self.max_laps, self.sizes["S"]))

    @cached_property
    def least_laps(self) -> int:
        """Fewest sites with room for everybody who must be served, beyond S if none."""
        if not self.must_serve:
            return 0
        room = np.cumsum(np.sort(self.capacity[self.usable])[::-1])
        needed = self.demand.sum() * (1 - 1e-9)
        return int(np.searchsorted(room, needed)) + 1 if room.size else 1

    @cached_property
    def is_integral(self) -> bool:
        """Whether some best placement has an integer objective, by integer data."""
        value = self.reach.value
        whole = self.single_source or not self.is_capacitated
        return whole and all(
            bool((part == np.rint(part)).all() and (np.abs(part) < 2**40).all())
            for part in (value[:FIRST], self.open_cost, value)
        )

    @cached_property
    def is_capacitated(self) -> bool:
        """Whether a capacity or backhaul that all users could exceed exists."""
        total = self.demand.sum()
        linked = self.gateway[self.gateway >= 0]
        return bool(
            (self.capacity < total).any() or (self.backhaul[linked] < total).any()
        )

    @cached_property
    def cliques(self) -> tuple[np.ndarray, np.ndarray]:
        """Sets of sites in mutual conflict that cover all conflicts, greedily.

        ``start`` (Q + 1,) and ``site``: clique q holds ``site[start[q]:start[q + 1]]``.
        """
        return conflict_cliques(self.conflicts, self.sizes["S"])

    @cached_property
    def near(self) -> tuple[np.ndarray, np.ndarray]:
        """Sites in conflict with each site: ``start`` (S + 1,), and rising by site."""
        return near_of(self.conflicts, self.sizes["S"])

    def checked(self, allocation: Any) -> Placement:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type or shape, or a site outside -1 .. S - 1.
        """
        users, sites = self.sizes["U"], self.sizes["S"]
        if not isinstance(allocation, Placement):
            found = type(allocation).__name__
            raise FieldError("allocation", None, found, "a Placement")
        is_open = np.asarray(allocation.open)
        if is_open.dtype != bool or is_open.shape != (sites,):
            found = f"array of {is_open.dtype}, shape {is_open.shape}"
            raise FieldError("Placement.open", None, found, f"({sites},) of bool")
        is_open = frozen(is_open)
        if not self.single_source and np.size(allocation.share):
            share = allocation_array(
                allocation, Placement, "share", ((users, sites),), float
            )
            return Placement(is_open, share=share)
        site = allocation_array(allocation, Placement, "site", ((users,),), int)
        wrong = (site < -1) | (site >= sites)
        if wrong.any():
            first = int(np.argmax(wrong))
            allowed = f"an integer in [-1, {sites - 1}]"
            raise FieldError("Placement.site", (first,), site[first].item(), allowed)
        return Placement(is_open, site)

    def links(self, allocation: Placement) -> tuple[np.ndarray, ...]:
        """User, site, share and value (nan: out of range) of each link in use."""
        return links_of(self, allocation)

    def evaluate(self, allocation: Placement) -> float:
        """Value served less opening cost; pairs out of range add nothing.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no site.
        """
        allocation = self.checked(allocation)
        _, _, share, value = self.links(allocation)
        served = float(share @ np.where(np.isnan(value), 0.0, value))
        return served - float(self.open_cost[allocation.open].sum())

    def carried(self, allocation: Placement) -> tuple[np.ndarray, np.ndarray]:
        """Demand (S,) bit/s served from each site, and (G,) through each gateway."""
        user, site, share, _ = self.links(self.checked(allocation))
        return self._loads(user, site, share)

    def _loads(
        self, user: np.ndarray, site: np.ndarray, share: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        load = np.bincount(site, share * self.demand[user], self.sizes["S"])
        linked = self.gateway >= 0
        gateways = len(self.backhaul)
        return load, np.bincount(self.gateway[linked], load[linked], gateways)

    def violations(self, allocation: Placement) -> dict[str, float]:
        """Largest violation per constraint, relative to its limit; 0 where it holds.

        ``candidate``, ``closed``, ``conflicts``, ``fixed`` and, for users served as a
        whole, ``must_serve`` are shares of the links, pairs, sites or users.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no site.
        """
        allocation = self.checked(allocation)
        is_open = allocation.open
        user, site, share, value = self.links(allocation)
        load, traffic = self._loads(user, site, share)
        links = max(len(user), 1)
        both = is_open[self.conflicts[:, 0]] & is_open[self.conflicts[:, 1]]
        found = {
            "candidate": np.isnan(value).sum() / links,
            "closed": (~is_open[site]).sum() / links,
            "capacity": _excess(load, self.capacity),
            "backhaul": _excess(traffic, self.backhaul),
            "energy": _excess(self.energy[is_open], self.battery),
            "conflicts": both.sum() / max(len(both), 1),
            "max_laps": _excess(np.array([is_open.sum()]), np.array([self.max_laps])),
            "fixed": (self.fixed & ~is_open).sum() / max(self.fixed.sum(), 1),
        }
        total = np.bincount(user, share, self.sizes["U"])
        if allocation.share.size:
            worst = max(total.max(initial=0.0) - 1, -share.min(initial=0.0))
            found["share"] = max(worst if worst > ROUNDING else 0.0, 0.0)
        if self.must_serve:
            short = 1 - total
            whole = not allocation.share.size
            worst = short.mean() if whole else short.max(initial=0.0)
            found["must_serve"] = worst if worst > ROUNDING else 0.0
        return {name: float(worst) for name, worst in found.items()}

    def attempts(self) -> Iterator[Placement]:
        """Sites that each add most, and who fits; see :func:`attempts_at`."""
        from formulations.placement_start import attempts_at

        return attempts_at(self)

    def repaired(self, allocation: Placement) -> Placement:
        """``allocation`` with whom its sites cannot serve where there is room.

        Split users stay as they are.
        """
        from formulations.placement_start import mended

        return allocation if allocation.share.size else mended(self, allocation)

    @cached_property
    def canonical_units(self) -> dict[str, float]:
        """Largest value, capacity and energy: units in which they are 1."""
        values = self.reach.value
        value = max(values.max(initial=0.0), -values.min(initial=0.0))
        value = max(value, np.abs(self.open_cost).max()) or 1.0
        limits = np.concatenate((self.capacity, self.backhaul))
        load = limits[np.isfinite(limits)].max(initial=0.0) or self.demand.max() or 1.0
        energy = self.energy.max() or 1.0
        return {"value": float(value), "demand": float(load), "energy": float(energy)}

    def scaled(self) -> Self:
        """Build the same problem with the largest value, capacity and energy 1."""
        units = self.canonical_units
        value, load, energy = units["value"], units["demand"], units["energy"]
        return self.derived(
            value=divided(self.value, value),
            open_cost=self.open_cost / value,
            demand=self.demand / load,
            capacity=self.capacity / load,
            backhaul=self.backhaul / load,
            energy=self.energy / energy,
            battery=self.battery / energy,
            units=units,
        )

    def restored(self, allocation: Placement) -> Placement:
        """``allocation`` itself: sites and shares have no unit."""
        return allocation

    @classmethod
    def from_snapshot(
        cls, snapshot: "TwinSnapshot", max_laps: float, **options: Any
    ) -> "LapPlacement":
        """Sites, gains, gateways and energies for the users of a snapshot.

        See :func:`formulations.lap_sites.placement_from` for the options.
        """
        from formulations.lap_sites import placement_from

        return placement_from(snapshot, max_laps, **options)

    @classmethod
    def example(cls) -> Self:
        """Twenty users and six sites with room for six each, of which three may fly."""
        rng = np.random.default_rng(1)
        value = rng.lognormal(0.0, 1.0, (20, 6))
        value[value < 0.4] = -np.inf
        return cls(
            value=value,
            open_cost=np.full(6, 0.5),
            capacity=np.full(6, 6.0),
            max_laps=3.0,
            gateway=np.array([0, 0, 0, 1, 1, 1]),
            backhaul=np.array([8.0, np.inf]),
            conflicts=np.array([[0, 1], [1, 2], [4, 5]]),
        )

    @classmethod
    def examples(cls) -> "tuple[LapPlacement, ...]":
        """The example whole and split, p-median, facility location, and a crowd."""
        from formulations.placement_examples import placement_examples

        return placement_examples()


def _excess(found: np.ndarray, limit: Any) -> float:
    """Largest ``(found - limit) / limit`` where positive; inf where the limit is 0."""
    over = found - limit
    over = np.where(over > ROUNDING * found, over, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(over > 0, over / limit, 0.0)
    return float(relative.max(initial=0.0))

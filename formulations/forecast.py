"""Where platforms fly over a forecast: scenarios, or time steps with moves between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np

from formulations.forecast_moves import saved_between, savings
from formulations.placement import LapPlacement, Placement
from formulations.problem import (
    EMPTY,
    FieldError,
    Problem,
    allocation_array,
    array,
    flag,
    number,
)
from formulations.rows import divided
from twins.record import frozen, is_sparse

SHARED = (
    "open_cost",
    "capacity",
    "max_laps",
    "must_serve",
    "single_source",
    "gateway",
    "backhaul",
    "energy",
    "battery",
    "conflicts",
    "fixed",
)
"""Fields that mean in every period what they mean in :class:`LapPlacement`."""


@dataclass(frozen=True)
class PlacementPlan:
    """Open sites of each period, and who is served from where.

    Attributes
    ----------
    open : (T, S) bool
        Sites where a platform hovers.
    site : (R,) int
        Site that serves each demand point, -1 for none; empty with ``share``.
    share : (R, S)
        Part of each demand point served from each site; empty with ``site``.
    """

    open: np.ndarray
    site: np.ndarray = field(default_factory=lambda: np.empty(0, np.intp))
    share: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class LapForecast(Problem):
    """Place platforms for several periods of demand at once [1]_, [2]_.

    Without ``moves`` periods are scenarios: the same sites are open in all of them, and
    users are served when it is known which one comes (two stages). With ``moves`` they
    are steps of time: a platform launched to a site takes half of its ``energy``, one
    that returns from it the other half, and one that goes on to another site, or stays,
    ``move_energy`` instead, unless that is more than the battery holds. Platforms move
    so that it takes the least energy.

    Maximizes the value served less opening cost, by the weights of the periods, less
    the cost of energy.

    Parameters
    ----------
    value : (R, S)
        Of serving a demand point from a site in its period, ``-inf`` where that is out
        of range; dense, or ``scipy.sparse`` whose stored entries are in range.
    period : (R,)
        Period of each demand point, from 0; every period has one.
    weight : (T,)
        Probability of a scenario, or length of a step.
    demand : (R,) bit/s
        What it takes of the capacity and the backhaul of its site.
    open_cost : (S,)
        Of a platform there for a period of weight one.
    capacity, max_laps, must_serve, single_source, gateway, backhaul, energy, battery, \
    conflicts, fixed
        In every period as in :class:`LapPlacement`.
    moves : bool
        Whether periods are steps of time between which sites may change.
    move_energy : (S, S) J
        To go from a site to another between two steps, on the diagonal to stay; inf
        where there is no way. Counts with ``moves``.
    energy_cost : float
        Value per J that launches, moves and returns take. Counts with ``moves``.

    Raises
    ------
    FieldError
        On a bad shape, sign, NaN or infinity; names the field and first bad index.

    References
    ----------
    .. [1] G. O. Wesolowsky, W. G. Truscott, "The multiperiod location-allocation
       problem with relocation of facilities", Management Science 22(1), 1975.
       https://doi.org/10.1287/mnsc.22.1.57
    .. [2] F. V. Louveaux, D. Peeters, "A dual-based procedure for stochastic facility
       location", Operations Research 40(3), 1992. https://doi.org/10.1287/opre.40.3.564
    """

    allocation_type: ClassVar[type] = PlacementPlan

    value: Any = array("R S", infinite=(-np.inf,), sparse=True)
    period: np.ndarray = array("R", dtype=int, low=0, index_of="T")
    weight: np.ndarray = array("T", low=0.0, default=1.0)
    demand: np.ndarray = array("R", unit="bit/s", low=0.0, default=1.0)
    open_cost: np.ndarray = array("S", default=0.0)
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
    moves: bool = flag(False)
    move_energy: np.ndarray = array(
        "S S", unit="J", low=0.0, infinite=(np.inf,), default=0.0
    )
    energy_cost: float = number(0.0, low=0.0)

    def __post_init__(self) -> None:
        """Validate; every period has a demand point."""
        unweighted = self.weight is None
        if unweighted and np.size(self.period):
            last = np.max(np.asarray(self.period))
            object.__setattr__(self, "weight", np.ones(max(int(last) + 1, 1)))
        super().__post_init__()
        if unweighted:
            self.__dict__["_defaults"] = self._defaults | {"weight"}
        count = np.bincount(self.period, minlength=self.sizes["T"])
        if not count.all():
            empty, given = int(np.argmin(count)), f"periods {np.unique(self.period)}"
            raise FieldError(self._label("period"), None, given, f"also {empty}")
        try:
            self.placement_of(0)
        except FieldError as error:
            name = error.field.replace("LapPlacement", type(self).__name__)
            raise FieldError(name, error.index, error.value, error.allowed) from error

    @classmethod
    def of(
        cls, placements: Sequence[LapPlacement], weight: Any = None, **options: Any
    ) -> Self:
        """Forecast of one placement problem a period, over the same sites.

        Parameters
        ----------
        placements : sequence of LapPlacement
            Alike in all but users.
        weight : (T,)
            Of each.
        **options
            ``moves``, ``move_energy``, ``energy_cost``.

        Raises
        ------
        FieldError
            If there is none, or they differ in more than users.
        """
        from formulations.forecast_join import joined

        return joined(cls, placements, weight, **options)

    @property
    def sense(self) -> int:
        """+1: maximize."""
        return 1

    @property
    def objective_unit(self) -> str:
        """Unit of :meth:`evaluate`."""
        return "value"

    @cached_property
    def rows(self) -> tuple[np.ndarray, ...]:
        """Demand points of each period."""
        order = np.argsort(self.period, kind="stable")
        ends = np.cumsum(np.bincount(self.period))
        return tuple(np.split(order, ends[:-1]))

    @cached_property
    def _placements(self) -> dict[int, LapPlacement]:
        return {}

    def placement_of(self, t: int) -> LapPlacement:
        """Placement problem of period ``t`` alone, its weight and moves left out."""
        if t not in self._placements:
            rows = self.rows[t]
            shared = {name: getattr(self, name) for name in SHARED}
            one = LapPlacement(self.value[rows], demand=self.demand[rows], **shared)
            self._placements[t] = one
        return self._placements[t]

    @property
    def placements(self) -> list[LapPlacement]:
        """Placement problem of each period."""
        return [self.placement_of(t) for t in range(self.sizes["T"])]

    @cached_property
    def saved(self) -> np.ndarray:
        """Value (S, S) saved by each move; see :func:`forecast_moves.savings`."""
        return savings(self)

    @cached_property
    def upkeep(self) -> np.ndarray:
        """Cost (T, S) of a platform at a site, launched for one period."""
        flown = self.energy_cost * self.energy if self.moves else 0.0
        return self.weight[:, None] * self.open_cost + flown

    def part(self, allocation: PlacementPlan, t: int) -> Placement:
        """Placement of period ``t``."""
        rows = self.rows[t]
        if allocation.share.size:
            return Placement(allocation.open[t], share=allocation.share[rows])
        return Placement(allocation.open[t], allocation.site[rows])

    def plan(self, parts: Sequence[Placement]) -> PlacementPlan:
        """Put together the placements of all periods."""
        is_open = np.array([part.open for part in parts])
        count, sites = self.sizes["R"], self.sizes["S"]
        if any(part.share.size for part in parts):
            share = np.zeros((count, sites))
            for rows, part in zip(self.rows, parts, strict=True):
                if part.share.size:
                    share[rows] = part.share
                else:
                    served = part.site >= 0
                    share[rows[served], part.site[served]] = 1.0
            return PlacementPlan(is_open, share=share)
        site = np.empty(count, np.intp)
        for rows, part in zip(self.rows, parts, strict=True):
            site[rows] = part.site
        return PlacementPlan(is_open, site)

    def checked(self, allocation: Any) -> PlacementPlan:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type or shape, or a site outside -1 .. S - 1.
        """
        count, sites = self.sizes["R"], self.sizes["S"]
        if not isinstance(allocation, PlacementPlan):
            found = type(allocation).__name__
            raise FieldError("allocation", None, found, "a PlacementPlan")
        is_open, shape = np.asarray(allocation.open), (self.sizes["T"], sites)
        if is_open.dtype != bool or is_open.shape != shape:
            found = f"array of {is_open.dtype}, shape {is_open.shape}"
            raise FieldError("PlacementPlan.open", None, found, f"{shape} of bool")
        is_open = frozen(is_open)
        if not self.single_source and np.size(allocation.share):
            shapes = ((count, sites),)
            share = allocation_array(allocation, PlacementPlan, "share", shapes, float)
            return PlacementPlan(is_open, share=share)
        site = allocation_array(allocation, PlacementPlan, "site", ((count,),), int)
        wrong = (site < -1) | (site >= sites)
        if wrong.any():
            first, allowed = int(np.argmax(wrong)), f"an integer in [-1, {sites - 1}]"
            found = site[first].item()
            raise FieldError("PlacementPlan.site", (first,), found, allowed)
        return PlacementPlan(is_open, site)

    def flown(self, allocation: PlacementPlan) -> float:
        """Cost of launches, moves and returns."""
        if not self.moves or self.energy_cost == 0.0:
            return 0.0
        is_open = allocation.open
        alone = self.energy_cost * float(is_open.sum(axis=0) @ self.energy)
        steps = pairwise(is_open)
        return alone - sum(saved_between(self.saved, a, b) for a, b in steps)

    def evaluate(self, allocation: PlacementPlan) -> float:
        """Value served less opening cost by weight, less that of energy.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no site.
        """
        allocation = self.checked(allocation)
        worth = [
            one.evaluate(self.part(allocation, t))
            for t, one in enumerate(self.placements)
        ]
        return float(self.weight @ worth) - self.flown(allocation)

    def violations(self, allocation: PlacementPlan) -> dict[str, float]:
        """Largest violation per constraint in any period; 0 where it holds.

        As of :class:`LapPlacement`; without ``moves``, ``same`` is the share of sites
        that are open in some periods only.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no site.
        """
        allocation = self.checked(allocation)
        found: dict[str, float] = {}
        for t, one in enumerate(self.placements):
            for name, worst in one.violations(self.part(allocation, t)).items():
                found[name] = max(found.get(name, 0.0), worst)
        if not self.moves:
            found["same"] = float((allocation.open != allocation.open[0]).any(0).mean())
        return found

    def attempts(self) -> Iterator[PlacementPlan]:
        """Sites in the order of what they could earn, users by density; then nobody."""
        from formulations.forecast_start import nobody, promising

        yield promising(self)
        yield nobody(self)

    def scaled(self) -> Self:
        """Build the same problem with the largest value, weight and limits 1."""
        first = self.placement_of(0).scaled()
        entries = self.value.data if is_sparse(self.value) else self.value
        finite = entries[np.isfinite(entries)]
        value = max(np.abs(finite).max(initial=0.0), np.abs(self.open_cost).max())
        value, weight = value or 1.0, self.weight.max() or 1.0
        load, energy = first.units["demand"], first.units["energy"]
        if np.isinf(np.concatenate((self.capacity, self.backhaul))).all():
            load = self.demand.max() or 1.0
        return self.derived(
            value=divided(self.value, value),
            weight=self.weight / weight,
            open_cost=self.open_cost / value,
            demand=self.demand / load,
            capacity=self.capacity / load,
            backhaul=self.backhaul / load,
            energy=self.energy / energy,
            battery=self.battery / energy,
            move_energy=self.move_energy / energy,
            energy_cost=self.energy_cost * (energy / (value * weight)),
            units={
                "value": float(value * weight),
                "demand": float(load),
                "energy": float(energy),
            },
        )

    def restored(self, allocation: PlacementPlan) -> PlacementPlan:
        """``allocation`` itself: sites and shares have no unit."""
        return allocation

    @classmethod
    def example(cls) -> Self:
        """Three steps of twelve users who drift from the first sites to the last."""
        rng = np.random.default_rng(1)
        user = np.linspace(0.0, 1.5, 3)[:, None] + rng.uniform(0.0, 1.5, (3, 12))
        site = np.linspace(0.0, 3.0, 6)
        value = 2.0 - np.abs(user.reshape(-1, 1) - site)
        return cls(
            np.where(value > 0.5, value, -np.inf),
            np.repeat(np.arange(3), 12),
            open_cost=np.full(6, 0.5),
            capacity=np.full(6, 6.0),
            max_laps=2.0,
            conflicts=np.array([[0, 1], [3, 4]]),
            energy=2.0 + site,
            battery=6.0,
            moves=True,
            move_energy=np.abs(site[:, None] - site),
            energy_cost=0.2,
        )

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """The example as steps and as scenarios, whole and split."""
        steps = cls.example()
        scenarios = steps.replace(moves=False, weight=[0.5, 0.3, 0.2])
        return steps, scenarios, scenarios.replace(single_source=False)

"""Which cell serves which user."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from formulations.association_candidates import Candidates, candidates_of
from formulations.association_start import (
    greedy_cells,
    no_cells,
    packed_cells,
    repaired_cells,
)
from formulations.association_tally import MANY_PAIRS, Tally, tally
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
from formulations.reach import read_only
from formulations.rows import divided
from twins.record import is_sparse


@dataclass(frozen=True, eq=False)
class Association:
    """``cell`` (U,) int that serves each user, -1 for none; (U, max_links) if more."""

    cell: np.ndarray


@dataclass(frozen=True, eq=False)
class UserAssociation(Problem):
    """Give each user a cell for the most utility within the cells' capacities [1]_.

    ``sum`` adds the utilities. ``proportional_fair`` adds natural logarithms of the
    users' rates, where a cell shares its time equally: a user gets ``utility`` over
    the number of users there [2]_. There an unserved user that has a candidate counts
    as the least candidate rate over e U, less than any share of a cell is worth, so
    that serving one more always pays, whatever the unit of the rates.

    Parameters
    ----------
    utility : (U, B)
        Of serving a user from a cell, ``-inf`` where that is no candidate; dense, or
        ``scipy.sparse`` whose stored entries are the candidates. For
        ``proportional_fair`` the rate in bit/s with the whole cell.
    load : (U, B) or (U,)
        What the user takes of the cell's capacity; ``inf``: no candidate.
    capacity : (B,)
        Of each cell, in the unit of ``load``; 0: serves only users without load.
    must_serve : bool
        Whether every user must be served.
    max_links : int
        Cells that may serve one user at the same time.
    objective : str
        ``sum`` or ``proportional_fair``.
    backhaul : (B,) bit/s
        Limit of what a cell carries: the sum of its utilities, or with
        ``proportional_fair`` the sum of its users' shares.
    previous : (U,)
        Serving cell so far, -1 for none.
    handover_cost : float
        Taken off the objective for each served user without its previous cell.
    group : (G, U) bool
        Users of each group whose load is limited besides, such as those of a slice.
    group_capacity : (G, B)
        Load that each group may take of each cell, in the unit of ``load``.

    Raises
    ------
    FieldError
        On a bad shape, sign, NaN or infinity; names the field and first bad index.

    References
    ----------
    .. [1] D. W. Cattrysse, L. N. Van Wassenhove, "A survey of algorithms for the
       generalized assignment problem", EJOR 60(3), 1992.
       https://doi.org/10.1016/0377-2217(92)90077-M
    .. [2] Q. Ye et al., "User association for load balancing in heterogeneous cellular
       networks", IEEE TWC 12(6), 2013. https://doi.org/10.1109/TWC.2013.040413.120676
    """

    allocation_type: ClassVar[type] = Association

    utility: Any = array("U B", infinite=(-np.inf,), sparse=True)
    load: Any = array("U", "U B", low=0.0, infinite=(np.inf,), sparse=True)
    capacity: np.ndarray = array("B", low=0.0, infinite=(np.inf,))
    must_serve: bool = flag(False)
    max_links: int = number(1, low=1, dtype=int)
    objective: str = choice("sum", "proportional_fair")
    backhaul: np.ndarray = array(
        "B", unit="bit/s", low=0.0, infinite=(np.inf,), default=np.inf
    )
    previous: np.ndarray = array("U", dtype=int, low=-1, index_of="B", default=-1)
    handover_cost: float = number(0.0, low=0.0)
    group: np.ndarray = array("G U", dtype=bool, default=EMPTY)
    group_capacity: np.ndarray = array(
        "G B", low=0.0, infinite=(np.inf,), default=EMPTY
    )

    def __post_init__(self) -> None:
        """Validate; rates of ``proportional_fair`` must not be negative."""
        super().__post_init__()
        if self.objective != "proportional_fair":
            return
        dense = not is_sparse(self.utility)
        rates = self.utility if dense else self.utility.data
        bad = np.argwhere(np.isfinite(rates) & (rates < 0))
        if bad.size:
            first = tuple(int(k) for k in bad[0])
            allowed = "-inf or in [0.0, inf) bit/s with objective proportional_fair"
            value = rates[first].item()
            raise FieldError(self._label("utility"), first, value, allowed)

    @property
    def sense(self) -> int:
        """+1: maximize."""
        return 1

    @property
    def objective_unit(self) -> str:
        """Unit of :meth:`evaluate`."""
        return "log(bit/s)" if self.objective == "proportional_fair" else "utility"

    @cached_property
    def candidates(self) -> Candidates:
        """Pairs with finite utility and load (for rates: positive), sorted by user."""
        return candidates_of(self)

    @cached_property
    def unserved_value(self) -> float:
        """What a user with a candidate adds to the objective when it is not served."""
        if self.objective == "sum" or not self.candidates.utility.size:
            return 0.0
        return (
            float(np.log(self.candidates.utility.min())) - 1 - np.log(self.sizes["U"])
        )

    def checked(self, allocation: Any) -> Association:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type or shape, or a cell outside -1 .. B - 1.
        """
        if allocation is self.__dict__.get(CHECKED):
            return allocation
        users, cells = self.sizes["U"], self.sizes["B"]
        shape = (users,) if self.max_links == 1 else (users, self.max_links)
        cell = allocation_array(allocation, Association, "cell", (shape,), int)
        wrong = (cell < -1) | (cell >= cells)
        if wrong.any():
            first = tuple(int(k) for k in np.argwhere(wrong)[0])
            allowed = f"an integer in [-1, {cells - 1}]"
            raise FieldError("Association.cell", first, cell[first].item(), allowed)
        self.__dict__[CHECKED] = own = Association(cell)
        return own

    def links(self, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """User, cell and position in ``candidates`` (-1: no candidate) of each link."""
        if cell.ndim == 1:
            user = np.flatnonzero(cell >= 0)
            served = cell[user]
        else:
            user, column = np.nonzero(cell >= 0)
            served = cell[user, column]
        start, candidate = self.candidates[:2]
        if len(candidate) > MANY_PAIRS:
            from formulations.kernels.pairs import places

            return user, served, places(user, served, start, candidate)
        width = self.sizes["B"]
        owner = np.repeat(np.arange(self.sizes["U"]), np.diff(start))
        keys = owner * width + candidate
        wanted = user * width + served
        place = np.searchsorted(keys, wanted)
        known = place < len(keys)
        known[known] = keys[place[known]] == wanted[known]
        return user, served, np.where(known, place, -1)

    def evaluate(self, allocation: Association) -> float:
        """Objective value; pairs that are no candidates add nothing.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no cell.
        """
        cell = self.checked(allocation).cell
        found = tally(self, cell)
        served, utility = self.candidates.cell[found.entry], self.candidates.utility
        utility = utility[found.entry]
        is_served = np.zeros(self.sizes["U"], bool)
        is_served[found.user] = True
        cost = 0.0
        if self.handover_cost:
            has_previous = np.zeros(self.sizes["U"], bool)
            has_previous[found.user[served == self.previous[found.user]]] = True
            cost = self.handover_cost * (is_served & ~has_previous).sum()
        if self.objective == "sum":
            return float(utility.sum() - cost)
        rate = utility / found.number[served]
        if cell.ndim > 1:
            rate = np.bincount(found.user, rate, self.sizes["U"])[is_served]
        reachable = np.diff(self.candidates.start) > 0
        lost = self.unserved_value * (reachable & ~is_served).sum()
        return float(np.log(rate).sum() + lost - cost)

    def carried(self, allocation: Association) -> tuple[np.ndarray, np.ndarray]:
        """Load (B,) and traffic (B,) bit/s of each cell."""
        found = tally(self, self.checked(allocation).cell)
        return found.load, self._traffic(found)

    def group_load(self, allocation: Association) -> np.ndarray:
        """Load (G, B) that the users of each group take of each cell."""
        found = tally(self, self.checked(allocation).cell)
        cell, load = self.candidates.cell[found.entry], self.candidates.load
        taken = np.zeros(self.group_capacity.shape)
        for row, member in zip(taken, self.group, strict=True):
            np.add.at(row, cell, np.where(member[found.user], load[found.entry], 0.0))
        return taken

    def _traffic(self, found: Tally) -> np.ndarray:
        if self.objective == "proportional_fair":
            return found.utility / np.maximum(found.number, 1)
        return found.utility

    def violations(self, allocation: Association) -> dict[str, float]:
        """Largest violation per constraint, relative to its limit; 0 where it holds.

        ``candidate``, ``must_serve`` and ``distinct`` are shares of the links or users.

        Raises
        ------
        FieldError
            If the allocation has another type or shape, or names no cell.
        """
        cell = self.checked(allocation).cell
        tallied = tally(self, cell)
        found = {
            "candidate": tallied.lost / max(tallied.links, 1),
            "capacity": _excess(tallied.load, self.capacity),
        }
        if self.max_links > 1:
            ordered = np.sort(cell, axis=1)
            twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
            found["distinct"] = float(twice.any(axis=1).mean())
        if np.isfinite(self.backhaul).any():
            found["backhaul"] = _excess(self._traffic(tallied), self.backhaul)
        if len(self.group):
            taken = self.group_load(allocation)
            found["group_capacity"] = _excess(taken, self.group_capacity)
        if self.must_serve:
            has_link = cell >= 0 if cell.ndim == 1 else (cell >= 0).any(axis=1)
            found["must_serve"] = 1 - int(has_link.sum()) / self.sizes["U"]
        return found

    def attempts(self) -> Iterator[Association]:
        """Best cell for everybody, without those who earn least by load; nobody.

        Where everybody must be served, or backhaul is limited, all as they fit.
        """
        links = max(self.max_links, 1)
        adds = self.objective == "sum" and np.isfinite(self.backhaul).any()
        first = packed_cells if adds and not len(self.group) else greedy_cells
        for cells in (first, packed_cells if self.must_serve else no_cells):
            served = np.full((self.sizes["U"], links), -1, np.intp)
            served[:, 0] = cells(self)
            yield Association(served if links > 1 else served[:, 0])

    def repaired(self, allocation: Association) -> Association:
        """``allocation`` where its links still fit, the smallest first; others anew.

        With several links per user it stays as it is.
        """
        if self.max_links > 1:
            return allocation
        return Association(repaired_cells(self, allocation.cell))

    def scaled(self) -> Self:
        """Build the same problem with the largest utility and largest capacity 1.

        The largest limit of a group is 1 where no capacity is finite, or the largest
        load where no limit is.
        """
        utility = np.abs(self.candidates.utility).max(initial=0.0) or 1.0
        load = 0.0
        for sizes in (self.capacity, self.group_capacity, self.candidates.load):
            load = load or sizes[np.isfinite(sizes)].max(initial=0.0)
        load = load or 1.0
        fair = self.objective == "proportional_fair"
        scaled = self.derived(
            utility=divided(self.utility, utility),
            load=divided(self.load, load),
            capacity=self.capacity / load,
            group_capacity=self.group_capacity / load,
            backhaul=self.backhaul / utility,
            handover_cost=self.handover_cost / (1.0 if fair else utility),
            units={"utility": float(utility), "load": float(load)},
        )
        if not fair:  # the same pairs, and no need to look for them again
            pairs = self.candidates
            scaled.__dict__["candidates"] = Candidates(
                pairs.start,
                pairs.cell,
                read_only(pairs.utility / utility),
                read_only(pairs.load / load),
                read_only(pairs.value / utility),
            )
        return scaled

    def restored(self, allocation: Association) -> Association:
        """``allocation`` itself: cells have no unit."""
        return allocation

    @classmethod
    def example(cls) -> Self:
        """Twelve users and three cells with room for five each."""
        rng = np.random.default_rng(1)
        utility = rng.lognormal(0.0, 1.0, (12, 3))
        return cls(utility=utility, load=np.ones(12), capacity=np.full(3, 5.0))

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """The example with both objectives, need to serve, backhaul, several links.

        And a group with limits, and more users than three quarters of them have room
        for, whose kernels differ, with utilities stored as many are.
        """
        from scipy.sparse import csr_array

        plain = cls.example()
        served = plain.replace(must_serve=True, handover_cost=0.1)
        fair = plain.replace(objective="proportional_fair")
        loaded = fair.replace(
            load=np.linspace(0.5, 1.5, 12), backhaul=np.full(3, 2.0), must_serve=True
        )
        tolled = plain.replace(backhaul=np.full(3, 4.0))
        several = tolled.replace(max_links=2)
        fairly = fair.replace(must_serve=True)
        part = np.repeat([[True, False]], 6, axis=1).reshape(1, 12)
        sliced = plain.replace(group=part, group_capacity=np.full((1, 3), 1.0))
        users, cells = MANY_PAIRS // 9, 10
        utility = csr_array(np.random.default_rng(2).lognormal(size=(users, cells)))
        room = np.full(cells, 0.75 * users / cells)
        crowded = cls(utility, np.ones(users), room, objective=fair.objective)
        found = plain, served, tolled, several, fair, fairly, loaded, crowded
        return (*found, sliced)


def _excess(found: np.ndarray, limit: np.ndarray) -> float:
    """Largest ``(found - limit) / limit`` where positive; inf where the limit is 0."""
    over = found - np.where(np.isfinite(limit), limit, np.inf)
    over = np.where(over > ROUNDING * found, over, 0.0)
    if not over.any():
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(over > 0, over / limit, 0.0)
    return float(relative.max(initial=0.0))


CHECKED = "_last_checked"  # where a problem keeps what it has checked, and is its own
ROUNDING = 1e-12  # relative error of a sum of loads in another order

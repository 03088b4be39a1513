"""Fair sharing of cells' time, exact: a flow whose cost is convex in each cell."""

from collections.abc import Callable
from typing import Any

import numpy as np

from formulations.association import Association, UserAssociation, read_only
from formulations.association_tally import entries_at
from formulations.fair_prices import (
    CrowdedCells,
    FairPrices,
    allowed,
    counts_users,
    rooms,
)
from formulations.kernels import fair_flow as kernel
from formulations.kernels.association_tally import find_all
from formulations.kernels.fair_flow import Flow, Network
from formulations.kernels.fair_repair import Limits, evict, fill
from rrm.incumbent import Incumbent
from rrm.registry import method

ENTRIES_PER_CHUNK = 15_000  # about 0.1 ms between looks at the clock
WORK_PER_CHUNK = 50_000
SETTLED = 0.005  # share of users that still move when responses stop
RESPONSES = 10
KNOWN = 0.5  # share of users, from which on the answer comes as fast as an offer
PRICE_SWEEPS = 4
ADJUSTMENTS = 120  # of all prices together, before single users are moved
FIRST_STEP = 0.03  # in units of log rate
FEW = 3  # cells per user in excess or price lowered, below which users are moved singly
FILLINGS = 3  # turns of all users into the room that is left


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.group):
        return "keeps no limits of groups"
    if problem.objective != "proportional_fair":
        return f"shares time fairly, and the objective is {problem.objective}"
    if problem.max_links > 1:
        return "adds logarithms, and several links share one"
    return None if counts_users(problem) else "counts users, and more is limited"


@method(
    UserAssociation,
    kind="exact",
    applies=applies,
    proves="the optimum by prices on company; infeasibility by Hall's theorem",
    rank=10,
    share=3.0,
)
def fair_flow(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Let users respond, price the cells, repair by shortest paths among cells [1]_.

    With a price on each cell, users choose by themselves. Distances in the graph of the
    cells, where moving a user costs what it loses, give prices at which few users are
    in the wrong place; shortest paths take those to where they lack, and keep every
    user content: at the end prices prove the optimum.

    Complexity: a round of prices or responses takes O(E) for E candidate pairs; each
    repair a shortest path among B cells, O(B^2) and the pairs of the users moved.

    References
    ----------
    .. [1] R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows", 1993, chapters 9
       (successive shortest paths) and 14 (convex costs).
    .. [2] Q. Ye et al., "User association for load balancing in heterogeneous cellular
       networks", IEEE TWC 12(6), 2013. https://doi.org/10.1109/TWC.2013.040413.120676
    .. [3] M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation
       learning", ICNN 1993. https://doi.org/10.1109/ICNN.1993.298623
    """
    search = FlowSearch(problem, incumbent)
    if problem.must_serve and search.tell_trapped(np.zeros(problem.sizes["B"], bool)):
        return
    search.respond()
    if search.price() and search.settle():
        search.tell()


class FlowSearch:
    """Flow of one problem, entries that may be used, and what is priced beside it."""

    def __init__(self, problem: UserAssociation, incumbent: Incumbent) -> None:
        self.problem, self.incumbent = problem, incumbent
        users = problem.sizes["U"]
        start, cell, rate, load, value = problem.candidates
        kept = allowed(problem)
        self.are_all = bool(kept.all())
        if not self.are_all:
            owner = np.repeat(np.arange(users), np.diff(start))[kept]
            start = read_only(np.searchsorted(owner, np.arange(users + 1)))
            parts = (cell, rate, load, value)
            cell, rate, load, value = (read_only(part[kept]) for part in parts)
        outside = -np.inf if problem.must_serve else problem.unserved_value
        self.network: Network = kernel.network_of(
            start, cell, value, rooms(problem), outside
        )
        self.limits = Limits(load, rate, problem.capacity, problem.backhaul)
        choice = self._known_places()
        self.knows_places = bool((choice >= 0).mean() > KNOWN)
        self.flow: Flow = kernel.flow_of(choice, self.network)
        self.chunk = max(1, ENTRIES_PER_CHUNK * users // max(1, len(cell)))
        self.is_limited = not counts_users(problem)

    def _known_places(self) -> np.ndarray:
        """Entry (U,) where each user was in the caller's start or before, -1: none."""
        known = self.problem.previous
        if self.incumbent.method == "start":
            known = self.incumbent.allocation.cell
            if self.are_all:  # the referee has looked them up
                return entries_at(self.problem, known, -1)
        choice = np.full(len(known), -1, np.int64)
        find_all(read_only(known), self.network.start, self.network.cell, choice)
        return choice

    def everybody(self, act: Callable[..., Any]) -> int:
        """Sum of what ``act`` returns on all users; -1 if time ran out on the way."""
        users, total = len(self.flow.choice), 0
        for first in range(0, users, self.chunk):
            if first > 0 and self.incumbent.expired():
                return -1
            last = min(first + self.chunk, users)
            total += act(first, last, self.network, self.flow) or 0
        return total

    def respond(self) -> None:
        """Have users move in turn while that pays, and offer where they come to."""
        for turn in range(RESPONSES):
            moved = self.everybody(kernel.respond)
            if moved < 0 or (turn == 0 and not self.knows_places):
                self.offer(self.flow)
            if moved <= SETTLED * len(self.flow.choice) or self.incumbent.expired():
                return

    def price(self) -> bool:
        """Price cells so that nobody wants to leave, or nearly; whether in time."""
        kernel.start_prices(self.network, self.flow)
        for _ in range(PRICE_SWEEPS):
            lowered = self.everybody(kernel.lower_prices)
            if lowered < 0:
                return False
            if lowered * FEW <= len(self.network.room):
                break
        return True

    def settle(self) -> bool:
        """Solve from the prices as they are; whether it came to an end."""
        network, flow = self.network, self.flow
        cells = len(network.room)
        flow.price[:cells] -= flow.price[cells + 1]
        flow.price[cells:] = 0.0
        step, sign = np.full(cells, FIRST_STEP), np.zeros(cells)
        for turn in range(ADJUSTMENTS):
            kernel.clear(network, flow)
            if self.everybody(kernel.choose) < 0:
                return False
            excess = kernel.balance(network, flow)
            if excess * FEW <= cells or turn == ADJUSTMENTS - 1:
                break
            if turn > 0 and self.incumbent.expired():
                return False
            kernel.adjust(step, sign, network, flow)
        while (ended := kernel.repair(WORK_PER_CHUNK, network, flow)) == kernel.MORE:
            if self.incumbent.expired():
                return False
        if ended == kernel.STUCK:
            self.tell_trapped(np.isfinite(flow.distance[:cells]))
        return ended == kernel.BALANCED

    def tell(self) -> None:
        """Offer the allocation, which is the optimum, and the prices that prove it."""
        self.offer(self.flow)
        cells = len(self.network.room)
        price = self.flow.price[:cells] - self.flow.price[cells + 1]
        argument = FairPrices(price, np.zeros(cells), np.zeros(cells))
        self.incumbent.tighten(self.incumbent.objective, argument)

    def offer(self, flow: Flow) -> None:
        """Offer where users are, within loads and backhaul."""
        if self.is_limited:
            flow = self.within_limits(flow)
        cell = np.full(len(flow.choice), -1, np.intp)
        served = flow.choice >= 0
        cell[served] = self.network.cell[flow.choice[served]]
        self.incumbent.offer(Association(cell))

    def tell_trapped(self, is_crowded: np.ndarray) -> bool:
        """Prove that all users with no cell but ``is_crowded`` (B,) are too many."""
        start, cell = self.network.start, self.network.cell
        owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
        escapes = np.bincount(owner[~is_crowded[cell]], minlength=len(start) - 1)
        users = np.flatnonzero(escapes == 0)
        if users.size <= self.network.room[is_crowded].sum():
            return False
        argument = CrowdedCells(users, np.flatnonzero(is_crowded))
        return self.incumbent.tighten(argument.bound(self.problem), argument)

    def within_limits(self, flow: Flow) -> Flow:
        """Copy with users evicted where too much is carried, and others put in."""
        network, limits = self.network, self.limits
        flow = kernel.flow_of(flow.choice.copy(), network)._replace(
            price=flow.price.copy()
        )
        carried = np.zeros((2, len(network.room)))
        regret = np.empty(len(flow.choice))
        evict(regret, carried, network, flow, limits)
        for _ in range(FILLINGS):
            moved = 0
            for first in range(0, len(flow.choice), self.chunk):
                last = min(first + self.chunk, len(flow.choice))
                moved += fill(first, last, carried, network, flow, limits)
                if self.incumbent.expired():
                    return flow
            if not moved:
                break
        return flow

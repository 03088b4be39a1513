"""Branch and bound over the open sites, with prices for bounds."""

import heapq
from typing import NamedTuple

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel, canonical
from formulations.placement_prices import ServicePrices, contradictions
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.placement.coarse import reason_against_crowds
from rrm.placement.descent import PriceDescent, Prices, first_prices
from rrm.placement.dive import decide, dive, settle
from rrm.placement.service import has_limits, serve
from rrm.placement.trim import trimmed
from rrm.registry import method

ENTRIES_PER_CHUNK = 400_000  # about 0.5 ms between looks at the clock
STEPS_PER_LOOK = 20
ROOT_STEPS, NODE_STEPS = 1500, 50  # of the prices at the root and below
PLANTED_STEP = 0.2  # first step at the root, at prices that are good
NODE_STEP = 1.0  # first step below the root
LARGEST_TREE = 400_000_000  # bytes of open nodes
NODES_PER_REPORT = 20
NODES_PER_DIVE = 8  # where capacities bind
MOST_PAIRS = 20_000_000  # in range; with more, a node takes too long
SLACK = 1e-10  # relative, added to bounds by search against rounding


class Node(NamedTuple):
    """Part of the search: what is decided, and prices that bound it."""

    order: tuple[float, int]  # of the heap: the highest bound first
    status: np.ndarray
    prices: Prices


def applies(problem: LapPlacement) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.reach.site) > MOST_PAIRS:
        return f"takes too long with more than {MOST_PAIRS} pairs in range"
    return reason_against_crowds(problem)


@method(
    LapPlacement,
    kind="exact",
    applies=applies,
    proves="the global optimum by branch and bound where users may be split or no "
    "capacity binds, else an upper bound",
    rank=35,
    share=3.0,
)
def branch_and_bound(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Decide sites one by one, those with the highest bound first [1]_.

    Each node descends on its prices and fixes by reduced costs every site that cannot
    be otherwise in anything better.

    Complexity: exponential at worst; a node takes some steps of O(E log U) for E pairs
    of user and site.

    References
    ----------
    .. [1] N. Christofides, J. E. Beasley, "A tree search algorithm for the p-median
       problem", EJOR 10(2), 1982. https://doi.org/10.1016/0377-2217(82)90160-6
    .. [2] G. Cornuéjols, R. Sridharan, J.-M. Thizy, "A comparison of heuristics and
       relaxations for the capacitated plant location problem", EJOR 50(3), 1991.
       https://doi.org/10.1016/0377-2217(91)90261-S
    """
    reasons = contradictions(problem)
    if reasons:
        incumbent.tighten(-np.inf, reasons[0])
        return
    if incumbent.expired(0):
        return
    tree = Tree(problem, *canonical(problem), incumbent)
    tree.plant(incumbent.certificate().proof)
    while tree.nodes and not incumbent.expired():
        tree.grow()
        if tree.visited % NODES_PER_REPORT == 0:
            tree.report()
        if not tree.has_room:
            break
    tree.report()


class Tree:
    """Open nodes, and the largest bound of parts that were closed without proof.

    Parameters
    ----------
    problem, scaled : LapPlacement
        In its own and in canonical units.
    model : SiteModel
        Arrays of ``scaled``.
    incumbent : Incumbent
        Takes what is found.
    """

    def __init__(
        self,
        problem: LapPlacement,
        scaled: LapPlacement,
        model: SiteModel,
        incumbent: Incumbent,
    ) -> None:
        self._problem, self._scaled = problem, scaled
        self._model, self._incumbent = model, incumbent
        self._unit = scaled.units["value"]
        self.nodes: list[Node] = []
        self.visited = 0
        self._left = -np.inf  # bound of what was closed without being decided
        self._current = np.inf  # bound of the node that is being searched
        self._light = model  # for descents
        self._root_step = 1.0
        self._limited = has_limits(model.status >= FREE, model)
        self._exact = not (model.whole and self._limited)

    @property
    def has_room(self) -> bool:
        """Whether memory is left for more nodes."""
        each = 8 * (len(self._model.demand) + 2 * len(self._model.capacity))
        return len(self.nodes) * each < LARGEST_TREE

    @property
    def cutoff(self) -> float:
        """Canonical bound from which on a node cannot hold anything better."""
        objective = self._incumbent.objective
        if not np.isfinite(objective):
            return -np.inf
        if self._problem.is_integral:
            return (objective + 1 - 1e-6) / self._unit
        tolerance = 0.5 * self._incumbent.budget.gap * abs(objective)
        return (objective + tolerance) / self._unit

    def plant(self, proof: object) -> None:
        """Put the root in, at the prices of ``proof`` if it has some."""
        model, scaled = self._model, self._scaled
        if isinstance(proof, ServicePrices):
            value = scaled.units["value"]
            per_demand = value / scaled.units["demand"]
            prices = (
                proof.user / value, proof.gateway / per_demand, proof.clique / value,
            )  # fmt: skip
            self._light = trimmed(model, model.status, prices)
            self._root_step = PLANTED_STEP
        else:
            known = self._incumbent.allocation
            is_open = model.status > 0 if known is None else known.open
            service = serve(is_open, model, None, self._incumbent.expired)
            prices = first_prices(is_open, service.price, model)
        heapq.heappush(self.nodes, Node((-np.inf, 0), model.status.copy(), prices))

    def grow(self) -> None:
        """Take the node with the highest bound; bound it, fix sites, branch."""
        node = heapq.heappop(self.nodes)
        self.visited += 1
        self._current = -node.order[0]
        if self._current <= self.cutoff:
            return
        is_root = self.visited == 1
        model, status = self._model, node.status.copy()
        step = self._root_step if is_root else NODE_STEP
        descent = PriceDescent(self._light, status, node.prices, step)
        steps = ROOT_STEPS if is_root else NODE_STEPS
        is_open = self._descend(descent, steps)
        if self._incumbent.expired(0):  # not done with: it stays
            heapq.heappush(self.nodes, node)
            return
        if not is_open:
            return
        self._offer(descent)
        bound = min(descent.total, self._current)
        if is_root:
            self._light = trimmed(model, status, descent.best)
            argument = descent.argument(self._scaled)
            self._incumbent.tighten(argument.bound(self._problem), argument)
        if bound <= self.cutoff:
            return
        if not settle(status, model):
            return
        free = np.flatnonzero(status == FREE)
        if not free.size:
            self._finish(status, bound)
            return
        split = np.abs(descent.average[free] - 0.5)
        site = int(free[np.argmin(split)])
        for decided in (OPEN, CLOSED):
            child = decide(site, decided, status, model)
            if child is not None:
                entry = Node((-bound, len(self.nodes)), child, descent.best)
                entry = entry._replace(order=(-bound, 2 * self.visited + (decided > 0)))
                heapq.heappush(self.nodes, entry)

    def _descend(self, descent: PriceDescent, steps: int) -> bool:
        """Descend until the node is bounded; False if nothing better can be in it."""
        taken = 0
        while taken < steps and not descent.is_done:
            count = max(int((descent.status >= FREE).sum()), 1) / len(descent.status)
            chunk = int(ENTRIES_PER_CHUNK / max(len(self._light.user) * count, 1))
            chunk = min(max(1, chunk), STEPS_PER_LOOK)
            descent.run(chunk, self._known())
            taken += chunk
            if self._incumbent.expired():
                return False
            cutoff = self.cutoff
            if descent.total <= cutoff:
                return False
            if taken % (5 * STEPS_PER_LOOK) < chunk and np.isfinite(cutoff):
                descent.fix(cutoff)
        descent.fix(self.cutoff)
        return descent.total > self.cutoff

    def _known(self) -> float:
        objective = self._incumbent.objective
        return objective / self._unit if np.isfinite(objective) else -np.inf

    def _offer(self, descent: PriceDescent) -> None:
        """Serve users from the sites that open at the prices."""
        expired = self._incumbent.expired
        if self._limited and self.visited % NODES_PER_DIVE == NODES_PER_DIVE // 2:
            chosen = dive(descent, self._known(), expired)
        else:
            chosen, _ = descent.choice()
        start = self._model.near_start
        for s in np.flatnonzero(chosen):
            if chosen[self._model.near[start[s] : start[s + 1]]].any():
                return
        service = serve(chosen, self._model, descent.site_price, expired)
        if service.complete and service.worth > self._known():
            self._incumbent.offer(service.placement())

    def _finish(self, status: np.ndarray, bound: float) -> None:
        """Serve users from decided sites; that decides the node if it is exact."""
        service = serve(status == OPEN, self._model, None, self._incumbent.expired)
        if service.complete:
            self._incumbent.offer(service.placement())
        if not self._exact or self._incumbent.expired(0):
            self._left = max(self._left, bound)

    def report(self) -> None:
        """Hand in the largest bound of all that is left."""
        known = self._known()
        left = [self._left, self.cutoff if np.isfinite(known) else -np.inf]
        if self.nodes:
            left.append(-self.nodes[0].order[0])
        bound = max(left) * self._unit
        if bound == np.inf:
            return
        if bound == -np.inf:
            self._incumbent.tighten(-np.inf, BySearch("lagrangian tree"))
            return
        bound += SLACK * abs(bound)
        if self._problem.is_integral:
            bound = np.floor(bound)
        self._incumbent.tighten(bound, BySearch("lagrangian tree"))

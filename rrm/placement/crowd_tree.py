"""Bounds on a crowd: cases of open sites, priced with groups, paid by users."""

import heapq
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from formulations.placement_cases import SiteCases
from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel
from formulations.placement_prices import ServicePrices
from rrm.placement.coarse import Crowd, Groups
from rrm.placement.crowd_prices import handed_down
from rrm.placement.descent import PriceDescent, Prices
from rrm.placement.dive import decide
from rrm.placement.trim import trimmed

STEPS, TRIAL_STEPS = 30, 8  # of the prices of a case, and of one that is tried
STEP = 1.0  # the first of them
LIKELY = 0.65  # part of the time that sites were open which are worth deciding
TRIED = 8  # sites that are nearest to that
LEAST = 0.02  # part of the time that counts as the least, and as what is left
TINY = 1e-9  # relative gain that counts as the least
LARGEST = 400_000_000  # bytes of users' prices in all cases
ROOT = -1  # in place of a node, where sites were closed from
PAIRS_PER_LOOK = 3_000_000  # stepped over between looks at the clock: about 10 ms


class Case(NamedTuple):
    """Part of the tree that ends here: what is decided, and prices that bound it."""

    order: tuple[float, int]  # of the heap: the highest bound first, then its node
    status: np.ndarray
    prices: Prices
    site_price: np.ndarray
    average: np.ndarray

    @property
    def bound(self) -> float:
        """In canonical value, for the groups."""
        return -self.order[0]


class CrowdTree:
    """Decisions about sites, the most promising case split first.

    Sites that at the root's prices cannot be open in anything better are closed before;
    the case that one of them is open stays bounded by the root's prices.

    Parameters
    ----------
    crowd : Crowd
        All users.
    groups : Groups
        Of them, priced in their place.
    root : PriceDescent
        On the prices of the groups, near its end.
    known : float
        Best objective so far in canonical value.
    """

    def __init__(
        self, crowd: Crowd, groups: Groups, root: PriceDescent, known: float
    ) -> None:
        self._crowd, self._groups = crowd, groups
        before = root.status.copy()
        root.fix(known)
        status = np.where(root.status == CLOSED, CLOSED, before)
        root.status[:] = before
        self._light = trimmed(groups.model, status, root.best)
        self._steps = steps_per_look(self._light)
        self._gains: dict[int, float] = {}  # by site, of those tried
        self._site: list[int] = []
        self._then: list[tuple[int, int]] = []
        for s in np.flatnonzero((before == FREE) & (status == CLOSED)):
            node = self._node()  # closed: the next; open: the root's prices hold
            self._site[node], self._then[node] = int(s), (node + 2, self._node())
        self._root = Case(
            (-root.total, ROOT), status, root.best, root.site_price, root.average
        )
        self._cases = [self._root._replace(order=(-root.total, self._node()))]
        self._paid: dict[int, ServicePrices] = {}  # by users, by node

    def _node(self) -> int:
        self._site.append(-1)
        self._then.append((0, 0))
        return len(self._site) - 1

    @property
    def bound(self) -> float:
        """Largest bound of a case for the groups, in canonical value."""
        return self._cases[0].bound if self._cases else -np.inf

    @property
    def opened(self) -> np.ndarray:
        """Sites (S,) bool that are open in the case with the highest bound."""
        return self._cases[0].status == OPEN

    def __len__(self) -> int:
        """Cases that the tree ends in."""
        return len(self._cases)

    def grow(self, enough: float, known: float, expired: Callable[[], bool]) -> bool:
        """Split the case with the highest bound; whether time and memory allow it.

        Prices of what follows go down until ``enough``.
        """
        case = self._cases[0]
        has_room = len(self) * self._crowd.demand.nbytes < LARGEST
        site = self._best_split(case, known, expired) if has_room else -1
        if site < 0:
            return False
        found = []
        for decided in (CLOSED, OPEN):
            status = decide(site, decided, case.status, self._light)
            if status is not None:
                descent = self._descent(case, status)
                while descent.taken < STEPS and descent.total > enough:
                    if descent.is_done or expired():
                        break
                    descent.run(min(self._steps, STEPS), known)
                found.append((decided, descent))
            if expired():
                return False
        self._follow(heapq.heappop(self._cases), site, found)
        return True

    def _best_split(self, case: Case, known: float, expired: Callable[[], bool]) -> int:
        """Site whose decision lowers the bound most both ways [1]_; -1 if none can.

        What a few steps gained when it was first tried counts by how far its average
        was, and is, from either decision.

        References
        ----------
        .. [1] T. Achterberg, T. Koch, A. Martin, "Branching rules revisited",
           Operations Research Letters 33(1), 2005, section 2.5 (reliability).
           https://doi.org/10.1016/j.orl.2004.04.002
        """
        free = np.flatnonzero(case.status == FREE)
        away = np.abs(case.average[free] - LIKELY)
        best, chosen = -np.inf, -1
        for s in map(int, free[np.argsort(away, kind="stable")[:TRIED]]):
            part = np.clip(case.average[s], LEAST, 1 - LEAST)
            if s not in self._gains:
                self._gains[s] = self._tried(s, case, known) / (part * (1 - part))
            if expired():
                return -1
            gain = self._gains[s] * part * (1 - part)
            if gain > best:
                best, chosen = gain, s
        return chosen

    def _tried(self, site: int, case: Case, known: float) -> float:
        """Product of what the bound loses when ``site`` is closed, and open."""
        gain = 1.0
        for decided in (CLOSED, OPEN):
            status = decide(site, decided, case.status, self._light)
            if status is not None:
                descent = self._descent(case, status)
                descent.run(TRIAL_STEPS, known)
                gain *= max(case.bound - descent.total, TINY * abs(case.bound))
        return gain

    def _descent(self, case: Case, status: np.ndarray) -> PriceDescent:
        """Prices for ``status`` (S,), from those of ``case``."""
        descent = PriceDescent(self._light, status, case.prices, STEP)
        descent.average[:] = case.average
        descent.site_price[:] = case.site_price
        return descent

    def _follow(
        self, case: Case, site: int, found: list[tuple[int, PriceDescent]]
    ) -> None:
        """Put the two cases in that follow when ``site`` is decided."""
        node = case.order[1]
        self._site[node] = site
        self._paid.pop(node, None)
        then = {CLOSED: self._node(), OPEN: self._node()}
        self._then[node] = then[CLOSED], then[OPEN]
        for decided, descent in found:
            bound = min(descent.total, case.bound)
            following = Case(
                (-bound, then[decided]),
                descent.status,
                descent.best,
                descent.site_price,
                descent.average,
            )
            heapq.heappush(self._cases, following)

    def argument(self, expired: Callable[[], bool]) -> SiteCases | None:
        """The cases with prices that users pay; None if time is out before."""
        for case in (self._root, *self._cases):
            node = case.order[1]
            if node not in self._paid:
                paid = handed_down(self._crowd, self._groups, *case[2:], expired)
                if paid is None:
                    return None
                self._paid[node] = paid
        place = {node: k for k, node in enumerate(self._paid)}
        at = [place.get(node, place[ROOT]) for node in range(len(self._site))]
        return SiteCases(
            np.array(self._site),
            np.array(self._then),
            np.array(at),
            tuple(self._paid.values()),
        )


def steps_per_look(model: SiteModel) -> int:
    """Steps on prices that take about as long as one look at the clock should."""
    return max(1, PAIRS_PER_LOOK // max(len(model.user), 1))

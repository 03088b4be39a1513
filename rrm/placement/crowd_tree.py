"""Bounds on a crowd: cases of open sites, priced with groups, paid by users."""

import heapq
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from formulations.placement_cases import SiteCases
from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel
from formulations.placement_prices import ServicePrices
from rrm.placement.coarse import Crowd, Groups
from rrm.placement.crowd_prices import handed_down, handed_up
from rrm.placement.descent import PriceDescent, Prices
from rrm.placement.dive import decide

STEPS, TRIAL_STEPS = 30, 8  # of the prices of a case, and of one that is tried
STEP = 1.0  # the first of them
PAYS = 0.1  # part of what several ends are too high, that steps must gain to go on
LIKELY = 0.65  # part of the time that sites were open which are worth deciding
TRIED = 8  # sites that are nearest to that
LEAST = 0.02  # part of the time that counts as the least, and as what is left
TINY = 1e-9  # relative gain that counts as the least
LARGEST = 400_000_000  # bytes of users' prices in all cases
PAIRS_PER_LOOK = 3_000_000  # stepped over between looks at the clock: about 10 ms


class End(NamedTuple):
    """Where the tree ends: its bound in canonical value, node, and what is decided."""

    bound: float
    node: int
    status: np.ndarray


class Case(NamedTuple):
    """Ends that share prices, mostly one."""

    order: tuple[float, int]  # of the heap: the highest bound first, then its node
    ends: tuple[End, ...]
    paid: ServicePrices | None  # by users; None if not handed down yet
    prices: Prices | None  # of groups; None if not summed up yet
    site_price: np.ndarray
    average: np.ndarray
    step: float  # the next of the prices
    gained: float  # by the last steps for several ends; inf if none were taken yet

    @property
    def bound(self) -> float:
        """In canonical value, for the groups."""
        return -self.order[0]

    @property
    def status(self) -> np.ndarray:
        """What is decided (S,) about sites at all ends alike."""
        first = self.ends[0].status
        alike = np.ones(len(first), bool)
        for end in self.ends[1:]:
            alike &= end.status == first
        return np.where(alike, first, FREE)


class CrowdTree:
    """Decisions about sites, the most promising case split first.

    Parameters
    ----------
    crowd : Crowd
        All users.
    groups : Groups
        Of them, priced in their place.
    light : SiteModel
        Of the groups, for descents near the prices of the cases.
    root : ServicePrices
        That hold before any site is decided, the first of the argument.
    site, then : list
        Of the tree, as in :class:`SiteCases`.
    cases : list of Case
        That it ends in.
    """

    def __init__(
        self,
        crowd: Crowd,
        groups: Groups,
        light: SiteModel,
        root: ServicePrices,
        site: list[int],
        then: list[list[int]],
        cases: list[Case],
    ) -> None:
        self._crowd, self._groups, self._light = crowd, groups, light
        self._root, self._steps = root, steps_per_look(light)
        self._gains: dict[int, float] = {}  # by site, of those tried
        self._site, self._then, self._cases = site, then, cases
        heapq.heapify(self._cases)

    def _node(self) -> int:
        self._site.append(-1)
        self._then.append([0, 0])
        return len(self._site) - 1

    @property
    def bound(self) -> float:
        """Largest bound of a case for the groups, in canonical value."""
        return self._cases[0].bound if self._cases else -np.inf

    @property
    def opened(self) -> np.ndarray:
        """Sites (S,) bool that are open in the case with the highest bound."""
        return max(self._cases[0].ends, key=lambda end: end.bound).status == OPEN

    def __len__(self) -> int:
        """Cases that the tree ends in."""
        return len(self._cases)

    def grow(self, enough: float, known: float, expired: Callable[[], bool]) -> bool:
        """Lower the case with the highest bound; whether time and memory allow it.

        Prices that come from elsewhere go down first, no further than ``enough``; those
        of several ends while that pays. Then the worst of these gets prices of its own,
        and an end alone is split.
        """
        case = self._cases[0]
        if case.gained > PAYS * (case.bound - enough):
            descent = self._descent(case, case.status, case.step)
            self._run(descent, enough, known, expired)
            if expired():
                return False
            heapq.heapreplace(self._cases, _lowered(case, descent))
            return True
        if len(self) * self._crowd.demand.nbytes >= LARGEST:
            return False
        if len(case.ends) > 1:
            heapq.heappop(self._cases)
            for part in _without_worst(case):
                heapq.heappush(self._cases, part)
            return True
        return self._split(case, enough, known, expired)

    def _split(
        self, case: Case, enough: float, known: float, expired: Callable[[], bool]
    ) -> bool:
        """Decide a site at the one end of ``case``; whether time allows it."""
        status = case.status
        site = self._best_split(case, known, expired)
        if site < 0:
            return False
        node = case.ends[0].node
        closed, opened = self._node(), self._node()
        found = []
        for decided, following in ((CLOSED, closed), (OPEN, opened)):
            child = decide(site, decided, status, self._light)
            if child is not None:
                descent = self._descent(case, child, STEP)
                self._run(descent, enough, known, expired)
                end = End(case.bound, following, child)
                found.append(_lowered(case._replace(ends=(end,)), descent))
            if expired():
                return False
        self._site[node], self._then[node] = site, [closed, opened]
        heapq.heappop(self._cases)
        for part in found:
            heapq.heappush(self._cases, part)
        return True

    def _run(
        self,
        descent: PriceDescent,
        enough: float,
        known: float,
        expired: Callable[[], bool],
    ) -> None:
        while descent.taken < STEPS and descent.total > enough:
            if descent.is_done or expired():
                return
            descent.run(min(self._steps, STEPS), known)

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
        free = np.flatnonzero(case.ends[0].status == FREE)
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
            status = decide(site, decided, case.ends[0].status, self._light)
            if status is not None:
                descent = self._descent(case, status, STEP)
                descent.run(TRIAL_STEPS, known)
                gain *= max(case.bound - descent.total, TINY * abs(case.bound))
        return gain

    def _descent(self, case: Case, status: np.ndarray, step: float) -> PriceDescent:
        """Prices for ``status`` (S,), from those of ``case``."""
        prices = case.prices
        if prices is None:
            assert case.paid is not None, "a case has prices of one kind"
            prices = handed_up(self._crowd, self._groups, case.paid)
        descent = PriceDescent(self._light, status, prices, step)
        descent.average[:] = case.average
        descent.site_price[:] = case.site_price
        return descent

    def argument(self, expired: Callable[[], bool]) -> SiteCases | None:
        """The cases with prices that users pay; None if time is out before."""
        at, prices = np.zeros(len(self._site), np.intp), [self._root]
        for k, case in enumerate(self._cases):
            paid = case.paid
            if paid is None:
                assert case.prices is not None, "a case has prices of one kind"
                rest = case.prices, case.site_price, case.average
                paid = handed_down(self._crowd, self._groups, *rest, expired)
                if paid is None:
                    return None
                self._cases[k] = case._replace(paid=paid)
            if paid is not self._root:
                at[[end.node for end in case.ends]] = len(prices)
                prices.append(paid)
        return SiteCases(np.array(self._site), np.array(self._then), at, tuple(prices))


def _lowered(case: Case, descent: PriceDescent) -> Case:
    """``case`` at the prices of ``descent``."""
    if len(case.ends) == 1:
        end = case.ends[0]
        bounds = [min(descent.total, end.bound)]
    else:
        bounds = descent.bounds([end.status for end in case.ends])
    ends = [
        end._replace(bound=bound) for end, bound in zip(case.ends, bounds, strict=True)
    ]
    return Case(
        order_of(ends),
        tuple(ends),
        None,
        descent.best,
        descent.site_price,
        descent.average,
        descent.step,
        gained=case.bound - max(bounds) if len(case.ends) > 1 else 0.0,
    )


def _without_worst(case: Case) -> tuple[Case, Case]:
    """The end with the highest bound as a case of its own, and the others."""
    worst, *others = sorted(case.ends, key=lambda end: -end.bound)
    return (
        case._replace(order=order_of([worst]), ends=(worst,), gained=np.inf),
        case._replace(order=order_of(others), ends=tuple(others)),
    )


def order_of(ends: Sequence[End]) -> tuple[float, int]:
    """Place in the heap of a case with these ends."""
    return min((-end.bound, end.node) for end in ends)


def steps_per_look(model: SiteModel) -> int:
    """Steps on prices that take about as long as one look at the clock should."""
    return max(1, PAIRS_PER_LOOK // max(len(model.user), 1))

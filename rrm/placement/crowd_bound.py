"""Bounds on a crowd: users' own prices, from those of their groups."""

import time

import numpy as np

from formulations.kernels.merge_users import count_worthy, take_worthy
from formulations.kernels.user_levels import levels
from formulations.placement import LapPlacement
from formulations.placement_model import CLOSED, FREE, SiteModel, changed
from formulations.placement_prices import ServicePrices
from rrm.incumbent import Incumbent
from rrm.placement.coarse import Crowd, Groups
from rrm.placement.crowd_search import through
from rrm.placement.descent import PriceDescent

AWAKE, FEW = 3, 16  # sites that users are priced for: by those that open, and more
FIRST_STEP = 0.05
STEPS, STEPS_PER_LOOK = 20, 5  # between bounds handed in, and looks at the clock
MARGIN = 0.15  # of a user's spread of values, by which its price may still fall


class UserPrices:
    """Prices of all users of a crowd.

    Parameters
    ----------
    problem : LapPlacement
        What is bounded.
    crowd : Crowd
        Its users.
    groups : Groups
        Groups of them.
    descent : PriceDescent
        Of the groups' prices.
    """

    def __init__(
        self,
        problem: LapPlacement,
        crowd: Crowd,
        groups: Groups,
        descent: PriceDescent,
    ) -> None:
        self._problem, self._crowd, self._groups = problem, crowd, groups
        self._descent = descent
        self._awake = AWAKE * max(int((descent.average > 0.5).sum()), 1) + FEW
        self._users: PriceDescent | None = None
        self._handing = 0.0  # seconds that handing in took

    def tighten(self, incumbent: Incumbent) -> None:
        """Bound by the prices of groups, handed down to their users."""
        groups, descent = self._groups, self._descent
        model, crowd = groups.model, self._crowd
        user, gateway, clique = descent.best
        toll = descent.site_price + through(gateway, model.gateway)
        level = np.empty(len(crowd.demand))
        for first, last in crowd.chunks(len(level)):
            levels(
                first, last, crowd.rows, crowd.unit, crowd.demand, toll,
                descent.average, level,
            )  # fmt: skip
            if incumbent.expired():
                return
        total = np.bincount(groups.group, level, len(user))
        level += (user - total)[groups.group] * groups.part
        if not crowd.limits["must_serve"]:
            np.maximum(level, 0.0, out=level)
        self._prices = level, gateway, clique
        self._hand_in(descent.site_price, incumbent)

    def _hand_in(self, site_price: np.ndarray, incumbent: Incumbent) -> None:
        began = time.perf_counter()
        units = self._problem.canonical_units
        value, per_demand = units["value"], units["value"] / units["demand"]
        user, gateway, clique = self._prices
        argument = ServicePrices(
            user * value, site_price * per_demand, gateway * per_demand, clique * value
        )
        incumbent.tighten(0.0, argument)
        self._handing = time.perf_counter() - began

    def descend(self, incumbent: Incumbent) -> None:
        """Take some steps on users' prices, for the sites that earn most."""
        if incumbent.remaining() < 3 * self._handing:
            return
        if self._users is None:
            light = self._light(incumbent)
            if light is None:
                return
            self._users = PriceDescent(*light, self._prices, FIRST_STEP)
        known = incumbent.objective * self._crowd.unit
        for _ in range(STEPS // STEPS_PER_LOOK):
            self._users.run(STEPS_PER_LOOK, known if np.isfinite(known) else -np.inf)
            if incumbent.remaining() < 2 * self._handing:
                return
        self._prices = self._users.best
        site_price = np.where(
            self._users.status == CLOSED,
            self._descent.site_price,
            self._users.site_price,
        )
        self._hand_in(site_price, incumbent)

    def _light(self, incumbent: Incumbent) -> tuple[SiteModel, np.ndarray] | None:
        """Model of the users and the sites that may open, and the sites' status."""
        crowd, model = self._crowd, self._groups.model
        earned = self._descent.earnings()
        free = np.flatnonzero(model.status == FREE)
        status = model.status.copy()
        if len(free) > self._awake:
            order = np.argsort(-earned[free], kind="stable")
            status[free[order[self._awake :]]] = CLOSED
        toll = np.where(status == CLOSED, np.inf, 0.0)
        spread = model.spread[self._groups.group] * self._groups.part
        floor = self._prices[0] - MARGIN * spread
        must = crowd.limits["must_serve"]
        floor = np.maximum(floor, -np.inf if must else 0.0)
        sites = len(status)
        count = np.zeros(sites, np.intp)
        chunks = crowd.chunks(len(floor))
        for first, last in chunks:
            count_worthy(first, last, crowd.rows, crowd.unit, floor, toll, count)
            if incumbent.expired():
                return None
        start = np.zeros(sites + 1, np.intp)
        np.cumsum(count, out=start[1:])
        user, worth = np.empty(start[-1], np.int32), np.empty(start[-1])
        into = start[:-1].copy()
        for first, last in chunks:
            take_worthy(
                first, last, crowd.rows, crowd.unit, floor, toll, into, user, worth
            )
            if incumbent.expired():
                return None
        light = changed(
            model,
            first=start,
            user=user,
            worth=worth,
            demand=crowd.demand,
            floor=floor,
            spread=spread,
        )
        return light, status

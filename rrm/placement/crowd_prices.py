"""Prices of a crowd, handed down to finer groups and to users, and up again."""

from collections.abc import Callable

import numpy as np

from formulations.kernels.user_levels import levels
from formulations.placement_prices import ServicePrices
from formulations.reach import Reach
from rrm.placement.coarse import Crowd, Groups
from rrm.placement.crowd_search import Sites, through
from rrm.placement.descent import PriceDescent, Prices, first_prices

NEXT_STEP = 0.1  # first step on prices that come from others


def finer_descent(groups: Groups, before: PriceDescent, sites: Sites) -> PriceDescent:
    """Descent on the prices of ``groups``, from those that other groups have led to.

    What a group pays follows from the prices of sites, and how often they opened; from
    those of open ``sites`` where all must be served.
    """
    model = groups.model
    user, gateway, clique = first_prices(sites.is_open, sites.price, model)
    if not model.must_serve:
        toll = before.site_price + through(before.best[1], model.gateway)
        rows = Reach(model.start, model.site, model.value)
        levels(0, len(user), rows, 1.0, model.demand, toll, before.average, user)
        _, gateway, clique = before.best
    prices = user, gateway, clique
    return PriceDescent(model, model.status.copy(), prices, NEXT_STEP, before)


def handed_down(
    crowd: Crowd,
    groups: Groups,
    prices: Prices,
    site_price: np.ndarray,
    average: np.ndarray,
    expired: Callable[[], bool],
) -> ServicePrices | None:
    """Prices in the crowd's own units; None if time is out before.

    A user pays what the last of its best sites is worth, when it takes of each the
    part ``average`` (S,) that it is open; a group's members pay together what the
    group does.
    """
    user, gateway, clique = prices
    value, per_demand = crowd.units
    rest = site_price * per_demand, gateway * per_demand, clique * value
    if len(user) == len(crowd.demand):  # each alone in a group
        return ServicePrices(user[groups.group] * value, *rest)
    toll = site_price + through(gateway, groups.model.gateway)
    level = np.empty(len(crowd.demand))
    for first, last in crowd.chunks(len(level)):
        levels(
            first, last, crowd.rows, crowd.unit, crowd.demand, toll, average, level
        )  # fmt: skip
        if expired():
            return None
    total = np.bincount(groups.group, level, len(user))
    level += (user - total)[groups.group] * groups.part
    if not crowd.limits["must_serve"]:
        np.maximum(level, 0.0, out=level)
    return ServicePrices(level * value, *rest)


def handed_up(crowd: Crowd, groups: Groups, prices: ServicePrices) -> Prices:
    """Prices of groups in canonical units: their members' together."""
    value, per_demand = crowd.units
    user = np.bincount(groups.group, prices.user, len(groups.model.demand)) / value
    return user, prices.gateway / per_demand, prices.clique / value

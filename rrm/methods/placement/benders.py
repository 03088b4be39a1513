"""Benders decomposition: sites in the master, cuts on what they let users earn."""

from typing import Any

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import FREE, SiteModel, canonical
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.methods.placement.highs import MOST_PAIRS, in_units
from rrm.placement.cuts import (
    Separator,
    UserCuts,
    average_prices,
    cut_at,
    service_prices,
)
from rrm.placement.cuts_master import Master, site_rows, sites_by_share
from rrm.placement.cuts_service import ServiceCuts
from rrm.placement.descent import PriceDescent, first_prices
from rrm.placement.service import has_limits, serve
from rrm.registry import method

INWARD = 0.5  # of the way from the master's point to the stabilising one
PULL = 0.3  # of the way by which that one follows
NEAR = 0.1  # of the way, once sites are integer
ROUNDS = 400
LP_SHARE = 0.6  # of the time, at most, before sites are made integer
PRICE_STEPS = 20  # between looks at the clock, of the prices for the first cut
PRICE_SHARE = 0.1  # of the time for them


def applies(problem: LapPlacement) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.reach.site) > MOST_PAIRS:
        return f"takes at most {MOST_PAIRS} pairs in range"
    return None


@method(
    LapPlacement,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices from the cuts' duals, then by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=45,
    share=0.2,
)
def benders(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Cut off what users cannot earn from the sites that are open [1]_, [3]_.

    Where nothing else limits them, a user takes the best open shares until they add up
    to one: what it earns by the last of them is the level of its cut. Under capacities
    and backhaul, all users share a cut at the prices of the best service. Cuts are
    made between the master's point and an average of such points, which stabilises it
    [2]_. Cuts of the relaxation stay when sites are made integer.

    Complexity: exponential at worst; a round of cuts takes O(E log S) for E pairs of
    user and site.

    References
    ----------
    .. [1] M. Fischetti, I. Ljubić, M. Sinnl, "Redesigning Benders decomposition for
       large-scale facility location", Management Science 63(7), 2017, section 3.
       https://doi.org/10.1287/mnsc.2016.2461
    .. [2] W. Ben-Ameur, J. Neto, "Acceleration of cutting-plane and column generation
       algorithms: applications to network design", Networks 49(1), 2007 (in-out).
       https://doi.org/10.1002/net.20137
    .. [3] M. Fischetti, I. Ljubić, M. Sinnl, "Benders decomposition without
       separability: a computational study for capacitated facility location
       problems", EJOR 253(3), 2016. https://doi.org/10.1016/j.ejor.2016.03.002
    """
    scaled, model = canonical(problem)
    if not len(model.site):
        return
    limited = has_limits(model.status >= FREE, model)
    cuts: Separator = ServiceCuts(model) if limited else UserCuts(model)
    master = Master(model.cost, model.status, site_rows(model), cuts.blocks, incumbent)
    master.add(cuts.first())
    inside = _first_point(model)
    if limited:
        inside = _start_at_prices(master, model, incumbent)
    if incumbent.allocation is not None:
        master.add(cuts.at(incumbent.allocation.open.astype(float)))
    deadline = incumbent.remaining() * (1 - LP_SHARE)
    for _ in range(ROUNDS):
        if not master.solve(incumbent.remaining()):
            break
        argument = _argument(master, model, cuts.blocks, scaled)
        incumbent.tighten(argument.bound(problem), argument)
        _offer(master.point, model, incumbent)
        inside = inside + PULL * (master.point - inside)
        if not _cut(master, cuts, inside, INWARD):
            break
        if incumbent.expired() or incumbent.remaining() < deadline:
            break
    master.make_integer()
    for _ in range(ROUNDS):
        if incumbent.expired():
            return
        solved = master.solve(incumbent.remaining())
        if np.isfinite(master.bound):
            incumbent.tighten(in_units(master.bound, scaled), BySearch("highs"))
        if not solved:
            if master.is_infeasible:
                incumbent.tighten(-np.inf, BySearch("highs"))
            return
        _offer(master.point, model, incumbent)
        if incumbent.expired() or not _cut(master, cuts, inside, NEAR):
            return


def _cut(master: Master, cuts: Separator, inside: np.ndarray, inward: float) -> bool:
    """Add cuts between ``inside`` and the master's point, else at it; whether any."""
    for part in (inward, 0.0):
        point = part * inside + (1 - part) * master.point
        new = cuts.at(point).violated(master.theta, master.point)
        if len(new.block):
            master.add(new)
            return True
    return False


def _first_point(model: SiteModel) -> np.ndarray:
    """Equal shares of all sites that may be open."""
    free = model.status >= FREE
    return free * min(1.0, model.most / max(free.sum(), 1))


def _start_at_prices(
    master: Master, model: SiteModel, incumbent: Incumbent
) -> np.ndarray:
    """Add the cut at the prices of a short descent; shares (S,) of what opened."""
    prices = first_prices(model.status > 0, np.zeros(len(model.status)), model)
    descent = PriceDescent(model, model.status.copy(), prices)
    end = incumbent.remaining() * (1 - PRICE_SHARE)
    while not (descent.is_done or incumbent.expired()) and incumbent.remaining() > end:
        descent.run(PRICE_STEPS, -np.inf)
    user, gateway, _ = descent.best
    master.add(cut_at(user, gateway, model))
    return 0.5 * (descent.average + _first_point(model))


def _argument(
    master: Master, model: SiteModel, blocks: int, scaled: LapPlacement
) -> Any:
    """Prices that show the master's bound."""
    users, cliques = len(model.demand), len(model.clique_start) - 1
    user, rest = average_prices(master.cuts, master.cut_duals, blocks, users)
    clique = np.maximum(master.row_duals[1 : 1 + cliques], 0.0)
    return service_prices(user, rest, clique, scaled)


def _offer(shares: np.ndarray, model: SiteModel, incumbent: Incumbent) -> None:
    """Serve users from the sites with the largest shares."""
    service = serve(sites_by_share(shares, model), model)
    if service.complete:
        incumbent.offer(service.placement())

"""Open sites of every step of time, chosen among candidates with moves between."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from formulations.forecast_moves import arrivals, matched, saved_between
from formulations.placement_model import OPEN, changed
from rrm.forecast.periods import Periods, Plan, plan_of
from rrm.placement.moves import improve
from rrm.placement.service import Service, serve

MOST = 12  # candidates of a step


class Candidates:
    """Services of each step, of which a dynamic program picks one each [1]_.

    Parameters
    ----------
    periods : Periods
        Models of the steps.

    References
    ----------
    .. [1] G. O. Wesolowsky, W. G. Truscott, "The multiperiod location-allocation
       problem with relocation of facilities", Management Science 22(1), 1975.
       https://doi.org/10.1287/mnsc.22.1.57
    """

    def __init__(self, periods: Periods) -> None:
        self._periods = periods
        self._pools: list[list[Service]] = [[] for _ in periods.models]
        self._tried: list[set[bytes]] = [set() for _ in periods.models]
        self._chosen: list[Service] = []

    def add(self, t: int, service: Service) -> bool:
        """Take a service of step ``t``, in place of the worst; whether it is new."""
        key = np.packbits(service.is_open).tobytes()
        if key in self._tried[t]:
            return False
        self._tried[t].add(key)
        pool = self._pools[t]
        pool.append(service)
        if len(pool) > MOST:
            kept = {id(service), *(id(one) for one in self._chosen[t : t + 1])}
            others = [one for one in pool if id(one) not in kept]
            worst = min(others, key=lambda one: one.worth)
            pool[:] = [one for one in pool if one is not worst]
        return True

    def best(self) -> Plan:
        """The best sequence of candidates: forward, then back along the best."""
        saved, pools = self._periods.saved, self._pools
        reached = np.array([s.worth for s in pools[0]])
        origins = []
        for before, after in pairwise(pools):
            between = np.array(
                [[saved_between(saved, a.is_open, b.is_open) for a in before]
                 for b in after]
            )  # fmt: skip
            total = reached + between
            origins.append(total.argmax(axis=1))
            reached = total.max(axis=1) + np.array([s.worth for s in after])
        place = int(reached.argmax())
        chosen = [pools[-1][place]]
        for origin, pool in zip(origins[::-1], pools[-2::-1], strict=True):
            place = int(origin[place])
            chosen.append(pool[place])
        self._chosen = chosen[::-1]
        return plan_of(self._chosen, self._periods)


def each_alone(periods: Periods, expired: Callable[[], bool], tries: int) -> Plan:
    """What each step would open if there were no other."""
    services = []
    for model in periods.models:
        service = serve(model.status == OPEN, model, None, expired)
        services.append(improve(service, model, model.status, expired, tries))
    return plan_of(services, periods)


def first_candidates(
    alone: Plan, periods: Periods, expired: Callable[[], bool]
) -> Candidates:
    """Sites of each step of ``alone``, served in all steps."""
    found = Candidates(periods)
    for t, (service, model) in enumerate(
        zip(alone.services, periods.models, strict=True)
    ):
        found.add(t, service)
        for is_open in alone.is_open:
            if expired():
                break
            found.add(t, serve(is_open, model, service.price, expired))
    return found


def bonus(plan: Plan, t: int, periods: Periods) -> np.ndarray:
    """What each site (S,) of step ``t`` saves by moves from and to its neighbours.

    Potentials of the moves of ``plan``: exact in the sum for its own sites.
    """
    saved, is_open = periods.saved, plan.is_open
    total = np.zeros(len(saved))
    if t > 0:
        before = is_open[t - 1]
        _, leave, _ = matched(saved[np.ix_(before, is_open[t])])
        price = np.full(len(saved), np.inf)
        price[before] = leave
        total += arrivals(saved, price)
    if t + 1 < len(is_open):
        after = is_open[t + 1]
        _, _, arrive = matched(saved[np.ix_(is_open[t], after)])
        price = np.full(len(saved), np.inf)
        price[after] = arrive
        total += arrivals(saved.T, price)
    return total


def with_sites(
    plan: Plan,
    sites: np.ndarray,
    first: int,
    last: int,
    periods: Periods,
    expired: Callable[[], bool],
) -> Plan:
    """``plan`` with ``sites`` (S,) open in steps ``first`` to ``last`` - 1."""
    services = list(plan.services)
    for t in range(first, last):
        price = services[t].price
        services[t] = serve(sites, periods.models[t], price, expired)
    return plan_of(services, periods)


def improve_step(
    plan: Plan, t: int, periods: Periods, expired: Callable[[], bool], tries: int
) -> Service:
    """Better sites of step ``t`` than those of ``plan``, savings of moves counted."""
    model, before = periods.models[t], plan.services[t]
    gained = changed(model, cost=model.cost - bonus(plan, t, periods))
    service = serve(before.is_open, gained, before.price, expired)
    service = improve(service, gained, model.status, expired, tries)
    lost = gained.cost[service.is_open].sum() - model.cost[service.is_open].sum()
    return service._replace(worth=service.worth + lost)

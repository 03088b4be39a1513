"""One set of open sites for all scenarios, improved by opening, closing, exchanging."""

from collections.abc import Callable

import numpy as np

from formulations.kernels.interchange import blockers, move_gains, two_best
from formulations.placement_model import FREE, OPEN, SiteModel
from rrm.forecast.periods import Periods, Plan, plan_of, serve_all
from rrm.placement.moves import IMPROVES, improve
from rrm.placement.service import Service, serve


def improve_together(
    plan: Plan, periods: Periods, expired: Callable[[], bool], tries: int
) -> Plan:
    """Descend from ``plan`` until none of ``tries`` promising moves is better."""
    while not expired():
        better = _first_better(plan, periods, expired, tries)
        if better is None:
            break
        plan = better
    return plan


def _first_better(
    plan: Plan, periods: Periods, expired: Callable[[], bool], tries: int
) -> Plan | None:
    least = IMPROVES * sum(len(model.demand) for model in periods.models)
    for enters, leaves in promising_moves(plan, periods, tries):
        is_open = plan.services[0].is_open.copy()
        if enters >= 0:
            is_open[enters] = True
        if leaves >= 0:
            is_open[leaves] = False
        trial = serve_all(
            np.broadcast_to(is_open, (len(periods.models), len(is_open))),
            periods,
            expired,
            plan,
        )
        if trial.worth > plan.worth + least:
            return trial
        if expired():
            return None
    return None


def promising_moves(plan: Plan, periods: Periods, tries: int) -> list[tuple[int, int]]:
    """Moves (site in, site out; -1: none) by the sum of their estimates [1]_.

    References
    ----------
    .. [1] M. G. C. Resende, R. F. Werneck, "A fast swap-based local search procedure
       for location problems", Annals of Operations Research 150, 2007.
       https://doi.org/10.1007/s10479-006-0154-0
    """
    model, is_open = periods.models[0], plan.services[0].is_open
    sites, opened = len(is_open), np.flatnonzero(is_open)
    gain, loss = np.zeros(sites), np.zeros(sites)
    extra = np.zeros((sites, len(opened)))
    for service, one in zip(plan.services, periods.models, strict=True):
        for total, part in zip(
            (gain, loss, extra), _estimates(service, one, opened), strict=True
        ):
            total += part
    count, blocker = np.zeros(sites, np.intp), np.zeros(sites, np.intp)
    blockers(is_open, model, count, blocker)
    fits = ~is_open & (model.status >= FREE)
    blocked = (count == 1)[:, None] & (blocker[:, None] == opened)
    allowed = fits[:, None] & ((count == 0)[:, None] | blocked)
    value = np.full((sites + 1, len(opened) + 1), -np.inf)
    value[:-1, :-1] = np.where(allowed, gain[:, None] - loss[opened] + extra, -np.inf)
    if len(opened) < model.most:
        value[:-1, -1] = np.where(fits & (count == 0), gain, -np.inf)
    value[-1, :-1] = -loss[opened]
    value[:, :-1][:, model.status[opened] == OPEN] = -np.inf
    flat = value.ravel()
    order = np.argsort(-flat, kind="stable")[:tries]
    enters, leaves = np.divmod(order[flat[order] > -np.inf], len(opened) + 1)
    out = np.append(opened, -1)
    return [
        (int(s) if s < sites else -1, int(out[k]))
        for s, k in zip(enters, leaves, strict=True)
    ]


def _estimates(
    service: Service, model: SiteModel, opened: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What opening and closing each site (S,), and exchanges besides, would gain."""
    users, sites = len(model.demand), len(service.is_open)
    state = np.empty(users), np.empty(users), np.empty(users, np.intp)
    two_best(service.is_open, service.price, model, *state)
    place = np.zeros(sites, np.intp)
    place[opened] = np.arange(len(opened))
    gain, loss = np.zeros(sites), np.zeros(sites)
    extra = np.zeros((sites, len(opened)))
    move_gains(
        service.is_open,
        model.status,
        service.price,
        model.capacity,
        model,
        place,
        gain,
        loss,
        extra,
        state,
    )
    return gain, loss, extra


def best_of_each(periods: Periods, expired: Callable[[], bool], tries: int) -> Plan:
    """Best of the plans whose sites one of the scenarios alone would open."""
    fixed = np.array([model.status == OPEN for model in periods.models])
    best = serve_all(fixed, periods, expired)
    for model in periods.models:
        service = serve(model.status == OPEN, model, None, expired)
        service = improve(service, model, model.status, expired, tries)
        services = [
            serve(service.is_open, one, service.price, expired)
            for one in periods.models
        ]
        plan = plan_of(services, periods)
        best = plan if plan.worth > best.worth else best
        if expired():
            break
    return best

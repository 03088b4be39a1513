"""Better open sites by opening, closing and exchanging."""

from collections.abc import Callable

import numpy as np

from formulations.kernels.interchange import (
    blockers,
    interchange,
    move_gains,
    two_best,
)
from formulations.placement_model import FREE, OPEN, SiteModel
from rrm.placement.service import Service, serve, serve_in_time

ENTRIES_PER_CHUNK = 150_000  # about 0.3 ms between looks at the clock
IMPROVES = 1e-11  # least gain of a move, in canonical value by user


def improve(
    service: Service,
    model: SiteModel,
    status: np.ndarray,
    expired: Callable[[], bool],
    tries: int,
    take: Callable[[Service], None] | None = None,
) -> Service:
    """Descend from ``service`` until no move, of those tried, is better.

    Parameters
    ----------
    service : Service
        Where to start.
    model : SiteModel
        Problem in canonical units.
    status : (S,)
        What is decided about each site.
    expired : callable
        Whether time is out.
    tries : int
        Moves served exactly, best estimates first, before giving up; where nothing
        binds, estimates are exact.
    take : callable, optional
        Gets each better service as it is found.
    """
    usable = status >= FREE
    if (
        not np.isfinite(model.capacity[usable]).any()
        and not (model.gateway[usable] >= 0).any()
    ):
        found = _improve_freely(service, model, status, expired)
        if take is not None and found.worth > service.worth:
            take(found)
        return found
    while not expired():
        better = _first_better(service, model, status, expired, tries)
        if better is None:
            break
        service = better
        if take is not None:
            take(service)
    return service


def _improve_freely(
    service: Service,
    model: SiteModel,
    status: np.ndarray,
    expired: Callable[[], bool],
) -> Service:
    users, sites = len(model.demand), len(status)
    is_open = service.is_open.copy()
    state = np.empty(users), np.empty(users), np.empty(users, np.intp)
    scratch = (
        np.zeros(sites, np.intp),
        np.zeros(sites, np.intp),
        np.zeros(sites, np.intp),
        np.zeros(sites),
        np.zeros(sites),
    )
    moves = max(1, ENTRIES_PER_CHUNK // max(len(model.site), 1))
    while not interchange(moves, is_open, status, model, state, scratch):
        if expired():
            break
    return serve(is_open, model)


def _first_better(
    service: Service,
    model: SiteModel,
    status: np.ndarray,
    expired: Callable[[], bool],
    tries: int,
) -> Service | None:
    """First of the most promising moves that is better, None if none is."""
    enough = service.worth + IMPROVES * len(model.demand)
    for enters, leaves in promising_moves(service, model, status, tries):
        is_open = service.is_open.copy()
        if enters >= 0:
            is_open[enters] = True
        if leaves >= 0:
            is_open[leaves] = False
        if expired():
            return None
        trial = serve_in_time(is_open, model, service.price, expired, enough)
        if trial is not None and trial.worth > enough:
            return trial
    return None


def promising_moves(
    service: Service, model: SiteModel, status: np.ndarray, tries: int
) -> list[tuple[int, int]]:
    """Moves (site in, site out; -1: none) by estimated gain, the best first."""
    is_open = service.is_open
    users, sites = len(model.demand), len(status)
    opened = np.flatnonzero(is_open)
    state = np.empty(users), np.empty(users), np.empty(users, np.intp)
    two_best(is_open, service.price, model, *state)
    count, blocker = np.zeros(sites, np.intp), np.zeros(sites, np.intp)
    blockers(is_open, model, count, blocker)
    place = np.zeros(sites, np.intp)
    place[opened] = np.arange(len(opened))
    gain, loss = np.zeros(sites), np.zeros(sites)
    extra = np.zeros((sites, len(opened)))
    move_gains(
        is_open,
        status,
        service.price,
        model.capacity,
        model,
        place,
        gain,
        loss,
        extra,
        state,
    )
    fits = ~is_open & (status >= FREE)
    value = np.full((sites + 1, len(opened) + 1), -np.inf)
    alone = fits & (count == 0)
    exchange = gain[:, None] - loss[opened] + extra
    blocked = (count == 1)[:, None] & (blocker[:, None] == opened)
    allowed = alone[:, None] | (fits[:, None] & blocked)
    value[:-1, :-1] = np.where(allowed, exchange, -np.inf)
    if len(opened) < model.most:
        value[:-1, -1] = np.where(alone, gain, -np.inf)
    value[-1, :-1] = -loss[opened]
    value[:, :-1][:, status[opened] == OPEN] = -np.inf
    flat = value.ravel()
    order = np.argsort(-flat, kind="stable")[:tries]
    order = order[flat[order] > -np.inf]
    out = np.append(opened, -1)
    return [
        (int(k // len(out)) if k // len(out) < sites else -1, int(out[k % len(out)]))
        for k in order
    ]


def shaken(
    service: Service, model: SiteModel, status: np.ndarray, exchanges: int, rng
) -> np.ndarray:
    """Open sites (S,) with some exchanged at random."""
    is_open = service.is_open.copy()
    count, blocker = (np.zeros(len(status), np.intp) for _ in range(2))
    for _ in range(exchanges):
        leaving = np.flatnonzero(is_open & (status == FREE))
        if leaving.size:
            is_open[rng.choice(leaving)] = False
        blockers(is_open, model, count, blocker)
        entering = np.flatnonzero(~is_open & (status == FREE) & (count == 0))
        if entering.size and is_open.sum() < model.most:
            is_open[rng.choice(entering)] = True
    return is_open

"""Who is served from given open sites, at the highest value."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from formulations.kernels.interchange import two_best
from formulations.kernels.transport import (
    Flow,
    fill_room,
    insert_users,
    new_flow,
    node_prices,
    served_value,
)
from formulations.kernels.transport_start import start_flow
from formulations.kernels.user_values import regrets
from formulations.kernels.whole_users import FEW, improve_users, round_users
from formulations.placement import Placement
from formulations.placement_model import SiteModel

WORK_PER_CHUNK = 300_000  # of relaxed arcs between looks at the clock
MOVES_PER_CHUNK = 300_000  # looked at between looks at the clock, some 0.5 ms
ROUNDS = 20  # of improving users served as a whole


class Service(NamedTuple):
    """Users served from open sites.

    Attributes
    ----------
    is_open : (S,) bool
        The sites.
    worth : float
        Value served less opening cost, where who is left out and must be served
        counts as a large loss.
    site : (U,) int
        Serving site, -1 for none; empty for split users.
    share : (U, m)
        Part of each user by open site; empty for whole users.
    price : (S,)
        Of room at each open site; 0 elsewhere.
    complete : bool
        Whether everybody is served who must be.
    """

    is_open: np.ndarray
    worth: float
    site: np.ndarray
    share: np.ndarray
    price: np.ndarray
    complete: bool

    def placement(self) -> Placement:
        """The allocation."""
        if not self.share.size:
            return Placement(self.is_open, self.site)
        share = np.zeros((len(self.share), len(self.is_open)))
        share[:, self.is_open] = self.share
        return Placement(self.is_open, share=share)


def serve(
    is_open: np.ndarray,
    model: SiteModel,
    price: np.ndarray | None = None,
    expired: Callable[[], bool] | None = None,
) -> Service:
    """Serve users from the open sites, starting from prices (S,) of their room.

    Exact where users may be split or nothing binds. When time is out, whoever has not
    been put anywhere is left out.
    """
    if not has_limits(is_open, model):
        return _serve_freely(is_open, model)
    flow, _ = _flowed(is_open, model, price, expired)
    return _read(is_open, flow, model, expired)


def serve_in_time(
    is_open: np.ndarray,
    model: SiteModel,
    price: np.ndarray | None,
    expired: Callable[[], bool],
    above: float = -np.inf,
) -> Service | None:
    """Serve as :func:`serve` does; None when time is out before all are put.

    None, too, where whole users would not be worth more than ``above``, as users in
    parts are not.
    """
    if not has_limits(is_open, model):
        return _serve_freely(is_open, model)
    flow, is_done = _flowed(is_open, model, price, expired)
    if not is_done or (model.whole and not _worth(is_open, flow, model) > above):
        return None
    return _read(is_open, flow, model, expired)


def _worth(is_open: np.ndarray, flow: Flow, model: SiteModel) -> float:
    """Value served in parts, less opening cost."""
    return served_value(flow, model.demand) - float(model.cost[is_open].sum())


def _flowed(
    is_open: np.ndarray,
    model: SiteModel,
    price: np.ndarray | None,
    expired: Callable[[], bool] | None,
) -> tuple[Flow, bool]:
    """Flow of users to open sites, and whether there was time for all."""
    opened = np.flatnonzero(is_open)
    flow = new_flow(opened, model)
    start = np.zeros(len(opened) + 1)
    if price is not None:
        start[:-1] = price[opened]
    demand = model.demand
    waiting = np.empty(len(demand), np.intp)
    order = by_regret(flow, start, demand)
    number = start_flow(start, order, flow, demand, waiting)
    nodes = len(opened) + 1
    chunk = max(1, WORK_PER_CHUNK // (4 * nodes * nodes))
    while not fill_room(chunk, flow, demand):
        if expired and expired():
            return flow, False
    done = 0
    while done < number:
        if expired and expired():
            return flow, False
        last = min(done + chunk, number)
        insert_users(done, last, waiting, flow, demand)
        done = last
    return flow, True


def _read(
    is_open: np.ndarray,
    flow: Flow,
    model: SiteModel,
    expired: Callable[[], bool] | None,
) -> Service:
    """Service that a flow to the open sites comes to."""
    opened, demand = np.flatnonzero(is_open), model.demand
    room = np.maximum(node_prices(flow)[: len(opened) + 1], 0.0)
    room[~np.isfinite(room)] = 0.0
    found = np.zeros(len(is_open))
    found[opened] = room[:-1]
    if model.whole:
        return _whole(is_open, opened, room, found, flow, model, expired)
    share = flow.share.copy()
    loads = demand > 0
    share[loads] /= demand[loads, None]
    served = np.where(share[:, :-1] > 1e-12, share[:, :-1], 0.0)
    total = served.sum(axis=1)
    full = total > 1 - 1e-9
    served[full] /= total[full, None]
    left_out = 1 - served.sum(axis=1)
    value = np.where(served > 0, flow.value[:, :-1], 0.0)
    worth = (served * value).sum() + (np.maximum(left_out, 0) * flow.value[:, -1]).sum()
    complete = not model.must_serve or bool((left_out <= 1e-12).all())
    worth -= model.cost[opened].sum()
    return Service(
        is_open.copy(), float(worth), np.empty(0, np.intp), served, found, complete
    )


def has_limits(is_open: np.ndarray, model: SiteModel) -> bool:
    """Whether an open site's room or gateway may bind."""
    gates = model.gateway[is_open]
    return bool(np.isfinite(model.capacity[is_open]).any() or (gates >= 0).any())


def _serve_freely(is_open: np.ndarray, model: SiteModel) -> Service:
    users = len(model.demand)
    best, second = np.empty(users), np.empty(users)
    home = np.empty(users, np.intp)
    price = np.zeros(len(is_open))
    two_best(is_open, price, model, best, second, home)
    complete = not model.must_serve or bool((home >= 0).all())
    worth = best.sum() - model.cost[is_open].sum()
    return Service(
        is_open.copy(), float(worth), home, np.empty((0, 0)), price, complete
    )


def by_regret(flow: Flow, price: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Users by what is lost if they do not get their best node, by demand."""
    regret = np.empty(len(demand))
    regrets(price, flow.value, demand, regret)
    return np.argsort(-regret, kind="stable")


def _whole(
    is_open: np.ndarray,
    opened: np.ndarray,
    room: np.ndarray,
    found: np.ndarray,
    flow: Flow,
    model: SiteModel,
    expired: Callable[[], bool] | None,
) -> Service:
    choice = np.empty(len(model.demand), np.intp)
    round_users(room, flow, model.demand, choice)
    move_users(ROUNDS, flow, model.demand, choice, expired)
    site = np.append(opened, -1)[choice]
    worth = flow.value[np.arange(len(choice)), choice].sum() - model.cost[opened].sum()
    complete = not model.must_serve or bool((site >= 0).all())
    return Service(
        is_open.copy(), float(worth), site, np.empty((0, 0)), found, complete
    )


def move_users(
    rounds: int,
    flow: Flow,
    demand: np.ndarray,
    choice: np.ndarray,
    expired: Callable[[], bool] | None,
) -> None:
    """Move users as a whole in ``choice`` (U,), in place, while that or time lasts."""
    users, nodes = len(choice), len(flow.load)
    each = nodes * users if users <= FEW else nodes
    chunk = max(1, MOVES_PER_CHUNK // each)
    for _ in range(rounds):
        is_best = True
        for first in range(0, users, chunk):
            if expired and expired():
                return
            last = min(first + chunk, users)
            is_best &= improve_users(first, last, flow, demand, choice)
        if is_best:
            return

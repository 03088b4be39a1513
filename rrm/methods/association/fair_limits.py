"""Fair sharing of time within limits: prices, annealing, enumeration."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import minimize

from formulations.association import UserAssociation
from formulations.fair_prices import FairPrices, counts_users
from formulations.kernels.fair_annealing import Annealing, anneal, annealing_of
from formulations.kernels.fair_tree import CLOSED, FOUND, tree_of, visit
from formulations.kernels.soft_shares import soft_shares
from rrm.argument import BySearch
from rrm.association.fair_shares import (
    Shares,
    association_at,
    shares_of,
    with_nobody,
)
from rrm.incumbent import Incumbent
from rrm.methods.association.fair_flow import FlowSearch
from rrm.methods.association.lagrangian import search_conflict
from rrm.registry import method

TEMPERATURES = (1.0, 0.1, 0.01)  # in units of log rate
WARM_FROM = 1  # temperatures left out from known prices
STEPS = 100  # of a quasi-Newton method at each temperature
MEMORY = 20  # pairs of that method
DEAREST, CHEAPEST = 60.0, -50.0  # prices of company, as logarithms of users
CORE = 3.0  # loss up to which an entry is tried
HOT, COLD = 3.0, 0.05  # temperatures of annealing
COOLINGS = 60  # steps from hot to cold
SHORTEST, LONGEST = 100, 12_800  # moves for each user, from hot to cold
QUIET = 2  # longest coolings without improvement before giving up
MOVES_PER_CHUNK = 4000  # about 0.2 ms between looks at the clock
ENTRIES_PER_CHUNK = 15_000
NODES_PER_CHUNK = 4000
FIRST_NODES = 20_000  # of the tree before any cooling
NODES = 2_000_000  # of the tree over all associations of few users
FEW = 30  # users
CONFLICT_ITERATIONS = 30  # of prices at which all need too much


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.objective != "proportional_fair":
        return f"shares time fairly, and the objective is {problem.objective}"
    if problem.max_links > 1:
        return "adds logarithms, and several links share one"
    is_simple = counts_users(problem) and not len(problem.group)
    return "only counts of users are limited" if is_simple else None


@method(
    UserAssociation,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by prices on company, load and traffic; the optimum by "
    "search where users are few; infeasibility by Hall's theorem or a Farkas ray",
    rank=10,
    share=8.0,
)
def fair_limits(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Price what is limited, then anneal users whose places prices leave open [1]_.

    Complexity: a step of prices takes O(E) for E candidate pairs, a move of annealing
    O(1); the tree over few users is exponential.

    References
    ----------
    .. [1] Q. Ye et al., "User association for load balancing in heterogeneous cellular
       networks", IEEE TWC 12(6), 2013. https://doi.org/10.1109/TWC.2013.040413.120676
    """
    search = FlowSearch(problem, incumbent)
    nowhere = np.zeros(problem.sizes["B"], bool)
    if problem.must_serve and search.tell_trapped(nowhere):
        return
    if not len(problem.group):  # which nothing there keeps
        search.respond()
        if problem.must_serve and not (search.price() and search.settle()):
            return
    if problem.must_serve and incumbent.allocation is None:
        search_conflict(problem, incumbent, CONFLICT_ITERATIONS)
    network, limits = search.network, search.limits
    entries = *network[:3], limits.load, limits.rate
    shares = shares_of(entries, network.outside, network.room, problem)
    if not len(shares.cell):
        lowest_prices(shares, problem, incumbent)
        return
    if len(problem.group):  # which have no prices: places first, and all stay open
        nothing = np.zeros(len(network.room))
        places = coolings(
            shares, FairPrices(nothing, nothing, nothing), problem, incumbent
        )
        next(places, None)
        if lowest_prices(shares, problem, incumbent) is not None:
            list(places)
        return
    best = lowest_prices(shares, problem, incumbent)
    if best is None:
        return
    _offer_first(shares, best, incumbent)
    few = len(shares.start) - 1 <= FEW
    if few and enumerate_all(shares, best, problem, incumbent, FIRST_NODES):
        return
    for _ in coolings(shares, best, problem, incumbent):
        if few and enumerate_all(shares, best, problem, incumbent, NODES):
            return


class TimeIsOutError(Exception):
    """Ends a minimization in the middle."""


def lowest_prices(
    shares: Shares, problem: UserAssociation, incumbent: Incumbent
) -> FairPrices | None:
    """Prices of a low bound, by a smooth one that becomes sharper [1]_.

    References
    ----------
    .. [1] Yu. Nesterov, "Smooth minimization of non-smooth functions", Mathematical
       Programming 103, 2005. https://doi.org/10.1007/s10107-004-0552-5
    """
    cells = len(shares.room)
    priced = np.stack([np.isfinite(shares.capacity), shares.has_backhaul])
    known = incumbent.certificate().proof
    price = np.zeros((3, cells))
    price[0] = 1.0 + np.log(max(1.0, (len(shares.start) - 1) / cells))
    first = 0
    if isinstance(known, FairPrices):
        price[0] = np.clip(known.price, CHEAPEST, DEAREST)
        price[1], price[2] = known.toll * shares.unit, known.fare * shares.backhaul
        first = WARM_FROM if price[1:].any() else 0
    low = np.concatenate([np.full(cells, CHEAPEST), np.zeros(2 * cells)])
    high = np.full(2 * cells, np.inf)
    high[~priced.ravel()] = 0.0
    high = np.concatenate([np.full(cells, DEAREST), high])
    limits: Any = list(zip(low, high, strict=True))
    best, least = None, np.inf
    for temperature in TEMPERATURES[first:]:
        seen = [np.inf, price.ravel()]

        def smooth(point, temperature=temperature, seen=seen):
            value, slope = softened(
                shares, point.reshape(3, -1), temperature, incumbent
            )
            if value < seen[0]:
                seen[:] = value, point.copy()
            return value, slope.ravel()

        late = False
        try:
            minimize(
                smooth, price.ravel(), jac=True, method="L-BFGS-B", bounds=limits,
                options={"maxiter": STEPS, "maxcor": MEMORY},
            )  # fmt: skip
        except TimeIsOutError:
            late = True
        price = seen[1].reshape(3, -1)
        toll, fare = np.maximum(price[1:], 0.0)
        argument = FairPrices(price[0], toll / shares.unit, fare / shares.backhaul)
        bound = argument.bound(problem)
        incumbent.tighten(bound, argument)
        if bound < least:
            best, least = argument, bound
        if late or incumbent.expired():
            break
    return best


def softened(
    shares: Shares, price: np.ndarray, temperature: float, incumbent: Incumbent
) -> tuple[float, np.ndarray]:
    """Smooth bound at ``price`` (3, B) and its slope; raises where time is out."""
    users = len(shares.start) - 1
    demand = np.zeros_like(price)
    memory = np.empty(int(np.diff(shares.start).max(initial=1)))
    chunk = max(1, ENTRIES_PER_CHUNK * users // max(1, len(shares.cell)))
    total = 0.0
    for begin in range(0, users, chunk):
        if incumbent.expired():
            raise TimeIsOutError
        end = min(begin + chunk, users)
        total += soft_shares(
            begin, end, shares[:5], shares.outside, price, temperature, memory, demand
        )
    number = np.minimum(np.exp(np.minimum(price[0] - 1, DEAREST)), shares.room)
    company = number * (price[0] - np.log(np.maximum(number, 1e-300)))
    there = np.where(np.isfinite(shares.capacity), shares.capacity, 0.0)
    limited = np.isfinite(shares.capacity), shares.has_backhaul
    slope = np.stack([number, there, np.zeros_like(there)]) - demand
    slope[1:][~np.stack(limited)] = 0.0
    return total + company.sum() + price[1] @ there, slope


def _offer_first(shares: Shares, prices: FairPrices, incumbent: Incumbent) -> None:
    """Offer who fits at its best place, those with most to lose first."""
    begin, cell, _, load, traffic, loss, users = with_nobody(shares, prices, 0.0)
    state = _placed(begin, cell, load, traffic, loss, shares)
    incumbent.offer(association_at(state, cell, users, shares))


def _placed(
    begin: np.ndarray,
    cell: np.ndarray,
    load: np.ndarray,
    traffic: np.ndarray,
    loss: np.ndarray,
    shares: Shares,
) -> np.ndarray:
    """Entry of each user: the best where it fits, else nobody."""
    nobody = len(shares.room)
    choice = np.flatnonzero(cell == nobody)
    used, carried = np.zeros(nobody + 1), np.zeros(nobody + 1)
    capacity = np.append(shares.capacity, np.inf)
    slack = np.append(np.where(shares.has_backhaul, 0.0, np.inf), np.inf)
    first = begin[:-1]
    for k in np.argsort(-loss[choice], kind="stable"):
        e = first[k]
        b = cell[e]
        if used[b] + load[e] > capacity[b] or carried[b] + traffic[e] > slack[b]:
            continue
        used[b] += load[e]
        carried[b] += traffic[e]
        choice[k] = e
    return choice


def _known(
    begin: np.ndarray,
    cell: np.ndarray,
    users: np.ndarray,
    problem: UserAssociation,
    incumbent: Incumbent,
) -> np.ndarray:
    """Entry of each user: where it is by the best allocation so far, else nobody."""
    nobody = problem.sizes["B"]
    choice = np.flatnonzero(cell == nobody)
    if incumbent.allocation is not None:
        place = incumbent.allocation.cell[users]
        owner = np.repeat(np.arange(len(users)), np.diff(begin))
        is_there = cell == np.where(place < 0, nobody, place)[owner]
        choice[owner[is_there]] = np.flatnonzero(is_there)
    return choice


def coolings(
    shares: Shares, prices: FairPrices, problem: UserAssociation, incumbent: Incumbent
) -> Iterator[None]:
    """Cool down again and again, each time longer; offer the best of each.

    With groups, which have no prices, nothing is left out, and what is known begins.
    """
    group = problem.group
    most = np.inf if len(group) else CORE
    *entries, loss, users = with_nobody(shares, prices, most)
    begin, cell, _, load, traffic = entries
    if len(group):
        choice = _known(begin, cell, users, problem, incumbent)
    else:
        choice = _placed(begin, cell, load, traffic, loss, shares)
    is_open = np.add.reduceat(loss <= most, begin[:-1]) > 1
    is_open |= choice != begin[:-1]
    if not is_open.any():
        yield
        return
    closed = choice[~is_open]
    taken = np.ones(len(closed)), load[closed], traffic[closed]
    nodes = len(shares.room) + 1
    fixed = np.array([np.bincount(cell[closed], part, nodes) for part in taken])
    count = np.diff(begin)
    kept = np.repeat(is_open, count)
    place = (choice - begin[:-1])[is_open]
    start = np.zeros(len(place) + 1, np.int64)
    np.cumsum(count[is_open], out=start[1:])
    rows = (part[kept] for part in entries[1:])
    backhaul = shares.has_backhaul
    state = annealing_of(
        (start, *rows), shares.capacity, backhaul, start[:-1] + place, fixed,
        incumbent.seed, group[:, users[is_open]], problem.group_capacity / shares.unit,
    )  # fmt: skip
    number = np.flatnonzero(kept)  # of the entries that the state has
    hot = COLD if len(group) else HOT  # downhill first from what is known
    length, quiet = SHORTEST, 0
    while quiet < QUIET:
        before = state.score[1]
        is_over = not _cool(state, hot, length * len(place), incumbent)
        choice[is_open] = number[state.best]
        incumbent.offer(association_at(choice, cell, users, shares))
        if is_over or incumbent.expired():
            return
        yield
        hot = HOT
        if length == LONGEST:
            quiet = 0 if state.score[1] > before else quiet + 1
        length = min(2 * length, LONGEST)


def _cool(state: Annealing, hot: float, moves: int, incumbent: Incumbent) -> bool:
    """Make ``moves`` from ``hot`` to cold; whether in time."""
    for step in range(COOLINGS):
        temperature = hot * (COLD / hot) ** (step / (COOLINGS - 1))
        left = max(1, moves // COOLINGS)
        while left > 0:
            anneal(state, temperature, min(left, MOVES_PER_CHUNK))
            left -= MOVES_PER_CHUNK
            if incumbent.expired():
                return False
    return True


def enumerate_all(
    shares: Shares,
    prices: FairPrices,
    problem: UserAssociation,
    incumbent: Incumbent,
    nodes: int,
) -> bool:
    """Look at all associations that the prices do not rule out; whether it ended."""
    bound = prices.bound(problem)
    spare = np.inf
    if incumbent.allocation is not None:
        spare = bound - incumbent.objective
    *entries, users = with_nobody(shares, prices, spare)
    begin, cell = entries[:2]
    if problem.must_serve:  # nobody is no place here
        kept = cell < len(shares.room)
        count = np.add.reduceat(kept, begin[:-1]) if kept.size else kept
        begin = np.concatenate([[0], np.cumsum(count)])
        entries = [begin, *(part[kept] for part in entries[1:])]
        cell = entries[1]
    known = incumbent.objective if incumbent.allocation is not None else -np.inf
    tree = tree_of(tuple(entries), shares.capacity, bound, known)
    visited = 0
    while visited < nodes and not incumbent.expired():
        ended = visit(tree, NODES_PER_CHUNK)
        visited += NODES_PER_CHUNK
        if ended == FOUND:
            choice = begin[:-1] + tree.place
            incumbent.offer(association_at(choice, cell, users, shares))
        elif ended == CLOSED:
            incumbent.tighten(tree.sums[1], BySearch("fair tree", visited))
            return True
    return False

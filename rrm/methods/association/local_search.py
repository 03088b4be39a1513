"""Greedy insertion and local search by shifts, swaps and ejections."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.association import Association, UserAssociation
from rrm.incumbent import Incumbent
from rrm.registry import method

OPERATIONS_PER_CHUNK = 100_000  # about 0.2 ms between looks at the clock
PARTNERS = 48  # other users tried for swaps and ejections of one user
ROUNDS = 60  # of ruin and recreate without improvement before giving up
RUINED = 0.15  # share of the users taken out in a round
PENALTY = 1e3  # of a user left out who must be served, in canonical utility
IMPROVES = 1e-12  # least gain of a move
ROOM = 1e-12  # relative rounding allowed in a cell's load


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    fair = problem.objective == "proportional_fair"
    if fair and np.isfinite(problem.backhaul).any():
        return "knows no backhaul of shared time"
    return None


@method(UserAssociation, kind="heuristic", applies=applies, rank=20)
def local_search(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Insert greedily, descend by shifts, swaps and ejections, ruin and recreate [1]_.

    References
    ----------
    .. [1] M. Yagiura, T. Yamaguchi, T. Ibaraki, "A variable depth search algorithm with
       branching search for the generalized assignment problem", Optimization Methods
       and Software 10(2), 1998. https://doi.org/10.1080/10556789808805722
    .. [2] G. Schrimpf et al., "Record breaking optimization results using the ruin and
       recreate principle", J. Computational Physics 159(2), 2000.
       https://doi.org/10.1006/jcph.1999.6413
    """
    model = model_of(problem.scaled())
    users = len(model.start) - 1
    rng = np.random.default_rng(incumbent.seed)
    best = state_of(np.full(users, -1, np.intp), model)
    insert(model.value, best, model)
    descend(best, model, incumbent)
    incumbent.offer(association_of(best, model))
    if incumbent.allocation is not None:
        start = state_of(entries_of(incumbent.allocation, model), model)
        descend(start, model, incumbent)
        if objective_of(start, model) > objective_of(best, model):
            best = start
        incumbent.offer(association_of(best, model))
    value, failed = objective_of(best, model), 0
    while failed < ROUNDS and not incumbent.expired():
        trial = state_of(best.choice.copy(), model)
        count = max(2, int(RUINED * users))
        for user in rng.choice(users, min(count, users), replace=False):
            move(user, -1, trial, model)
        trial.random[0] = rng.integers(1, 2**62)
        insert(model.value + rng.uniform(0, 0.05, len(model.value)), trial, model)
        descend(trial, model, incumbent)
        found = objective_of(trial, model)
        failed = 0 if found > value + IMPROVES * abs(value) else failed + 1
        if found >= value:
            best, value = trial, found
            if failed == 0:
                incumbent.offer(association_of(best, model))


class Model(NamedTuple):
    """Canonical problem as arrays; entries are sorted by user."""

    start: np.ndarray  # (U + 1,)
    cell: np.ndarray  # (E,)
    value: np.ndarray  # (E,) less handover cost; log of the rate if fair
    load: np.ndarray  # (E,)
    traffic: np.ndarray  # (E,) bit/s of the backhaul
    capacity: np.ndarray  # (B,)
    backhaul: np.ndarray  # (B,)
    unserved: float  # what a reachable user adds who is not served
    must_serve: bool
    fair: bool
    links: int


class State(NamedTuple):
    """Entry chosen by each user (-1: none), and what the cells carry by it."""

    choice: np.ndarray  # (U,)
    used: np.ndarray  # (B,)
    carried: np.ndarray  # (B,)
    users: np.ndarray  # (B,) number of each cell
    random: np.ndarray  # (1,) state of the generator


def model_of(scaled: UserAssociation) -> Model:
    """Arrays of a scaled problem as the kernels take them."""
    start, cell, utility, load, value = scaled.candidates
    fair = scaled.objective == "proportional_fair"
    return Model(
        start=start,
        cell=cell,
        value=value.copy(),
        load=load.copy(),
        traffic=np.zeros_like(utility) if fair else utility.copy(),
        capacity=scaled.capacity.copy(),
        backhaul=np.full_like(scaled.backhaul, np.inf)
        if fair
        else scaled.backhaul.copy(),
        unserved=scaled.unserved_value,
        must_serve=scaled.must_serve,
        fair=fair,
        links=scaled.max_links,
    )


def state_of(choice: np.ndarray, model: Model) -> State:
    """State of a choice (U,) of entries, which it holds and changes."""
    chosen = choice[choice >= 0]
    cells = len(model.capacity)
    served = model.cell[chosen]
    return State(
        choice,
        np.bincount(served, model.load[chosen], cells).astype(float),
        np.bincount(served, model.traffic[chosen], cells).astype(float),
        np.bincount(served, minlength=cells),
        np.array([88172645463325252], np.int64),
    )


def association_of(state: State, model: Model) -> Association:
    """Allocation of a state; further links of a user are added where they pay."""
    cell = np.full((len(state.choice), model.links), -1, np.intp)
    served = state.choice >= 0
    cell[served, 0] = model.cell[state.choice[served]]
    if model.links == 1:
        return Association(cell[:, 0])
    if not model.fair:
        order = np.argsort(-model.value, kind="stable")
        add_links(order, cell, state.used.copy(), state.carried.copy(), model)
    return Association(cell)


def entries_of(allocation: Association, model: Model) -> np.ndarray:
    """Entry (U,) of each user's first cell."""
    cell = allocation.cell if model.links == 1 else allocation.cell[:, 0]
    owner = np.repeat(np.arange(len(cell)), np.diff(model.start))
    entries = np.full(len(cell), -1, np.intp)
    matching = np.flatnonzero(model.cell == cell[owner])
    entries[owner[matching]] = matching
    return entries


def objective_of(state: State, model: Model) -> float:
    """Canonical objective, with a penalty for users that must be served."""
    chosen = state.choice[state.choice >= 0]
    value = model.value[chosen].sum()
    if model.fair:
        value -= (state.users * np.log(np.maximum(state.users, 1))).sum()
    reachable = np.diff(model.start) > 0
    left = int((reachable & (state.choice < 0)).sum())
    return float(value + left * _left_out(model))


def descend(state: State, model: Model, incumbent: Incumbent) -> None:
    """Improve user by user until nobody gains, or time is out."""
    users = len(model.start) - 1
    width = max(1, len(model.cell) // users)
    chunk = max(1, OPERATIONS_PER_CHUNK // (PARTNERS * (4 + 2 * width)))
    while True:
        gained = 0.0
        for first in range(0, users, chunk):
            gained += improve(first, min(first + chunk, users), state, model)
            if incumbent.expired():
                return
        if gained <= 0.0:
            return
        fresh = state_of(state.choice, model)
        for ours, exact in zip(state[1:4], fresh[1:4], strict=True):
            ours[:] = exact


def insert(value: np.ndarray, state: State, model: Model) -> None:
    """Serve who is not, those with most to lose first, each where it is worth most."""
    users = len(model.start) - 1
    owner = np.repeat(np.arange(users), np.diff(model.start))
    order = np.lexsort((-value, owner))
    best = np.full(users, -np.inf)
    second = np.full(users, -np.inf)
    filled = np.diff(model.start)
    best[filled > 0] = value[order][model.start[:-1][filled > 0]]
    second[filled > 1] = value[order][model.start[:-1][filled > 1] + 1]
    with np.errstate(invalid="ignore"):
        regret = np.where(np.isfinite(second), best - second, np.inf)
    place(np.argsort(-regret, kind="stable"), order, state, model)


@njit(cache=True, error_model="numpy")
def _left_out(model):  # pragma: no cover
    """What a reachable user adds who is not served."""
    return model.unserved - (PENALTY if model.must_serve else 0.0)


@njit(cache=True, error_model="numpy")
def _company(n):  # pragma: no cover
    """Cost n log n of n users who share a cell's time."""
    return n * np.log(n) if n > 0 else 0.0


@njit(cache=True, error_model="numpy")
def gain_of(u, e, state, model):  # pragma: no cover
    """Change of the objective if user ``u`` moves to entry ``e`` (-1: unserved)."""
    now = state.choice[u]
    gain = model.value[e] if e >= 0 else _left_out(model)
    gain -= model.value[now] if now >= 0 else _left_out(model)
    if model.fair:
        if e >= 0:
            n = state.users[model.cell[e]]
            gain -= _company(n + 1) - _company(n)
        if now >= 0:
            n = state.users[model.cell[now]]
            gain += _company(n) - _company(n - 1)
    return gain


@njit(cache=True, error_model="numpy")
def fits(e, load, traffic, state, model):  # pragma: no cover
    """Whether entry ``e`` fits after ``load`` and ``traffic`` have left its cell."""
    b = model.cell[e]
    used = state.used[b] - load + model.load[e]
    carried = state.carried[b] - traffic + model.traffic[e]
    return used <= model.capacity[b] * (1 + ROOM) and carried <= model.backhaul[b] * (
        1 + ROOM
    )


@njit(cache=True, error_model="numpy")
def move(u, e, state, model):  # pragma: no cover
    """Move user ``u`` to entry ``e`` (-1: unserved)."""
    now = state.choice[u]
    if now >= 0:
        b = model.cell[now]
        state.used[b] -= model.load[now]
        state.carried[b] -= model.traffic[now]
        state.users[b] -= 1
    if e >= 0:
        b = model.cell[e]
        state.used[b] += model.load[e]
        state.carried[b] += model.traffic[e]
        state.users[b] += 1
    state.choice[u] = e


@njit(cache=True, error_model="numpy")
def place(users, order, state, model):  # pragma: no cover
    """Give unserved ``users`` in turn their first entry in ``order`` that fits."""
    for u in users:
        if state.choice[u] >= 0:
            continue
        for position in range(model.start[u], model.start[u + 1]):
            e = order[position]
            if fits(e, 0.0, 0.0, state, model) and gain_of(u, e, state, model) > 0.0:
                move(u, e, state, model)
                break


@njit(cache=True, error_model="numpy")
def add_links(order, cell, used, carried, model):  # pragma: no cover
    """Add entries in ``order`` that pay and fit to the users' ``cell`` (U, links)."""
    for e in order:
        u = np.searchsorted(model.start, e, side="right") - 1
        b = model.cell[e]
        free = -1
        for k in range(model.links):
            if cell[u, k] == b:
                free = -1
                break
            if cell[u, k] < 0 and free < 0:
                free = k
        if free < 1 or model.value[e] <= 0.0:  # the first link is the search's
            continue
        if used[b] + model.load[e] > model.capacity[b]:
            continue
        if carried[b] + model.traffic[e] > model.backhaul[b]:
            continue
        cell[u, free] = b
        used[b] += model.load[e]
        carried[b] += model.traffic[e]


@njit(cache=True, error_model="numpy")
def entry_at(u, b, model):  # pragma: no cover
    """Entry of user ``u`` at cell ``b``, -1 if it is no candidate."""
    for e in range(model.start[u], model.start[u + 1]):
        if model.cell[e] == b:
            return e
    return -1


@njit(cache=True, error_model="numpy")
def draw(state, below):  # pragma: no cover
    """Next pseudo-random integer in [0, below): xorshift of Marsaglia."""
    x = state.random[0]
    x ^= x << 13
    x ^= (x >> 7) & 0x01FFFFFFFFFFFFFF
    x ^= x << 17
    state.random[0] = x
    return (x & 0x7FFFFFFFFFFFFFFF) % below


@njit(cache=True, error_model="numpy")
def improve(first, last, state, model):  # pragma: no cover
    """Best shift, then a swap or ejection, of users ``first`` to ``last``; the gain."""
    users = len(model.start) - 1
    total = 0.0
    for u in range(first, last):
        if model.start[u] == model.start[u + 1]:
            continue
        best, found = IMPROVES, -2
        if state.choice[u] >= 0 and gain_of(u, -1, state, model) > best:
            best, found = gain_of(u, -1, state, model), -1
        for e in range(model.start[u], model.start[u + 1]):
            if e != state.choice[u] and fits(e, 0.0, 0.0, state, model):
                gain = gain_of(u, e, state, model)
                if gain > best:
                    best, found = gain, e
        if found > -2:
            move(u, found, state, model)
            total += best
        tries = min(PARTNERS, users)
        offset = 0 if tries == users else draw(state, users)
        for k in range(tries):
            w = (offset + k) % users
            if w != u and state.choice[w] >= 0:
                total += swap(u, w, state, model) + eject(u, w, state, model)
    return total


@njit(cache=True, error_model="numpy")
def swap(u, w, state, model):  # pragma: no cover
    """Exchange the cells of two users if that gains; the gain."""
    a, b = state.choice[u], state.choice[w]
    if a < 0 or b < 0 or model.cell[a] == model.cell[b]:
        return 0.0
    to = entry_at(u, model.cell[b], model)
    back = entry_at(w, model.cell[a], model)
    if to < 0 or back < 0:
        return 0.0
    gain = model.value[to] + model.value[back] - model.value[a] - model.value[b]
    if gain <= IMPROVES:
        return 0.0
    if not fits(to, model.load[b], model.traffic[b], state, model):
        return 0.0
    if not fits(back, model.load[a], model.traffic[a], state, model):
        return 0.0
    move(u, to, state, model)
    move(w, back, state, model)
    return gain


@njit(cache=True, error_model="numpy")
def eject(u, w, state, model):  # pragma: no cover
    """Take the cell of ``w`` for ``u`` and move ``w`` on, if both together gain."""
    a, b = state.choice[u], state.choice[w]
    if b < 0 or (a >= 0 and model.cell[a] == model.cell[b]):
        return 0.0
    to = entry_at(u, model.cell[b], model)
    if to < 0 or not fits(to, model.load[b], model.traffic[b], state, model):
        return 0.0
    out = gain_of(w, -1, state, model)
    move(w, -1, state, model)
    into = gain_of(u, to, state, model)
    move(u, to, state, model)
    best, found = 0.0, -1
    for e in range(model.start[w], model.start[w + 1]):
        if e != b and fits(e, 0.0, 0.0, state, model):
            gain = gain_of(w, e, state, model)
            if gain > best:
                best, found = gain, e
    if out + into + best > IMPROVES:
        move(w, found, state, model)
        return out + into + best
    move(u, a, state, model)
    move(w, b, state, model)
    return 0.0

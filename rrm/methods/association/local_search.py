"""Local search by shifts, swaps and ejections, in chains where one link serves."""

from typing import NamedTuple

import numpy as np

from formulations.association import Association, UserAssociation
from formulations.association_prices import CapacityPrices, UserPrices
from formulations.association_tally import entries_at
from formulations.kernels.association_moves import (
    PARTNERS,
    add_links,
    improve,
    left_out,
    move,
    place,
)
from formulations.kernels.capacity_prices import (
    FAR,
    FLOOR,
    ITERATION,
    LEAST,
    NEAR,
    NORM,
    PROVEN,
    REACH,
    Market,
    lower,
    market_of,
    sample,
)
from formulations.kernels.ejection import HEAT, LONGEST, ROUND, SCORE, Chains
from formulations.kernels.pairs import favourites, marginal
from formulations.kernels.shortlists import BEST, NOBODY, chains_at
from formulations.kernels.softening import begin, begin_narrow, search
from rrm.association_conflicts import first_conflict
from rrm.incumbent import Incumbent
from rrm.registry import method

OPERATIONS_PER_CHUNK = 100_000, 2_000  # about 0.2 ms between looks: sum, fair sharing
ROUNDS = 60  # of ruin and recreate without improvement before giving up
RUINED = 0.15  # share of the users taken out in a round
IMPROVES = 1e-12  # least gain of a move
ENTRIES_PER_CHUNK = 40_000  # of the search for prices, about 0.1 ms
PRICE_ITERATIONS = 600
PRICE_SHARE = 0.3  # of the time, at most
CONVERGED = 1e-5  # reach of a step, relative to the bound
SPARED = 0.03  # of the gap to be reached: what prices may leave to be gained
CLOSE = 0.02  # gap up to which a search begins where the best so far is
CHAIN_WORK = 20_000  # entries looked at between looks at the clock
QUIET_ROUNDS = 3000  # without improvement before all cells are softened
RESTARTS = 10  # of that kind without improvement before giving up
WARMTH = 1.5  # typical loss accepted in a round, in typical losses of a user
MANY = 20_000  # users from which on a first round takes single steps only
SAMPLED = 12_000  # users by whom first prices are found where there are many
SAMPLE_ITERATIONS = 25
MARGINAL = 0.6  # of the least density served, as a guess of a price
PREPARED = 1e-7  # s for each entry, before a search of a large problem can begin
INSERTED = 1e-6  # s for each entry, before a search by insertion can begin
OFFER_PART = 20.0  # time between offers, in times of an offer
FOREVER = 2**62


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.group):
        return "keeps no limits of groups"
    fair = problem.objective == "proportional_fair"
    if fair and np.isfinite(problem.backhaul).any():
        return "knows no backhaul of shared time"
    return None


def is_plain(problem: UserAssociation) -> bool:
    """Whether values add up, one link serves, and only capacity limits the cells."""
    is_sum = problem.objective == "sum" and problem.max_links == 1
    return is_sum and not np.isfinite(problem.backhaul).any()


@method(UserAssociation, kind="heuristic", applies=applies, rank=20, share=8.0)
def local_search(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Search by ejection chains [1]_, or by descent, ruin and recreate [2]_.

    Chains move up to three users at once, through overload, at the worth of room
    that prices on capacity give. With several links, shared time or backhaul, users
    are inserted greedily and moved one or two at a time.

    Complexity: a chain tries O(E/U) places for each of up to three users.

    References
    ----------
    .. [1] M. Yagiura, T. Ibaraki, F. Glover, "An ejection chain approach for the
       generalized assignment problem", INFORMS Journal on Computing 16(2), 2004.
       https://doi.org/10.1287/ijoc.1030.0036
    .. [2] G. Schrimpf et al., "Record breaking optimization results using the ruin and
       recreate principle", J. Computational Physics 159(2), 2000.
       https://doi.org/10.1006/jcph.1999.6413
    """
    if first_conflict(problem, incumbent):
        return
    if is_plain(problem):
        search_chains(problem, incumbent)
    else:
        ruin_and_recreate(problem, incumbent)


def search_chains(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Soften cells in turn, and let chains restore the fit."""
    if incumbent.remaining() < PREPARED * len(problem.candidates.cell):
        return
    known, is_many = incumbent.allocation, problem.sizes["U"] > MANY
    scaled = problem.scaled()
    market = lowered(problem, scaled, incumbent)
    chosen = np.full(problem.sizes["U"], BEST)
    if known is not None and (is_many or incumbent.gap <= CLOSE):
        chosen = entries_at(problem, known.cell, NOBODY)
    s = chains_from(scaled, market.best, chosen, incumbent.seed)
    if s is None:
        return
    if known is not None:
        s.sums[SCORE] = incumbent.objective / scaled.units["utility"]
    depth = 2 if is_many else LONGEST
    first = [] if is_many else [(2, 1.0), (LONGEST, 0.0)]  # good within a few ms first
    if is_many:
        begin_narrow(s, depth)
    improved, restarts, offered, cost = 0, 0, s.sums[SCORE], 0.0
    score, last = offered, incumbent.remaining()
    running, begun = True, 0
    while running:
        if begun < len(first) and s.counts[ROUND] == begun:
            begin(s, True, *first[begun])
            begun += 1
        search(s, CHAIN_WORK, begun if begun < len(first) else FOREVER, depth)
        running = restarts < RESTARTS and not incumbent.expired()
        if s.sums[SCORE] > score:
            score, improved, restarts = s.sums[SCORE], s.counts[ROUND], 0
        elif s.counts[ROUND] - improved > QUIET_ROUNDS:
            improved, restarts = s.counts[ROUND], restarts + 1
            begin(s, True, depth, 0.0)
        left = incumbent.remaining()
        if score > offered and (last - left >= OFFER_PART * cost or left < 2 * cost):
            incumbent.offer(association_at(s, problem))
            last, offered = incumbent.remaining(), score
            cost = left - last
    if score > offered:
        incumbent.offer(association_at(s, problem))


def known_price(
    problem: UserAssociation, scaled: UserAssociation, incumbent: Incumbent
) -> np.ndarray | None:
    """Prices (B,) of the best bound so far in canonical units, None without any."""
    proof = incumbent.certificate().proof
    if isinstance(proof, CapacityPrices):
        price = proof.price
    elif isinstance(proof, UserPrices):
        price = proof.capacity_price(problem)
    else:
        return None
    return price * (scaled.units["load"] / scaled.units["utility"])


def lowered(
    problem: UserAssociation, scaled: UserAssociation, incumbent: Incumbent
) -> Market:
    """Market with good prices, from those of the best bound so far if there are any."""
    market = market_at(problem, scaled, incumbent)
    until = (1 - PRICE_SHARE) * incumbent.remaining()
    while market.counts[ITERATION] < PRICE_ITERATIONS and incumbent.remaining() > until:
        lower(market, ENTRIES_PER_CHUNK)
        if is_settled(market, incumbent.budget.gap) or incumbent.expired():
            break
    return market


def market_at(
    problem: UserAssociation, scaled: UserAssociation, incumbent: Incumbent
) -> Market:
    """Users and cells at the prices of the best bound so far, or at a guess."""
    start, cell, _, load, value = scaled.candidates
    nothing = -np.inf if scaled.must_serve else 0.0
    known = known_price(problem, scaled, incumbent)
    guess = known
    if known is None and incumbent.allocation is not None and not scaled.must_serve:
        best, density = favourites(start, value, load, 0.0, 0.0)
        chosen = entries_at(problem, incumbent.allocation.cell, NOBODY)
        guess = marginal(best, density, chosen, load, cell, scaled.capacity)
        guess = MARGINAL * np.where(np.isfinite(guess), guess, 0.0)
    reach = FAR if guess is None else NEAR
    reach = reach if known is None else PROVEN
    if guess is None:
        guess = np.zeros(scaled.sizes["B"])
    market = market_of(start, cell, value, load, scaled.capacity, nothing, guess, reach)
    if known is not None or len(start) - 1 <= MANY:
        return market
    few = sample(market, -(-len(start) // SAMPLED), reach)
    while few.counts[ITERATION] < SAMPLE_ITERATIONS and not incumbent.expired():
        lower(few, ENTRIES_PER_CHUNK)
    market.price[:] = market.best[:] = few.best
    market.sums[REACH] = NEAR
    return market


def is_settled(market: Market, gap: float = 0.0) -> bool:
    """Whether another step is meant to gain next to nothing, or no price matters.

    Where a relative ``gap`` is enough, a small part of it is next to nothing.
    """
    if market.counts[ITERATION] == 0:
        return False
    least, reach, norm, floor = market.sums[[LEAST, REACH, NORM, FLOOR]]
    small = max(CONVERGED, SPARED * gap) * abs(least)
    return reach <= small or norm == 0.0 or least < floor


def chains_from(
    scaled: UserAssociation, price: np.ndarray, chosen: np.ndarray, seed: int
) -> Chains | None:
    """Chains that begin at the entries ``chosen`` (U,); None if a user fits nowhere."""
    start, cell, _, load, value = scaled.candidates
    entries = start, cell, value, load
    try:
        s, typical = chains_at(
            entries, scaled.capacity, price, scaled.must_serve, chosen, seed
        )
    except ValueError:
        return None
    s.sums[HEAT] = WARMTH * typical
    return s


def association_at(s: Chains, problem: UserAssociation) -> Association:
    """Best allocation of the chains; their last cell stands for nobody."""
    cell = s.cell[s.best]
    return Association(np.where(cell < problem.sizes["B"], cell, -1))


def ruin_and_recreate(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Insert greedily, descend, and take some users out to insert them anew."""
    if incumbent.remaining() < INSERTED * len(problem.candidates.cell):
        return
    model = model_of(problem.scaled())
    users = len(model.start) - 1
    rng = np.random.default_rng(incumbent.seed)
    best = state_of(np.full(users, -1, np.intp), model)
    insert(model.value, best, model)
    descend(best, model, incumbent)
    incumbent.offer(association_of(best, model))
    if incumbent.allocation is not None and not incumbent.expired():
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
        add_links(order, cell, state.used.copy(), state.carried.copy(), model, 1)
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
    return float(value + left * left_out(model))


def descend(state: State, model: Model, incumbent: Incumbent) -> None:
    """Improve user by user until nobody gains, or time is out."""
    users = len(model.start) - 1
    width = max(1, len(model.cell) // users)
    operations = OPERATIONS_PER_CHUNK[model.fair]
    chunk = max(1, operations // (PARTNERS * (4 + 2 * width)))
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

"""Column generation: sets of users for cells, prices of users, a tree on top."""

import numpy as np

from formulations.association import Association, UserAssociation
from formulations.association_prices import UserPrices, segment_max
from formulations.kernels.cell_columns import Cells, cells_of
from formulations.kernels.ejection import ROUND, SCORE
from formulations.kernels.knapsack_prices import auction_of
from formulations.kernels.shortlists import BEST
from formulations.kernels.softening import begin, search
from formulations.problem import FEASIBLE
from rrm.argument import BySearch
from rrm.association.cell_descent import descend, meet
from rrm.association.cell_tree import CellTree
from rrm.incumbent import Incumbent
from rrm.methods.association.knapsack_dual import applies as has_prices
from rrm.methods.association.local_search import (
    CHAIN_WORK,
    association_at,
    chains_from,
    lowered,
)
from rrm.registry import method

MOST_PAIRS = 200_000
ROOT_SHARE = 0.5  # of the time, at most, before the tree
ROUNDS = 60  # of chains after rounding
ENGINE = "column generation"
FEW_NODES, MANY_NODES = 8, 100  # of a search; the next looks twice or half as far
FIRST_PART = 1 / 16  # of the way from bound to answer that the first search looks at
CLOSE = 1e-9  # relative difference of values that counts as none
WHOLE = 2.0**52  # below it, whole numbers are exact


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    reason = has_prices(problem)
    if reason is None and len(problem.candidates.cell) > MOST_PAIRS:
        return f"takes at most {MOST_PAIRS} pairs of user and cell"
    return reason


@method(
    UserAssociation,
    kind="exact",
    applies=applies,
    proves="an upper bound by a knapsack per cell, then by a tree of prices",
    isolated=True,
    needs=("highspy",),
    rank=35,
    share=3.0,
)
def column_generation(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Price users by a master of sets, then search for better values by prices [1]_.

    Subgradient steps come near the best prices. A master in a box around them [2]_,
    with smoothed prices [3]_, meets them, which proves the bound of the convex hulls of
    all knapsacks. What it shares out is rounded and repaired. A tree then looks for
    values ever farther below the bound [4]_: a search that ends without an answer is a
    proof, and the narrower it looks, the more pairs are decided beforehand.

    Complexity: exponential at worst; an iteration takes a knapsack a cell and a linear
    program of U + B rows.

    References
    ----------
    .. [1] M. Savelsbergh, "A branch-and-price algorithm for the generalized assignment
       problem", Operations Research 45(6), 1997.
       https://doi.org/10.1287/opre.45.6.831
    .. [2] O. du Merle, D. Villeneuve, J. Desrosiers, P. Hansen, "Stabilized column
       generation", Discrete Mathematics 194, 1999.
       https://doi.org/10.1016/S0012-365X(98)00213-1
    .. [3] A. Pessoa, R. Sadykov, E. Uchoa, F. Vanderbeck, "Automation and combination
       of linear-programming based stabilization techniques in column generation",
       INFORMS Journal on Computing 30(2), 2018.
       https://doi.org/10.1287/ijoc.2017.0784
    .. [4] M. Posta, J. A. Ferland, P. Michelon, "An exact method with variable fixing
       for solving the generalized assignment problem", Computational Optimization and
       Applications 52, 2012. https://doi.org/10.1007/s10589-011-9432-0
    """
    scaled = problem.scaled()
    start, cell, _, load, value = scaled.candidates
    if not len(cell):
        return
    unit = scaled.units["utility"]
    worth = lowered(problem, scaled, incumbent).best
    proof = incumbent.certificate().proof
    if isinstance(proof, UserPrices):
        price = proof.user / unit
    else:
        price = np.maximum(segment_max(value - worth[cell] * load, start), -1e3)
    if not problem.must_serve:
        price = np.maximum(price, 0.0)
    room = scaled.capacity * (1 + 2 * FEASIBLE)
    pairs = start, cell, value, load
    auction = auction_of(pairs, room, problem.must_serve, price)
    cells = cells_of(pairs, room, problem.must_serve)
    round_shares(np.zeros(len(cell)), worth, scaled, problem, incumbent)
    descend(auction, unit, incumbent)
    if incumbent.expired():
        return
    seconds = ROOT_SHARE * incumbent.remaining()
    share = meet(cells, auction, unit, seconds, incumbent)
    by_user = np.zeros(len(cell))
    by_user[cells.place] = share
    round_shares(by_user, worth, scaled, problem, incumbent)
    search_values(cells, auction.best, unit, problem, incumbent)


def round_shares(
    share: np.ndarray,
    worth: np.ndarray,
    scaled: UserAssociation,
    problem: UserAssociation,
    incumbent: Incumbent,
) -> None:
    """Offer each user's largest ``share`` (E,), moved by chains until all fit [1]_.

    Room of cells is worth ``worth`` (B,) to the chains.

    References
    ----------
    .. [1] R. Sadykov, F. Vanderbeck, A. Pessoa, I. Tahiri, E. Uchoa, "Primal heuristics
       for branch and price: the assets of diving methods", INFORMS Journal on Computing
       31(2), 2019. https://doi.org/10.1287/ijoc.2018.0822
    """
    start = scaled.candidates.start
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    chosen = np.full(len(start) - 1, BEST)
    order = np.argsort(share, kind="stable")  # the last one of a user counts
    order = order[share[order] > 0.0]
    chosen[owner[order]] = order
    s = chains_from(scaled, worth, chosen, incumbent.seed)
    if s is None:
        return
    begin(s, True, 1, 1.0)
    while s.counts[ROUND] < ROUNDS and not incumbent.expired():
        search(s, CHAIN_WORK, ROUNDS, 3)
    if s.sums[SCORE] > -np.inf:
        incumbent.offer(association_at(s, problem))


def search_values(
    cells: Cells,
    price: np.ndarray,
    unit: float,
    problem: UserAssociation,
    incumbent: Incumbent,
) -> None:
    """Search for values ever farther below the bound, until one is found or none is."""
    grain = grain_of(problem)
    most = float(np.abs(problem.candidates.value).max())
    nowhere = -10.0 * cells.users * (most or 1.0)  # no association is worth so little
    top, distance, nodes = incumbent.bound, 0.0, 0
    while not incumbent.expired():
        known = -np.inf if incumbent.allocation is None else incumbent.objective
        size = max(abs(top), abs(known) if np.isfinite(known) else 0.0)
        least = max(0.5 * incumbent.budget.gap, CLOSE) * size
        goal = known + (grain or least)
        if top < goal:
            return
        if distance == 0.0:
            way = FIRST_PART * (top - known if np.isfinite(known) else size)
            distance = 0.0 if grain else max(way, least)
        wanted = max(goal, top - distance)
        if grain:
            wanted = grain * np.ceil(wanted / grain)
        slack = 0.01 * grain or CLOSE * 1e-3 * size
        tree = CellTree(cells, price, (wanted - slack) / unit, incumbent.expired)
        tree.run()
        nodes += tree.nodes
        if tree.found is not None:
            chosen = np.full(cells.users, -1)
            pairs = np.flatnonzero(tree.found)
            cell = np.searchsorted(cells.first, pairs, side="right") - 1
            chosen[cells.user[pairs]] = cell
            if not incumbent.offer(Association(chosen)):
                return  # fits but for the referee's tolerance, and no search gets by it
        elif not tree.is_exhausted:
            return
        elif wanted < nowhere:
            incumbent.tighten(-np.inf, BySearch(ENGINE, nodes))
            return
        else:
            top = wanted - grain
            incumbent.tighten(top, BySearch(ENGINE, nodes))
            if tree.nodes <= FEW_NODES:
                distance = max(2.0 * distance, grain)
            elif tree.nodes > MANY_NODES:
                distance = 0.5 * distance if distance > grain else 0.0


def grain_of(problem: UserAssociation) -> float:
    """Number that every value is a multiple of, 0 if values are not whole."""
    value = problem.candidates.value
    if (value != np.rint(value)).any() or np.abs(value).sum() > WHOLE:
        return 0.0
    return float(np.gcd.reduce(value.astype(np.int64)))

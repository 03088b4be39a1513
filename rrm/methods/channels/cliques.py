"""Bounds from transmitters that all need to be apart."""

from collections.abc import Iterator

import numpy as np

from formulations.channel_bounds import Clique, SmallestChannels, SpacingPrices
from formulations.channel_domains import Consistency, EmptyDomain, NothingBelow
from formulations.channel_separations import Separations, separations_of
from formulations.channels import ChannelAssignment
from formulations.kernels.channel_cliques import heaviest_clique, later_neighbours
from rrm.foresight import Durations
from rrm.incumbent import Incumbent
from rrm.registry import method

NODES = 20_000  # of one search for a clique, between looks at the clock
NODES_AROUND = 2_000  # of one around a transmitter, for prices
PATIENCE = 100  # cliques without a better bound
LEVELS = 4  # of separations around one transmitter
LARGEST = 400  # kinds of transmitters that get prices
PAIR_SECONDS = 1e-6  # that listing separations takes for each pair
PRICING = Durations()  # of the linear program for a clique, by its kinds
SNAP = 8  # prices are most often multiples of 1 / 8 at the most


@method(
    ChannelAssignment,
    kind="exact",
    proves="number and span of channels from cliques, and that none fit",
    rank=5,
    share=0.3,
)
def cliques(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Find the largest clique, and prices of separations in many [1]_.

    Complexity: greedy cliques in O(V^2) each, not all of them; prices O(K^2) for a
    clique of K cells a step.

    References
    ----------
    .. [1] D. H. Smith, S. Hurley, "Bounds for the frequency assignment problem",
       Discrete Mathematics 167/168, 1997, pp. 571-582.
       https://doi.org/10.1016/S0012-365X(96)00254-X
    """
    if incumbent.remaining() < PAIR_SECONDS * problem.sizes["E"]:
        return
    floor = SmallestChannels()
    incumbent.tighten(floor.bound(problem), floor)
    known = problem.network
    if isinstance(known, EmptyDomain):
        incumbent.tighten(known.bound(problem), known)
    if incumbent.expired() or _says_nothing(problem, incumbent):
        return
    if problem.objective == "min_span":
        raise_floor(problem, incumbent)
    near = separations_of(problem)
    for kinds in largest_cliques(near, incumbent):
        incumbent.tighten(0.0, Clique(near.members(kinds)))
    if problem.objective == "min_order" and incumbent.allocation is not None:
        return
    waited = 0
    for kinds in cliques_around(near):
        if incumbent.expired() or waited > PATIENCE:
            return
        is_timed = incumbent.budget.work is None  # else the processor decides nothing
        if is_timed and not PRICING.fits(len(kinds), incumbent.remaining()):
            return
        waited += 1
        for value, argument in _prices(problem, near, kinds):
            if value > incumbent.bound and incumbent.tighten(value, argument):
                waited = 0


def raise_floor(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """Bisect for the largest span below which arc consistency empties a domain."""
    low, high = int(incumbent.bound), int(problem.lists[2].max(initial=0)) + 1
    if incumbent.allocation is not None:
        high = int(incumbent.objective) + 1
    reason = None
    while high - low > 1 and not incumbent.expired(0):
        top = (low + high) // 2
        kept = Consistency(problem.below(top))
        if kept.emptied < 0:
            high = top
        else:
            low, reason = top, kept.argument()
    if reason is not None:
        incumbent.tighten(low, NothingBelow(low, reason))


def _says_nothing(problem: ChannelAssignment, incumbent: Incumbent) -> bool:
    """Whether cliques could prove nothing but infeasibility, which is ruled out."""
    counts = problem.objective in ("min_span", "min_order")
    return incumbent.allocation is not None and not counts


def largest_cliques(near: Separations, incumbent: Incumbent) -> Iterator[np.ndarray]:
    """Kinds in cliques of more and more transmitters, until none can be larger.

    Every clique lies among the neighbours of higher rank of its member of lowest rank.
    """
    weight = near.count * np.where((near.inner > 0) | (near.count == 1), 1.0, 0.0)
    rank = later_neighbours(near.first, near.near)
    best = 0.0
    for root in np.argsort(-rank):
        others = near.near[near.first[root] : near.first[root + 1]]
        others = others[rank[others] > rank[root]]
        own = weight[root]
        if own + weight[others].sum() <= best:
            continue
        if incumbent.expired():
            return
        found, total, _ = heaviest_clique(
            others,
            weight[others],
            near.first,
            near.near,
            max(float(best - own), 0.0),
            NODES,
        )
        if own + total > best and (len(found) or own > best):
            best = own + weight[found].sum()
            if best > 1:
                yield np.append(found, root)


def cliques_around(near: Separations) -> Iterator[np.ndarray]:
    """Kinds in cliques around each kind, of all or of those far enough from it.

    Those come first that must be apart from most.
    """
    owner = np.repeat(np.arange(len(near.count)), np.diff(near.first))
    pressure = near.count * near.inner.astype(float)
    np.add.at(pressure, owner, near.gap * near.count[near.near])
    seen = set()
    for root in np.argsort(-pressure, kind="stable"):
        part = slice(near.first[root], near.first[root + 1])
        levels = np.unique(near.gap[part])
        for level in levels[:: len(levels) // LEVELS + 1]:
            others = near.near[part][near.gap[part] >= level]
            weight = near.count[others] * near.gap[part][near.gap[part] >= level]
            found, _, _ = heaviest_clique(
                others, weight * 1.0, near.first, near.near, 0.0, NODES_AROUND
            )
            clique = np.sort(np.append(found, root))
            if clique.tobytes() not in seen:
                seen.add(clique.tobytes())
                yield clique


def _prices(
    problem: ChannelAssignment, near: Separations, kinds: np.ndarray
) -> Iterator[tuple[float, SpacingPrices]]:
    """Prices and what they should prove; then without those that get none."""
    while near.count[kinds].sum() > 1 and len(kinds) <= LARGEST:
        with PRICING.measuring(len(kinds)):
            price, value = spacing_prices(near, kinds)
        member = near.members(kinds)
        snapped = np.rint(SNAP * price) / SNAP
        apart = near.between(kinds)
        fits = snapped[:, None] + snapped <= apart
        if not (fits | (np.diag(near.count[kinds]) == 1)).all():
            snapped = price * (1 - 1e-9) - 1e-9
        of_member = np.repeat(snapped, near.count[kinds])
        yield float(np.ceil(value - 1e-6)), SpacingPrices(member, of_member)
        if (price > 0).all():
            return
        kinds = kinds[price > 0]


def spacing_prices(near: Separations, kinds: np.ndarray) -> tuple[np.ndarray, float]:
    """Prices (K,) of kinds, of the largest bound, and that: a linear program."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    size = len(kinds)
    apart, several = near.between(kinds), near.count[kinds] > 1
    u, v = np.triu_indices(size, 1)
    u, v = np.append(u, np.flatnonzero(several)), np.append(v, np.flatnonzero(several))
    each = np.arange(size)
    low = near.lowest[kinds].astype(float)
    rows = len(u) + np.concatenate((each, each, each + size, each + size))
    rows = np.concatenate((np.arange(len(u)), np.arange(len(u)), rows))
    columns = np.concatenate((u, v, each, np.full(size, size), each))
    columns = np.append(columns, np.full(size, size + 1))
    matrix = coo_array((np.ones(len(rows)), (rows, columns)))
    found = linprog(
        -np.concatenate((2.0 * near.count[kinds], [1.0, 1.0])),
        matrix.tocsr(),
        np.concatenate((apart[u, v], low, np.zeros(size))),
        bounds=[(0, None)] * size + [(None, None)] * 2,
    )
    if found.x is None:
        return np.zeros(size), 0.0
    return np.maximum(found.x[:size], 0.0), -float(found.fun)

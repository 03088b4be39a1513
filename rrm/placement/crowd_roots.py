"""Trees of cases to begin with: nothing decided, or what an earlier proof decides."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from formulations.placement_cases import SiteCases
from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel
from rrm.placement.coarse import Crowd, Groups
from rrm.placement.crowd_prices import handed_down, handed_up
from rrm.placement.crowd_tree import Case, CrowdTree, End, order_of
from rrm.placement.descent import PriceDescent
from rrm.placement.dive import decide
from rrm.placement.trim import trimmed

STEP = 0.1  # the first of earlier prices


def rooted(
    crowd: Crowd,
    groups: Groups,
    root: PriceDescent,
    known: float,
    expired: Callable[[], bool],
) -> CrowdTree | None:
    """Tree with nothing decided, at prices near their end; None if time is out.

    Sites that at the root's prices cannot be open in anything better than ``known``
    are closed before; the cases that one of them is open stay at these prices.
    """
    rest = root.best, root.site_price, root.average
    paid = handed_down(crowd, groups, *rest, expired)
    if paid is None:
        return None
    before = root.status.copy()
    root.fix(known)
    status = np.where(root.status == CLOSED, CLOSED, before)
    root.status[:] = before
    shut = np.flatnonzero((before == FREE) & (status == CLOSED))
    last = 2 * len(shut)
    site, then = np.full(last + 1, -1), np.zeros((last + 1, 2), np.intp)
    site[:last:2] = shut  # closed: the next; open: the root's prices hold
    then[:last:2] = np.arange(0, last, 2)[:, None] + (2, 1)
    cases = SiteCases(site, then, np.zeros(last + 1, np.intp), (paid,))
    nodes, statuses = zip(*ends_of(cases, groups.model), strict=True)
    ends = [
        End(*end) for end in zip(root.bounds(statuses), nodes, statuses, strict=True)
    ]
    state = paid, *rest, root.step, 0.0
    main = [end for end in ends if end.node == last]
    others = [end for end in ends if end.node != last]
    found = [
        Case(order_of(some), tuple(some), *state) for some in (main, others) if some
    ]
    light = trimmed(groups.model, status, root.best)
    return CrowdTree(crowd, groups, light, paid, site.tolist(), then.tolist(), found)


def planted(
    crowd: Crowd, groups: Groups, cases: SiteCases, bound: np.ndarray
) -> CrowdTree:
    """Tree that ends in ``cases``, whose canonical bounds (N,) are known."""
    model = groups.model
    _, per_demand = crowd.units
    bunches: dict[int, list[End]] = {}
    left = np.full(len(model.status), CLOSED)
    for node, status in ends_of(cases, model):
        end = End(float(bound[node]), node, status)
        bunches.setdefault(int(cases.at[node]), []).append(end)
        left = np.maximum(left, np.where(status == CLOSED, CLOSED, FREE))
    unknown = np.zeros(len(left))
    found = []
    for k, ends in bunches.items():
        paid = cases.prices[k]
        state = None, paid.site / per_demand, unknown, STEP, np.inf
        found.append(Case(order_of(ends), tuple(ends), paid, *state))
    lowest = np.minimum.reduce([prices.user for prices in cases.prices])
    prices = handed_up(crowd, groups, replace(cases.prices[0], user=lowest))
    light = trimmed(model, left, prices)
    site, then = cases.site.tolist(), cases.then.tolist()
    return CrowdTree(crowd, groups, light, cases.prices[0], site, then, found)


def ends_of(cases: SiteCases, model: SiteModel) -> Iterator[tuple[int, np.ndarray]]:
    """Nodes that decide nothing, and what is decided (S,) about sites there."""
    waiting = [(0, model.status.copy())]
    while waiting:
        node, status = waiting.pop()
        site = int(cases.site[node])
        if site < 0:
            yield node, status
            continue
        for decided, following in zip((CLOSED, OPEN), cases.then[node], strict=True):
            if status[site] in (FREE, decided):
                child = decide(site, decided, status, model)
                if child is not None:
                    waiting.append((int(following), child))

"""Open sites one after the other, as prices that follow suggest."""

from collections.abc import Callable

import numpy as np

from formulations.placement_model import CLOSED, FREE, OPEN, SiteModel
from rrm.placement.descent import PriceDescent

STEPS = 10  # of the prices after each site
STEP = 0.5  # the first of them
PAIRS_PER_LOOK = 200_000  # priced between looks at the clock
LEAST = 0.02  # average from which on a site is worth opening


def dive(
    descent: PriceDescent,
    known: float,
    expired: Callable[[], bool],
    kept: np.ndarray | None = None,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Sites (S,) bool: the likeliest at the prices, then those after its opening [1]_.

    Sites ``kept`` (S,) bool are open from the start. With ``rng`` those about as likely
    may come first. When time has ``expired``, no more are opened.

    References
    ----------
    .. [1] T. Berthold, "Primal heuristics for mixed integer programs", diploma thesis,
       TU Berlin, 2006, section 3.2 (diving), on prices in place of an LP.
    """
    model, status = descent.model, descent.status.copy()
    if kept is not None:
        status[kept] = OPEN
        if not settle(status, model):
            return kept
    following = PriceDescent(model, status, descent.best, STEP, descent)
    following.average[:] = descent.average
    if kept is not None:
        _follow(following, known, expired)
    while True:
        likely = np.where(status == FREE, following.average, 0.0)
        if rng is not None:
            likely *= rng.uniform(0.0, 1.0, len(likely))
        site = int(np.argmax(likely))
        enough = following.average[site] > LEAST and status[site] == FREE
        child = decide(site, OPEN, status, model) if enough else None
        if child is None:
            return status == OPEN
        status[:] = child
        if not (status == FREE).any() or expired():
            return status == OPEN
        following = PriceDescent(model, status, following.best, STEP, following)
        _follow(following, known, expired)


def _follow(descent: PriceDescent, known: float, expired: Callable[[], bool]) -> None:
    """Take the steps after an opening, a few of large models at a time."""
    few = min(max(1, PAIRS_PER_LOOK // max(len(descent.model.user), 1)), STEPS)
    for taken in range(0, STEPS, few):
        if taken and expired():
            return
        descent.run(min(few, STEPS - taken), known)


def decide(
    site: int, decided: int, status: np.ndarray, model: SiteModel
) -> np.ndarray | None:
    """Status (S,) with ``site`` decided and what follows, None if nothing can."""
    child = status.copy()
    child[site] = decided
    return child if settle(child, model) else None


def settle(status: np.ndarray, model: SiteModel) -> bool:
    """Close what open sites leave no place for; False if they contradict each other."""
    opened = np.flatnonzero(status == OPEN)
    if len(opened) > model.most:
        return False
    for site in opened:
        near = model.near[model.near_start[site] : model.near_start[site + 1]]
        if (status[near] == OPEN).any():
            return False
        status[near] = CLOSED
    if len(opened) == model.most:
        status[status == FREE] = CLOSED
    return True

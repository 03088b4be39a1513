"""Local search over the open sites, restarted from shaken ones."""

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import OPEN, canonical
from formulations.placement_prices import contradictions
from rrm.incumbent import Incumbent
from rrm.placement.coarse import reason_against_crowds
from rrm.placement.moves import improve, shaken
from rrm.placement.service import Service, serve_in_time
from rrm.registry import method

TRIES = 60  # moves served exactly before a place counts as locally best
ROUNDS = 40  # from shaken sites without improvement before giving up
MOST_PAIRS = 2_000_000  # in range; with more, prices find better places sooner
SHAKEN = 0.1  # share of the open sites that is exchanged


def applies(problem: LapPlacement) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.is_capacitated and len(problem.reach.site) > MOST_PAIRS:
        return f"looks too long at more than {MOST_PAIRS} pairs under capacities"
    return reason_against_crowds(problem)


@method(
    LapPlacement,
    kind="heuristic",
    applies=applies,
    proves="infeasibility where single constraints contradict each other",
    rank=20,
    share=0.2,
)
def local_search(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Add, drop and exchange sites by estimates from the two best sites [1]_.

    Where capacities bind, users are served exactly at the most promising moves.

    Complexity: estimates of all exchanges take O(E + S p) for E pairs of user and site
    and p platforms; service under capacities is a flow.

    References
    ----------
    .. [1] M. G. C. Resende, R. F. Werneck, "A fast swap-based local search procedure
       for location problems", Annals of Operations Research 150, 2007.
       https://doi.org/10.1007/s10479-006-0154-0
    .. [2] H. R. Lourenço, O. C. Martin, T. Stützle, "Iterated local search", in
       Handbook of Metaheuristics, 2003. https://doi.org/10.1007/0-306-48056-5_11
    """
    reasons = contradictions(problem)
    if reasons:
        incumbent.tighten(-np.inf, reasons[0])
        return
    _, model = canonical(problem)
    status, expired = model.status, incumbent.expired

    known = incumbent.allocation
    is_open = status == OPEN if known is None else known.open
    first = serve_in_time(is_open, model, None, expired)
    if first is None:
        return
    best = first

    def offer(service: Service) -> None:
        if service.complete:
            incumbent.offer(service.placement())

    def take(service: Service) -> None:
        nonlocal best
        if service.worth > best.worth:
            best = service
            offer(service)

    offer(best)
    improve(best, model, status, expired, TRIES, take)
    rng = np.random.default_rng(incumbent.seed)
    failed = 0
    while failed < ROUNDS and not expired():
        before = best
        exchanges = max(2, int(SHAKEN * best.is_open.sum()))
        trial = shaken(best, model, status, int(rng.integers(1, exchanges + 1)), rng)
        service = serve_in_time(trial, model, best.price, expired)
        if service is None:
            return
        take(service)
        improve(service, model, status, expired, TRIES, take)
        failed = failed + 1 if best is before else 0

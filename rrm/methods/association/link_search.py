"""Several links per user, put in by density in many random orders."""

import numpy as np

from formulations.association import Association, UserAssociation
from formulations.kernels.association_moves import add_links
from rrm.incumbent import Incumbent
from rrm.methods.association.local_search import model_of
from rrm.registry import method

ORDERS = 300  # without improvement before giving up
SPREAD = 1.0  # of the logarithm by which densities are disturbed, at most
SMALLEST = 1e-9  # canonical load that a density divides by


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.group):
        return "keeps no limits of groups"
    if problem.objective != "sum":
        return "adds up the values of links"
    return None if problem.max_links > 1 else "is for several links per user"


@method(UserAssociation, kind="heuristic", applies=applies, rank=15)
def link_search(problem: UserAssociation, incumbent: Incumbent) -> None:
    """Insert links in the order of randomly disturbed densities [1]_.

    Complexity: an order takes O(E log E) for E candidate pairs.

    References
    ----------
    .. [1] T. A. Feo, M. G. C. Resende, "Greedy randomized adaptive search procedures",
       Journal of Global Optimization 6, 1995. https://doi.org/10.1007/BF01096763
    """
    model = model_of(problem.scaled())
    users, cells = problem.sizes["U"], problem.sizes["B"]
    rng = np.random.default_rng(incumbent.seed)
    density = np.maximum(model.value, 0.0) / np.maximum(model.load, SMALLEST)
    failed = 0
    while failed < ORDERS and not incumbent.expired():
        spread = SPREAD * failed / ORDERS
        key = density * np.exp(spread * rng.standard_normal(len(density)))
        cell = np.full((users, problem.max_links), -1, np.intp)
        add_links(np.argsort(-key), cell, np.zeros(cells), np.zeros(cells), model, 0)
        failed = 0 if incumbent.offer(Association(cell)) else failed + 1

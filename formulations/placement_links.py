"""Which users a placement serves from where, and what that is worth."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.reach import value_at

if TYPE_CHECKING:
    from formulations.placement import LapPlacement, Placement

LAST = "_last_links"
"""Where a problem keeps sites and their links."""


def links_of(
    problem: "LapPlacement", allocation: "Placement"
) -> tuple[np.ndarray, ...]:
    """User, site, share and value (nan: out of range) of each link in use.

    Whoever asks for violations asks for the objective next, so those of the last users
    served as a whole are kept, and hold for equal sites alone.
    """
    if allocation.share.size:
        used = np.flatnonzero(allocation.share != 0)  # faster than by rows and columns
        user, site = np.divmod(used, allocation.share.shape[1])
        share = allocation.share[user, site]
        return user, site, share, value_at(problem.reach, problem.value, user, site)
    last, found = problem.__dict__.get(LAST, (None, None))
    if found is None or not np.array_equal(last, allocation.site):
        user = np.flatnonzero(allocation.site >= 0)
        site, share = allocation.site[user], np.ones(len(user))
        found = user, site, share, value_at(problem.reach, problem.value, user, site)
        for part in found:
            part.flags.writeable = False
        problem.__dict__[LAST] = allocation.site.copy(), found
    return found

"""Fewer pairs in range: those that cannot earn anything at prices near good ones."""

import numpy as np

from formulations.placement_model import FREE, SiteModel, changed
from rrm.placement.descent import Prices, price_scales

MARGIN = 0.15  # of a user's spread of values, by which its price may still fall


def trimmed(model: SiteModel, status: np.ndarray, prices: Prices) -> SiteModel:
    """Model for descents near ``prices``: without closed sites and poor pairs.

    Users' prices get a floor, below their present ones; pairs worth less than the
    floor earn nothing at any price that is left, so bounds are those of the whole
    model. Only what is ordered by site is trimmed: descents read nothing else.
    """
    user_scale, _, _ = price_scales(model)
    floor = np.maximum(model.floor, prices[0] - MARGIN * user_scale)
    sites = np.repeat(np.arange(len(status)), np.diff(model.first))
    kept = (model.worth > floor[model.user]) & (status >= FREE)[sites]
    first = np.zeros(len(status) + 1, np.intp)
    np.cumsum(np.bincount(sites[kept], minlength=len(status)), out=first[1:])
    return changed(
        model,
        first=first,
        user=model.user[kept],
        worth=model.worth[kept],
        floor=floor,
    )

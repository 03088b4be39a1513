"""A forecast from one placement problem a period."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from formulations.forecast import SHARED
from formulations.placement import LapPlacement
from formulations.problem import FieldError
from twins.record import is_sparse


def joined(
    kind: type, placements: Sequence[LapPlacement], weight: Any, **options: Any
) -> Any:
    """Forecast of ``placements``, which are alike in all but users."""
    if not placements:
        raise FieldError("placements", None, "none", "at least one LapPlacement")
    first = placements[0]
    for place, other in enumerate(placements):
        for name in SHARED:
            if not np.array_equal(getattr(first, name), getattr(other, name)):
                allowed = "the same as of the first"
                raise FieldError(f"placements.{name}", (place,), "another one", allowed)
    if any(is_sparse(one.value) for one in placements):
        from scipy.sparse import csr_array, vstack

        value: Any = csr_array(vstack([_stored(one) for one in placements]))
    else:
        value = np.concatenate([one.value for one in placements])
    users = [one.sizes["U"] for one in placements]
    return kind(
        value,
        np.repeat(np.arange(len(placements)), users),
        weight,
        np.concatenate([one.demand for one in placements]),
        **{name: getattr(first, name) for name in SHARED},
        **options,
    )


def _stored(one: LapPlacement) -> Any:
    """Values of ``one`` as CSR with the pairs in range alone."""
    from scipy.sparse import csr_array

    start, site, value = one.reach
    return csr_array((value, site, start), shape=(one.sizes["U"], one.sizes["S"]))

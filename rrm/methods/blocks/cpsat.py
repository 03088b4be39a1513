"""Blocks of all cells by constraint programming on CP-SAT, in a worker process only."""

from typing import Any

import numpy as np
from scipy.sparse import block_diag

from formulations.blocks import BlockSchedule, Schedule
from rrm.argument import BySearch
from rrm.cpsat_solver import add_rows, maximize, search
from rrm.incumbent import Incumbent
from rrm.methods.blocks import highs
from rrm.methods.blocks.price_search import PriceSearch
from rrm.registry import method

MOST_COLUMNS = 50_000  # users times blocks: its model is built one by one


def applies(problem: BlockSchedule) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.rate.size > MOST_COLUMNS:
        return f"states at most {MOST_COLUMNS} users times blocks"
    return highs.applies(problem)


@method(
    BlockSchedule,
    kind="exact",
    applies=applies,
    proves="an upper bound by search, where rounding to integers loses nothing",
    isolated=True,
    needs=("ortools",),
    rank=90,
)
def cpsat(problem: BlockSchedule, incumbent: Incumbent) -> None:
    """State who may have which block in integers, and learn clauses [1]_.

    Floors are rounded so that what is found meets them; its bound counts where there
    are none.

    Complexity: exponential at worst, with U N booleans.

    References
    ----------
    .. [1] L. Perron, F. Didier, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    parts = PriceSearch(problem, incumbent)
    stated = [
        highs.rows_of(cell, highs.groups_of(problem, own))
        for own, cell in zip(parts.own, parts.cells, strict=True)
    ]
    matrix: Any = block_diag([part[0] for part in stated], format="csr")
    low, high = (np.concatenate([part[k] for part in stated]) for k in (1, 2))
    value = np.concatenate(
        [(cell.weight[:, None] * cell.rate).ravel() for cell in parts.cells]
    )
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in value]
    is_floor = np.isfinite(low)
    open_below, ones = np.full(len(low), -np.inf), np.ones(len(low))
    whole, floors = ~is_floor & np.isfinite(high), is_floor
    add_rows(model, x, matrix[whole], (open_below[whole], high[whole]), ones[whole])
    limits = open_below[floors], -low[floors]
    is_exact = add_rows(model, x, -matrix[floors], limits, ones[floors])
    in_units = maximize(model, x, value)
    if incumbent.allocation is not None:
        known = parts.known_owners()
        for one, chosen in zip(x, _columns(parts, known), strict=True):
            model.add_hint(one, bool(chosen))

    def offer(values: np.ndarray) -> None:
        incumbent.offer(_schedule(values, problem, parts))

    is_empty, bound = search(model, x, offer, incumbent)
    if not is_exact:
        return
    if is_empty:
        incumbent.tighten(-np.inf, BySearch("cp-sat"))
    elif np.isfinite(bound):
        bound = in_units(bound) * parts.weight_unit * parts.rate_unit
        incumbent.tighten(bound, BySearch("cp-sat"))


def _columns(parts: PriceSearch, known: Any) -> np.ndarray:
    """Whether each user of each cell has each block, where ``known`` own them."""
    chosen = [
        (np.arange(len(own))[:, None] == owner).ravel()
        for own, owner in zip(parts.own, known, strict=True)
    ]
    return np.concatenate(chosen)


def _schedule(
    values: np.ndarray, problem: BlockSchedule, parts: PriceSearch
) -> Schedule:
    """Who has which block; nobody what is worth nothing to them."""
    user, begin = np.full(problem.blocked.shape, -1, np.intp), 0
    for own, cell in zip(parts.own, parts.cells, strict=True):
        chosen = values[begin : begin + cell.rate.size].reshape(cell.rate.shape) > 0.5
        chosen &= cell.rate > 0
        begin += cell.rate.size
        owner = np.where(chosen.any(axis=0), own[chosen.argmax(axis=0)], -1)
        user[problem.cell[own[0]]] = owner
    return Schedule(user)

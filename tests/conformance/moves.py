"""Move lists as quartets, all of them, and plain loops over what is drawn."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from formulations import Grants, MoveList

FAR = 1e-6  # of the others' interference, from grants that are faint


def move_cases() -> Iterator[tuple[str, MoveList, bool]]:
    """Feasible, degenerate, ill-scaled; with no grant left all are protected."""
    rng = np.random.default_rng(11)
    heard = 10 ** rng.uniform(-12, -10.8, (2, 6))
    heard[0, :2] *= FAR
    plain = MoveList(
        heard,
        np.full(2, 1e-11),
        spread_db=rng.choice([0.0, 4.0, 8.0], (2, 6)),
        weight=rng.integers(1, 4, 6),
        draws=100,
        confidence=0.5,
    )
    yield "moves-feasible", plain, True
    yield "moves-all-kept", plain.replace(limit=np.full(2, 1e-7)), True
    yield "moves-degenerate", plain.replace(interference=np.full((2, 6), 4e-12)), True
    scale = np.array([1e-12, 1e9])
    ill = plain.replace(interference=heard * scale[:, None], limit=plain.limit * scale)
    yield "moves-ill-scaled", ill, True


def other_move_units(problem: MoveList) -> MoveList:
    """The same problem with interference and weights in other units."""
    return problem.replace(
        interference=problem.interference * 1e9,
        limit=problem.limit * 1e9,
        weight=problem.weight * 1e-6,
    )


def move_lists(problem: MoveList) -> Iterator[Grants]:
    """Every set of grants that may be kept."""
    for kept in product([False, True], repeat=problem.sizes["L"]):
        yield Grants(np.array(kept))


def moves_by_hand(p: MoveList, kept: np.ndarray) -> tuple[float, float]:
    """Objective and largest violation of a move list."""
    known, value = p.levels, sum(p.weight[j] for j in range(len(kept)) if not kept[j])
    if not kept.any():
        return float(value), 0.0
    worst = 0.0
    for receiver in range(len(p.limit)):
        sums = [1.0 - known.room[receiver]] * p.draws
        for j in np.flatnonzero(kept):
            rows = range(known.start[j], known.start[j + 1])
            levels = [known.level[k] for k in rows if known.receiver[k] == receiver]
            for draw in range(p.draws):
                sums[draw] += known.faint[receiver, j]
                sums[draw] += sum(float(level[draw]) for level in levels)
        worst = max(worst, sorted(sums)[p.needed - 1] - 1.0)
    return float(value), float(worst)

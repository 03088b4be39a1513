"""What changed between two snapshots, in words whose numbers are checked."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twins import TwinSnapshot

LEAST = 0.1
"""Share by which a load must change to be told."""
_WORDS = re.compile(r"(?P<percent>[+-]\d+)% load in cell (?P<cell>\S{1,40})")


def load_changes(
    before: "TwinSnapshot", now: "TwinSnapshot"
) -> Iterator[tuple[float, str, str]]:
    """Change as a share, cell, and words such as "+20% load in cell M1A".

    The load of a cell is the demand of the users that it serves. Words that do not give
    back number and cell, because of a cell's name, are left out.
    """
    old, new = _loads(before), _loads(now)
    for cell, load in new.items():
        if old.get(cell, 0.0) <= 0:
            continue
        share = load / old[cell] - 1
        words = f"{share:+.0%} load in cell {cell}"
        if abs(share) >= LEAST and _agrees(words, old, new):
            yield share, cell, words


def _agrees(words: str, before: dict[str, float], now: dict[str, float]) -> bool:
    told = _WORDS.fullmatch(words)
    if told is None:
        return False
    old, new = (loads.get(told["cell"], 0.0) for loads in (before, now))
    return old > 0 and abs(100 * (new / old - 1) - int(told["percent"])) <= 0.5 + 1e-9


def _loads(snapshot: "TwinSnapshot") -> dict[str, float]:
    """Demand in bit/s of the users of each cell; none where it is not known."""
    cell, demand = snapshot.previous, snapshot.demand
    if not cell.size or cell.shape != demand.shape:
        return {}
    served = cell >= 0
    load = np.bincount(cell[served], demand[served], len(snapshot.cell_id))
    return dict(zip(map(str, snapshot.cell_id), load.tolist(), strict=True))

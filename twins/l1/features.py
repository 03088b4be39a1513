"""What is known about a sample before it is measured: columns for learned models.

Position, motion, mode and identity of the cell, and what other drives measured near
there: of the same cell, the same mast, the same layer, and of all cells; and as if
nobody had seen the cell (``others_site``) or its mast (``others``, ``others_layer``).
Nothing of the sample's own drive but these enters: no RSRQ, SINR, CQI, RSSI or
neighbour.
"""

from dataclasses import dataclass, replace

import numpy as np

from twins.l1.drives import Drives
from twins.l1.naming import Names
from twins.l1.neighbours import Places, faded_mean, places, shrunk_mean
from twins.l1.trace import Trace

NOWHERE = 1e7  # m, far from every reference: a sample without position
LOG_OF_NOTHING = 0.01  # weights are given as logarithms of their sum with this


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns: ``values`` (n, k) with ``columns`` (k,)."""

    columns: tuple[str, ...]
    values: np.ndarray

    def __getitem__(self, column: str) -> np.ndarray:
        return self.values[:, self.columns.index(column)]


def features(
    drives: Drives,
    motion: Trace,
    groups: Names,
    reference: Places,
) -> Table:
    """Columns for the samples of ``drives`` from the references of other drives."""
    query = places(drives, motion, groups)
    nowhere = ~np.isfinite(query.x)
    query = replace(
        query,
        x=np.where(nowhere, NOWHERE, query.x),
        y=np.where(nowhere, NOWHERE, query.y),
    )
    made: dict[str, np.ndarray] = {}
    level = np.full(len(query), np.average(reference.rsrp, weights=reference.weight))
    layer, _ = shrunk_mean(query, reference, "layer", level)
    site, made["site_weight"] = shrunk_mean(query, reference, "site", layer)
    cell, made["cell_weight"] = shrunk_mean(query, reference, "cell", site)
    made |= {"layer_mean": layer, "site_mean": site, "cell_mean": cell}

    def fade(
        name: str,
        key: str | None,
        lengths: list[float],
        prior: np.ndarray,
        pull: float,
        without: str = "drive",
    ):
        mean, weight, nearest = faded_mean(
            query, reference, key, lengths, prior, pull, without=without
        )
        for column, length in enumerate(lengths):
            made[f"{name}_{length:.0f}"] = mean[:, column]
            logarithm = np.log(weight[:, column] + LOG_OF_NOTHING)
            made[f"{name}_{length:.0f}_weight"] = logarithm
        made[f"{name}_nearest"] = nearest

    fade("any", None, [60.0, 200.0], layer, 1.0)
    fade("layer", "layer", [40.0, 150.0], layer, 0.5)
    fade("site", "site", [80.0, 300.0], site, 0.5)
    fade("cell", "cell", [20.0, 50.0, 120.0, 400.0], cell, 0.3)
    fade("others", None, [60.0, 200.0], layer, 1.0, "site")
    fade("others_layer", "layer", [200.0], layer, 1.0, "site")
    fade("others_site", "site", [60.0, 200.0], layer, 0.5, "cell")
    made |= {
        "x": query.x,
        "y": query.y,
        "east": motion.east,
        "north": motion.north,
        "speed": drives.speed,
        "age": motion.age,
        "dwell": motion.dwell,
        "hour": drives.time % 86400 / 3600,
        "layer": groups.layer.astype(float),
        "sector": groups.sector.astype(float),
    }
    return Table(tuple(made), np.stack(list(made.values()), axis=1))

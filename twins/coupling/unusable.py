"""Which rows of a report say nothing that the twin could use, and why."""

import numpy as np
import pandas as pd

from twins.context_db import frames

RSRP = frames.NAMES.index("L1M.SS-RSRP")
VOLUME = frames.NAMES.index("DRB.PdcpSduVolumeDL")
FARTHEST = 1e5
"""m beyond the cells; the largest cell of LTE and NR (3GPP TS 36.300, clause 5.5)."""


def unusable(
    frame: pd.DataFrame, cell: np.ndarray, cell_position: np.ndarray
) -> np.ndarray:
    """Why each row (n,) cannot be used, as text; empty where it can.

    Parameters
    ----------
    frame : DataFrame
        As from :func:`twins.context_db.frames.measurements`.
    cell : (n,) int
        Number of the cell of each row, -1 for others.
    cell_position : (B, 3) m
        Antennas.
    """
    kind = frames.places(frame["name"])
    place = frame[["x", "y", "z"]].to_numpy()
    low, high = cell_position.min(axis=0), cell_position.max(axis=0)
    away = (place < low - FARTHEST) | (place > high + FARTHEST)
    of_cell = (kind == RSRP) | (frame["user_id"] == "").to_numpy()
    elsewhere = (cell < 0) & of_cell & (frame["cell_id"] != "").to_numpy()
    period = frame["period"].to_numpy()
    endless = (kind == VOLUME) & ~((period > 0) & np.isfinite(period))
    why = np.full(len(frame), "", dtype=object)
    why[elsewhere] = "unknown cell"
    why[endless] = "no period"
    why[away.any(axis=1)] = "out of reach"
    return why

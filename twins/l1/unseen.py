"""RSRP of cells that nobody measured, as a regression of its own.

Where such cells serve, mostly nobody measured any other cell either. What is left is
the level of the layer, the sequence of cells, and what the cells before and after are
expected to send. All samples are learned from: none of that is from their own cell.
"""

import numpy as np

from twins.l1.features import Table

LEVEL = -87.0  # dBm around which levels act
SEQUENCE = ("sector_150", "sector_400", "slow_200", "slow_600")


def design(table: Table, around: np.ndarray) -> np.ndarray:
    """Columns (n, k) of the level above ``LEVEL``.

    ``around`` (n, j) dB is what the drive's other cells are expected to send, above
    ``LEVEL``.
    """
    layers = [table["layer"] == layer for layer in range(4)]
    told = [table[name] for name in SEQUENCE]
    return np.column_stack([*layers, *told, around / 10]).astype(float)

"""Loss into buildings, from a prior of physics and the drives that rest.

A phone that rests for minutes is taken to be indoors. How much that costs is known from
3GPP TR 38.901 before any measurement, and corrected by drives that rest.
"""

import numpy as np

LOSS = 11.8  # dB, TR 38.901 v17, Table 7.4.3-2, low loss, at 2 GHz: 5 + 6.8
LOSS_STD = 6.0  # dB between buildings: 4.4 of the table, and how deep inside
DRIVE_STD = 8.0  # dB that the mean error of one drive has at one place


def learned_loss(drive: np.ndarray, residual: np.ndarray) -> float:
    """Loss in dB after seeing ``residual`` (n,) dB of resting samples.

    ``residual`` is measured minus predicted outdoors; a drive is one observation.
    """
    precision, total = LOSS_STD**-2, LOSS * LOSS_STD**-2
    for number in np.unique(drive):
        precision += DRIVE_STD**-2
        total -= residual[drive == number].mean() * DRIVE_STD**-2
    return max(total / precision, 0.0)

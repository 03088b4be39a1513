"""What the digits of a cell's identity tell: site, sector and layer.

An LTE identity is eNodeB * 256 + cell (3GPP TS 36.413, 9.2.1.38), a UMTS one
RNC * 65536 + cell. Operators number eNodeBs by site: here the anchors of 5G are
4SSSS, other LTE is SSSSBB with a band BB, so that cells of all bands on one mast share
SSSS. Masts have three sectors, and the cell's last digit counts them carrier by
carrier: 4 is the first sector again.
"""

from dataclasses import dataclass

import numpy as np

from twins.l1.drives import CELLULAR, Drives

SECTORS = 3  # of a mast
OLDER, FIFTH, ANCHOR, LTE = range(4)
"""Layers: an identity of an older network that LTE repeats while it changes over; 5G;
LTE on a cell that also anchors 5G; other LTE."""


@dataclass(frozen=True, eq=False)
class Names:
    """Groups that cells belong to.

    Parameters
    ----------
    site, sector, layer : (n,) int
        Number of the mast, sector 0 to 2, and one of the layers above.
    """

    site: np.ndarray
    sector: np.ndarray
    layer: np.ndarray


def older_networks(drives: Drives) -> np.ndarray:
    """Upper halves of identities seen mostly outside LTE and 5G: RNCs of UMTS."""
    half, known = drives.cell // 65536, drives.cell >= 0
    is_new = np.isin(drives.mode, CELLULAR)
    found, index = np.unique(half[known], return_inverse=True)
    share = np.bincount(index, is_new[known]) / np.maximum(np.bincount(index), 1)
    return found[share < 0.5]


def names(cell: np.ndarray, mode: np.ndarray, older: np.ndarray) -> Names:
    """Groups of ``cell`` (n,) int, given the upper halves of older networks."""
    station = cell // 256
    number = np.where(station >= 100_000, station // 100, station % 10_000)
    is_old = np.isin(cell // 65536, older)
    layer = np.where(mode == "5G", FIFTH, np.where(station < 100_000, ANCHOR, LTE))
    return Names(
        site=np.where(is_old, -station, number),
        sector=(cell % 256 % 10 - 1) % SECTORS,
        layer=np.where(is_old, OLDER, layer),
    )

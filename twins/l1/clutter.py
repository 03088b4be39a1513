"""How densely the ground around a place is built on, in classes with names."""

import numpy as np

from twins.coverage import Coverage

CLUTTER = ("sparse", "open", "compact")
"""Built share of the ground below 20%, to 40%, and above, as local climate zones [1]_.

.. [1] I. D. Stewart, T. R. Oke, "Local climate zones for urban temperature studies",
   Bulletin of the American Meteorological Society 93(12), 2012, table 3.
   https://doi.org/10.1175/BAMS-D-11-00019.1
"""
LIMITS = (0.2, 0.4)
REACH = 50.0  # m to each side; shadowing is alike over 37 to 50 m, TR 38.901, 7.5-6


class ClutterMap:
    """Classes of places on a coverage map; squares where no ray arrives are built on.

    Parameters
    ----------
    coverage : Coverage
        Of a scene with buildings.
    """

    def __init__(self, coverage: Coverage) -> None:
        from scipy.ndimage import uniform_filter

        built = ~np.isfinite(coverage.gain_db).any(axis=0)
        side = 2 * round(REACH / coverage.cell_m) + 1
        self.built_share = uniform_filter(built.astype(float), side, mode="nearest")
        self._coverage = coverage

    def at(self, position: np.ndarray) -> np.ndarray:
        """Class (n,) in ``CLUTTER`` at places (n, 2 or more) m; outside: the edge."""
        place = (position[:, :2] - self._coverage.origin_m) / self._coverage.cell_m
        rows, columns = self.built_share.shape
        column = np.clip(place[:, 0], 0, columns - 1).astype(np.intp)
        row = np.clip(place[:, 1], 0, rows - 1).astype(np.intp)
        return np.searchsorted(LIMITS, self.built_share[row, column], side="right")

"""The radio world as it is, which the twins do not know."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twins.coupling.gains import between, grid_place, map_gain_db, mast_of
from twins.coverage import Coverage
from twins.snapshot import TwinSnapshot


@dataclass(frozen=True)
class Differences:
    """What the world has and the ray tracer's model has not.

    Parameters
    ----------
    cell_offset_db : dB
        Standard deviation over cells: cables, tilts, antennas that age.
    shadowing_db, shadowing_reach : dB, m
        Standard deviation and correlation distance of shadowing, one field a mast
        (TR 38.901 v17, Table 7.5-6 gives 37 to 50 m for UMa).
    trees, tree_radius, tree_loss_db : int, m, dB
        Number, largest radius and largest loss of patches of foliage.
    reflector_radius, reflector_gain_db : m, dB
        A facade that lifts all cells of one mast in its neighbourhood.
    """

    cell_offset_db: float = 4.0
    shadowing_db: float = 6.0
    shadowing_reach: float = 45.0
    trees: int = 25
    tree_radius: float = 60.0
    tree_loss_db: float = 12.0
    reflector_radius: float = 120.0
    reflector_gain_db: float = 10.0


class RadioTruth:
    """True path gains on the grid of a coverage map.

    Parameters
    ----------
    coverage : Coverage
        What the model says.
    cells : TwinSnapshot
        Positions of the cells.
    seed : int
        Of the world.
    differences : Differences
        How far it is from the model.

    Attributes
    ----------
    gain_db : (B, rows, columns) dB
        True gain, finite everywhere.
    outdoors : (rows, columns) bool
        Where users can be.
    """

    def __init__(
        self,
        coverage: Coverage,
        cells: TwinSnapshot,
        seed: int = 0,
        differences: Differences | None = None,
    ) -> None:
        self.coverage = coverage
        how = Differences() if differences is None else differences
        draws = np.random.default_rng(seed)
        model = map_gain_db(coverage, cells)
        self.outdoors = np.asarray(np.isfinite(coverage.gain_db).any(axis=0))
        rows, columns = coverage.gain_db.shape[1:]
        offset = draws.normal(0.0, how.cell_offset_db, len(model))
        mast = mast_of(cells.cell_position)
        fields = np.array(
            [
                shadowing(draws, rows, columns, how.shadowing_reach / coverage.cell_m)
                for _ in range(mast.max() + 1)
            ]
        )
        away = self._away(draws, how.trees)
        radius = draws.uniform(0.3, 1.0, how.trees) * how.tree_radius
        loss = draws.uniform(0.5, 1.0, how.trees) * how.tree_loss_db
        leaves = np.zeros((rows, columns))
        for k in range(how.trees):
            leaves = np.maximum(leaves, loss[k] * (away[k] < radius[k]))
        near = self._away(draws, 1)[0] < how.reflector_radius
        chosen = mast == draws.integers(mast.max() + 1)
        lifted = np.logical_and.outer(chosen, near)
        self.gain_db = (
            model
            + offset[:, None, None]
            + how.shadowing_db * fields[mast]
            - leaves
            + how.reflector_gain_db * lifted
        ).astype(np.float32)

    def at(self, position: np.ndarray) -> np.ndarray:
        """True gain (U, B) dB at positions (U, 2 or more) m, bilinear on the grid."""
        every = np.arange(len(self.gain_db))[:, None]
        return between(self.coverage, self.gain_db, position, every).T

    def walkable(self, position: np.ndarray) -> np.ndarray:
        """Whether positions (U, 2 or more) m are outdoors and on the map."""
        corner, size = self.coverage.origin_m, self.coverage.cell_m
        place = (position[:, :2] - corner) / size
        columns_rows = np.array(self.outdoors.shape[::-1])
        inside = ((place >= 0) & (place < columns_rows)).all(axis=1)
        row, column = grid_place(self.coverage, position)
        return inside & self.outdoors[row, column]

    def _away(self, draws: np.random.Generator, count: int) -> np.ndarray:
        """Distances (count, rows, columns) m of the map from places outdoors."""
        row, column = np.nonzero(self.outdoors)
        chosen = draws.integers(len(row), size=count)
        rows, columns = np.indices(self.outdoors.shape)
        north = rows - row[chosen][:, None, None]
        east = columns - column[chosen][:, None, None]
        return np.hypot(north, east) * self.coverage.cell_m


def shadowing(
    draws: np.random.Generator, rows: int, columns: int, reach: float
) -> np.ndarray:
    """Gaussian field (rows, columns) of variance 1, correlated as exp(-d / reach).

    White noise is filtered by the root of the spectrum on a torus twice as large, so
    that opposite borders are independent.
    """
    high, wide = 2 * rows, 2 * columns
    noise = np.fft.rfft2(draws.standard_normal((high, wide)))
    field = np.fft.irfft2(spectrum_root(high, wide, reach) * noise, s=(high, wide))
    return field[:rows, :columns]


@lru_cache(maxsize=1)
def spectrum_root(high: int, wide: int, reach: float) -> np.ndarray:
    """Root of the spectrum of exp(-d / reach) on a torus, the same for all fields."""
    north = np.minimum(np.arange(high), high - np.arange(high))
    east = np.minimum(np.arange(wide), wide - np.arange(wide))
    correlation = np.exp(-np.hypot(north[:, None], east) / reach)
    root = np.sqrt(np.maximum(np.fft.rfft2(correlation).real, 0.0))
    root.flags.writeable = False
    return root

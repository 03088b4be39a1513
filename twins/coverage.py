"""Coverage map of a scene: path gain of each cell on a grid, and the buildings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any, Self

import numpy as np

from twins.files import FileFormatError, read_npz
from twins.snapshot import TwinSnapshot

SCHEMA = "rrm.coverage/1"


@dataclass(frozen=True, eq=False)
class Coverage:
    """Path gains on a grid at street level.

    Attributes
    ----------
    gain_db : (B, rows, columns) dB
        Path gain of each cell, NaN where nothing arrives; rows go north.
    origin_m : (2,) m
        South-west corner in the local frame.
    cell_m : m
        Side of a grid cell.
    rings : list of (n, 2) m
        Outlines of buildings; several of one building fill by the even-odd rule.
    building : (R,) int
        Building of each ring.
    header : mapping
        Seed, versions, command and attribution of the map data.
    """

    gain_db: np.ndarray
    origin_m: np.ndarray
    cell_m: float
    rings: list[np.ndarray]
    building: np.ndarray
    header: Mapping[str, Any]

    @property
    def size_m(self) -> np.ndarray:
        """Extent (2,) m to the east and to the north."""
        return np.array(self.gain_db.shape[:0:-1]) * self.cell_m

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Read a coverage file.

        Raises
        ------
        FileFormatError
            If the file is no coverage map of this schema.
        """
        header, arrays = read_npz(path, SCHEMA)
        try:
            start = arrays["building_start"]
            vertices = arrays["building_vertices"]
            return cls(
                gain_db=arrays["gain_db"],
                origin_m=arrays["origin_m"],
                cell_m=float(arrays["cell_m"]),
                rings=np.split(vertices, start[1:-1]),
                building=arrays["building_index"],
                header=header,
            )
        except (KeyError, ValueError, TypeError) as error:
            raise FileFormatError(f"{path}: array is missing: {error}") from error


def example() -> TwinSnapshot:
    """Ray-traced Munich: 7 roofs, 21 cells at 3.5 GHz, 200 users, an earth station.

    Map data (c) OpenStreetMap contributors; ``provenance`` has the rest.
    """
    with as_file(files("twins") / "data" / "munich.npz") as path:
        return TwinSnapshot.from_file(path)


def example_coverage() -> Coverage:
    """Coverage map and buildings of the example."""
    with as_file(files("twins") / "data" / "munich_coverage.npz") as path:
        return Coverage.from_file(path)

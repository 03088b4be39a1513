"""Drive tests: what a phone logged each second, as arrays."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

EARTH_RADIUS = 6_371_008.8  # m, mean
CELLULAR = ("LTE", "5G")
COLUMNS = (
    "drive",
    "Timestamp",
    "Longitude",
    "Latitude",
    "Speed",
    "NetworkMode",
    "RSRP",
    "RAWCELLID",
)
PLAUSIBLE_RSRP = (-156.0, -31.0)  # dBm, 3GPP TS 38.133 v17, Table 10.1.6.1-1
GZIP = b"\x1f\x8b"
"""First bytes of such a file; RFC 1952, section 2.3.1."""
STAMP = "%Y.%m.%d_%H.%M.%S"


class DriveError(ValueError):
    """A file of drives that cannot be used; the message says why."""


@dataclass(frozen=True, eq=False)
class Drives:
    """Samples of one or more drives, in the order of time within each drive.

    Parameters
    ----------
    drive : (n,) int
        Number of the drive, consecutive from 0 in the order of the file.
    time : (n,) s
        Local time since epoch.
    x, y : (n,) m
        East and north of the origin; NaN where the phone had no position.
    speed : (n,) m/s
        NaN where not known.
    mode : (n,) str
        ``LTE``, ``5G``, or an older network.
    cell : (n,) int
        Global identity of the serving cell; -1 where not known.
    rsrp : (n,) dBm
        NaN where there is none or it is not plausible.
    rate : (n,) bit/s
        Downlink, NaN where not given.
    downloading : (n,) bool
        Whether the phone had something to receive.
    origin : (2,)
        Latitude and longitude of ``x = y = 0`` in degrees.
    """

    drive: np.ndarray
    time: np.ndarray
    x: np.ndarray
    y: np.ndarray
    speed: np.ndarray
    mode: np.ndarray
    cell: np.ndarray
    rsrp: np.ndarray
    rate: np.ndarray
    downloading: np.ndarray
    origin: np.ndarray

    def __len__(self) -> int:
        return len(self.drive)

    def take(self, rows: np.ndarray) -> Self:
        """The samples at ``rows`` (indices or mask)."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        origin = parts.pop("origin")
        return type(self)(**{k: v[rows] for k, v in parts.items()}, origin=origin)

    @property
    def usable(self) -> np.ndarray:
        """Which samples (n,) bool have a cell of LTE or 5G and an RSRP."""
        known = np.isfinite(self.rsrp) & (self.cell >= 0)
        return known & np.isin(self.mode, CELLULAR)


def read_drives(
    path: str | os.PathLike[str], origin: np.ndarray | None = None
) -> Drives:
    """Read a CSV file, gzip allowed, with the columns of the UCC 5G drives [1]_.

    Parameters
    ----------
    path : str or path
        File with at least ``COLUMNS``; ``DL_bitrate`` (kbit/s) and ``State`` too for
        what uses them.
    origin : (2,), optional
        Latitude and longitude of the local frame in degrees; by default the medians.

    Raises
    ------
    DriveError
        If the file is empty, lacks a column, or has no time that can be read.

    References
    ----------
    .. [1] D. Raca, D. Leahy, C. J. Sreenan, J. J. Quinlan, "Beyond throughput, the
       next generation: a 5G dataset with channel and context metrics", ACM MMSys
       2020. https://doi.org/10.1145/3339825.3394938
    """
    import pandas as pd

    try:
        with Path(path).open("rb") as stream:  # whatever the file is called
            packing = "gzip" if stream.read(2) == GZIP else "infer"
        table = pd.read_csv(path, low_memory=False, compression=packing)
    except pd.errors.EmptyDataError as error:
        raise DriveError(f"{path}: the file is empty") from error
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise DriveError(f"{path}: cannot be read as CSV: {error}") from error
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise DriveError(f"{path}: no column {', '.join(missing)}")
    if not len(table):
        raise DriveError(f"{path}: there are no samples")
    time = pd.to_datetime(table["Timestamp"], format=STAMP, errors="coerce")
    table = table[time.notna()]
    if not len(table):
        raise DriveError(f"{path}: no Timestamp is of the form 2019.12.01_12.11.21")
    seconds = (time[time.notna()] - pd.Timestamp(0)).dt.total_seconds().to_numpy()

    def column(name: str) -> np.ndarray:
        if name not in table.columns:
            return np.full(len(table), np.nan)
        return pd.to_numeric(table[name], errors="coerce").to_numpy(float)

    order = _order(pd.factorize(table["drive"])[0], seconds)
    longitude, latitude = column("Longitude"), column("Latitude")
    somewhere = np.isfinite(longitude) & np.isfinite(latitude)
    somewhere &= (np.abs(latitude) <= 90) & (np.abs(longitude) <= 180)
    somewhere &= (latitude != 0) | (longitude != 0)  # what a phone without fix says
    if origin is None:
        origin = np.zeros(2)
        if somewhere.any():
            origin[:] = np.median(latitude[somewhere]), np.median(longitude[somewhere])
    x, y = local(latitude, longitude, origin)
    rsrp = column("RSRP")
    low, high = PLAUSIBLE_RSRP
    whole = {
        "drive": pd.factorize(table["drive"])[0],
        "time": seconds,
        "x": np.where(somewhere, x, np.nan),
        "y": np.where(somewhere, y, np.nan),
        "speed": column("Speed") / 3.6,
        "mode": table["NetworkMode"].fillna("").astype(str).to_numpy(str),
        "cell": np.nan_to_num(column("RAWCELLID"), nan=-1).astype(np.int64),
        "rsrp": np.where((rsrp >= low) & (rsrp <= high), rsrp, np.nan),
        "rate": column("DL_bitrate") * 1e3,
        "downloading": table.get("State", pd.Series("", table.index))
        .eq("D")
        .to_numpy(),
    }
    return Drives(**{k: v[order] for k, v in whole.items()}, origin=origin)


def local(
    latitude: np.ndarray, longitude: np.ndarray, origin: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """East and north (n,) m of ``origin``, on the plane that touches there."""
    north = np.radians(latitude - origin[0]) * EARTH_RADIUS
    east = np.radians(longitude - origin[1]) * EARTH_RADIUS
    return east * np.cos(np.radians(origin[0])), north


def _order(drive: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Drives in the order of the file, each by time; equal times as they came."""
    return np.lexsort((np.arange(len(time)), time, drive))

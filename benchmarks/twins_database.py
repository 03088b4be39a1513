"""A million rows into the context database, on a DuckDB file or a PostgreSQL server.

``python -m benchmarks.twins_database [FILE or URL]``; the place must be empty.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from twins.context_db import ContextDatabase

ROWS = 1_000_000
BATCH = 50_000
NAMES = np.array(["DRB.UEThpDl", "DRB.PdcpSduVolumeDL", "MR.NRScSSSINR"])
KEPT = 900.0  # s of measurements that stay when the others are summarised


class DatabaseCost(NamedTuple):
    """What the database takes.

    Attributes
    ----------
    ingest, latest, retain : s
        All rows; the newest values of 10,000 users, median of 9; summaries of 5 minutes
        instead of rows older than 15 minutes.
    thinned : int
        Rows that were summarised.
    """

    ingest: float
    latest: float
    retain: float
    thinned: int


def database_cost(place: str) -> DatabaseCost:
    """Measure an empty database at ``place``, a file or a URL."""
    frame = reports()
    with ContextDatabase(place) as database:
        before = time.perf_counter()
        for number, first in enumerate(range(0, ROWS, BATCH)):
            part = frame[first : first + BATCH]
            database.append(part, "gnb", number=number, now=1.8e9)
        ingest = time.perf_counter() - before
        times, users = [], 0
        for _ in range(9):
            before = time.perf_counter()
            users = len(database.latest(NAMES[0], NAMES[1]))
            times.append(time.perf_counter() - before)
        before = time.perf_counter()
        thinned = database.retain(KEPT, frame["time"].max(), 300.0)
        retain = time.perf_counter() - before
    if users != 10_000:
        raise RuntimeError(f"{users} users: must be 10000")
    return DatabaseCost(ingest, float(np.median(times)), retain, thinned)


def reports() -> pd.DataFrame:
    """An hour of three quantities of 10,000 users in 21 cells."""
    draws = np.random.default_rng(0)
    user = np.char.add("u", draws.integers(0, 10_000, ROWS).astype(str))
    return pd.DataFrame(
        {
            "time": 1.7e9 + np.sort(draws.uniform(0, 3600, ROWS)).round(3),
            "user_id": user,
            "cell_id": np.char.add("c", draws.integers(0, 21, ROWS).astype(str)),
            "name": NAMES[draws.integers(0, 3, ROWS)],
            "value": draws.uniform(0, 30, ROWS),
            "x": draws.uniform(0, 30, ROWS),
            "y": draws.uniform(0, 30, ROWS),
        }
    )


def main(arguments: list[str] | None = None) -> int:
    """Print what it takes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("place", nargs="?", help="DuckDB file or PostgreSQL URL")
    place = parser.parse_args(arguments).place
    with tempfile.TemporaryDirectory() as folder:
        cost = database_cost(place or str(Path(folder) / "context.duckdb"))
    print(f"{ROWS} rows in batches of {BATCH}: {cost.ingest:.1f} s")
    print(f"latest of 10000 users: {1e3 * cost.latest:.0f} ms")
    print(f"retention, {cost.thinned} rows summarised: {cost.retain:.1f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Move lists: which grants leave the air so that receivers are protected."""

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.suites import Instance, Suite
from formulations.move_list import MoveList

SIDE = 100e3  # m
LIMIT_DBM = -95.0
SPREAD_DB = 8.0


def inland(grants: int, receivers: int, seed: int) -> MoveList:
    """Grants over a square and receivers inside, by the urban macro path loss.

    128.1 + 37.6 log10(d / km) dB after 3GPP TR 36.942, with 30 and 47 dBm devices.
    """
    rng = np.random.default_rng([grants, seed])
    grant = rng.uniform(-SIDE / 2, SIDE / 2, (grants, 2))
    receiver = rng.uniform(-SIDE / 3, SIDE / 3, (receivers, 2))
    away = np.linalg.norm(receiver[:, None] - grant, axis=2)
    loss = 128.1 + 37.6 * np.log10(np.maximum(away, 100.0) / 1e3)
    power = rng.choice([30.0, 47.0], grants, p=[0.7, 0.3])
    return MoveList(
        10 ** ((power - loss - 30) / 10),
        np.full(receivers, 10 ** ((LIMIT_DBM - 30) / 10)),
        spread_db=np.full(away.shape, SPREAD_DB),
        draws=500,
        confidence=0.9,
    )


def suites(folder: Path) -> list[Suite]:
    """The suite ``moves``."""
    del folder
    made = tuple(
        Instance("moves", "inland", f"{grants}x{receivers}", build)
        for grants, receivers in ((100, 3), (1000, 8))
        for build in [partial(inland, grants, receivers)]
    )
    about = "MoveList: grants over a square, receivers inside"
    return [Suite("moves", about, ("100ms", "1s"), made)]

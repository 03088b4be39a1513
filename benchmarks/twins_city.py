"""A city of 1,000 cells and 100,000 users that all report, for the twins to follow."""

import resource
import time
from typing import NamedTuple

import numpy as np
import pandas as pd

from twins import TwinSnapshot
from twins.coupling import TileResidual, Twins, UrbanGain

SPACING = 500.0  # m between sites
REPORTED = 4  # cells of each user
PERIOD = 10.0  # s


class CityCost(NamedTuple):
    """What an update of the snapshot takes.

    Attributes
    ----------
    rows : int
        Measurements of one update.
    seconds, processor_seconds : s
        Best of the updates, on the wall and on all cores.
    memory : byte
        Most that the process had.
    """

    rows: int
    seconds: float
    processor_seconds: float
    memory: float


def cells_of(count: int, draws: np.random.Generator) -> TwinSnapshot:
    """Three sectors a site, on a grid that is not quite one."""
    sites = -(-count // 3)
    side = int(np.ceil(np.sqrt(sites)))
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1)
    place = SPACING * grid.reshape(-1, 2)[:sites] + draws.normal(0, 40, (sites, 2))
    position = np.repeat(np.column_stack([place, np.full(sites, 25.0)]), 3, axis=0)
    position = position[:count]
    return TwinSnapshot(
        time=1.78e9,
        origin=np.array([48.0, 11.0, 500.0]),
        cell_id=np.char.add("c", np.arange(count).astype(str)),
        cell_position=position,
        azimuth=np.resize(np.deg2rad([0.0, 120.0, 240.0]), count),
        downtilt=np.full(count, np.deg2rad(8)),
        p_max=np.full(count, 40.0),
        carrier=np.full(count, 3.5e9),
        bandwidth=np.full(count, 1e8),
        blocks=np.full(count, 273),
        backhaul=np.full(count, 1e10),
        alive=np.ones(count, bool),
    )


def report(
    cells: TwinSnapshot,
    base: UrbanGain,
    place: np.ndarray,
    time_now: float,
    draws: np.random.Generator,
) -> pd.DataFrame:
    """RSRP of each user's strongest cells, and its volume."""
    user, cell = base.pairs(place)
    level = base.at(place[user], cell).reshape(len(place), -1)
    cell = cell.reshape(len(place), -1)
    order = np.argsort(-level, axis=1)[:, :REPORTED]
    who = np.repeat(np.arange(len(place)), REPORTED)
    heard = np.take_along_axis(cell, order, 1).ravel()
    element = 10 * np.log10(cells.p_max[0] / (12 * cells.blocks[0])) + 30
    value = np.take_along_axis(level, order, 1).ravel() + element
    value = np.clip(value + draws.normal(0, 6, len(value)), -156.0, -31.0)
    name = np.char.add("u", np.arange(len(place)).astype(str))

    def rows(user: np.ndarray, cell: np.ndarray, kind: str, value: np.ndarray):
        return pd.DataFrame(
            {
                "time": time_now,
                "period": PERIOD,
                "user_id": name[user],
                "cell_id": cells.cell_id[cell],
                "name": kind,
                "value": value,
                "x": place[user, 0],
                "y": place[user, 1],
                "z": place[user, 2],
            }
        )

    everyone = np.arange(len(place))
    best = cell[everyone, order[:, 0]]
    volume = draws.uniform(1e6, 1e8, len(place))
    parts = [
        rows(who, heard, "L1M.SS-RSRP", value),
        rows(everyone, best, "DRB.PdcpSduVolumeDL", volume),
    ]
    return pd.concat(parts, ignore_index=True).assign(source="p2v")


def city(
    cells: int = 1000, users: int = 100_000, updates: int = 4, seed: int = 0
) -> CityCost:
    """Update the twin of a city; what the best of the updates took."""
    draws = np.random.default_rng(seed)
    network = cells_of(cells, draws)
    size = np.ptp(network.cell_position[:, :2], axis=0)
    place = np.column_stack(
        [draws.uniform(0, 1, (users, 2)) * size, np.full(users, 1.5)]
    )
    base = UrbanGain(network)
    corner = network.cell_position[:, :2].min(axis=0)
    correction = TileResidual(network.cell_position, corner, size, tile=SPACING / 2)
    twin = Twins(network, base, correction)
    walls, processors, count = [], [], 0
    for step in range(1, updates + 1):
        place[:, :2] += draws.normal(0, 10, (users, 2))
        now = network.time + PERIOD * step
        frame = report(network, base, place, now, draws)
        count = len(frame)
        wall, processor = time.perf_counter(), time.process_time()
        twin.update(frame, now)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    memory = 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return CityCost(count, min(walls), min(processors), memory)

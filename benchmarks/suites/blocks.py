"""Scheduling of resource blocks: fading, floors, neighbours, fairness."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.suites import Instance, Suite
from formulations.blocks import BlockSchedule

BLOCK = 180e3  # Hz
TAPS = 6  # of the delay profile: more make the fading change faster over blocks
FLOOR = 0.3  # of what an equal share of the blocks gives on average
BLANK = 0.05  # of the blocks


def faded(
    users: int, cells: int, blocks: int, seed: int, **fields: Any
) -> BlockSchedule:
    """Users with log-normal mean SNR and Rayleigh fading of a few taps."""
    rng = np.random.default_rng([users, blocks, seed])
    snr = 10 ** (rng.normal(10, 8, users) / 10)
    taps = rng.normal(size=(users, TAPS)) + 1j * rng.normal(size=(users, TAPS))
    fading = np.abs(np.fft.fft(taps, blocks, axis=1)) ** 2 / (2 * TAPS)
    rate = BLOCK * np.log2(1 + snr[:, None] * fading)
    cell = np.arange(users) % cells
    blocked = rng.random((cells, blocks)) < BLANK
    return BlockSchedule(rate, cell=cell, blocked=blocked, **fields)


def floored(
    users: int, cells: int, blocks: int, seed: int, **fields: Any
) -> BlockSchedule:
    """With a floor for every user, a part of its equal share."""
    plain = faded(users, cells, blocks, seed, **fields)
    share = plain.rate.mean(axis=1) * blocks * cells / users
    return plain.replace(min_rate=FLOOR * share)


def averaged(
    users: int, cells: int, blocks: int, seed: int, **fields: Any
) -> BlockSchedule:
    """Proportionally fair, with averages from an uneven past."""
    past = np.random.default_rng([seed, users]).lognormal(13, 1, users)
    fields = {"objective": "proportional_fair", "average": past, **fields}
    return faded(users, cells, blocks, seed, **fields)


def suites(folder: Path) -> list[Suite]:
    """The suite ``blocks``."""
    del folder
    rows: list[tuple[str, str, Callable[[int], BlockSchedule]]] = []
    for users, cells, blocks in ((10, 1, 25), (60, 3, 100), (300, 10, 273)):
        size, sizes = f"{users}x{cells}x{blocks}", (users, cells, blocks)
        rows.append(("sum", size, partial(faded, *sizes)))
        rows.append(("floors", size, partial(floored, *sizes)))
        rows.append(("fair", size, partial(averaged, *sizes)))
        uplink = partial(averaged, *sizes, contiguous=True)
        rows.append(("contiguous", size, uplink))
    made = tuple(Instance("blocks", *row) for row in rows)
    about = "BlockSchedule: sum rate, floors, fairness, contiguous uplinks"
    return [Suite("blocks", about, ("1ms", "10ms", "1s"), made)]

"""Public families, read from a folder: they do not ship with the project."""

import json
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.instances.channels import (
    OBJECTIVES,
    read_calma,
    read_colouring,
    read_interference,
)
from benchmarks.instances.facility import facility_location, p_median
from benchmarks.instances.gap import read_gap
from benchmarks.suites import Instance, Suite
from formulations.association import UserAssociation
from formulations.channels import ChannelAssignment
from formulations.placement import LapPlacement
from formulations.power import PowerControl

LINKS = (6, 8, 10, 12)
CHANNELS = 10  # of the published channel matrices
CALMA = {
    "order": {"scen01": 16, "scen02": 14, "scen11": 22, "graph01": 18, "graph02": 14,
              "graph08": 18, "graph14": 8},
    "span": {"scen05": 792, "graph03": 380, "graph10": 394},
    "interference": {"scen06": 3389, "scen07": 343592, "graph05": 221, "graph06": 4123,
                     "graph11": 3080},
}  # fmt: skip
"""Best known values: K. I. Aardal et al., Annals of OR 153, 2007."""
COLOURS = {"DSJC125.5": 17, "DSJC250.5": 28, "le450_15c": 15, "queen10_10": 11,
           "flat300_28_0": 28}  # fmt: skip
"""Best known numbers of colours of DIMACS graphs."""
SPECTRUM = {"45-17": (7, 32), "GSM-93": (9, 32), "Test95": (36, 8)}
"""Channels, and the least interference known."""


def suites(folder: Path) -> list[Suite]:
    """The suites ``gap``, ``or-library``, ``calma``, ``dimacs``, ``spectrum``, ``mmp``.

    Each is empty where its part of ``folder`` is missing.
    """
    long = ("1s", "10s")
    return [
        Suite("gap", "generalized assignment, Yagiura et al.", long, _gap(folder)),
        Suite("or-library", "p-median, facility location", long, _sites(folder)),
        Suite("calma", "EUCLID CALMA frequency assignment", long, _calma(folder)),
        Suite("dimacs", "DIMACS graph colouring", long, _colouring(folder)),
        Suite("spectrum", "fixed spectrum, least interference", long, _fixed(folder)),
        Suite("mmp", "channels of Matthiesen et al. 2020", long, _mmp(folder)),
    ]


def _gap(folder: Path) -> tuple[Instance, ...]:
    place = folder / "association"
    if not (place / "best_known.json").exists():
        return ()
    known = json.loads((place / "best_known.json").read_text())
    return tuple(
        Instance(
            "gap", "gap", name, partial(_assignment, place / name), -float(best), False
        )
        for name, (_, best) in known.items()
    )


def _assignment(path: Path, seed: int) -> UserAssociation:
    del seed
    return read_gap(path)


def _sites(folder: Path) -> tuple[Instance, ...]:
    place = folder / "placement"
    if not (place / "best_known.json").exists():
        return ()
    groups = json.loads((place / "best_known.json").read_text())
    known = {name: -cost for group in groups.values() for name, cost in group.items()}
    return tuple(
        Instance(
            "or-library",
            path.stem.rstrip("0123456789"),
            path.stem,
            partial(_placement, path),
            known.get(path.stem),
            False,
        )
        for path in sorted(place.glob("*.npz"))
    )


def _placement(path: Path, seed: int) -> LapPlacement:
    del seed
    data = np.load(path)
    if "p" in data:
        return p_median(data["cost"], int(data["p"]))
    fields = ("cost", "demand", "capacity", "open_cost")
    return facility_location(*(data[field] for field in fields))


def _calma(folder: Path) -> tuple[Instance, ...]:
    place = folder / "channels" / "calma"
    return tuple(
        Instance(
            "calma",
            goal,
            name,
            partial(_frequencies, place / name, goal),
            float(best),
            False,
        )
        for goal, known in CALMA.items()
        for name, best in known.items()
        if (place / name).exists()
    )


def _frequencies(place: Path, goal: str, seed: int) -> ChannelAssignment:
    del seed
    return read_calma(place, OBJECTIVES.get(goal, "min_interference"))


def _colouring(folder: Path) -> tuple[Instance, ...]:
    place = folder / "channels" / "colouring"
    return tuple(
        Instance(
            "dimacs",
            "colouring",
            name,
            partial(_graph, place / f"{name}.col", best),
            best - 1.0,
            False,
        )
        for name, best in COLOURS.items()
        if (place / f"{name}.col").exists()
    )


def _graph(path: Path, best: int, seed: int) -> ChannelAssignment:
    del seed
    return read_colouring(path, 2 * best)


def _fixed(folder: Path) -> tuple[Instance, ...]:
    place = folder / "channels" / "interference"
    return tuple(
        Instance(
            "spectrum",
            "spectrum",
            name,
            partial(_prices, place / f"{name}.ctr.txt", channels),
            float(best),
            False,
        )
        for name, (channels, best) in SPECTRUM.items()
        if (place / f"{name}.ctr.txt").exists()
    )


def _prices(path: Path, channels: int, seed: int) -> ChannelAssignment:
    del seed
    return read_interference(path, channels)


def _mmp(folder: Path) -> tuple[Instance, ...]:
    path = folder / "power" / "mmp_channels.npz"
    if not path.exists():
        return ()
    best = np.load(path)["sum_rate"]
    return tuple(
        Instance(
            "mmp",
            f"links-{links}",
            f"{channel}",
            partial(_channel, path, links, channel),
            float(best[channel][links - 2]),
            False,
        )
        for links in LINKS
        for channel in range(CHANNELS)
    )


def _channel(path: Path, links: int, channel: int, seed: int) -> PowerControl:
    del seed
    gain = np.load(path)["gain"][channel][:links, :links]
    return PowerControl(gain, np.full(links, 0.01), np.ones(links))

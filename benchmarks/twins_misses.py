"""What the ray tracer misses on simulated Munich, report by report."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

import twins
from twins.coupling import MapGain
from twins.coupling.update import SUBCARRIERS
from twins.network import SimulatedNetwork

REPORT = 10.0  # s between reports


class Misses(NamedTuple):
    """One report.

    Attributes
    ----------
    network, base
        As they are when it is sent; what the ray tracer says.
    user, cell : (n,) int
        Who measured whom.
    place : (n, 3) m
        Where.
    model_db, missed_db : (n,) dB
        The ray tracer's gain; measured minus that.
    """

    network: SimulatedNetwork
    base: MapGain
    user: np.ndarray
    cell: np.ndarray
    place: np.ndarray
    model_db: np.ndarray
    missed_db: np.ndarray


def reports(minutes: float, seed: int) -> Iterator[Misses]:
    """Every report of a run of ``minutes``, at every ``REPORT`` s."""
    start, coverage = twins.example(), twins.example_coverage()
    network, base = SimulatedNetwork(start, coverage, seed), MapGain(coverage, start)
    number = {str(name): b for b, name in enumerate(start.cell_id)}
    element = 10 * np.log10(start.p_max / (SUBCARRIERS * start.blocks)) + 30
    for _ in range(round(60 * minutes / REPORT)):
        network.step(REPORT)
        report = network.report()
        report = report[report["name"] == "L1M.SS-RSRP"]
        user = np.array([network.number[one] for one in report["user_id"]])
        cell = np.array([number[one] for one in report["cell_id"]])
        place = report[["x", "y", "z"]].to_numpy()
        model = base.at(place, cell)
        missed = report["value"].to_numpy() - element[cell] - model
        yield Misses(network, base, user, cell, place, model, missed)

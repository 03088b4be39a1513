"""Learned parts of the L1 twin: ``python -m benchmarks.twins_residuals``.

Each is told the reports of simulated Munich as they arrive. Errors are those on a
report before it is learned, and on the true gains of all links that can be heard.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

import twins
from benchmarks.twins_misses import reports
from twins.coupling import BoostedResidual, ResidualModel, TileResidual

HEARD_DB = -130.0  # true gains above which links count
NINETY = 1.645  # standard deviations of 90%
SETTLED = 0.25  # of the run, before which errors do not count


class Errors(NamedTuple):
    """RMSE in dB and share within 90% intervals, of what comes next and the truth.

    ``seconds`` is processor time of a report: learning, and predicting all links.
    """

    ahead: float
    ahead_covered: float
    truth: float
    truth_covered: float
    seconds: float


class Nothing:
    """The model alone."""

    name = "ray tracer alone"

    def observe(
        self,
        time: float,
        position: np.ndarray,
        cell: np.ndarray,
        base_db: np.ndarray,
        residual_db: np.ndarray,
    ) -> None:
        """Learn nothing."""

    def predict(
        self, position: np.ndarray, cell: np.ndarray, base_db: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """No correction, and no idea of the error."""
        return np.zeros(len(cell)), np.full(len(cell), np.nan)


def prequential(minutes: float, seed: int) -> dict[str, Errors]:
    """Errors by name of the learned part."""
    start, coverage = twins.example(), twins.example_coverage()
    corner, size = coverage.origin_m, coverage.size_m
    models: list[ResidualModel] = [
        Nothing(),
        TileResidual(start.cell_position, corner, size),
        BoostedResidual(start, corner, size),
    ]
    spent = np.zeros(len(models))
    rows: list[list[np.ndarray]] = []
    for one in reports(minutes, seed):
        told = one.place, one.cell, one.model_db
        people = one.network.people.position
        user, other = one.base.pairs(people)
        model_db = one.base.at(people[user], other)
        truth = one.network.gain_db().ravel()
        heard = truth > HEARD_DB
        found = []
        for k, model in enumerate(models):
            since = time.process_time()
            mean, std = model.predict(*told)
            model.observe(one.network.time, *told, one.missed_db)
            more, error = model.predict(people[user], other, model_db)
            spent[k] += time.process_time() - since
            found.append(_squares(one.missed_db - mean, std))
            found.append(_squares((truth - model_db - more)[heard], error[heard]))
        rows.append(found)
    steps = len(rows)
    rows = rows[int(np.ceil(SETTLED * steps)) :]
    means = np.mean(rows, axis=0).reshape(len(models), 2, 2)
    means[:, :, 0] **= 0.5
    return {
        model.name: Errors(*(float(x) for x in (*one.ravel(), spent[k] / steps)))
        for k, (model, one) in enumerate(zip(models, means, strict=True))
    }


def _squares(error: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Mean squared error, and share within the 90% interval."""
    inside = np.nan if np.isnan(std).any() else np.mean(np.abs(error) <= NINETY * std)
    return np.array([np.mean(error**2), inside])


def _share(covered: float) -> str:
    return "" if np.isnan(covered) else f"{covered:.0%}"


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    shown = Table("learned part", "next, dB", "in 90%", "truth, dB", "in 90%", "ms")
    for name, one in prequential(chosen.minutes, chosen.seed).items():
        shown.add_row(
            name,
            f"{one.ahead:.2f}",
            _share(one.ahead_covered),
            f"{one.truth:.2f}",
            _share(one.truth_covered),
            f"{1e3 * one.seconds:.0f}",
        )
    Console().print(shown)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""How well the L2 twin foresees drives it has never seen, as one JSON object.

``python -m twins.l2.evaluate --train FILE --test FILE``: the cell after each handover,
and the throughput of the next 10 s, beside persistence and a Markov chain. Margins are
what is gained over the better of the two: points of accuracy, and share of the error.
Throughput is also forecast by models of kept libraries, see :mod:`twins.l2.baselines`.
"""

import argparse
import json
import sys
from time import perf_counter
from typing import Any

import numpy as np

from twins.l1.drives import DriveError, Drives, read_drives
from twins.l2.baselines import exponential_smoothing, gradient_boosting, recurrent
from twins.l2.handover import Handovers, NextCell, handovers, learn_next_cell
from twins.l2.rate import learn_rate, origins

SIMPLE = ("_persistence", "_persistence_10s", "_markov")
"""Forecasts that need no learned model; margins without a name are over these."""


def evaluate(train: Drives, test: Drives) -> dict[str, Any]:
    """Accuracy and errors on ``test``; None where there is nothing to foresee.

    Raises
    ------
    ValueError
        If there is nothing to learn from in ``train``.
    """
    start = perf_counter()
    result = _next_cell(train, test) | _rate(train, test)
    return result | {"seconds": round(perf_counter() - start, 2)}


def _next_cell(train: Drives, test: Drives) -> dict[str, Any]:
    known, query = learn_next_cell(train), handovers(test)
    if not len(query):
        return {"next_cell_top1": None, "handovers": 0}
    right = {
        "next_cell_top1": known.predict(query),
        "next_cell_top1_persistence": query.before,
        "next_cell_top1_markov": known.chain.next_cell(query.left),
    }
    scores = {k: float((v == query.entered).mean()) for k, v in right.items()}
    best = max(list(scores.values())[1:])
    scores["next_cell_margin"] = scores["next_cell_top1"] - best
    scores |= _stays(known, query)
    return {k: round(v, 4) for k, v in scores.items()} | {"handovers": len(query)}


def _stays(known: NextCell, query: Handovers) -> dict[str, float]:
    """Mean errors of how long phones stay with the cell that they entered."""
    ended = np.isfinite(query.stay)
    if not (ended.any() and np.isfinite(known.known.stay).any()):
        return {}
    chain = known.chain
    at = np.minimum(np.searchsorted(chain.cell, query.entered), len(chain.cell) - 1)
    seen = chain.cell[at] == query.entered
    stayed = np.append(np.nan, query.stay[:-1])  # with the cell left, in one drive
    first = np.diff(query.drive, prepend=-1) != 0
    usual = chain.dwell.mean()
    made = {
        "": known.stays(query),
        "_persistence": np.where(first, usual, stayed),
        "_markov": np.where(seen, chain.dwell[at], usual),
    }
    return {
        f"stay_mae_s{name}": float(np.abs(stay - query.stay)[ended].mean())
        for name, stay in made.items()
    }


def _rate(train: Drives, test: Drives) -> dict[str, Any]:
    if not np.isfinite(test.rate).any():
        return {"rate_rmse_mbps": None, "forecasts": 0}
    known, query = learn_rate(train), origins(test)
    if not len(query):
        return {"rate_rmse_mbps": None, "forecasts": 0}
    made = {
        "": known.predict(query),
        "_persistence": query.recent[:, 0],
        "_persistence_10s": query.recent[:, 2],
        "_markov": known.markov(query),
        "_exponential_smoothing": exponential_smoothing(train, test),
        "_gradient_boosting": gradient_boosting(train, test),
        "_recurrent": recurrent(train, test),
    }
    scores = {}
    for name, forecast in made.items():
        error = forecast - query.ahead
        scores[f"rate_rmse_mbps{name}"] = float(np.sqrt(np.mean(error**2)))
        scores[f"rate_mae_mbps{name}"] = float(np.abs(error).mean())
    for kind, simple in (("", True), ("_of_all", False)):
        names = [name for name in made if name and (name in SIMPLE or not simple)]
        best = min(scores[f"rate_rmse_mbps{name}"] for name in names)
        margin = 1 - scores["rate_rmse_mbps"] / best if best else 0.0
        scores[f"rate_margin{kind}"] = margin
    return {k: round(v, 4) for k, v in scores.items()} | {"forecasts": len(query)}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 2 where the files cannot be used."""
    parser = argparse.ArgumentParser("python -m twins.l2.evaluate", description=__doc__)
    parser.add_argument("--train", required=True, help="CSV of drives, gzip allowed")
    parser.add_argument("--test", required=True, help="CSV of other drives")
    given = parser.parse_args(arguments)
    try:
        train = read_drives(given.train)
        result = evaluate(train, read_drives(given.test, train.origin))
    except (DriveError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result, allow_nan=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

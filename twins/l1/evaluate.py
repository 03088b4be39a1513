"""How well the L1 twin predicts drives it has never seen, as one JSON object.

``python -m twins.l1.evaluate --train FILE --test FILE`` learns from one file of drives
and predicts another; both have the columns of the UCC 5G drives (``drives``). With
``--curve`` it also says how the error falls with the number of drives learned from.
"""

import argparse
import json
import sys
from time import perf_counter
from typing import Any

import numpy as np

from twins.l1.ahead import Forecaster, learn_ahead
from twins.l1.drives import DriveError, Drives, read_drives
from twins.l1.path_loss_fit import fit_path_loss
from twins.l1.radio_map import TooFewDrives, learn
from twins.l1.trace import trace

CURVE = (2, 4, 8, 16, 24)
CURVE_SEED = 0


def evaluate(train: Drives, test: Drives) -> dict[str, Any]:
    """Errors in dB on the usable samples of ``test``; None where there are none.

    Raises
    ------
    DriveError
        If ``test`` has no usable sample.
    TooFewDrives
        If ``train`` has usable samples of fewer than two drives.
    """
    start = perf_counter()
    truth = test.take(test.usable)
    if not len(truth):
        raise DriveError("no test sample has a cell of LTE or 5G and an RSRP")
    radio_map = learn(train)
    predicted = radio_map.predict(test)
    error = predicted.mean - truth.rsrp
    inside = (predicted.low <= truth.rsrp) & (truth.rsrp <= predicted.high)
    ahead = forecaster(train).predict(test) - truth.rsrp
    motion = trace(test).take(test.usable)
    fit = fit_path_loss(radio_map.reference)
    simple = fit.predict(truth.cell, motion.x, motion.y) - truth.rsrp
    return {
        "rmse_db": rms(error),
        "rmse_unseen_cells_db": rms(error[~predicted.seen]),
        "rmse_ahead_10s_db": rms(ahead),
        "coverage_90": round(float(inside.mean()), 4),
        "path_loss_rmse_db": rms(simple),
        "seconds": round(perf_counter() - start, 2),
        "rmse_seen_cells_db": rms(error[predicted.seen]),
        "interval_width_db": round(float((predicted.high - predicted.low).mean()), 2),
        "train_drives": len(np.unique(train.drive[train.usable])),
        "test_drives": len(np.unique(truth.drive)),
        "test_samples": len(truth),
        "unseen_samples": int((~predicted.seen).sum()),
    }


def forecaster(train: Drives) -> Forecaster:
    """A forecaster that knows only what a phone knows during the drive."""
    return learn_ahead(learn(train, live=True), train)


def curve(train: Drives, test: Drives) -> list[dict[str, Any]]:
    """Error against the number of drives learned from, drawn at random."""
    truth = test.take(test.usable)
    drives = np.unique(train.drive[train.usable])
    order = np.random.default_rng(CURVE_SEED).permutation(drives)
    points = []
    for count in [*(n for n in CURVE if n < len(drives)), len(drives)]:
        radio_map = learn(train.take(np.isin(train.drive, order[:count])))
        predicted = radio_map.predict(test)
        points.append(
            {
                "drives": int(count),
                "rmse_db": rms(predicted.mean - truth.rsrp),
                "unseen_samples": int((~predicted.seen).sum()),
            }
        )
    return points


def rms(error: np.ndarray) -> float | None:
    """Root mean square, None of nothing."""
    return round(float(np.sqrt(np.mean(error**2))), 4) if len(error) else None


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 2 where the files cannot be used."""
    parser = argparse.ArgumentParser("python -m twins.l1.evaluate", description=__doc__)
    parser.add_argument("--train", required=True, help="CSV of drives, gzip allowed")
    parser.add_argument("--test", required=True, help="CSV of other drives")
    parser.add_argument(
        "--curve", action="store_true", help="add the error against the drives learned"
    )
    given = parser.parse_args(arguments)
    try:
        train = read_drives(given.train)
        test = read_drives(given.test, train.origin)
        result = evaluate(train, test)
        if given.curve:
            result["curve"] = curve(train, test)
    except (DriveError, TooFewDrives) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result, allow_nan=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

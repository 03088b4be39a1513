"""Which settings to send: those that carry more of the demand than what is set."""

from collections.abc import Iterable

import numpy as np

from rrm.controller.trial import Outcome, Trial

LEAVES = 0.05
"""Share of the demand that other powers must carry on top of the safe ones."""
RETURNS = 0.005
"""Share on top of the safe powers that powers must carry to be kept."""
MOVES = 0.003
"""Share of the demand that all moves of a turn must win."""
MOVE = 0.001
"""Share of the demand that each move must win."""
SLACK = 0.05
"""Time that a cell may lack for its floors before anything changes for it."""
SAME_DB = 0.15
"""Powers that differ by rounding alone."""
MOST = 40
"""Moves that are tried in a turn."""


def powers(trial: Trial, kept: np.ndarray | None, safe: np.ndarray,
           offers: Iterable[np.ndarray], tolerance: float) -> Outcome:  # fmt: skip
    """Powers that serve at least as much as the safe ones, and as those that are set.

    Others than the safe ones are taken for a clear gain, and given up when it is gone:
    when less than ``RETURNS`` is left of it.

    Parameters
    ----------
    trial : Trial
        Replays them.
    kept : (B,) W or None
        What is set; None where it must not stay.
    safe : (B,) W
        Full power but for what limits take.
    offers : iterable of (B,) W
        What searches found.
    tolerance : float
        Share of the demand by which the twin was wrong of late.
    """
    fixed = trial.outcome(safe)
    best = fixed
    if kept is not None and not _same(kept, safe):
        now = trial.outcome(kept)
        if _better(now, fixed, RETURNS):
            best = now
    elif kept is not None:
        best = fixed = trial.outcome(kept)
    for power in offers:
        found = trial.outcome(power)
        if _better(found, best, LEAVES + tolerance):
            best = found
    return best


def is_open(best: Outcome) -> bool:
    """Whether other powers could carry enough more to be worth a search."""
    return best.short > SLACK or best.served < 1.0 - LEAVES


def moves(
    trial: Trial,
    start: Outcome,
    wanted: np.ndarray,
    gain: np.ndarray,
    together: float,
    each: float,
) -> Outcome:
    """Outcome with the few moves of users that win most, or ``start``.

    Parameters
    ----------
    trial : Trial
        Replays them.
    start : Outcome
        Without moves.
    wanted : (U,) int
        Cells that a search proposes, -1 for none.
    gain : (U,)
        What the search expects of each move; the least is tried to be left out first.
    together, each : float
        Share of the demand that all moves, and each of them, must win.
    """
    users = np.flatnonzero((wanted >= 0) & (wanted != start.cell) & ~trial.held)
    users = users[trial.permitted[users, wanted[users]]]
    users = users[np.argsort(gain[users], kind="stable")][-MOST:]
    if not len(users) or (start.short <= SLACK and start.served > 1.0 - together):
        return start
    cell = start.cell.copy()
    cell[users] = wanted[users]
    best = trial.of(start.power, cell)
    for user in users:
        fewer = best.cell.copy()
        fewer[user] = start.cell[user]
        found = trial.of(start.power, fewer)
        if not _better(best, found, each):
            best = found
    return best if _better(best, start, together) else start


def _better(one: Outcome, other: Outcome, by: float) -> bool:
    """Whether floors are served better, or as well and ``by`` more of the demand."""
    if abs(one.short - other.short) > SLACK:
        return one.short < other.short
    return one.served >= other.served + by


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    ratio = np.abs(np.log10(np.maximum(one, 1e-9) / np.maximum(other, 1e-9)))
    return bool((10.0 * ratio <= SAME_DB).all())

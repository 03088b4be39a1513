"""Watches how wrong the twin is, domain by domain, and says when to train it anew."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from rrm.controller.evidence import Evidence
from twins import TwinSnapshot

FLOORS = {"gain": 3.0, "demand": 0.2, "served": 0.03}
"""Errors below which nothing is recommended: dB, share of the demand, share."""
UNITS = {"gain": "dB", "demand": "of the demand", "served": "of the demand"}
RECENT, USUAL = 0.2, 0.02
"""Shares of the newest error in what is recent and what is usual."""
WORSE = 1.5
"""Times its usual error from which on a model has drifted."""
BETTER = 0.8
"""Times the error before that a training must reach to count as help."""
PATIENCE = 5
"""Reports in a row that must be worse, and for which the first errors are averaged."""
CHECK = 10
"""Reports after which a training is judged."""
KEPT = 200
"""Lines of the log."""
SUBCARRIERS = 12


@dataclass(frozen=True)
class Advice:
    """What should be trained anew.

    Attributes
    ----------
    domain : str
        ``gain`` (L1), ``demand`` (L2) or ``served`` (both together).
    scope : tuple of str
        Cells whose errors have grown; empty: the whole network.
    reason : str
        In numbers.
    since : float
        s since epoch.
    """

    domain: str
    scope: tuple[str, ...]
    reason: str
    since: float


class Domain:
    """Errors of one domain, of all and by cell.

    Parameters
    ----------
    cells : int
        How many; 0 where errors are of the network as a whole.
    """

    def __init__(self, cells: int) -> None:
        self.recent = np.full(1 + cells, np.nan)
        self.usual = np.full(1 + cells, np.nan)
        self.seen = self.worse = self.checked_in = 0
        self.before = np.nan

    def take(self, errors: np.ndarray, floor: float, is_usual: bool) -> None:
        """Errors (1 + cells,), the first of the whole network; NaN: not known.

        What is known to be unusual is not learned as usual.
        """
        known = np.isfinite(errors)
        for state, share in ((self.recent, RECENT), (self.usual, USUAL)):
            weight = (
                max(share, 1.0 / (self.seen + 1)) if self.seen < PATIENCE else share
            )
            old = np.where(np.isnan(state), errors, state)
            state[known] = (old + weight * (errors - old))[known]
        self.seen += 1
        drifts = self.recent[0] > max(WORSE * self.usual[0], floor)
        self.worse = self.worse + 1 if drifts else 0


class Oversight:
    """Errors of the twin by domain, advice, and a log that a person can read."""

    def __init__(self) -> None:
        self.domains: dict[str, Domain] = {}
        self.log: deque[str] = deque(maxlen=KEPT)
        self._advice: dict[str, Advice] = {}

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What should be trained anew now."""
        return tuple(self._advice.values())

    def error(self, domain: str) -> float:
        """Recent error of a domain, 0 where none is known."""
        if domain not in self.domains:
            return 0.0
        return float(np.nan_to_num(self.domains[domain].recent[0]))

    def observe(
        self,
        before: TwinSnapshot,
        after: TwinSnapshot,
        shown: Evidence,
        power: np.ndarray,
        expected: float,
    ) -> None:
        """Compare what the twin said with what came.

        Parameters
        ----------
        before, after : TwinSnapshot
            Of the turn before, and of now.
        shown : Evidence
            What the network shows now.
        power : (B,) W
            What cells send.
        expected : float
            Share of the demand that was expected to be carried.
        """
        total = float(after.demand.sum())
        served = abs(expected - shown.carried / total) if total > 0 else np.nan
        errors = {
            "gain": _gain_errors(before, shown, power),
            "demand": _demand_errors(before, after),
            "served": np.array([served]),
        }
        for name, found in errors.items():
            domain = self.domains.setdefault(name, Domain(len(found) - 1))
            domain.take(found, FLOORS[name], name not in self._advice)
            self._judge(name, domain, after)

    def retrained(self, domain: str, time: float) -> None:
        """Note that a domain's model was trained anew; whether it helped is checked."""
        state = self.domains[domain]
        state.before, state.checked_in = float(state.recent[0]), CHECK
        state.worse = 0
        self._advice.pop(domain, None)
        self._write(time, f"{domain}: trained anew at an error of {state.before:.3g}")

    def _judge(self, name: str, state: Domain, snapshot: TwinSnapshot) -> None:
        time, cells = snapshot.time, snapshot.cell_id
        recent, usual, unit = state.recent[0], state.usual[0], UNITS[name]
        if state.checked_in:
            state.checked_in -= 1
            if not state.checked_in:
                helped = recent <= BETTER * state.before
                word = "helped" if helped else "did not help"
                change = f"{state.before:.3g} before, {recent:.3g} after"
                self._write(time, f"{name}: training {word}: {change} {unit}")
                state.usual[:] = np.where(helped, state.recent, state.usual)
            return
        if name in self._advice:
            if state.worse == 0:
                del self._advice[name]
                self._write(time, f"{name}: back to {recent:.3g} {unit} by itself")
            return
        if state.worse < PATIENCE:
            return
        grown = state.recent[1:] > WORSE * state.usual[1:]
        scope = tuple(cells[: len(grown)][grown].tolist())
        reason = f"error {recent:.3g} {unit}, usually {usual:.3g}"
        self._advice[name] = Advice(name, scope, reason, time)
        where = ", ".join(scope) or "the whole network"
        self._write(time, f"{name}: should be trained anew for {where}: {reason}")

    def _write(self, time: float, text: str) -> None:
        clock = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S")
        self.log.append(f"{clock} {text}")


def _gain_errors(
    before: TwinSnapshot, shown: Evidence, power: np.ndarray
) -> np.ndarray:
    """Mean absolute error in dB of RSRP, of all and by cell, a period ahead."""
    place = {str(name): u for u, name in enumerate(before.user_id)}
    element = 1e3 * power / (SUBCARRIERS * before.blocks)
    found = np.full(len(power), np.nan)
    every = []
    for b, name in enumerate(before.cell_id):
        rows = [(place[u], v) for u, v in shown.rsrp.get(str(name), {}).items()
                if u in place]  # fmt: skip
        if not rows:
            continue
        users, level = (
            np.array([row[0] for row in rows]),
            np.array([r[1] for r in rows]),
        )
        said = 10 * np.log10(np.maximum(before.gain[users, b] * element[b], 1e-30))
        error = np.abs(level - said)
        found[b] = error.mean()
        every.append(error)
    whole = float(np.concatenate(every).mean()) if every else np.nan
    return np.append(whole, found)


def _demand_errors(before: TwinSnapshot, after: TwinSnapshot) -> np.ndarray:
    """Absolute error of demand a period ahead, as a share, of all and by cell."""
    cells = len(before.cell_id)
    old, new = (
        np.bincount(
            one.previous[one.previous >= 0], one.demand[one.previous >= 0], cells
        )
        for one in (before, after)
    )
    mean = 0.5 * (old + new)
    by_cell = np.divide(np.abs(new - old), mean, out=np.full(cells, np.nan),
                        where=mean > 0)  # fmt: skip
    whole = np.abs(new - old).sum() / max(float(mean.sum()), 1e-9)
    return np.append(whole, by_cell)

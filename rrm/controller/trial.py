"""What settings would carry of the demand, replayed before they are sent."""

from dataclasses import dataclass

import numpy as np

from formulations.composition import LEAST_SINR, PREFERENCE_WORTH
from formulations.context import Network
from twins.coupling.carried import Carried, carried
from twins.coupling.load import IDLE

HYSTERESIS = 10**0.3
"""3 dB by which another cell must be stronger before the network hands over."""
ESCAPE = 10.0
"""10 dB by which it may be stronger for a user who was told where to be."""
COMING = 5
"""Demands that may come and are tried beside that of now."""
LEAST_EFFICIENCY = np.log2(1 + LEAST_SINR)
"""Below it a cell is no candidate."""
LASTS = 0.6
"""Part of the users who want as much in the next period."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """Settings, and what they carry.

    Attributes
    ----------
    power : (B,) W
        Of all cells.
    cell : (U,) int
        Who serves each user then, -1 for nobody.
    served : float
        Share of the demand that is carried, as it is and as it may come.
    now : float
        As it is.
    short : float
        Time that cells lack for the rate floors of their users, summed over cells.
    load : (B,)
        Share of the cells' time in use now.
    """

    power: np.ndarray
    cell: np.ndarray
    served: float
    now: float
    short: float
    load: np.ndarray


class Trial:
    """The network as the twin knows it, to try settings on.

    Users are handed over as the network does when powers change; cells share their time
    so that each user gets the same part of what it wants; interference follows load.

    Parameters
    ----------
    network : Network
        With what was said about it.
    held : (U,) bool
        Users who were told where to be, for a while that is not over.
    seed : int
        Of the demands that may come.
    """

    def __init__(self, network: Network, held: np.ndarray, seed: int = 0) -> None:
        snapshot = network.snapshot
        self.network, self.held = network, held
        self.gain = snapshot.gain
        self.wanted = np.maximum(network.demand, network.min_rate) * network.admitted
        self.demands = _demands(self.wanted, np.random.default_rng(seed))
        every = np.ones(len(network.alive))
        self.permitted = _permitted(network, self.efficiency(network.p_max, every))
        self.preference = _preference(network)
        self._previous = snapshot.previous
        self._users = np.arange(len(self._previous))

    def outcome(self, power: np.ndarray) -> Outcome:
        """What powers (B,) W carry if nobody is told where to be."""
        return self.of(power, self.attached(power))

    def of(self, power: np.ndarray, cell: np.ndarray) -> Outcome:
        """What powers (B,) W and serving cells (U,) carry."""
        here = np.maximum(cell, 0)
        found = self._settled(power, cell)
        totals = np.maximum(self.demands.sum(axis=1), 1e-9)
        share = found.rate.sum(axis=1) / totals
        served = float(share.mean()) if self.wanted.any() else 1.0
        short = self._short(found.sinr[0], here)
        load = np.minimum(found.wanted[0], 1.0)
        return Outcome(power, cell, served, float(share[0]), short, load)

    def rates(self, outcome: Outcome) -> np.ndarray:
        """What each user (U,) gets of what it wants now, in bit/s."""
        return self._settled(outcome.power, outcome.cell).rate[0]

    def _settled(self, power: np.ndarray, cell: np.ndarray) -> Carried:
        network, snapshot = self.network, self.network.snapshot
        return carried(
            self.gain,
            power * network.alive,
            network.bandwidth,
            snapshot.noise * snapshot.blocks[np.maximum(cell, 0)],
            self.demands,
            np.where(network.admitted, cell, -1),
        )

    def attached(self, power: np.ndarray) -> np.ndarray:
        """Serving cells (U,) at powers (B,) W, by the network's own rule.

        Who must not be where the network would have it goes to the strongest cell that
        is permitted.
        """
        level = self.gain * (power * self.network.alive)
        best = level.argmax(axis=1)
        here = np.maximum(self._previous, 0)
        own = np.where(self._previous >= 0, level[self._users, here], 0.0)
        reach = np.where(self.held, ESCAPE, HYSTERESIS)
        stays = (own > 0) & (level[self._users, best] < reach * own)
        cell = np.where(stays, here, best)
        wrong = ~self.permitted[self._users, cell]
        if wrong.any():
            allowed = np.where(self.permitted[wrong], level[wrong], 0.0)
            able = allowed.max(axis=1) > 0
            cell[np.flatnonzero(wrong)[able]] = allowed.argmax(axis=1)[able]
        return np.where(level.max(axis=1) > 0, cell, -1)

    def told(self, outcome: Outcome) -> np.ndarray:
        """Users (U,) bool who must be told for an outcome to come about.

        All others go there, or stay, by themselves.
        """
        cell, before = outcome.cell, np.maximum(self._previous, 0)
        moves = (cell >= 0) & (cell != self._previous)
        on_air = self.network.snapshot.alive
        level = self.gain * (outcome.power * on_air)
        own = np.where(self._previous >= 0, level[self._users, before], 0.0)
        leaves = level.max(axis=1) >= HYSTERESIS * own
        itself = leaves & ~self.held & (level.argmax(axis=1) == cell) & (own > 0)
        return moves & ~itself

    def efficiency(self, power: np.ndarray, load: np.ndarray) -> np.ndarray:
        """Spectral efficiency (U, B) in bit/s/Hz of all pairs under loads (B,)."""
        snapshot = self.network.snapshot
        received = self.gain * (power * self.network.alive)
        heard = received * np.maximum(load, IDLE)
        others = heard.sum(axis=1, keepdims=True) - heard
        noise = snapshot.noise[:, None] * snapshot.blocks
        return np.log2(1 + received / (noise + np.maximum(others, 0.0)))

    def _short(self, sinr: np.ndarray, here: np.ndarray) -> float:
        floors = self.network.min_rate * self.network.admitted
        if not floors.any():
            return 0.0
        full = self.network.bandwidth[here] * np.log2(1 + sinr)
        need = np.divide(floors, full, out=2.0 * (floors > 0), where=full > 0)
        load = np.bincount(here, need, len(self.network.alive))
        return float(np.maximum(load - 1.0, 0.0).sum())


def _demands(wanted: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    """Demands (K, U) bit/s: those of now, and some that may come next.

    Bursts are short: a part of the users want what another user wants now.
    """
    found = np.tile(wanted, (1 + COMING, 1))
    for row in found[1:]:
        changes = np.flatnonzero((draws.random(len(wanted)) >= LASTS) & (wanted > 0))
        row[changes] = draws.permutation(wanted[changes])
    return found


def _preference(network: Network) -> np.ndarray:
    """What PREFER adds to a pair's (U, B) efficiency, and AVOID takes off."""
    worth = {"PREFER": PREFERENCE_WORTH, "AVOID": -PREFERENCE_WORTH}
    found = np.zeros(network.snapshot.gain.shape)
    for pair, (word, _) in network.preference.items():
        found[pair] = worth.get(word, 0.0)
    return found


def _permitted(network: Network, full: np.ndarray) -> np.ndarray:
    """Whether each user (U, B) may be served by each cell.

    A SHALL for cells that are no candidates rules out nothing, as in ``compose``: none
    of them reaches the user with an efficiency ``full`` (U, B) at full power.
    """
    found = np.ones(full.shape, bool)
    shall = np.zeros(full.shape, bool)
    for pair, (word, _) in network.preference.items():
        found[pair] = word != "FORBID"
        shall[pair] = word == "SHALL"
    reached = shall & (full >= LEAST_EFFICIENCY)
    return found & (shall | ~reached.any(axis=1, keepdims=True))

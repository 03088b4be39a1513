"""Slice shares learned from what they brought, safely.

A Gaussian process [1]_ learns how much better than the rule shares did, given the
demand that L2 expects. Shares are tried where the process is sure enough that the rule
does not do much better, and only such that keep all promises.

References
----------
.. [1] Y. Sui et al., "Safe Exploration for Optimization with Gaussian Processes",
   ICML 2015; here with a context and over the gain on a known rule.
"""

from collections.abc import Callable

import numpy as np

from twins.declaration import FieldError
from twins.l3.slices import Slices

SIGNAL, NOISE = 0.05, 0.03
"""Deviations of the gain on the rule, and of what a single period adds to it."""
REACH = 0.3
"""Parts of a cell's capacity over which gains are alike; not fitted, to be quick."""
CANDIDATES = 64
KEPT = 250
"""Most observations that the process is fitted on, the newest."""
FIRST = 12
"""Decisions before the process is asked."""
REFIT = 12
"""Decisions between fits."""


class ShareLearner:
    """Decides shares of slices in each period.

    Parameters
    ----------
    slices : Slices
        Promises; every decision keeps them.
    seed : int
        Of the candidates.
    caution : float
        Standard deviations that a candidate must be above the loss allowed.
    loss : float
        Value that a trial may lose against the rule.
    patience : float
        Decisions after which the past counts 1/e in the comparison with the rule.
    """

    def __init__(
        self,
        slices: Slices,
        seed: int = 0,
        caution: float = 1.0,
        loss: float = 0.02,
        patience: float = 24.0,
    ) -> None:
        self._slices = slices
        self._draws = np.random.default_rng(seed)
        self._caution, self._loss = caution, loss
        self._share = 1.0 - np.exp(-1.0 / patience)
        self._inputs: list[np.ndarray] = []
        self._gains: list[float] = []
        self._process: object | None = None
        self._pending: tuple[np.ndarray, np.ndarray] | None = None
        self.advantage = 0.0
        self.fallback = False

    def decide(self, demand: np.ndarray) -> np.ndarray:
        """Shares (K,) for a period in which slices are expected to want ``demand``.

        ``demand`` (K,) is in parts of the cell's capacity.

        Raises
        ------
        FieldError
            If a demand is none, or not of each slice.
        """
        demand = np.asarray(demand, float)
        slices = len(self._slices.floor)
        if demand.shape != (slices,):
            found = f"shape {demand.shape}"
            raise FieldError("ShareLearner.demand", None, found, f"of {slices} slices")
        for slice_ in np.flatnonzero(~((demand >= 0) & np.isfinite(demand)))[:1]:
            label, found = "ShareLearner.demand", demand[slice_]
            raise FieldError(label, (int(slice_),), found, "finite, in [0, inf)")
        rule = self._slices.by_demand(demand)
        chosen = rule
        if len(self._gains) < FIRST or (self.fallback and self._draws.random() < 0.75):
            spread = 0.0 if self.fallback else 0.05
            noise = self._draws.normal(0.0, spread, len(rule))
            chosen = self._slices.admitted(rule + noise)
        elif self._process is not None:
            chosen = self._best(demand, rule)
        self._pending = (self._input(demand, chosen, rule), chosen)
        return chosen

    def learn(self, value: float, rule_value: float) -> None:
        """Tell what the last decision was worth, and the rule would have been.

        ``rule_value`` comes from the twin (``WhatIf``); both in [0, 1].

        Raises
        ------
        FieldError
            If one is not finite.
        RuntimeError
            If nothing was decided.
        """
        for name, given in (("value", value), ("rule_value", rule_value)):
            if not np.isfinite(given):
                raise FieldError(f"ShareLearner.{name}", None, given, "finite")
        if self._pending is None:
            raise RuntimeError("nothing was decided since the last value")
        entry, _ = self._pending
        self._pending = None
        gain = value - rule_value
        self._inputs.append(entry)
        self._gains.append(gain)
        del self._inputs[:-KEPT], self._gains[:-KEPT]
        self.advantage += self._share * (gain - self.advantage)
        self.fallback = self.advantage < -self._loss
        if len(self._gains) >= FIRST and len(self._gains) % REFIT == 0:
            self._fit()

    def _input(
        self, demand: np.ndarray, shares: np.ndarray, rule: np.ndarray
    ) -> np.ndarray:
        return np.concatenate([demand, shares - rule])

    def _best(self, demand: np.ndarray, rule: np.ndarray) -> np.ndarray:
        """Most promising candidate among those that are safe; the rule if none is."""
        near = rule + self._draws.normal(0.0, 0.08, (CANDIDATES, len(rule)))
        candidates = np.concatenate([rule[None], self._slices.admitted(near)])
        inputs = np.array([self._input(demand, one, rule) for one in candidates])
        mean, std = self._predict(inputs)
        mean[0], std[0] = 0.0, 0.0  # the rule against itself
        safe = mean - self._caution * std >= -self._loss
        upper = np.where(safe, mean + 0.5 * std, -np.inf)
        return candidates[int(upper.argmax())]

    def _predict(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        process: Callable = self._process.predict  # type: ignore[union-attr]
        mean, std = process(inputs, return_std=True)
        return mean, std

    def _fit(self) -> None:
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF

        kernel = SIGNAL**2 * RBF(REACH)
        process = GaussianProcessRegressor(kernel, alpha=NOISE**2, optimizer=None)
        self._process = process.fit(np.array(self._inputs), np.array(self._gains))

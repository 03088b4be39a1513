"""Slices that share the blocks of a cell, within what was promised to each."""

from dataclasses import dataclass

import numpy as np

HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Slices:
    """Promises to slices, as ``rRMPolicyMinRatio`` and ``MaxRatio`` of TS 28.541.

    Parameters
    ----------
    floor, cap : (K,)
        Least and most share of the blocks.
    weight : (K,)
        What a share of a slice's demand that is served is worth.
    """

    floor: np.ndarray
    cap: np.ndarray
    weight: np.ndarray

    def __post_init__(self) -> None:
        """Refuse promises that cannot be kept."""
        for name in ("floor", "cap", "weight"):
            value = np.array(getattr(self, name), float)
            value.flags.writeable = False
            object.__setattr__(self, name, value)
        if not (self.floor >= 0).all() or not (self.floor <= self.cap).all():
            raise ValueError("Slices.floor: must be in [0, cap] for each slice")
        if not self.floor.sum() <= 1 + 1e-12:
            total = self.floor.sum()
            raise ValueError(f"Slices.floor sums to {total}: must be at most 1")
        if not (self.cap <= 1).all():
            raise ValueError("Slices.cap: must be at most 1")

    def admitted(self, shares: np.ndarray) -> np.ndarray:
        """Nearest shares (..., K) that keep every promise and sum to 1, or to the caps.

        The projection onto a box and a plane: one multiplier, found by bisection.
        """
        total = min(1.0, float(self.cap.sum()))
        low = (self.floor - shares).min(axis=-1, keepdims=True) - 1.0
        high = (self.cap - shares).max(axis=-1, keepdims=True) + 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            spent = np.clip(shares + middle, self.floor, self.cap).sum(
                -1, keepdims=True
            )
            low = np.where(spent < total, middle, low)
            high = np.where(spent < total, high, middle)
        return np.clip(shares + low, self.floor, self.cap)

    def by_demand(self, demand: np.ndarray) -> np.ndarray:
        """Shares (K,) in proportion to demand: the rule that learning starts from."""
        total = float(demand.sum())
        wanted = demand / total if total > 0 else np.full(len(demand), 1 / len(demand))
        return self.admitted(wanted)

    def value(self, served: np.ndarray) -> float:
        """Worth of the parts (K,) of demand that are served, at most 1."""
        return float(self.weight @ served / self.weight.sum())

"""Who provides path gains: a statistical model, a ray tracer, or what was measured."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twins.declaration import FieldError
from twins.l1.path_loss import SCENARIOS, path_loss
from twins.l1.weather import attenuation, check_rain


class GainProvider(Protocol):
    """Path gain without antennas, and how sure it is."""

    def gain_db(
        self, cell: np.ndarray, user: np.ndarray, carrier: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (U, B) dB.

        Parameters
        ----------
        cell : (B, 3) m
            Antennas.
        user : (U, 3) m
            Users.
        carrier : (B,) Hz
            Centre frequencies.
        """
        ...


@dataclass(frozen=True)
class StatisticalGain:
    """Gains of a scenario of :mod:`twins.l1.path_loss`, in the weather given.

    Parameters
    ----------
    scenario : str
        ``UMa``, ``UMi``, ``RMa``, ``InF-DH``, ``UMa-AV``, ...
    rain : float
        mm/h; the extra loss needs the extra ``twins``.
    """

    scenario: str = "UMa"
    rain: float = 0.0

    def __post_init__(self) -> None:
        """Refuse scenarios that there are not, and rain that is none."""
        if self.scenario not in SCENARIOS:
            allowed = "one of " + ", ".join(SCENARIOS)
            found = repr(self.scenario)
            raise FieldError("StatisticalGain.scenario", None, found, allowed)
        check_rain("StatisticalGain.rain", self.rain)

    def gain_db(
        self, cell: np.ndarray, user: np.ndarray, carrier: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (U, B) dB, see :class:`GainProvider`."""
        apart = user[:, None, :] - cell[None, :, :]
        ground = np.hypot(apart[..., 0], apart[..., 1])
        heights = cell[None, :, 2], user[:, None, 2]
        loss = path_loss(self.scenario, ground, carrier[None, :], *heights)
        mean, spread = loss.moments()
        if self.rain > 0:
            per_metre = attenuation(carrier, rain=self.rain) - attenuation(carrier)
            mean = mean + per_metre * np.linalg.norm(apart, axis=2)
        return -mean, spread

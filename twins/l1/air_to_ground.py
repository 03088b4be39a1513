"""Gain between low-altitude platforms and users on the ground, by Al-Hourani et al."""

import numpy as np

from twins.declaration import FieldError
from twins.l1.path_loss import LIGHT

ENVIRONMENTS = {
    "suburban": (4.88, 0.43, 0.1, 21.0),
    "urban": (9.61, 0.16, 1.0, 20.0),
    "dense urban": (12.08, 0.11, 1.6, 23.0),
    "highrise": (27.23, 0.08, 2.3, 34.0),
}
"""a, b, and the excess loss in dB with and without line of sight [1]_.

.. [1] A. Al-Hourani, S. Kandeepan, S. Lardner, "Optimal LAP altitude for maximum
   coverage", IEEE Wireless Communications Letters 3(6), 2014, tables I and II.
   https://doi.org/10.1109/LWC.2014.2342736
"""


def line_of_sight(elevation: np.ndarray, environment: str) -> np.ndarray:
    """Probability of line of sight at ``elevation`` rad; Al-Hourani et al., eq. 5."""
    a, b, _, _ = _numbers(environment)
    return 1.0 / (1.0 + a * np.exp(-b * (np.degrees(elevation) - a)))


def air_to_ground_gain(
    user: np.ndarray, site: np.ndarray, carrier: float, environment: str
) -> np.ndarray:
    """Mean path gain (U, S), linear, from ``site`` (S, 3) m to ``user`` (U, 3) m.

    Free space and the mean excess loss of Al-Hourani et al. (see ``ENVIRONMENTS``).

    Raises
    ------
    FieldError
        If there is no such environment.
    """
    apart = user[:, None, :2] - site[None, :, :2]
    flat = np.hypot(apart[..., 0], apart[..., 1])
    above = site[None, :, 2] - user[:, None, 2]
    distance = np.maximum(np.hypot(flat, above), 1.0)
    _, _, clear_db, hidden_db = _numbers(environment)
    clear = line_of_sight(np.arctan2(above, flat), environment)
    excess_db = clear * clear_db + (1 - clear) * hidden_db
    free_space = (LIGHT / (4 * np.pi * carrier * distance)) ** 2
    return free_space * 10 ** (-excess_db / 10)


def _numbers(environment: str) -> tuple[float, float, float, float]:
    """Those of ``ENVIRONMENTS``."""
    if environment not in ENVIRONMENTS:
        allowed = "one of " + ", ".join(ENVIRONMENTS)
        label = "air_to_ground_gain.environment"
        raise FieldError(label, None, repr(environment), allowed)
    return ENVIRONMENTS[environment]

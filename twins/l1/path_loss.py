"""Path loss of 3GPP TR 38.901: urban, rural and factory, and of 36.777 in the air.

Each scenario has a loss with and without line of sight, the probability of that, and
the shadowing around both (tables 7.4.1-1 and 7.4.2-1 of [1]_). Frequencies in formulas
are in GHz and distances in m, as in the tables; arguments are SI.

References
----------
.. [1] 3GPP TR 38.901 V17.0.0, "Study on channel model for frequencies from 0.5 to
   100 GHz", 2022.
.. [2] 3GPP TR 36.777 V15.0.0, "Study on enhanced LTE support for aerial vehicles",
   2017, tables B-1, B-2 and B-3.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from twins.declaration import FieldError

LIGHT = 299_792_458.0  # m/s
NEAREST = 10.0  # m on the ground; nearer is outside of the tables
ROOFS, STREET = 5.0, 20.0  # m, default heights and widths of RMa
CARRIERS = 1e8, 1e11
"""Hz; the tables begin at 0.5 GHz, networks below it."""
CLUTTER = {  # factory: mean size m, density, height m (within Table 7.2-4)
    "InF-SL": (10.0, 0.2, 2.0),
    "InF-DL": (2.0, 0.6, 6.0),
    "InF-SH": (10.0, 0.2, 2.0),
    "InF-DH": (2.0, 0.6, 6.0),
}


@dataclass(frozen=True, eq=False)
class PathLoss:
    """Loss over a link, broadcast over distances and heights.

    Parameters
    ----------
    clear, hidden : dB
        Median with and without line of sight.
    chance : 0 to 1
        Probability of line of sight.
    clear_std, hidden_std : dB
        Shadowing around both.
    """

    clear: np.ndarray
    hidden: np.ndarray
    chance: np.ndarray
    clear_std: np.ndarray
    hidden_std: np.ndarray

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation in dB where line of sight is not known."""
        mean = self.chance * self.clear + (1 - self.chance) * self.hidden
        square = self.chance * (self.clear**2 + self.clear_std**2)
        square = square + (1 - self.chance) * (self.hidden**2 + self.hidden_std**2)
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """One realization in dB; links are independent."""
        sees = rng.uniform(size=np.shape(self.clear)) < self.chance
        spread = np.where(sees, self.clear_std, self.hidden_std)
        loss = np.where(sees, self.clear, self.hidden)
        return loss + spread * rng.normal(size=loss.shape)


def path_loss(
    scenario: str,
    ground: ArrayLike,
    carrier: ArrayLike,
    station: ArrayLike,
    user: ArrayLike,
) -> PathLoss:
    """Loss of ``scenario`` at ``ground`` m on the map between two heights.

    Parameters
    ----------
    scenario : str
        A key of ``SCENARIOS``.
    ground : m
        Horizontal distance; below 10 m as at 10 m.
    carrier : Hz
        Within ``CARRIERS``.
    station, user : m
        Heights of the antennas.

    Raises
    ------
    ValueError
        If there is no such scenario; a :class:`FieldError` if a carrier is none, such
        as one in GHz.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"no scenario {scenario!r}: one of {', '.join(SCENARIOS)}")
    hertz, (low, high) = np.asarray(carrier, float), CARRIERS
    wrong = np.argwhere(~((hertz >= low) & (hertz <= high)))
    if len(wrong):
        first = tuple(int(k) for k in wrong[0])
        allowed = f"in [{low:g}, {high:g}] Hz"
        raise FieldError("path_loss.carrier", first or None, hertz[first], allowed)
    ground = np.maximum(np.asarray(ground, float), NEAREST)
    parts = np.broadcast_arrays(ground, hertz / 1e9, station, user)
    ground, ghz, station, user = (np.asarray(part, float) for part in parts)
    slant = np.hypot(ground, station - user)
    found = SCENARIOS[scenario](ground, slant, ghz, station, user)
    return PathLoss(*np.broadcast_arrays(*found))


Parts = tuple[np.ndarray, ...]
Scenario = Callable[..., Parts]


def _break(ghz: np.ndarray, station: np.ndarray, user: np.ndarray) -> np.ndarray:
    """Break point (m) above an environment of 1 m, note 1 of Table 7.4.1-1."""
    return 4 * (station - 1) * np.maximum(user - 1, 0.1) * ghz * 1e9 / LIGHT


def _uma(ground, slant, ghz, station, user) -> Parts:
    far = _break(ghz, station, user)
    tail = -9 * np.log10(far**2 + (station - user) ** 2)
    clear = _two_slopes(ground, slant, ghz, far, 28.0, 22.0, tail)
    hidden = 13.54 + 39.08 * np.log10(slant) + 20 * np.log10(ghz) - 0.6 * (user - 1.5)
    above = np.clip((user - 13) / 10, 0, None) ** 1.5
    lift = 1 + above * 1.25 * (ground / 100) ** 3 * np.exp(-ground / 150)
    chance = np.where(ground <= 18, 1.0, np.minimum(_street(ground, 63.0) * lift, 1))
    return clear, np.maximum(clear, hidden), chance, _std(4.0), _std(6.0)


def _umi(ground, slant, ghz, station, user) -> Parts:
    far = _break(ghz, station, user)
    tail = -9.5 * np.log10(far**2 + (station - user) ** 2)
    clear = _two_slopes(ground, slant, ghz, far, 32.4, 21.0, tail)
    hidden = 22.4 + 35.3 * np.log10(slant) + 21.3 * np.log10(ghz) - 0.3 * (user - 1.5)
    chance = _street(ground, 36.0)
    return clear, np.maximum(clear, hidden), chance, _std(4.0), _std(7.82)


def _rma(ground, slant, ghz, station, user) -> Parts:
    far = 2 * np.pi * station * user * ghz * 1e9 / LIGHT

    def near(away):
        loss = 20 * np.log10(40 * np.pi * away * ghz / 3)
        loss = loss + min(0.03 * ROOFS**1.72, 10) * np.log10(away)
        loss = loss - min(0.044 * ROOFS**1.72, 14.77)
        return loss + 0.002 * np.log10(ROOFS) * away

    beyond = near(far) + 40 * np.log10(slant / far)
    clear = np.where(ground <= far, near(slant), beyond)
    hidden = 161.04 - 7.1 * np.log10(STREET) + 7.5 * np.log10(ROOFS)
    hidden = hidden - (24.37 - 3.7 * (ROOFS / station) ** 2) * np.log10(station)
    hidden = hidden + (43.42 - 3.1 * np.log10(station)) * (np.log10(slant) - 3)
    hidden = hidden + 20 * np.log10(ghz) - (3.2 * np.log10(11.75 * user) ** 2 - 4.97)
    chance = np.exp(-(ground - 10) / 1000)
    spread = np.where(ground <= far, 4.0, 6.0)
    return clear, np.maximum(clear, hidden), chance, spread, _std(8.0)


def _inf(scenario: str) -> Scenario:
    """A factory with clutter that is sparse or dense, and lower or higher than BS."""
    first, slope, spread = {
        "InF-SL": (33.0, 25.5, 5.7),
        "InF-DL": (18.6, 35.7, 7.2),
        "InF-SH": (32.4, 23.0, 5.9),
        "InF-DH": (33.63, 21.9, 4.0),
    }[scenario]
    size, density, top = CLUTTER[scenario]

    def loss(ground, slant, ghz, station, user) -> Parts:
        clear = 31.84 + 21.5 * np.log10(slant) + 19 * np.log10(ghz)
        hidden = first + slope * np.log10(slant) + 20 * np.log10(ghz)
        if scenario == "InF-DL":
            sparse = 33.0 + 25.5 * np.log10(slant) + 20 * np.log10(ghz)
            hidden = np.maximum(hidden, sparse)
        reach = -size / np.log1p(-density)
        if scenario in ("InF-SH", "InF-DH"):
            reach = reach * (station - user) / np.maximum(top - user, 0.1)
        chance = np.exp(-ground / np.maximum(reach, 1e-9))
        return clear, np.maximum(clear, hidden), chance, _std(4.3), _std(spread)

    return loss


def _uma_av(ground, slant, ghz, station, user) -> Parts:
    """Users above the roofs, 22.5 to 300 m [2]_."""
    clear = 28.0 + 22 * np.log10(slant) + 20 * np.log10(ghz)
    height = np.minimum(user, 100.0)
    hidden = -17.5 + (46 - 7 * np.log10(height)) * np.log10(slant)
    hidden = hidden + 20 * np.log10(40 * np.pi * ghz / 3)
    start = np.maximum(460 * np.log10(height) - 700, 18)
    fade = 4300 * np.log10(height) - 3800
    some = start / ground + np.exp(-ground / fade) * (1 - start / ground)
    chance = np.where((user > 100) | (ground <= start), 1.0, some)
    spread = 4.64 * np.exp(-0.0066 * user)
    return clear, np.maximum(clear, hidden), chance, spread, _std(6.0)


def _two_slopes(ground, slant, ghz, far, first, slope, tail) -> np.ndarray:
    near = first + slope * np.log10(slant) + 20 * np.log10(ghz)
    beyond = first + 40 * np.log10(slant) + 20 * np.log10(ghz) + tail
    return np.where(ground <= far, near, beyond)


def _street(ground: np.ndarray, length: float) -> np.ndarray:
    """Probability of line of sight in streets, Table 7.4.2-1."""
    part = np.minimum(18 / ground, 1.0)
    return part + np.exp(-ground / length) * (1 - part)


def _std(value: float) -> np.ndarray:
    return np.asarray(value)


SCENARIOS: dict[str, Scenario] = {
    "UMa": _uma,
    "UMi": _umi,
    "RMa": _rma,
    "UMa-AV": _uma_av,
    **{name: _inf(name) for name in CLUTTER},
}

"""What rain and the gases of the air take from a signal, by ITU-R through ``itur``."""

import numpy as np

from twins.declaration import FieldError

PRESSURE = 1013.25  # hPa, standard atmosphere of ITU-R P.835 at sea level
VAPOUR = 7.5  # g/m^3
TEMPERATURE = 288.15  # K


def attenuation(
    carrier: np.ndarray,
    *,
    rain: float = 0.0,
    elevation: float = 0.0,
    tilt: float = np.pi / 4,
) -> np.ndarray:
    """Specific attenuation (n,) dB/m, P.676 [1]_ for gases and P.838 [2]_ for rain.

    Parameters
    ----------
    carrier : (n,) Hz
        From 1 GHz on; below, neither matters and both count as 0.
    rain : float
        Rate in mm/h, as in ITU-R and the context reports.
    elevation, tilt : float
        rad, of the path and of the polarization against the horizon.

    Raises
    ------
    FieldError
        If the rate of rain is none.
    ModuleNotFoundError
        Without the extra ``twins``.

    References
    ----------
    .. [1] ITU-R P.676-12, "Attenuation by atmospheric gases", 2019, annex 1.
    .. [2] ITU-R P.838-3, "Specific attenuation model for rain", 2005.
    """
    check_rain("attenuation.rain", rain)
    from itur.models import itu676, itu838

    ghz = np.atleast_1d(np.asarray(carrier, float)) / 1e9
    counts = ghz >= 1.0
    ghz = np.maximum(ghz, 1.0)
    air = itu676.gamma0_exact(ghz, PRESSURE, VAPOUR, TEMPERATURE).value
    air = air + itu676.gammaw_exact(ghz, PRESSURE, VAPOUR, TEMPERATURE).value
    angles = np.degrees(elevation), np.degrees(tilt)
    if rain > 0:
        # one frequency at a time: of arrays, itur 0.4.0 unpacks frequencies as k, alpha
        losses = [itu838.rain_specific_attenuation(rain, f, *angles).value for f in ghz]
        air = air + np.array(losses)
    return np.where(counts, air, 0.0) / 1e3


def check_rain(label: str, rain: float) -> None:
    """Refuse a rate of ``rain`` that is none."""
    if not 0 <= rain < np.inf:
        raise FieldError(label, None, rain, "in [0, inf) mm/h")

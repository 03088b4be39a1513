"""Small files of drives with a truth that is known."""

import numpy as np
import pandas as pd

from twins.l1.drives import STAMP

MASTS = np.array([[0.0, 0.0], [900.0, 300.0], [1700.0, -200.0]])
STATIONS = (42001, 42002, 42003)


def table(drives: int, seed: int = 0, offset: float = 2.0) -> pd.DataFrame:
    """Drives along one road past three masts; RSRP falls by 35 dB a decade."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(drives):
        seconds = np.arange(180)
        x = -200 + 12.0 * seconds
        y = 40.0 * np.sin(x / 300)
        away = np.hypot(x[:, None] - MASTS[:, 0], y[:, None] - MASTS[:, 1])
        best = away.argmin(axis=1)
        rsrp = -60 - 35 * np.log10(np.maximum(away.min(axis=1), 30) / 30)
        rsrp = rsrp + offset * rng.normal() + rng.normal(size=len(x))
        start = pd.Timestamp("2020-01-06 08:00:00") + pd.Timedelta(days=number)
        parts.append(
            pd.DataFrame(
                {
                    "drive": number,
                    "Timestamp": (start + pd.to_timedelta(seconds, "s")).strftime(
                        STAMP
                    ),
                    "Longitude": -8.43 + x / 68_600,
                    "Latitude": 51.9 + y / 111_195,
                    "Speed": 43,
                    "NetworkMode": "5G",
                    "RSRP": rsrp.round(),
                    "RAWCELLID": np.array(STATIONS)[best] * 256 + 11,
                    "DL_bitrate": rng.exponential(4000, len(x)).round(),
                    "State": "D",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)

"""Names, units and possible values of what networks measure [1]_ [2]_ [3]_.

References
----------
.. [1] 3GPP TS 28.552, "5G performance measurements".
.. [2] 3GPP TS 28.554, "5G end to end Key Performance Indicators".
.. [3] 3GPP TS 38.133, "Requirements for support of radio resource management",
   clause 10.1: reporting ranges of SS-RSRP, SS-RSRQ and SS-SINR.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Quantity:
    """One kind of measurement.

    Attributes
    ----------
    name : str
        As in 3GPP.
    table : str
        Where its values are kept.
    subject : str
        What it describes: a ``user``, a ``cell``, or the ``link`` of both.
    unit : str
        Of the values kept; SI, or dBm and dB.
    low, high : float
        What is possible, in ``unit``.
    factors : mapping of str to float
        Other units that reports may use, and what to multiply their values by.
    """

    name: str
    table: str
    subject: str
    unit: str
    low: float
    high: float
    factors: dict[str, float] = field(default_factory=dict)


MEASUREMENT_TABLES = (
    "channel",
    "link_quality",
    "traffic",
    "handover",
    "backhaul",
    "equipment",
)

_RATE = {"kbit/s": 1e3, "Mbit/s": 1e6}  # 28.552 counts UE throughput in kbit/s
_PERCENT = {"%": 0.01}
_VOLUME = {"kbit": 1e3, "Mbit": 1e6}  # 28.552 counts PDCP volumes in Mbit

QUANTITIES: dict[str, Quantity] = {
    one.name: one
    for one in (
        Quantity("L1M.SS-RSRP", "channel", "link", "dBm", -156.0, -31.0),
        Quantity("L1M.SS-RSRQ", "link_quality", "link", "dB", -43.0, 20.0),
        Quantity("MR.NRScSSSINR", "link_quality", "link", "dB", -23.0, 40.0),
        Quantity("DRB.UEThpDl", "traffic", "user", "bit/s", 0.0, 2e10, _RATE),
        Quantity("DRB.UEThpUl", "traffic", "user", "bit/s", 0.0, 2e10, _RATE),
        Quantity("DRB.PdcpSduVolumeDL", "traffic", "user", "bit", 0.0, 1e14, _VOLUME),
        Quantity("DRB.RlcSduDelayDl", "traffic", "user", "s", 0.0, 60.0, {"ms": 1e-3}),
        Quantity("RRU.PrbUsedDl", "traffic", "cell", "1", 0.0, 5e3),
        Quantity("RRU.PrbAvailDl", "traffic", "cell", "1", 0.0, 5e3),
        Quantity("RRU.PrbTotDl", "traffic", "cell", "1", 0.0, 1.0, _PERCENT),
        Quantity("RRC.ConnMean", "traffic", "cell", "1", 0.0, 1e5),
        Quantity("DRB.MeanActiveUeDl", "traffic", "cell", "1", 0.0, 1e5),
        Quantity("MM.HoExeInterReq", "handover", "user", "1", 0.0, 1e6),
        Quantity("MM.HoExeInterSucc", "handover", "user", "1", 0.0, 1e6),
        Quantity(
            "GTP.OutDataOctN3UPF", "backhaul", "cell", "bit", 0.0, 1e15, {"byte": 8.0}
        ),
        Quantity("PEE.AvgPower", "equipment", "cell", "W", 0.0, 1e5, {"kW": 1e3}),
        Quantity("CARR.MeanTxPwr", "equipment", "cell", "dBm", -60.0, 60.0),
    )
}
"""By name: what the database takes."""

NAMES = tuple(QUANTITIES)
LOW = np.array([one.low for one in QUANTITIES.values()])
HIGH = np.array([one.high for one in QUANTITIES.values()])
SUBJECT = np.array([one.subject for one in QUANTITIES.values()])
TABLE = np.array([one.table for one in QUANTITIES.values()])
UNIT = np.array([one.unit for one in QUANTITIES.values()])


def describe() -> str:
    """Table of the quantities with units and ranges, in Markdown."""
    lines = ["| name | table | of | unit | from | to |", "|---|---|---|---|---|---|"]
    for one in QUANTITIES.values():
        lines.append(
            f"| `{one.name}` | {one.table} | {one.subject} | {one.unit} "
            f"| {one.low:g} | {one.high:g} |"
        )
    return "\n".join(lines)

"""Key performance indicators of a network state, by their 3GPP names."""

from dataclasses import dataclass

import numpy as np

COVERED_RSRP = -110.0  # dBm of a subcarrier, the edge that operators plan for
COVERED_SINR = 10**-0.6  # -6 dB: below it, control channels fail (TR 38.830)


@dataclass(frozen=True)
class Indicators:
    """Indicators, each with the name under which 3GPP or this project knows it.

    Attributes
    ----------
    throughput : bit/s
        Mean of the users, ``DRB.UEThpDl``.
    edge_throughput : bit/s
        Of the worst 5% of the users.
    served : float
        Share of the demand that is carried.
    load : float
        Mean share of blocks in use, ``RRU.PrbTotDl``.
    congested : float
        Share of the cells whose demand exceeds them.
    coverage : float
        Share of the users with the RSRP and SINR that a call needs.
    fairness : float
        Jain's index of the users' throughputs over demands.
    energy_efficiency : bit/J
        ``EEMN,DV`` of TS 28.554, clause 6.7.1.
    power : W
        Sum of ``PEE.AvgPower``.
    protection : float
        Least limit over interference at the protected receivers; inf without any.
    """

    throughput: float
    edge_throughput: float
    served: float
    load: float
    congested: float
    coverage: float
    fairness: float
    energy_efficiency: float
    power: float
    protection: float


NAMES = {
    "throughput": "DRB.UEThpDl",
    "load": "RRU.PrbTotDl",
    "energy_efficiency": "EEMN,DV",
    "power": "PEE.AvgPower",
}
"""Names in 3GPP TS 28.552 and 28.554 of the indicators that have one."""


def indicators(
    rate: np.ndarray,
    demand: np.ndarray,
    sinr: np.ndarray,
    rsrp: np.ndarray,
    load: np.ndarray,
    wanted: np.ndarray,
    consumed: np.ndarray,
    interference: np.ndarray,
    limit: np.ndarray,
) -> Indicators:
    """Indicators of users and cells.

    Parameters
    ----------
    rate, demand : (U,) bit/s
        What users get and want.
    sinr, rsrp : (U,)
        Linear; dBm.
    load, wanted : (B,)
        Share of blocks in use, and that would be.
    consumed : (B,) W
        Of each cell.
    interference, limit : (M,) W
        At the protected receivers.
    """
    part = np.divide(rate, demand, out=np.ones(len(rate)), where=demand > 0)
    square = float((part**2).sum())
    total, power = float(rate.sum()), float(consumed.sum())
    heard = interference > 0
    margin = limit[heard] / interference[heard]
    covered = (rsrp >= COVERED_RSRP) & (sinr >= COVERED_SINR)
    wants = float(demand.sum())
    return Indicators(
        throughput=float(rate.mean()) if len(rate) else 0.0,
        edge_throughput=float(np.quantile(rate, 0.05)) if len(rate) else 0.0,
        served=total / wants if wants > 0 else 1.0,
        load=float(load.mean()) if len(load) else 0.0,
        congested=float((wanted > 1).mean()) if len(wanted) else 0.0,
        coverage=float(covered.mean()) if len(rate) else 0.0,
        fairness=float(part.sum() ** 2 / (len(part) * square)) if square > 0 else 0.0,
        energy_efficiency=total / power if power > 0 else 0.0,
        power=power,
        protection=float(margin.min()) if len(margin) else np.inf,
    )


def consumed_power(
    power: np.ndarray, load: np.ndarray, idle: float = 0.1
) -> np.ndarray:
    """Power (B,) W that cells take: a base and what they send, at 1/3 efficiency.

    Of the shape of G. Auer et al., "How much energy is needed to run a wireless
    network?", IEEE Wireless Commun. 18(5), 2011.
    https://doi.org/10.1109/MWC.2011.6056691
    """
    return np.where(power > 0, 100.0 + 3.0 * power * np.maximum(load, idle), 0.0)

"""Placement problems from a snapshot: sites, air-to-ground gains, flight energy."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from formulations.placement import LapPlacement
from formulations.problem import FieldError
from twins import TwinSnapshot
from twins.l1.air_to_ground import ENVIRONMENTS, air_to_ground_gain

BOLTZMANN_W_PER_HZ = 1.380649e-23 * 290.0
HIGHEST_EFFICIENCY = 7.4063  # bit/s/Hz, 3GPP TS 38.214 v17, Table 5.2.2.1-3, CQI 15
LOWEST_EFFICIENCY = 0.1523  # bit/s/Hz, 3GPP TS 38.214 v17, Table 5.2.2.1-2, CQI 1


@dataclass(frozen=True)
class Platform:
    """What a low-altitude platform can do.

    Attributes
    ----------
    power : float
        W sent.
    carrier, bandwidth : float
        Hz.
    noise_figure_db : float
        dB, of the users' receivers.
    capacity : float
        bit/s that it serves at most.
    battery : float
        J.
    speed : float
        m/s on the way to the site and back.
    mission : float
        s of hovering there.
    """

    power: float = 1.0
    carrier: float = 3.5e9
    bandwidth: float = 40e6
    noise_figure_db: float = 7.0
    capacity: float = 200e6
    battery: float = 500e3
    speed: float = 15.0
    mission: float = 1200.0


def flight_power(speed: float) -> float:
    """Power in W of a rotary-wing platform at ``speed`` m/s, 168 W when it hovers [1]_.

    References
    ----------
    .. [1] Y. Zeng, J. Xu, R. Zhang, "Energy minimization for wireless communication
       with rotary-wing UAV", IEEE TWC 18(4), 2019, eq. 12 and table I.
       https://doi.org/10.1109/TWC.2019.2902559
    """
    blade, induced = 79.86, 88.63  # W
    tip, rotor = 120.0, 4.03  # m/s
    drag, density, solidity, disc = 0.6, 1.225, 0.05, 0.503
    ratio = speed**2 / (2 * rotor**2)
    return float(
        blade * (1 + 3 * speed**2 / tip**2)
        + induced * np.sqrt(np.sqrt(1 + ratio**2) - ratio)
        + 0.5 * drag * density * solidity * disc * speed**3
    )


def flight_energy(site: np.ndarray, home: np.ndarray, platform: Platform) -> np.ndarray:
    """Energy (S,) J to fly from ``home`` (3,) to each site, hover, and fly back."""
    distance = np.linalg.norm(site - home, axis=1)
    there_and_back = 2 * distance / platform.speed * flight_power(platform.speed)
    return there_and_back + platform.mission * flight_power(0.0)


def site_grid(user: np.ndarray, spacing: float, altitudes: Any) -> np.ndarray:
    """Sites (S, 3) m over the users' area, ``spacing`` m apart, at each altitude."""
    low, high = user[:, :2].min(axis=0), user[:, :2].max(axis=0)
    axes = [
        a + spacing * np.arange(np.floor((b - a) / spacing) + 1)
        for a, b in zip(low, high, strict=True)
    ]
    axes = [axis + (b - axis[-1]) / 2 for axis, b in zip(axes, high, strict=True)]
    east, north, up = np.meshgrid(*axes, np.asarray(altitudes, float), indexing="ij")
    return np.stack([east.ravel(), north.ravel(), up.ravel()], axis=1)


def too_close(site: np.ndarray, separation: float) -> np.ndarray:
    """Pairs (C, 2) of sites less than ``separation`` m apart."""
    from scipy.spatial import KDTree

    pairs = KDTree(site).query_pairs(separation * (1 - 1e-12), output_type="ndarray")
    return pairs.astype(np.intp).reshape(-1, 2)


def efficiency(gain: np.ndarray, platform: Platform) -> np.ndarray:
    """Spectral efficiency in bit/s/Hz, 0 where the lowest scheme cannot be decoded."""
    noise = BOLTZMANN_W_PER_HZ * platform.bandwidth
    noise *= 10 ** (platform.noise_figure_db / 10)
    shannon = np.log2(1 + platform.power * gain / noise)
    return np.where(
        shannon < LOWEST_EFFICIENCY, 0.0, np.minimum(shannon, HIGHEST_EFFICIENCY)
    )


def value_of(gain: np.ndarray, demand: np.ndarray, platform: Platform) -> np.ndarray:
    """Value (U, S): demand in bit/s, weighted by how good the link is; -inf: none."""
    quality = efficiency(gain, platform) / HIGHEST_EFFICIENCY
    return np.where(quality > 0, demand[:, None] * quality, -np.inf)


def placement_from(
    snapshot: TwinSnapshot,
    max_laps: float,
    *,
    platform: Platform | None = None,
    environment: str = "urban",
    spacing: float = 100.0,
    altitudes: tuple[float, ...] = (60.0, 120.0),
    separation: float = 0.0,
    home: Any = None,
    **fields: Any,
) -> LapPlacement:
    """Where to send platforms for the users of ``snapshot``.

    Candidates are the snapshot's own sites, or a grid over the users. Each is linked
    to the nearest cell in service, whose backhaul its platforms share, unless the
    snapshot says which gateway serves it.

    Parameters
    ----------
    snapshot : TwinSnapshot
        With positions and demands of users; site fields and cells if known.
    max_laps : float
        Platforms there are.
    platform : Platform
        What they can do.
    environment : str
        ``suburban``, ``urban``, ``dense urban`` or ``highrise``.
    spacing, altitudes : float, tuple of float
        m, of the grid.
    separation : float
        m that platforms keep from each other.
    home : (3,) m
        Where they start; the middle of the users on the ground if not given.
    **fields
        Further fields of :class:`LapPlacement`.

    Raises
    ------
    FieldError
        If the snapshot knows no positions or demands, or a field is invalid.
    """
    platform = Platform() if platform is None else platform
    user, demand = snapshot.user_position, snapshot.demand
    for name, part in (("user_position", user), ("demand", demand)):
        if not part.size:
            raise FieldError(f"TwinSnapshot.{name}", None, "empty", "known")
    if environment not in ENVIRONMENTS:
        allowed = f"one of {', '.join(ENVIRONMENTS)}"
        raise FieldError("environment", None, repr(environment), allowed)
    site = snapshot.site_position
    if not site.size:
        site = site_grid(user, spacing, altitudes)
    gain = snapshot.site_gain
    if not gain.size:
        gain = air_to_ground_gain(user, site, platform.carrier, environment)
    energy = snapshot.site_energy
    if not energy.size:
        middle = np.append(user[:, :2].mean(axis=0), user[:, 2].min())
        start = middle if home is None else np.asarray(home, float)
        energy = flight_energy(site, start, platform)
    given = {
        "open_cost": np.zeros(len(site)),
        "capacity": np.full(len(site), platform.capacity),
        "battery": platform.battery,
        "conflicts": too_close(site, separation) if separation else None,
        **_gateways(snapshot, site),
        **fields,
    }
    labels = {"U": tuple(snapshot.user_id.tolist())} if snapshot.user_id.size else {}
    return LapPlacement(
        value_of(gain, demand, platform),
        demand=demand,
        max_laps=max_laps,
        energy=energy,
        labels=labels,
        **given,
    )


def _gateways(snapshot: TwinSnapshot, site: np.ndarray) -> dict[str, Any]:
    """Gateway of each site and backhaul of each gateway, if the snapshot knows any."""
    backhaul = snapshot.backhaul
    if not backhaul.size:
        return {}
    if snapshot.gateway.size:
        return {"gateway": snapshot.gateway, "backhaul": backhaul}
    if not snapshot.cell_position.size:
        return {}
    apart = site[:, None, :] - snapshot.cell_position[None]
    distance = np.linalg.norm(apart, axis=2)
    if snapshot.alive.size:
        distance[:, ~snapshot.alive] = np.inf
    return {"gateway": distance.argmin(axis=1), "backhaul": backhaul}

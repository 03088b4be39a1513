"""The network as a context report and the policy leave it, and who changed what."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.delay import rate_beyond_demand
from formulations.precedence import (
    FLOORS,
    Affected,
    Asked,
    SetAside,
    rank,
    settled_rates,
)
from formulations.preference_settlement import settled_preferences
from formulations.problem import FieldError
from formulations.share_floors import give_way
from formulations.share_settlement import shares_that_hold
from formulations.slice_shares import Share, slice_of
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextReport

ELLIPSOID = (6378137.0, 6.69437999014e-3)
"""Semi-major axis in m and squared eccentricity of WGS 84."""
Band = tuple[float, float] | None


@dataclass
class Network:
    """Arrays of a snapshot that items may change, and the items that did.

    Attributes
    ----------
    snapshot : TwinSnapshot
        What was measured or predicted.
    alive, p_max, bandwidth : (B,)
        Of the cells: in service, W, Hz.
    powered : (B,)
        In service but for what a radar silences.
    silent : dict
        By cell: list of ((low, high) in Hz, or None for all; the item) to leave unused.
    demand, min_rate, admitted : (U,)
        Of the users: bit/s, bit/s, and whether they may be served.
    cap : (U,) bit/s
        Most that is sent to each user, inf where nobody says; the demand is within.
    protected_limit : (M,) W
        Of the protected receivers.
    preference : dict
        By (user, cell): SHALL, PREFER, AVOID or FORBID, and the item that says so.
    shares : list of Share
        What slices are promised of cells, or may have at the most.
    changes : dict
        By attribute: list of (index, item) in the order of the changes.
    set_aside : list of SetAside
        Items that do not hold for some users, and what holds instead.
    """

    snapshot: TwinSnapshot
    alive: np.ndarray
    powered: np.ndarray
    p_max: np.ndarray
    bandwidth: np.ndarray
    demand: np.ndarray
    min_rate: np.ndarray
    admitted: np.ndarray
    cap: np.ndarray
    protected_limit: np.ndarray
    preference: dict[tuple[int, int], tuple[str, Any]] = field(default_factory=dict)
    silent: dict[int, list[tuple[Band, Any]]] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)
    changes: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)

    def set(self, name: str, index: Iterable[int], values: Any, item: Any) -> None:
        """Change entries of an attribute where they differ, and note who did."""
        array = getattr(self, name)
        places = np.asarray(list(index), dtype=np.intp)
        values = np.broadcast_to(values, places.shape)
        for place, value in zip(places, values, strict=True):
            if array[place] != value:
                array[place] = value
                self.changes.setdefault(name, []).append((int(place), item))

    def by(self, name: str, index: int) -> list[Any]:
        """Items that changed entry ``index`` of an attribute."""
        return [item for place, item in self.changes.get(name, []) if place == index]


def in_context(snapshot: TwinSnapshot, report: "ContextReport | None") -> Network:
    """Network after the policy rules and the items that hold at the snapshot's time.

    Items of lower priority come first, so that those of higher priority have the last
    word; limits only become stricter. Where items contradict each other the lower
    priority gives way, see ``Network.set_aside``; a rule counts as an SLA.

    Raises
    ------
    FieldError
        If an item or rule names a cell or user that is not in the snapshot.
    """
    cells, users = snapshot.sizes.get("B", 0), snapshot.sizes.get("U", 0)
    network = Network(
        snapshot,
        alive=_known(snapshot.alive, cells, fill=True),
        powered=_known(snapshot.alive, cells, fill=True),
        p_max=snapshot.p_max.copy(),
        bandwidth=snapshot.bandwidth.copy(),
        demand=_known(snapshot.demand, users, fill=0.0),
        min_rate=_known(snapshot.min_rate, users, fill=0.0),
        admitted=np.ones(users, bool),
        cap=np.full(users, np.inf),
        protected_limit=snapshot.protected_limit.copy(),
    )
    asked, network.set_aside = settled_rates(asked_of(snapshot, report))
    for item, hit in sorted(asked, key=lambda one: str(one[0].kind) in LAST):
        effect = EFFECTS.get(str(item.kind))
        if effect is not None:
            effect(item, hit, network)
    network.shares, lost = shares_that_hold(asked, snapshot)
    network.preference, gone = settled_preferences(
        [one for one in asked if str(one[0].kind) == "association_preference"], network
    )
    network.set_aside += lost + gone
    waived: list[Any] = []
    while (found := give_way(network))[0]:
        asked, waived = _without(found[0], asked), [*waived, *found[1]]
        network.min_rate = _known(snapshot.min_rate, users, fill=0.0)
        network.changes.pop("min_rate", None)
        for share, hit_users in waived:
            network.set("min_rate", hit_users, 0.0, share)
        told, network.set_aside = [*network.set_aside, *found[0]], []
        for item, hit in sorted(asked, key=lambda one: str(one[0].kind) in LAST):
            if str(item.kind) in FLOORS:
                EFFECTS[str(item.kind)](item, hit, network)
        network.set_aside = told  # what floors say themselves was told before
    return network


def _without(lost: list[SetAside], asked: list[Asked]) -> list[Asked]:
    """What is asked for but by those who gave way, for whom they did."""
    for one in lost:
        asked = [
            (item, replace(hit, users=np.setdiff1d(hit.users, one.users)))
            if item is one.item
            else (item, hit)
            for item, hit in asked
        ]
    return asked


def asked_of(snapshot: TwinSnapshot, report: "ContextReport | None") -> list[Asked]:
    """Rules and items that hold at the snapshot's time, and whom each is about.

    Rules first, then items, those of the lowest priority first.

    Raises
    ------
    FieldError
        If one names a cell or user that is not in the snapshot.
    """
    asked: list[Asked] = [
        (rule, affected(rule, snapshot, f"TwinSnapshot.policy[{number}]", rule.kind))
        for number, rule in enumerate(snapshot.policy)
        if rule.start <= snapshot.time < rule.end
    ]
    items = [] if report is None else list(enumerate(report.items))
    for number, item in sorted(items, key=lambda one: rank(one[1])):
        if item.is_valid_at(snapshot.time):
            label = f"ContextReport.items[{number}].target"
            hit = affected(item.target, snapshot, label, str(item.kind))
            asked.append((item, hit))
    return asked


def _known(values: np.ndarray, length: int, fill: Any) -> np.ndarray:
    """Own copy of ``values``, or ``fill`` where the snapshot does not know them."""
    return values.copy() if values.size else np.full(length, fill)


def affected(target: Any, snapshot: TwinSnapshot, label: str, kind: str) -> Affected:
    """Cells, users and protected receivers that a target stands for.

    Where it names cells, users are those whom these serve: of all, or of its slices.
    Users who are named themselves are meant wherever they are (A1 policies of UE
    level), and so is a slice by a ``kind`` that says what it may have of the cells.

    Raises
    ------
    FieldError
        If the target names a cell or user that is not in the snapshot.
    """
    cells = np.ones(snapshot.sizes.get("B", 0), bool)
    users = np.ones(snapshot.sizes.get("U", 0), bool)
    receivers = np.ones(len(snapshot.protected_limit), bool)
    if target.cells:
        cells &= _members(target.cells, snapshot.cell_id, f"{label}.cells", "cell")
    named = np.zeros(len(users), bool)
    if target.users:
        named, members = _user_members(target, snapshot, f"{label}.users")
        users &= named | members
    area = getattr(target, "area", None)
    if area is not None:
        rings = [to_local(np.array(ring), snapshot.origin) for ring in area.coordinates]
        for mask, positions in (
            (cells, snapshot.cell_position),
            (users, snapshot.user_position),
            (receivers, snapshot.protected_position),
        ):
            if len(positions) == len(mask):
                mask &= inside(positions[:, :2], rings)
    band = getattr(target, "band_hz", None)
    if band is not None:
        if snapshot.carrier.size and snapshot.bandwidth.size:
            half = 0.5 * snapshot.bandwidth
            cells &= (snapshot.carrier - half < band[1]) & (
                snapshot.carrier + half > band[0]
            )
        if len(snapshot.protected_band) == len(receivers) and len(receivers):
            low, high = snapshot.protected_band.T
            receivers &= (low < band[1]) & (high > band[0])
    is_place = not target.users or kind not in CHOOSE_CELLS
    if target.cells and is_place and snapshot.previous.size:
        users &= named | np.isin(snapshot.previous, np.flatnonzero(cells))
    return Affected(
        np.flatnonzero(cells),
        np.flatnonzero(users),
        np.flatnonzero(receivers),
        bool(target.cells) or area is not None or band is not None,
        bool(target.users),
    )


def _members(names: Any, known: np.ndarray, label: str, what: str) -> np.ndarray:
    """Mask of ``known`` by ``names``, each of which must be there."""
    mask = np.zeros(len(known), bool)
    for place, name in enumerate(names):
        hit = known == name
        if not hit.any():
            raise FieldError(label, (place,), repr(name), f"a {what} of the snapshot")
        mask |= hit
    return mask


def _user_members(
    target: Any, snapshot: TwinSnapshot, label: str
) -> tuple[np.ndarray, np.ndarray]:
    """Masks (U,) of the users that a target names, and of those of its slices.

    A slice in a rule may have nobody there.
    """
    named = np.zeros(snapshot.sizes["U"], bool)
    members = named.copy()
    is_rule = hasattr(target, "slices")
    for place, name in enumerate(target.users):
        number = slice_of(name, is_rule=is_rule)
        if number is not None and snapshot.slice.size:
            hit = snapshot.slice == number
            members |= hit
        else:
            hit = snapshot.user_id == name
            named |= hit
        if not (np.any(hit) or (number is not None and is_rule)):
            allowed = "a user of the snapshot, or slice:N with N one of its slices"
            raise FieldError(label, (place,), repr(name), allowed)
    return named, members


def to_local(positions: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Metres (n, 2) east and north of ``origin`` for (longitude, latitude) degrees.

    Equirectangular with the ellipsoid's radii at the origin. As meridians meet, 10 km
    away it is off by up to 9 m at 48 degrees, 14 m at 60 and 22 m at 70, and
    by a quarter of that at half the distance.
    """
    axis, squared = ELLIPSOID
    latitude = np.radians(origin[0])
    root = np.sqrt(1 - squared * np.sin(latitude) ** 2)
    east = np.radians(positions[:, 0] - origin[1]) * np.cos(latitude) * axis / root
    meridian = axis * (1 - squared) / root**3
    north = np.radians(positions[:, 1] - origin[0]) * meridian
    return np.stack([east, north], axis=1)


def inside(points: np.ndarray, rings: list[np.ndarray]) -> np.ndarray:
    """Whether points (n, 2) lie in a polygon, by the even-odd rule over its rings."""
    result = np.zeros(len(points), bool)
    x, y = points[:, 0], points[:, 1]
    for ring in rings:
        for (x0, y0), (x1, y1) in pairwise(ring):
            crosses = (y0 > y) != (y1 > y)
            with np.errstate(divide="ignore", invalid="ignore"):
                at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            result ^= crosses & (x < at)
    return result


def _off(item: Any, hit: Affected, network: Network) -> None:
    network.set("powered", hit.cells, False, item)
    network.set("alive", hit.cells, False, item)


def _radar(item: Any, hit: Affected, network: Network) -> None:
    """Blank the named cells, or those that a protected receiver would hear too well."""
    cells, band = hit.cells, getattr(getattr(item, "target", None), "band_hz", None)
    if not hit.names_cells:
        heard = network.snapshot.protected_gain * network.p_max
        cells = np.flatnonzero((heard > network.protected_limit[:, None]).any(axis=0))
    for cell in cells:
        network.silent.setdefault(int(cell), []).append((band, item))
    network.set("alive", cells, False, item)


def _power_limit(item: Any, hit: Affected, network: Network) -> None:
    now = network.p_max[hit.cells]
    limit = now * item.value if item.unit == "1" else np.minimum(now, item.value)
    network.set("p_max", hit.cells, limit, item)


def _energy_saving(item: Any, hit: Affected, network: Network) -> None:
    """Put named cells to sleep, or lower every limit by the share to save."""
    if hit.names_cells:
        return _off(item, hit, network)
    return network.set("p_max", hit.cells, network.p_max * (1 - item.value), item)


def _spectrum(item: Any, hit: Affected, network: Network) -> None:
    width = np.maximum(network.bandwidth[hit.cells] + item.value, 0.0)
    network.set("bandwidth", hit.cells, width, item)


def _surge(item: Any, hit: Affected, network: Network) -> None:
    network.set("demand", hit.users, network.demand[hit.users] * item.value, item)


def _floor(item: Any, hit: Affected, network: Network) -> None:
    rate = np.maximum(network.min_rate[hit.users], item.value)
    network.set("min_rate", hit.users, rate, item)


def _cap(item: Any, hit: Affected, network: Network) -> None:
    network.cap[hit.users] = np.minimum(network.cap[hit.users], item.value)
    rate = np.minimum(network.demand[hit.users], item.value)
    network.set("demand", hit.users, rate, item)


def _delay(item: Any, hit: Affected, network: Network) -> None:
    """Ask for the rate that keeps a delay; below a cap, for what may be sent."""
    beyond, users = rate_beyond_demand(item.value), hit.users
    if not np.isfinite(beyond):
        network.set_aside.append(SetAside(item, users, None, "no rate is that fast"))
        return
    needed = np.minimum(network.demand[users] + beyond, network.cap[users])
    rate = np.maximum(needed, beyond)
    network.set("min_rate", users, np.maximum(network.min_rate[users], rate), item)
    if not network.snapshot.demand.size:
        why = "the demands are not known, and it holds as if nothing were sent"
        network.set_aside.append(SetAside(item, users, None, why))


def _protection(item: Any, hit: Affected, network: Network) -> None:
    limit = np.minimum(network.protected_limit[hit.receivers], item.value)
    network.set("protected_limit", hit.receivers, limit, item)


def _quarantine(item: Any, hit: Affected, network: Network) -> None:
    if hit.names_users:
        network.set("admitted", hit.users, False, item)
    else:
        _off(item, hit, network)


EFFECTS: dict[str, Callable[[Any, Affected, Network], None]] = {
    "outage": _off,
    "maintenance": _off,
    "radar_activity": _radar,
    "power_limit": _power_limit,
    "energy_saving": _energy_saving,
    "spectrum_grant": _spectrum,
    "traffic_surge": _surge,
    "rate_floor": _floor,
    "rate_cap": _cap,
    "latency_bound": _delay,
    "protection": _protection,
    "intrusion": _quarantine,
}
"""What each kind changes. Others concern the twins or other problems."""
LAST = ("latency_bound",)
"""Kinds that rest on the demand as the others leave it."""
CHOOSE_CELLS = ("association_preference", "slice_share")
"""Kinds whose cells are what users shall have, not where these are."""

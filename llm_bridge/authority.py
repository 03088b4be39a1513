"""What the author of a text may ask, by role."""

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from llm_bridge.context_report import Kind
from llm_bridge.names import Names
from llm_bridge.proposal import Proposal

if TYPE_CHECKING:
    from twins import TwinSnapshot

ROLES: dict[str, frozenset[Kind]] = {
    "regulator": frozenset({Kind.PROTECTION, Kind.RADAR_ACTIVITY, Kind.POWER_LIMIT}),
    "operator": frozenset(Kind),
    "tenant": frozenset(
        {
            Kind.RATE_FLOOR,
            Kind.RATE_CAP,
            Kind.LATENCY_BOUND,
            Kind.SLICE_SHARE,
            Kind.TRAFFIC_SURGE,
        }
    ),
    "user": frozenset(
        {
            Kind.RATE_FLOOR,
            Kind.RATE_CAP,
            Kind.LATENCY_BOUND,
            Kind.ASSOCIATION_PREFERENCE,
            Kind.MOBILITY,
        }
    ),
    "device": frozenset(),
}
"""Kinds that each role may ask for; whom they may concern says :func:`refusal`."""
WISHES = ("PREFER", "AVOID")
MOST = 50e6
"""bit/s that a user may ask for: a floor takes from all others."""
DELAY_BITS = 8 * 255 * log(50)
"""What a delay in s takes in bit/s above the demand, times the delay. 98% of packets of
255 bytes keep it in an M/M/1 queue (5QI 82, 3GPP TS 23.501, Table 5.7.4-1 and clause
5.7.3.4), by which problems take a bound as a floor."""
LEAST_DELAY = DELAY_BITS / MOST
"""s that a user may ask for: a bound below takes more than :data:`MOST`."""
SAFETY = frozenset({Kind.PROTECTION, Kind.RADAR_ACTIVITY, Kind.INTRUSION})
CONTRACT = frozenset(
    {Kind.RATE_FLOOR, Kind.RATE_CAP, Kind.LATENCY_BOUND, Kind.SLICE_SHARE}
)
PROTECTS_PEOPLE = (
    "crane", "painter", "mast", "worker", "technician", "rigger", "climber", "roof",
    "people", "school", "hospital", "exposure", "emf", "safety", "scaffold",
)  # fmt: skip


@dataclass(frozen=True)
class Author:
    """Who wrote a text.

    Attributes
    ----------
    role, name : str
        Of ``role/name``.
    own : tuple of str
        Users and slices that are the author's: of a user itself, of a tenant its slice.
    """

    role: str
    name: str
    own: tuple[str, ...] = ()


def author_of(author: str, names: Names, snapshot: "TwinSnapshot") -> Author:
    """Author of ``role/name``; what is his follows from the name.

    A tenant's name is its slice (``tenant/slice:2``, ``tenant/2``) or is looked up in
    the snapshot's ``provenance["tenants"]``, name to slice number; a user's is its
    identifier, unless it means a slice (``slice:1``): nothing is the author's then.

    Raises
    ------
    ValueError
        If ``author`` is no text.
    """
    if not isinstance(author, str):
        raise ValueError(
            f"author = {author!r}: must be a text such as 'operator/S. Lang'"
        )
    role, _, name = author.partition("/")
    own: tuple[str, ...] = ()
    if role == "tenant":
        own = _slice_of(name, names, snapshot)
    elif role == "user" and name in names.users and not _is_slice(name):
        own = (name,)
    return Author(role, name, own)


def _slice_of(name: str, names: Names, snapshot: "TwinSnapshot") -> tuple[str, ...]:
    tenants = snapshot.provenance.get("tenants", {})
    number = tenants.get(name) if hasattr(tenants, "get") else None
    digits = name.lower().removeprefix("slice").lstrip(":-_ ")
    if number is None and digits.isascii() and digits.isdigit():
        number = int(digits)
    return (f"slice:{number}",) if number in names.slices else ()


def refusal(author: Author, proposal: Proposal, snapshot: "TwinSnapshot") -> str | None:
    """Why the author may not ask for a proposal, or None."""
    allowed = ROLES.get(author.role)
    if allowed is None:
        return f"role {author.role!r} is none of {', '.join(ROLES)}"
    if author.role == "device":
        return "a device reports telemetry and may ask nothing"
    if proposal.kind not in allowed:
        return f"a {author.role} may not ask for {proposal.kind}"
    if author.role not in ("tenant", "user"):
        return None
    if not author.own:
        return f"{author.role} {author.name!r} is not known in this network"
    if not proposal.users:
        return f"a {author.role} may ask for its own only, not for cells or everybody"
    for name in proposal.users:
        is_member = not _is_slice(name) and is_in_slices(name, author.own, snapshot)
        if name not in author.own and not is_member:
            return f"a {author.role} may ask for its own only, not for {name}"
    if author.role == "user":
        return _no_wish(proposal)
    return None


def _no_wish(proposal: Proposal) -> str | None:
    """Why a proposal is more than a wish."""
    if proposal.kind is Kind.ASSOCIATION_PREFERENCE and proposal.value not in WISHES:
        return f"a user may ask for {' or '.join(WISHES)}, not {proposal.value}"
    if proposal.kind is Kind.RATE_FLOOR and not float(proposal.value or 0) <= MOST:
        return f"a user may ask for at most {MOST:g} bit/s, not {proposal.value:g}"
    if proposal.kind is Kind.LATENCY_BOUND and (
        not float(proposal.value or 0) >= LEAST_DELAY
    ):
        return (
            f"a user may ask for at least {LEAST_DELAY:.3g} s, not "
            f"{proposal.value:g}: it takes more than {MOST:g} bit/s"
        )
    return None


def _is_slice(name: str) -> bool:
    """Whether a target's name means a slice, even where a user is called so."""
    return name.startswith("slice:")


def is_in_slices(name: str, slices: tuple[str, ...], snapshot: "TwinSnapshot") -> bool:
    """Whether a user is in one of ``slices``."""
    if not snapshot.slice.size:
        return False
    members = snapshot.slice[snapshot.user_id == name]
    return any(f"slice:{int(number)}" in slices for number in members)


def priority(author: Author, kind: Kind, words: str) -> str:
    """Priority of an item by who asks, what, and the words it rests on."""
    if author.role == "regulator":
        return "regulation"
    if author.role == "user":
        return "wish"
    if kind in SAFETY and author.role == "operator":
        return "safety"
    if kind is Kind.POWER_LIMIT and any(one in words for one in PROTECTS_PEOPLE):
        return "safety"
    if kind in CONTRACT or author.role == "tenant":
        return "sla"
    return "wish"

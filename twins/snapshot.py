"""What the twins know about the network at one time."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from twins.declaration import ABSENT, FieldError, array, number
from twins.files import FileFormatError, read_npz, write_npz
from twins.policy import PolicyRule as PolicyRule
from twins.record import Record

SCHEMA = "rrm.snapshot/1"


@dataclass(frozen=True, eq=False)
class TwinSnapshot(Record):
    """Immutable state of the network; what no layer knows is an array of size 0.

    Parameters
    ----------
    time : s
        Since epoch, UTC.
    origin : (3,)
        Latitude and longitude in degrees, altitude in m of the local frame (x east,
        y north, z up).
    cell_id : (B,)
        Names of the cells.
    cell_position : (B, 3) m
        Antenna positions in the local frame.
    azimuth, downtilt : (B,) rad
        Azimuth clockwise from north; downtilt below the horizon.
    p_max, carrier, bandwidth, blocks, backhaul, alive : (B,)
        Power limit W, centre Hz, width Hz, resource blocks, bit/s, in service.
    user_id, user_position, velocity, demand, min_rate, slice, previous : (U, ...)
        Names, m, m/s, bit/s, bit/s, slice number, serving cell (-1: none).
    gain : (U, B)
        Linear path gain including antennas.
    gain_std_db : (U, B) dB
        Standard deviation of the gain's error.
    demand_std : (U,) bit/s
        Standard deviation of the demand's error.
    noise : (U,) W
        Over one resource block.
    protected_id, protected_position, protected_gain, protected_limit, protected_band
        Receivers to protect: names, (M, 3) m, (M, B) linear, (M,) W, (M, 2) Hz.
    site_position, site_gain, site_energy, gateway
        Candidates for platforms: (S, 3) m, (U, S) linear, (S,) J, (S,) gateway number.
    policy : tuple of PolicyRule
        Rules of the L3 twin.
    provenance : mapping
        Model, version and data range by field, as JSON values.

    Raises
    ------
    FieldError
        On a wrong shape, type, range, NaN or infinity; names field and first bad index.
    """

    time: float = number(0.0, unit="s")
    origin: np.ndarray = array("3", default=ABSENT)
    cell_id: np.ndarray = array("B", dtype=str, default=ABSENT)
    cell_position: np.ndarray = array("B 3", unit="m", default=ABSENT)
    azimuth: np.ndarray = array("B", unit="rad", default=ABSENT)
    downtilt: np.ndarray = array("B", unit="rad", default=ABSENT)
    p_max: np.ndarray = array("B", unit="W", low=0.0, default=ABSENT)
    carrier: np.ndarray = array("B", unit="Hz", low=0.0, default=ABSENT)
    bandwidth: np.ndarray = array("B", unit="Hz", low=0.0, default=ABSENT)
    blocks: np.ndarray = array("B", dtype=int, low=1, default=ABSENT)
    backhaul: np.ndarray = array(
        "B", unit="bit/s", low=0.0, infinite=(np.inf,), default=ABSENT
    )
    alive: np.ndarray = array("B", dtype=bool, default=ABSENT)
    user_id: np.ndarray = array("U", dtype=str, default=ABSENT)
    user_position: np.ndarray = array("U 3", unit="m", default=ABSENT)
    velocity: np.ndarray = array("U 3", unit="m/s", default=ABSENT)
    demand: np.ndarray = array("U", unit="bit/s", low=0.0, default=ABSENT)
    min_rate: np.ndarray = array("U", unit="bit/s", low=0.0, default=ABSENT)
    slice: np.ndarray = array("U", dtype=int, low=0, default=ABSENT)
    previous: np.ndarray = array("U", dtype=int, low=-1, index_of="B", default=ABSENT)
    gain: np.ndarray = array("U B", low=0.0, default=ABSENT)
    gain_std_db: np.ndarray = array("U B", unit="dB", low=0.0, default=ABSENT)
    demand_std: np.ndarray = array("U", unit="bit/s", low=0.0, default=ABSENT)
    noise: np.ndarray = array("U", unit="W", low=0.0, open_low=True, default=ABSENT)
    protected_id: np.ndarray = array("M", dtype=str, default=ABSENT)
    protected_position: np.ndarray = array("M 3", unit="m", default=ABSENT)
    protected_gain: np.ndarray = array("M B", low=0.0, default=ABSENT)
    protected_limit: np.ndarray = array("M", unit="W", low=0.0, default=ABSENT)
    protected_band: np.ndarray = array("M 2", unit="Hz", low=0.0, default=ABSENT)
    site_position: np.ndarray = array("S 3", unit="m", default=ABSENT)
    site_gain: np.ndarray = array("U S", low=0.0, default=ABSENT)
    site_energy: np.ndarray = array("S", unit="J", low=0.0, default=ABSENT)
    gateway: np.ndarray = array("S", dtype=int, low=0, default=ABSENT)
    policy: tuple[PolicyRule, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Validate arrays, identifiers and policy."""
        super().__post_init__()
        for name in ("cell_id", "user_id", "protected_id"):
            values, count = np.unique(getattr(self, name), return_counts=True)
            if (count > 1).any():
                twice = values[count > 1][0]
                index = int(np.flatnonzero(getattr(self, name) == twice)[1])
                raise FieldError(self._label(name), (index,), repr(twice), "unique")
        for index, rule in enumerate(self.policy):
            if not isinstance(rule, PolicyRule):
                label = self._label("policy")
                raise FieldError(label, (index,), type(rule).__name__, "a PolicyRule")
        object.__setattr__(self, "policy", tuple(self.policy))
        object.__setattr__(self, "provenance", _story(self.provenance))
        if self.origin.size:
            for index, most in enumerate((90.0, 180.0)):
                if not abs(self.origin[index]) <= most:
                    label, value = self._label("origin"), self.origin[index]
                    allowed = f"in [-{most}, {most}] degrees"
                    raise FieldError(label, (index,), value, allowed)
        if self.protected_band.size:
            low, high = self.protected_band.T
            for index in np.flatnonzero(low > high)[:1]:
                label, value = self._label("protected_band"), (low[index], high[index])
                allowed = "a lower and an upper edge in Hz"
                raise FieldError(label, (int(index),), value, allowed)

    def to_file(self, path: str | os.PathLike[str]) -> None:
        """Write to ``path`` (``.npz``), whole or not at all."""
        arrays, values = self.split()
        policy = [_json_rule(rule) for rule in self.policy]
        header = {
            "schema": SCHEMA,
            "values": values,
            "policy": policy,
            "provenance": _plain(self.provenance),
        }
        write_npz(path, header, arrays)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Read what :meth:`to_file` wrote, and validate it.

        Raises
        ------
        FileFormatError
            If the file is no snapshot of this schema.
        FieldError
            If a field is invalid.
        """
        header, arrays = read_npz(path, SCHEMA)
        try:
            policy = tuple(_rule(entry) for entry in header["policy"])
            values, provenance = header["values"], header["provenance"]
        except FieldError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"{path}: header is incomplete: {error}") from error
        return cls.joined(arrays, values, policy=policy, provenance=provenance)


def _story(value: Any) -> Any:
    """Read-only copy of JSON values; numbers of numpy become plain ones.

    Raises
    ------
    FieldError
        If JSON has no such value.
    """
    if isinstance(value, Mapping):
        return MappingProxyType({str(key): _story(one) for key, one in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(_story(one) for one in value)
    plain = value.item() if isinstance(value, np.generic) else value
    is_known = plain is None or isinstance(plain, (str, bool, int, float))
    if not is_known or (isinstance(plain, float) and not np.isfinite(plain)):
        found = repr(value)
        raise FieldError("TwinSnapshot.provenance", None, found, "of JSON values")
    return plain


def _plain(value: Any) -> Any:
    """Mappings of :func:`_story` as dictionaries."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _json_rule(rule: PolicyRule) -> dict[str, Any]:
    """Plain values of a rule; JSON has no infinity, so open ends are null."""
    entry = asdict(rule)
    for name in ("start", "end"):
        entry[name] = entry[name] if np.isfinite(entry[name]) else None
    return entry


def _rule(entry: dict[str, Any]) -> PolicyRule:
    """Rule from what :func:`_json_rule` gave."""
    values = dict(entry)
    for name, open_end in (("start", -np.inf), ("end", np.inf)):
        values[name] = open_end if values[name] is None else values[name]
    return PolicyRule(**values)

"""Rules of the L3 twin: what holds for whom, from when to when."""

import re
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

import numpy as np

from twins.declaration import FieldError

PREFERENCES = ("SHALL", "PREFER", "AVOID", "FORBID")
SLICE = re.compile(r"slice[-:](\d+)")
"""How a slice is named among users."""


class Values(NamedTuple):
    """Units of a kind, the first by default, and the range of its value."""

    units: tuple[str, ...] = ("1",)
    low: float = 0.0
    high: float = np.inf


KINDS = {
    "radar_activity": Values(),
    "protection": Values(("W",)),
    "traffic_surge": Values(),
    "rate_floor": Values(("bit/s",)),
    "rate_cap": Values(("bit/s",)),
    "latency_bound": Values(("s",)),
    "association_preference": Values(),
    "slice_share": Values(("min", "max"), high=1.0),
    "power_limit": Values(("W", "1")),
    "spectrum_grant": Values(("Hz",), low=-np.inf),
    "outage": Values(),
    "maintenance": Values(),
    "mobility": Values(("m/s",)),
    "weather": Values(("mm/h",)),
    "energy_saving": Values(high=1.0),
    "lap_request": Values(),
    "intrusion": Values(),
}
"""Those of context items."""
OF_CELLS = ("power_limit", "outage", "maintenance")
"""Kinds that hold for cells, whoever they serve."""


@dataclass(frozen=True)
class PolicyRule:
    """A rule of the L3 twin: what holds for whom, from when to when.

    Parameters
    ----------
    kind : str
        One of ``KINDS``, as of context items: ``power_limit``, ``rate_floor``, ...
    value : float or str
        In ``unit``; a word of ``PREFERENCES`` for an ``association_preference``.
    unit : str
        SI unit, "1" for a factor; "min" or "max" of a ``slice_share``.
    cells, users : tuple of str
        Identifiers the rule holds for; both empty: all. A rule for users that names
        cells alone holds for those whom these serve. A slice is named ``slice-2``
        among the users.
    start, end : float
        s since epoch, UTC; the rule holds from ``start`` until before ``end``.
    author : str
        Who set the rule.

    Raises
    ------
    FieldError
        If it says what cannot hold, or not for whom.
    """

    kind: str
    value: float | str
    unit: str = "1"
    cells: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    start: float = -np.inf
    end: float = np.inf
    author: str = ""

    def __post_init__(self) -> None:
        """Refuse what would hold for nobody, or without a word for others."""
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            allowed = "one of " + ", ".join(KINDS)
            raise FieldError("PolicyRule.kind", None, repr(self.kind), allowed)
        for name in ("cells", "users"):
            object.__setattr__(self, name, _names(name, getattr(self, name)))
        object.__setattr__(self, "value", self._checked_value())
        for name in ("start", "end"):
            time = getattr(self, name)
            if not isinstance(time, Real):
                label = f"PolicyRule.{name}"
                raise FieldError(label, None, repr(time), "a time in s since epoch")
            object.__setattr__(self, name, float(time))
        if not self.start < self.end:
            allowed = f"before its end ({self.end})"
            raise FieldError("PolicyRule.start", None, self.start, allowed)
        if self.kind in OF_CELLS and self.users:
            allowed = f"empty: a {self.kind} holds for cells"
            raise FieldError("PolicyRule.users", None, self.users, allowed)
        named = self.slices
        if self.kind == "slice_share" and not 0 < len(named) == len(self.users):
            allowed = "slices, such as slice-0"
            raise FieldError("PolicyRule.users", None, self.users, allowed)

    @property
    def slices(self) -> tuple[int, ...]:
        """Numbers of the slices that are named among ``users``."""
        found = map(SLICE.fullmatch, self.users)
        return tuple(int(one[1]) for one in found if one)

    def _checked_value(self) -> float | str:
        """Value as a float or a word."""
        if self.kind == "association_preference":
            if self.value not in PREFERENCES:
                allowed = "one of " + ", ".join(PREFERENCES)
                raise FieldError("PolicyRule.value", None, repr(self.value), allowed)
            return str(self.value)
        units, low, high = KINDS[self.kind]
        if self.unit not in units:
            allowed = f"{' or '.join(units)} of a {self.kind}"
            raise FieldError("PolicyRule.unit", None, repr(self.unit), allowed)
        value = self.value
        inside = isinstance(value, Real) and low <= float(value) <= high
        if not (inside and np.isfinite(float(value))):
            allowed = f"finite, in [{low}, {high}] of a {self.kind}"
            raise FieldError("PolicyRule.value", None, repr(value), allowed)
        return float(value)


def _names(field: str, names: object) -> tuple[str, ...]:
    """Identifiers; a single text is none, its letters would be."""
    if isinstance(names, str) or not isinstance(names, (tuple, list, np.ndarray)):
        allowed = 'names in a tuple, such as ("M1A",)'
        raise FieldError(f"PolicyRule.{field}", None, repr(names), allowed)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise FieldError(f"PolicyRule.{field}", (index,), repr(name), "text")
    return tuple(str(name) for name in names)

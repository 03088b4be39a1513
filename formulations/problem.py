"""What every problem offers, independent of any solver."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from twins.declaration import EMPTY as EMPTY
from twins.declaration import FieldError as FieldError
from twins.declaration import array as array
from twins.declaration import choice as choice
from twins.declaration import flag as flag
from twins.declaration import number as number
from twins.declaration import ragged as ragged
from twins.files import read_npz, write_npz
from twins.record import Record, frozen

SCHEMA = "rrm.problem/1"
HUGE = 1e300
Origin = dict[str, list[tuple[Any, Any]]]
"""By field: entries and the item or rule behind each."""
FEASIBLE = 1e-9
"""Relative violation that still counts as met, for every constraint."""


@dataclass(frozen=True, eq=False)
class Problem(Record):
    """Frozen arrays, an objective, constraints, and how to check an allocation.

    Parameters
    ----------
    units : mapping
        SI value of one unit of this problem by unit name, where it is not 1
        (:meth:`scaled` sets it).
    origin : mapping
        By field: list of (index, context item or policy rule) for entries that do
        not come from the snapshot.
    labels : mapping
        By axis: names of its entries.
    """

    allocation_type: ClassVar[type]

    units: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    origin: Mapping[str, list[tuple[Any, Any]]] = field(
        default_factory=dict, kw_only=True
    )
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        """Validate, copy and freeze every declared field."""
        super().__post_init__()
        for name in ("units", "origin", "labels"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def sense(self) -> int:
        """+1 to maximize, -1 to minimize."""
        raise NotImplementedError

    @property
    def objective_unit(self) -> str:
        """SI unit of :meth:`evaluate`."""
        raise NotImplementedError

    @property
    def _title(self) -> str:
        verb = "maximize" if self.sense > 0 else "minimize"
        return f"{type(self).__name__}: {verb} {self.objective_unit}"

    def checked(self, allocation: Any) -> Any:
        """``allocation`` as own read-only arrays of the right type and shape.

        Raises
        ------
        FieldError
            On another type, shape, NaN or infinity.
        """
        raise NotImplementedError

    def evaluate(self, allocation: Any) -> float:
        """Objective value of ``allocation``."""
        raise NotImplementedError

    def violations(self, allocation: Any) -> dict[str, float]:
        """Largest violation per constraint, relative to its scale; 0 where it holds."""
        raise NotImplementedError

    def attempts(self) -> Iterator[Any]:
        """Allocations in microseconds that may be feasible, the likeliest first."""
        raise NotImplementedError

    def trivial(self) -> Any | None:
        """Feasible allocation in microseconds, or None if none is that easy."""
        for allocation in self.attempts():
            if max(self.violations(allocation).values()) <= FEASIBLE:
                return allocation
        return None

    def repaired(self, allocation: Any) -> Any:
        """``allocation`` moved a little so that it may be feasible; by default not."""
        return allocation

    def scaled(self) -> Self:
        """Build the same problem in canonical units; ``units`` leads back."""
        raise NotImplementedError

    def restored(self, allocation: Any) -> Any:
        """``allocation`` of a scaled problem in SI units."""
        raise NotImplementedError

    @classmethod
    def example(cls) -> Self:
        """Small instance to try things on."""
        raise NotImplementedError

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """Small instances, of each objective and shape, to load kernels with."""
        return (cls.example(),)

    def to_file(self, path: str | os.PathLike[str]) -> None:
        """Write to ``path`` (``.npz``: arrays and a JSON header), whole or not at all.

        ``origin`` keeps its places and the text of its sources.
        """
        arrays, values = self.split()
        header = {
            "schema": SCHEMA,
            "problem": type(self).__name__,
            "values": values,
            "units": dict(self.units),
            "labels": {axis: list(names) for axis, names in self.labels.items()},
            "origin": {
                name: [[_place(index), _source(item)] for index, item in entries]
                for name, entries in self.origin.items()
            },
        }
        write_npz(path, header, arrays)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Read what :meth:`to_file` wrote, and validate it.

        Raises
        ------
        FileFormatError
            If the file is not a problem file.
        FieldError
            If it holds another problem, or a field is invalid.
        """
        header, arrays = read_npz(path, SCHEMA)
        found = header.get("problem")
        if found != cls.__name__:
            raise FieldError(f"{path}: problem", None, repr(found), cls.__name__)
        labels = header.get("labels", {})
        return cls.joined(
            arrays,
            header.get("values", {}),
            units=header.get("units", {}),
            origin={
                name: [(_index(place), source) for place, source in entries]
                for name, entries in header.get("origin", {}).items()
            },
            labels={axis: tuple(names) for axis, names in labels.items()},
        )


def snapped(values: np.ndarray) -> np.ndarray:
    """Round ``values`` to 32 bits of mantissa, a relative 1.2e-10.

    Scaled problems that differ in their units alone differ in the last bits. Rounded,
    they are equal nearly always, and so is every step of an iteration on them.
    """
    if not np.abs(values).max(initial=0.0) < HUGE:
        mantissa, exponent = np.frexp(values)
        return np.ldexp(np.rint(mantissa * 2.0**32) / 2.0**32, exponent)
    large = values * (2.0**21 + 1)  # leaves 53 - 21 bits: T. J. Dekker, 1971
    return large - (large - values)


def allocation_array(
    allocation: Any,
    kind: type,
    name: str,
    shapes: tuple[tuple[int, ...], ...],
    dtype: type,
) -> np.ndarray:
    """Field ``name`` of ``allocation`` as a read-only array of one of ``shapes``.

    Raises
    ------
    FieldError
        On another type or shape, NaN or infinity.
    """
    if not isinstance(allocation, kind):
        found = type(allocation).__name__
        raise FieldError("allocation", None, found, f"a {kind.__name__}")
    values, label = np.asarray(getattr(allocation, name)), f"{kind.__name__}.{name}"
    if values.dtype.kind not in ("iu" if dtype is int else "fiu"):
        text = "integers" if dtype is int else "real numbers"
        raise FieldError(label, None, f"array of {values.dtype}", f"{text}")
    if values.shape not in shapes:
        allowed = "of shape " + " or ".join(map(str, shapes))
        raise FieldError(label, None, f"shape {values.shape}", allowed)
    if dtype is float and not np.isfinite(values).all():
        first = tuple(int(k) for k in np.argwhere(~np.isfinite(values))[0])
        raise FieldError(label, first, values[first].item(), "finite")
    wanted = np.intp if dtype is int else np.float64
    return frozen(values if values.dtype == wanted else values.astype(wanted))


def _place(index: Any) -> Any:
    """Index as JSON: a number or a list."""
    return [int(k) for k in index] if isinstance(index, tuple) else int(index)


def _index(place: Any) -> Any:
    return tuple(place) if isinstance(place, list) else place


def _source(item: Any) -> Any:
    """Context item, rule or plain value as JSON."""
    if hasattr(item, "model_dump"):
        return item.model_dump(mode="json", by_alias=True)
    return item if isinstance(item, (dict, str)) else vars(item)

"""Declarations of the fields of a record: axes, unit, range and default, once each."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


class FieldError(ValueError):
    """A field holds what it must not; says which, where, what, and what is allowed.

    Attributes
    ----------
    field : str
        ``Class.field``.
    index : tuple of int or None
        First bad entry, None if the field as a whole is wrong.
    value : object
        What was found.
    allowed : str
        What would be accepted.
    """

    def __init__(
        self, field: str, index: tuple[int, ...] | None, value: object, allowed: str
    ) -> None:
        super().__init__(field, index, value, allowed)
        self.field, self.index, self.value, self.allowed = field, index, value, allowed

    def __str__(self) -> str:
        """One line: ``Class.field[0, 2] = nan: must be finite``."""
        where = "" if self.index is None else f"[{', '.join(map(str, self.index))}]"
        return f"{self.field}{where} = {self.value}: must be {self.allowed}"


REQUIRED: Any = object()
"""Default of a field that must be given."""
EMPTY: Any = object()
"""Default of a set that may have no members: its axis then has length 0."""
ABSENT: Any = object()
"""Default of a field that its layer may not know: an array of size 0."""


@dataclass(frozen=True)
class ArraySpec:
    """Declaration of an array field; :func:`array` documents the attributes."""

    axes: tuple[tuple[str, ...], ...]
    unit: str
    low: float
    high: float
    open_low: bool
    infinite: tuple[float, ...]
    dtype: type
    default: Any
    index_of: str
    sparse: bool

    def highest(self, sizes: Mapping[str, int]) -> float:
        """Largest allowed entry, given the lengths of the axes."""
        return sizes[self.index_of] - 1 if self.index_of in sizes else self.high

    def allowed(self, sizes: Mapping[str, int]) -> str:
        """Range as text, such as ``finite, in (0.0, inf) W``."""
        if self.dtype is bool:
            return "true or false"
        return "text" if self.dtype is str else _range(self, self.highest(sizes))


@dataclass(frozen=True)
class RaggedSpec:
    """Declaration of integer arrays of any lengths; see :func:`ragged`."""

    axis: str
    low: int

    def allowed(self) -> str:
        """Range as text."""
        return f"an integer in [{self.low}, inf]"


@dataclass(frozen=True)
class NumberSpec:
    """Declaration of a number; :func:`number` documents the attributes."""

    unit: str
    low: float
    high: float
    open_low: bool
    infinite: tuple[float, ...]
    dtype: type

    def allowed(self) -> str:
        """Range as text."""
        return _range(self, self.high)


def _range(spec: ArraySpec | NumberSpec, high: float) -> str:
    """Range of a declaration as text, up to ``high``."""
    unit = "" if spec.unit == "1" else f" {spec.unit}"
    if spec.dtype is int:
        top = f"{high:.0f}" if np.isfinite(high) else "inf"
        bottom = f"{spec.low:.0f}" if np.isfinite(spec.low) else "-inf"
        return f"an integer in [{bottom}, {top}]{unit}"
    left = "(" if spec.open_low or spec.low == -np.inf else "["
    right = ")" if high == np.inf else "]"
    extra = "".join(f" or {value}" for value in spec.infinite)
    return f"finite, in {left}{spec.low}, {high}{right}{unit}{extra}"


@dataclass(frozen=True)
class ChoiceSpec:
    """Declaration of a text that is one of ``names``."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class FlagSpec:
    """Declaration of a truth value."""


def array(
    *axes: str,
    unit: str = "1",
    low: float = -np.inf,
    high: float = np.inf,
    open_low: bool = False,
    infinite: tuple[float, ...] = (),
    dtype: type = float,
    default: Any = REQUIRED,
    index_of: str = "",
    sparse: bool = False,
) -> Any:
    """Declare an array field of a :class:`Record`.

    Parameters
    ----------
    axes : str
        Names of the axes, alternatives as further arguments: ``"L L", "L L N"``. A
        number is a fixed length.
    unit : str
        SI unit, "1" for a ratio or an index.
    low, high : float
        Closed range of the entries; open at ``low`` with ``open_low``.
    infinite : tuple of float
        Infinities that are allowed besides.
    dtype : type
        float, int, bool or str.
    default : object
        Value of all entries, or EMPTY or ABSENT.
    index_of : str
        Axis that integer entries point into.
    sparse : bool
        Whether a ``scipy.sparse`` matrix is accepted (kept as CSR).
    """
    spec = ArraySpec(
        tuple(tuple(names.split()) for names in axes),
        unit,
        low,
        high,
        open_low,
        infinite,
        dtype,
        default,
        index_of,
        sparse,
    )
    if default is REQUIRED:
        return dataclasses.field(metadata={"spec": spec})
    return dataclasses.field(default=None, metadata={"spec": spec})


def ragged(axis: str, *, low: int) -> Any:
    """Declare one array of integers from ``low`` on for each entry of ``axis``."""
    return dataclasses.field(metadata={"spec": RaggedSpec(axis, low)})


def number(
    default: float,
    *,
    unit: str = "1",
    low: float = -np.inf,
    high: float = np.inf,
    open_low: bool = False,
    infinite: tuple[float, ...] = (),
    dtype: type = float,
) -> Any:
    """Declare a number with its unit and range (closed, open at ``open_low``)."""
    spec = NumberSpec(unit, low, high, open_low, infinite, dtype)
    return dataclasses.field(default=default, metadata={"spec": spec})


def choice(*names: str) -> Any:
    """Declare a text that is one of ``names``, by default the first."""
    return dataclasses.field(default=names[0], metadata={"spec": ChoiceSpec(names)})


def flag(default: bool) -> Any:
    """Declare a truth value."""
    return dataclasses.field(default=default, metadata={"spec": FlagSpec()})

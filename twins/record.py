"""Frozen records of arrays whose axes, units and ranges are declared once.

A subclass of :class:`Record` declares each field with ``array``, ``ragged``,
``number``, ``choice`` or ``flag`` of ``twins.declaration``. Validation, error texts,
copying, freezing and the file format follow from the declaration.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from twins.declaration import (
    ABSENT,
    EMPTY,
    REQUIRED,
    ArraySpec,
    ChoiceSpec,
    FieldError,
    FlagSpec,
    NumberSpec,
    RaggedSpec,
)
from twins.ragged import as_ragged

CSR_PARTS = ("data", "indices", "indptr", "shape")


def is_sparse(value: object) -> bool:
    """Whether ``value`` is a ``scipy.sparse`` matrix, without importing scipy."""
    return hasattr(value, "tocsr")


def frozen(values: np.ndarray) -> np.ndarray:
    """Read-only C-ordered copy, as a view so that nobody can make it writeable."""
    copy = np.array(values, order="C")
    copy.flags.writeable = False
    return copy.view()


@dataclass(frozen=True, eq=False)
class Record:
    """Base of frozen dataclasses whose fields are declared by :func:`array` and kin.

    Raises
    ------
    FieldError
        On a wrong shape, type, range, NaN or infinity; names field and first bad index.
    """

    def __post_init__(self) -> None:
        """Validate, copy and freeze every declared field."""
        sizes: dict[str, int] = {}
        sized_by: dict[str, str] = {}
        defaults = set()
        for name, spec in self.specs():
            value = getattr(self, name)
            if value is None:
                defaults.add(name)
            if isinstance(spec, RaggedSpec):
                parts = as_ragged(self._label(name), spec, value)
                sizes[spec.axis], sized_by[spec.axis] = len(parts), name
                object.__setattr__(self, name, parts)
            elif not isinstance(spec, ArraySpec):
                object.__setattr__(self, name, self._checked(name, spec, value))
            elif value is not None:
                values = self._as_array(name, spec, value)
                self._fit_axes(name, spec, values, sizes, sized_by)
                object.__setattr__(self, name, values)
        for name, spec in self.specs():
            if isinstance(spec, ArraySpec):
                self._finish_array(name, spec, sizes, sized_by)
        self.__dict__["_sizes"] = MappingProxyType(sizes)
        self.__dict__["_defaults"] = frozenset(defaults)

    @property
    def _defaults(self) -> frozenset[str]:
        return self.__dict__["_defaults"]

    @classmethod
    def specs(cls) -> Iterator[tuple[str, Any]]:
        """Declared fields in order, with their declarations."""
        for field in dataclasses.fields(cls):
            if "spec" in field.metadata:
                yield field.name, field.metadata["spec"]

    @property
    def sizes(self) -> Mapping[str, int]:
        """Length of each axis by its letter."""
        return self.__dict__["_sizes"]

    def _repr_html_(self) -> str:
        """Render in Jupyter: axes, and each field with shape, unit and range."""
        from twins.description import html_of

        return html_of(self, self._title)

    @property
    def _title(self) -> str:
        return type(self).__name__

    def derived(self, **changes: Any) -> Self:
        """Copy with some fields changed and nothing validated.

        For values computed from a valid record; arrays become read-only in place.
        """
        new = object.__new__(type(self))
        for field in dataclasses.fields(self):
            value = changes.get(field.name, getattr(self, field.name))
            if isinstance(value, np.ndarray) and value.flags.writeable:
                value.flags.writeable = False
            object.__setattr__(new, field.name, value)
        new.__dict__["_sizes"] = self.sizes
        new.__dict__["_defaults"] = self._defaults.difference(changes)
        return new

    def replace(self, **changes: Any) -> Self:
        """Copy with some fields changed, validated as a new one.

        Arrays that were never given take their default anew, in the new shape.
        """
        anew = dict.fromkeys(self._defaults.difference(changes))
        return dataclasses.replace(self, **anew, **changes)

    def split(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays by field (others in parts ``field.data`` ...), numbers and texts."""
        arrays: dict[str, np.ndarray] = {}
        values: dict[str, Any] = {}
        for name, spec in self.specs():
            value = getattr(self, name)
            if is_sparse(value):
                for part in CSR_PARTS:
                    arrays[f"{name}.{part}"] = np.asarray(getattr(value, part))
            elif isinstance(spec, ArraySpec):
                arrays[name] = value
            elif isinstance(spec, RaggedSpec):
                ends = np.cumsum([len(part) for part in value])
                arrays[f"{name}.values"] = np.concatenate(value)
                arrays[f"{name}.start"] = np.concatenate(([0], ends))
            else:
                finite = not isinstance(value, float) or np.isfinite(value)
                values[name] = value if finite else str(value)
        return arrays, values

    @classmethod
    def joined(
        cls, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any], **more: Any
    ) -> Self:
        """Validated record from what :meth:`split` gave, and fields not declared.

        Raises
        ------
        FieldError
            On an unknown name, and as the constructor.
        """
        fields: dict[str, Any] = {}
        for name, spec in cls.specs():
            if f"{name}.data" in arrays:
                from scipy.sparse import csr_array

                data, indices, indptr, shape = (
                    arrays[f"{name}.{part}"] for part in CSR_PARTS
                )
                fields[name] = csr_array((data, indices, indptr), shape=tuple(shape))
            elif f"{name}.values" in arrays:
                start = arrays[f"{name}.start"]
                fields[name] = np.split(arrays[f"{name}.values"], start[1:-1])
            elif name in arrays:
                fields[name] = arrays[name]
            elif name in values:
                number = isinstance(spec, NumberSpec)
                fields[name] = spec.dtype(values[name]) if number else values[name]
        for name in (*arrays, *values):
            if name.split(".")[0] not in fields:
                allowed = f"one of {', '.join(name for name, _ in cls.specs())}"
                raise FieldError(cls.__name__, None, name, allowed)
        return cls(**fields, **more)

    def _label(self, name: str) -> str:
        return f"{type(self).__name__}.{name}"

    def _checked(self, name: str, spec: Any, value: Any) -> Any:
        label = self._label(name)
        if isinstance(spec, ChoiceSpec):
            if value not in spec.names:
                allowed = "one of " + ", ".join(spec.names)
                raise FieldError(label, None, repr(value), allowed)
            return str(value)
        if isinstance(spec, FlagSpec):
            if not isinstance(value, (bool, np.bool_)):
                raise FieldError(label, None, repr(value), "True or False")
            return bool(value)
        text = spec.allowed()
        try:
            result = spec.dtype(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise FieldError(label, None, repr(value), text) from error
        inside = spec.low < result if spec.open_low else spec.low <= result
        inside = inside and result <= spec.high and np.isfinite(result)
        if result != value or not (inside or result in spec.infinite):
            raise FieldError(label, None, value, text)
        return result

    def _as_array(self, name: str, spec: ArraySpec, value: Any) -> Any:
        label = self._label(name)
        if is_sparse(value):
            if not spec.sparse:
                raise FieldError(label, None, type(value).__name__, "a dense array")
            return _as_csr(value)
        shapes = " or ".join(f"({', '.join(axes)})" for axes in spec.axes)
        try:
            values = np.asarray(value)
        except (ValueError, TypeError) as error:
            allowed = f"a rectangular array {shapes}"
            raise FieldError(label, None, type(value).__name__, allowed) from error
        kinds = {float: "fiu", int: "iu", bool: "b", str: "U"}[spec.dtype]
        if values.dtype.kind not in kinds and values.size:
            names = {float: "real numbers", int: "integers", bool: "bool", str: "text"}
            allowed = f"an array {shapes} of {names[spec.dtype]}"
            raise FieldError(label, None, f"array of {values.dtype}", allowed)
        target = {float: np.float64, int: np.intp, bool: np.bool_}.get(spec.dtype)
        return values if target is None else values.astype(target, copy=False)

    def _fit_axes(
        self,
        name: str,
        spec: ArraySpec,
        values: Any,
        sizes: dict[str, int],
        sized_by: dict[str, str],
    ) -> None:
        """Match the shape against the declared axes; learn the lengths of new ones."""
        if spec.default is ABSENT and 0 in values.shape:
            return
        for axes in spec.axes:
            if len(axes) != len(values.shape):
                continue
            here = dict(sizes)
            known = all(
                here.setdefault(axis, int(axis) if axis.isdigit() else length) == length
                for axis, length in zip(axes, values.shape, strict=True)
            )
            if known:
                for axis in axes:
                    sized_by.setdefault(axis, name)
                sizes.update(here)
                break
        else:
            shape = f"shape {values.shape}"
            raise FieldError(
                self._label(name), None, shape, _shapes(spec, sizes, sized_by)
            )
        if spec.default is REQUIRED and 0 in values.shape:
            raise FieldError(
                self._label(name), None, f"shape {values.shape}", "a non-empty array"
            )

    def _finish_array(
        self,
        name: str,
        spec: ArraySpec,
        sizes: dict[str, int],
        sized_by: dict[str, str],
    ) -> None:
        values: Any = getattr(self, name)
        if values is None:
            values = self._default_array(name, spec, sizes, sized_by)
        else:
            self._check_entries(name, spec, values, sizes)
        if is_sparse(values):
            for part in (values.data, values.indices, values.indptr):
                part.flags.writeable = False
        else:
            values = frozen(values)
        object.__setattr__(self, name, values)

    def _default_array(
        self,
        name: str,
        spec: ArraySpec,
        sizes: dict[str, int],
        sized_by: dict[str, str],
    ) -> np.ndarray:
        dtype: Any = {int: np.intp, str: "U1"}.get(spec.dtype, spec.dtype)
        axes = spec.axes[0]
        if spec.default is ABSENT:
            return np.empty((0,) * len(axes), dtype)
        if spec.default is EMPTY:
            shape = tuple(
                int(axis) if axis.isdigit() else sizes.get(axis, 0) for axis in axes
            )
            if 0 not in shape:
                allowed = "given, " + _shapes(spec, sizes, sized_by)
                raise FieldError(self._label(name), None, "missing", allowed)
            for axis, length in zip(axes, shape, strict=True):
                sizes.setdefault(axis, length)
            return np.empty(shape, dtype)
        axes = next(
            (
                names
                for names in spec.axes[::-1]
                if all(axis in sizes for axis in names)
            ),
            axes,
        )
        if isinstance(spec.default, str):  # the index along this axis
            return np.arange(sizes[spec.default], dtype=np.intp)
        return np.full([sizes.get(axis, 0) for axis in axes], spec.default, dtype)

    def _check_entries(
        self, name: str, spec: ArraySpec, values: Any, sizes: dict[str, int]
    ) -> None:
        """Refuse the first entry out of range; NaN compares false and is refused."""
        if spec.dtype in (bool, str):
            return
        entries: Any = values.data if is_sparse(values) else values
        high = spec.highest(sizes)
        inside = spec.low < entries if spec.open_low else spec.low <= entries
        inside &= entries <= high
        if spec.dtype is float:
            inside &= np.isfinite(entries)
            for value in spec.infinite:
                inside |= entries == value
        if inside.all():
            return
        first = tuple(int(k) for k in np.argwhere(~inside)[0])
        value = entries[first].item()
        if is_sparse(values):
            row = int(np.searchsorted(values.indptr, first[0], side="right")) - 1
            first = (row, int(values.indices[first[0]]))
        raise FieldError(self._label(name), first, value, spec.allowed(sizes))


def _as_csr(value: Any) -> Any:
    """Own CSR copy in float64 with sorted indices; stored zeros stay stored."""
    matrix = value.tocsr().astype(np.float64, copy=True)
    matrix.sum_duplicates()
    matrix.sort_indices()
    return matrix


def _shapes(
    spec: ArraySpec, sizes: Mapping[str, int], sized_by: Mapping[str, str]
) -> str:
    """Shapes that would be accepted, with the known lengths and who set them."""
    shapes = " or ".join(f"({', '.join(axes)})" for axes in spec.axes)
    known = {axis for axes in spec.axes for axis in axes if axis in sized_by}
    named = [
        f"{axis} = {sizes[axis]} from {sized_by[axis]}"
        for axis in sorted(known)
        if not axis.isdigit()
    ]
    return f"of shape {shapes}" + (f" with {', '.join(named)}" if named else "")

"""Messages to and from workers: JSON headers and raw arrays, no pickle."""

import dataclasses
import importlib
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from formulations.problem import Problem
from twins.record import is_sparse

LENGTH = struct.Struct("<Q")
ALIGNMENT = 64
START = "start."  # before the names of the arrays of a first allocation
PLAIN_KINDS = "fiub"
FORK, LOAD = b"F", b"L"  # what the nursery of workers is asked for
READY = b"ready"  # what the nursery of workers says once it has imported everything


class WireError(ValueError):
    """Bytes that are no message."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """One message of a JSON ``header`` (floats may be infinite) and ``arrays``."""
    layout, parts, offset = [], [], 0
    for name, values in arrays.items():
        values = np.ascontiguousarray(values)
        layout.append([name, values.dtype.str, list(values.shape), offset])
        raw = values.tobytes()
        padding = -len(raw) % ALIGNMENT
        parts += [raw, bytes(padding)]
        offset += len(raw) + padding
    text = json.dumps({**header, "arrays": layout}).encode()
    text += b" " * (-(len(text) + LENGTH.size) % ALIGNMENT)
    return b"".join([LENGTH.pack(len(text)), text, *parts])


def unpack(buffer: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and read-only views of the arrays of a message.

    Raises
    ------
    WireError
        If ``buffer`` is no message of plain arrays.
    """
    try:
        (length,) = LENGTH.unpack_from(buffer)
        begin = LENGTH.size + length
        header = json.loads(bytes(buffer[LENGTH.size : begin]))
        arrays = {}
        for name, code, shape, offset in header.pop("arrays"):
            dtype = np.dtype(code)
            if dtype.kind not in PLAIN_KINDS:
                raise WireError(f"array {name} of {dtype}")
            count = int(np.prod(shape, dtype=np.int64))
            values = np.frombuffer(buffer, dtype, count, begin + offset)
            values = values.reshape(shape)
            values.flags.writeable = False
            arrays[name] = values
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WireError(f"not a message: {error}") from error
    return header, arrays


def path_of(kind: type) -> str:
    """``module:Class`` of a class."""
    return f"{kind.__module__}:{kind.__qualname__}"


def class_at(path: str, allowed: tuple[str, ...] | None = None) -> type:
    """Class of a ``module:Class`` path.

    Raises
    ------
    WireError
        If it is not there, or its module does not begin with one of ``allowed``.
    """
    module, _, name = path.partition(":")
    if allowed is not None and not module.startswith(allowed):
        raise WireError(f"{path} does not ship with the engine")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise WireError(f"no class {path}") from error
    if not isinstance(found, type):
        raise WireError(f"{path} is no class")
    return found


def split_problem(problem: Problem) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header entry and arrays of a problem, without its origin and labels."""
    arrays, values = problem.split()
    header = {
        "class": path_of(type(problem)),
        "values": values,
        "units": dict(problem.units),
    }
    return header, arrays


def joined_problem(
    header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> Problem:
    """Problem from what :func:`split_problem` gave."""
    kind: Any = class_at(header["class"])
    return kind.joined(arrays, header["values"], units=header["units"])


def split_fields(value: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Class and plain fields, and array fields, of a dataclass (None: of nothing).

    Raises
    ------
    WireError
        If a field is neither plain nor an array.
    """
    if value is None:
        return {"class": None, "values": {}}, {}
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        raise WireError(f"{type(value).__name__} is no dataclass")
    arrays: dict[str, np.ndarray] = {}
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(value):
        content = getattr(value, entry.name)
        if is_sparse(content) or isinstance(content, (list, tuple)):
            raise WireError(f"field {entry.name} is neither plain nor an array")
        if isinstance(content, np.ndarray) and content.dtype.kind in PLAIN_KINDS:
            arrays[entry.name] = content
        elif isinstance(content, (np.integer, np.floating, np.bool_)):
            values[entry.name] = content.item()
        elif isinstance(content, (int, float, str, bool)):
            values[entry.name] = content
        else:
            raise WireError(f"field {entry.name} is neither plain nor an array")
    return {"class": path_of(type(value)), "values": values}, arrays


def joined_fields(
    header: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    allowed: tuple[str, ...] | None,
) -> Any:
    """Object from what :func:`split_fields` gave, its arrays copied."""
    if header["class"] is None:
        return None
    kind = class_at(header["class"], allowed)
    if not dataclasses.is_dataclass(kind) or not isinstance(kind, type):
        raise WireError(f"{header['class']} is no dataclass")
    copies = {name: values.copy() for name, values in arrays.items()}
    make: Any = kind
    return make(**header["values"], **copies)

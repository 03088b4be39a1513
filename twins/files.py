"""One file per record: ``.npz`` of arrays and a JSON header, never pickled objects."""

import contextlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

HEADER = "header"
UNREADABLE = (
    KeyError,
    ValueError,
    EOFError,
    AttributeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)


class FileFormatError(ValueError):
    """A file is not what its reader expects; the text names file, place and rule."""


def write_npz(
    path: str | os.PathLike[str],
    header: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Write ``arrays`` and the JSON ``header`` to ``path``, whole or not at all.

    Raises
    ------
    ValueError
        If the header holds NaN or infinity, which JSON has no word for.
    TypeError
        If the header holds what JSON cannot express.
    """
    text = json.dumps(header, allow_nan=False)
    parts = {HEADER: np.frombuffer(text.encode(), np.uint8), **arrays}
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez_compressed(stream, **parts)  # pyright: ignore[reportArgumentType]
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def read_npz(
    path: str | os.PathLike[str], schema: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a file that declares ``schema`` (``rrm.<thing>/<major>``).

    Raises
    ------
    FileFormatError
        If the file is not an ``.npz`` without pickled objects, or of another schema.
    OSError
        If the file cannot be read.
    """
    try:
        with Path(path).open("rb") as stream, np.load(stream) as stored:  # no pickle
            arrays = {name: stored[name] for name in stored.files}
        header = json.loads(arrays.pop(HEADER).tobytes().decode())
    except UNREADABLE as error:
        message = f"{path}: must be an .npz of plain arrays with a JSON header"
        raise FileFormatError(message) from error
    found = header.get("schema") if isinstance(header, dict) else None
    if found != schema:
        raise FileFormatError(f"{path}: schema = {found!r}: must be {schema!r}")
    return header, arrays

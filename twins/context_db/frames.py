"""Measurements as tables of one form: read, completed, and in the units kept."""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from twins.context_db.quantities import NAMES, QUANTITIES, UNIT
from twins.declaration import FieldError

MEASUREMENT_COLUMNS = (
    "time",
    "period",
    "source",
    "user_id",
    "cell_id",
    "name",
    "value",
    "unit",
    "x",
    "y",
    "z",
    "target",
)
"""As in the tables of measurements."""
DEFAULTS: dict[str, Any] = {
    "period": 0.0,
    "user_id": "",
    "cell_id": "",
    "x": np.nan,
    "y": np.nan,
    "z": np.nan,
    "target": "",
}
"""Columns that may be missing: a momentary value, nobody, nowhere."""
KNOWN, UNITS = pd.Index(NAMES), pd.array([*UNIT, ""], dtype="str")
NUMBERS = ("time", "period", "value", "x", "y", "z")
TEXTS = tuple(name for name in MEASUREMENT_COLUMNS if name not in NUMBERS)
EMPTY = ["", "NaN", "nan", "NA", "N/A", "n/a", "null", "NULL", "None"]
"""What stands for no number in a file."""
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def measurements(frame: pd.DataFrame, source: str | None = None) -> pd.DataFrame:
    """Frame with all columns of a measurement, in the order and units of the tables.

    Parameters
    ----------
    frame : DataFrame
        ``time`` s since epoch, datetimes or ISO 8601 (UTC where no zone is told),
        ``name``, ``value`` and, where known, the others; ``unit`` is that of the table
        where it is missing. What is no number becomes NaN; an unknown name or unit
        stays as it is.
    source : str
        Who reports, where the frame has no such column.

    Raises
    ------
    FieldError
        If a column is missing, twice there or has no meaning here.
    """
    if not isinstance(frame, pd.DataFrame):
        raise FieldError("measurements", None, type(frame).__name__, "a DataFrame")
    if not isinstance(source, str | None) or "\0" in (source or ""):
        raise FieldError("source", None, repr(source), "text")
    if not frame.columns.is_unique:
        twice = list(frame.columns[frame.columns.duplicated()])
        raise FieldError("measurements.columns", None, f"twice {twice}", "unique")
    unknown = [name for name in frame.columns if name not in MEASUREMENT_COLUMNS]
    needed = ["time", "name", "value"] + (["source"] if source is None else [])
    missing = [name for name in needed if name not in frame.columns]
    if unknown or missing:
        found = f"lack {missing or 'nothing'} and unknown columns {unknown or 'none'}"
        allowed = f"of {', '.join(MEASUREMENT_COLUMNS)}"
        raise FieldError("measurements.columns", None, found, allowed)
    kind = places(frame["name"])
    columns: dict[str, Any] = {}
    for name in MEASUREMENT_COLUMNS:
        if name not in frame.columns:
            if name == "unit":
                columns[name] = UNITS.take(kind)
            else:
                columns[name] = source if name == "source" else DEFAULTS[name]
        elif name in NUMBERS:
            columns[name] = _numbers(frame[name], instant=name == "time")
        else:
            columns[name] = _texts(frame[name])
    result = pd.DataFrame(columns, index=frame.index)
    _convert(result, kind)
    texts = ("source", "user_id", "cell_id")
    wrong = {name: "str" for name in texts if result[name].dtype != "str"}
    return result.astype(wrong) if wrong else result


def places(names: pd.Series) -> np.ndarray:
    """Position (n,) int of each name in :data:`NAMES`, -1 where there is none."""
    codes, found = pd.factorize(names)
    place = KNOWN.get_indexer(pd.Index(found))
    return np.append(place, -1)[codes]


def as_text(frame: pd.DataFrame) -> list[str]:
    """Each row as JSON, with whatever its cells hold."""
    return [json.dumps(row, default=str) for row in frame.to_dict("records")]


def read_csv(
    path: str | os.PathLike[str], columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Frame of a CSV file (gzip allowed); ``columns`` renames what it has.

    Identifiers and other texts are read as they are written: "007", "00012E005", "NA".
    """
    ours = {name: name for name in MEASUREMENT_COLUMNS} | dict(columns or {})
    texts = {name: "str" for name, one in ours.items() if one in TEXTS}
    empty = {name: EMPTY for name, one in ours.items() if one not in TEXTS}
    frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=empty)
    return frame.rename(columns=dict(columns or {}))


def read_parquet(
    path: str | os.PathLike[str], columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Frame of a Parquet file; ``columns`` renames what it has."""
    return pd.read_parquet(path).rename(columns=dict(columns or {}))


def _texts(column: pd.Series) -> pd.Series:
    """Text, empty where there is none; integers that became floats are integers."""
    if column.dtype.kind == "f" and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    texts = column.astype("str").fillna("")
    if texts.str.contains("\0", regex=False).any():  # which a server does not take
        texts = texts.str.replace("\0", UNREADABLE, regex=False)
    return texts


def _numbers(column: pd.Series, instant: bool = False) -> np.ndarray:
    """Floats; datetimes, also as text of an instant, become s since epoch, UTC."""
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        zoned = column.dt.tz_localize("UTC") if column.dt.tz is None else column
        since = zoned - pd.Timestamp(0, tz="UTC")
        return (since / pd.Timedelta(seconds=1)).to_numpy(float)
    if column.dtype.kind in "fiu":
        return column.to_numpy(float)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    other = np.isnan(numbers)
    if instant and other.any():
        rest = column[other].astype(object)
        dates = pd.to_datetime(rest, utc=True, format="ISO8601", errors="coerce")
        numbers = np.where(other, np.nan, numbers)  # of our own
        numbers[other] = _numbers(dates)
    return numbers


def _convert(frame: pd.DataFrame, kind: np.ndarray) -> None:
    """Bring values in a unit that 3GPP or a vendor uses to the unit kept, in place."""
    codes, units = pd.factorize(frame["unit"])
    units = np.asarray(units, object)  # compared many times
    factor = np.ones((len(NAMES) + 1, len(units)))  # the last row: unknown names
    for row, one in enumerate(QUANTITIES.values()):
        for other, times in one.factors.items():
            factor[row, units == other] = times
    times = factor[kind, codes]
    if (times == 1.0).all():
        return
    frame["value"] = frame["value"].to_numpy() * times
    kept = UNITS.take(kind)
    frame["unit"] = frame["unit"].where(times == 1.0, pd.Series(kept, frame.index))


def wide(long: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """One row a subject: time, place and cell of its newest value, and all values."""
    who, subjects = pd.factorize(long["subject"], sort=True)
    order = np.argsort(long["time"].to_numpy(), kind="stable")
    newest = np.zeros(len(subjects), np.intp)
    newest[who[order]] = order  # the last one wins
    place = ["time", "x", "y", "z", "cell_id"]
    wide = long[place].iloc[newest].reset_index(drop=True)
    wide.insert(0, "subject", subjects)
    kind = pd.Index(names).get_indexer(long["name"])
    for number, name in enumerate(names):
        column = np.full(len(subjects), np.nan)
        mine = kind == number
        column[who[mine]] = long["value"].to_numpy()[mine]
        wide[name] = column
    return wide

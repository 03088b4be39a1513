"""What a record holds, in a few words a field: shape, unit and range."""

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from twins.record import Record

HEADINGS = ("field", "shape", "unit", "from", "to", "finite entries")


def described(record: "Record") -> dict[str, Any]:
    """Axes (``sizes``) and ``fields`` of a record as plain values.

    A field has ``name`` and ``unit``, and ``value``, or ``shape`` with the range of
    what is ``finite``, or the number of its ``entries``.
    """
    sizes = {axis: n for axis, n in record.sizes.items() if not axis.isdigit()}
    fields = [
        {"name": name, **_field(getattr(record, name), getattr(spec, "unit", ""))}
        for name, spec in record.specs()
    ]
    return {"sizes": sizes, "fields": fields}


def _field(value: Any, unit: str) -> dict[str, Any]:
    """Shape, unit and range of one field; what is not finite is left out of these."""
    if isinstance(value, (bool, int, float, str)):
        return {"value": _plain(value), "unit": unit}
    if isinstance(value, tuple):
        return {"entries": len(value), "unit": unit}
    shape = [int(n) for n in value.shape]
    entries = value.data if hasattr(value, "tocsr") else value.ravel()
    found: dict[str, Any] = {"shape": shape, "unit": unit}
    if entries.dtype.kind in "biuf" and entries.size:
        numbers = entries.astype(float)
        finite = numbers[np.isfinite(numbers)]
        found["finite"] = int(finite.size)
        if finite.size:
            found |= {"low": float(finite.min()), "high": float(finite.max())}
    return found


def _plain(value: Any) -> Any:
    """JSON has no word for infinity and NaN: null."""
    return value if isinstance(value, (str, bool)) or np.isfinite(value) else None


def row_of(field: Mapping[str, Any]) -> tuple[str, ...]:
    """Cells of a field's row under :data:`HEADINGS`."""
    if "value" in field:
        return field["name"], "", field["unit"], words(field["value"]), "", ""
    shape = " x ".join(map(str, field.get("shape", [field.get("entries", 0)])))
    ends = [words(field.get(name, "")) for name in ("low", "high", "finite")]
    return field["name"], shape, field["unit"], *ends


def words(value: Any) -> str:
    """Value for a table: numbers to six digits, ``-`` where there is none."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={words(one)}" for name, one in value.items())
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else str(value)


def html_of(record: "Record", title: str) -> str:
    """Table of a record for Jupyter; fields without entries are left out."""
    found = described(record)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in HEADINGS)
    rows = [row_of(one) for one in found["fields"] if 0 not in one.get("shape", [])]
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    caption = f"<b>{html.escape(title)}</b> {html.escape(words(found['sizes']))}"
    return (
        f"<p>{caption}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )

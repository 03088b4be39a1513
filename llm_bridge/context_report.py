"""Context reports: what an operator or a language model tells the engine, typed."""

import json
import os
import tempfile
from enum import StrEnum
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

SCHEMA = "rrm.context_report/1"
PREFERENCES = ("SHALL", "PREFER", "AVOID", "FORBID")


class Kind(StrEnum):
    """What an item is about; :data:`VALUES` has the meaning of its value."""

    RADAR_ACTIVITY = "radar_activity"
    PROTECTION = "protection"
    TRAFFIC_SURGE = "traffic_surge"
    RATE_FLOOR = "rate_floor"
    RATE_CAP = "rate_cap"
    LATENCY_BOUND = "latency_bound"
    ASSOCIATION_PREFERENCE = "association_preference"
    SLICE_SHARE = "slice_share"
    POWER_LIMIT = "power_limit"
    SPECTRUM_GRANT = "spectrum_grant"
    OUTAGE = "outage"
    MAINTENANCE = "maintenance"
    MOBILITY = "mobility"
    WEATHER = "weather"
    ENERGY_SAVING = "energy_saving"
    LAP_REQUEST = "lap_request"
    INTRUSION = "intrusion"


REPORTED = (Kind.OUTAGE, Kind.MAINTENANCE, Kind.INTRUSION)
"""Kinds that words alone report, also in the past: what broke is broken."""


class Rule(BaseModel):
    """Which values a kind takes."""

    units: tuple[str, ...] = ()
    low: float = 0.0
    high: float = float("inf")
    texts: tuple[str, ...] = ()


NO_VALUE = Rule()
VALUES: dict[Kind, Rule] = {
    Kind.RADAR_ACTIVITY: NO_VALUE,
    Kind.PROTECTION: Rule(units=("W",)),
    Kind.TRAFFIC_SURGE: Rule(units=("1",)),
    Kind.RATE_FLOOR: Rule(units=("bit/s",)),
    Kind.RATE_CAP: Rule(units=("bit/s",)),
    Kind.LATENCY_BOUND: Rule(units=("s",)),
    Kind.ASSOCIATION_PREFERENCE: Rule(texts=PREFERENCES),
    Kind.SLICE_SHARE: Rule(units=("1",), high=1.0),
    Kind.POWER_LIMIT: Rule(units=("W", "1")),
    Kind.SPECTRUM_GRANT: Rule(units=("Hz",), low=-float("inf")),
    Kind.OUTAGE: NO_VALUE,
    Kind.MAINTENANCE: NO_VALUE,
    Kind.MOBILITY: Rule(units=("m/s",)),
    Kind.WEATHER: Rule(units=("mm/h",)),
    Kind.ENERGY_SAVING: Rule(units=("1",), high=1.0),
    Kind.LAP_REQUEST: Rule(units=("1",)),
    Kind.INTRUSION: NO_VALUE,
}
"""Units and range of the value of each kind; neither units nor texts: no value."""


class ReportError(ValueError):
    """A report is invalid; one line per problem with its path and reason.

    Attributes
    ----------
    problems : list of (str, str)
        Path of the field, such as ``items[2].value``, and the reason.
    """

    def __init__(self, source: str, problems: list[tuple[str, str]]) -> None:
        super().__init__(source, problems)
        self.source, self.problems = source, problems

    def __str__(self) -> str:
        """One line per problem."""
        lines = [f"{path}: {reason}" for path, reason in self.problems]
        return "\n".join([f"{self.source} is no valid context report", *lines])


class Strict(BaseModel):
    """Base of the parts of a report: frozen, nothing extra, no NaN or infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )


class Polygon(Strict):
    """GeoJSON polygon (RFC 7946): closed rings of (longitude, latitude) in degrees."""

    type: Literal["Polygon"]
    coordinates: tuple[tuple[tuple[float, float], ...], ...] = Field(min_length=1)

    @field_validator("coordinates")
    @classmethod
    def check_rings(cls, rings: Any) -> Any:
        """Refuse open or short rings and positions off the globe."""
        for number, ring in enumerate(rings):
            if len(ring) < 4:
                raise ValueError(f"ring {number} must have at least 4 positions")
            if ring[0] != ring[-1]:
                raise ValueError(f"ring {number} must end where it begins")
            for longitude, latitude in ring:
                if not (abs(longitude) <= 180 and abs(latitude) <= 90):
                    position = f"({longitude}, {latitude})"
                    raise ValueError(f"{position} must be (longitude, latitude)")
        return rings


class Target(Strict):
    """Whom an item concerns; what is empty does not restrict.

    ``users`` are identifiers, or ``slice:N`` for a slice.
    """

    cells: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    area: Polygon | None = None
    band_hz: tuple[float, float] | None = None

    @field_validator("band_hz")
    @classmethod
    def check_band(cls, band: tuple[float, float] | None) -> tuple[float, float] | None:
        """Refuse a band that ends before it begins."""
        if band is not None and not 0 <= band[0] < band[1]:
            raise ValueError(f"{list(band)} must be [low, high] with 0 <= low < high")
        return band


class Source(Strict):
    """Who said it, and where in the text."""

    author: str
    role: str = ""
    text: str = Field(min_length=1)
    span: tuple[int, int]

    @model_validator(mode="after")
    def check_span(self) -> Self:
        """Refuse a span outside the text."""
        low, high = self.span
        if not 0 <= low < high <= len(self.text):
            allowed = f"0 <= from < to <= {len(self.text)}"
            found = f"span = {list(self.span)}"
            raise ValueError(f"{found} must be [from, to) with {allowed}")
        return self

    @property
    def sentence(self) -> str:
        """The words that the item rests on."""
        return self.text[self.span[0] : self.span[1]]


class ContextItem(Strict):
    """One thing that holds for a target for a time."""

    kind: Kind
    target: Target = Target()
    value: float | str | None = None
    unit: str = ""
    bound: Literal["min", "max"] | None = None
    start: AwareDatetime
    end: AwareDatetime
    confidence: float = Field(default=1.0, ge=0, le=1)
    priority: Literal["regulation", "safety", "sla", "wish"] = "wish"
    source: Source

    @model_validator(mode="after")
    def check_value(self) -> Self:
        """Refuse values and units that the kind does not have, and empty times."""
        rule = VALUES[self.kind]
        if not rule.units and not rule.texts and self.value is not None:
            raise ValueError(f"value = {self.value!r} must be absent for {self.kind}")
        if rule.texts and self.value not in rule.texts:
            allowed = ", ".join(rule.texts)
            raise ValueError(f"value = {self.value!r} must be one of {allowed}")
        if rule.units:
            self._check_number(rule)
        if (self.kind is Kind.SLICE_SHARE) != (self.bound is not None):
            found = f"bound = {self.bound!r}"
            raise ValueError(f"{found} must be min or max for slice_share, else absent")
        if not self.start < self.end:
            raise ValueError(f"end = {self.end.isoformat()} must be after start")
        return self

    def _check_number(self, rule: Rule) -> None:
        if isinstance(self.value, str) or self.value is None:
            raise ValueError(f"value = {self.value!r} must be a number")
        if not rule.low <= self.value <= rule.high:
            allowed = f"[{rule.low:g}, {rule.high:g}]"
            raise ValueError(f"value = {self.value:g} must be in {allowed}")
        if self.unit not in rule.units:
            allowed = " or ".join(rule.units)
            raise ValueError(f"unit = {self.unit!r} must be {allowed}")

    def is_valid_at(self, time: float) -> bool:
        """Whether the item holds at ``time``, in s since epoch, UTC."""
        return self.start.timestamp() <= time < self.end.timestamp()


class RefusedItem(Strict):
    """What was proposed as an item and turned down."""

    item: dict[str, Any]
    reason: str


class Retrieved(Strict):
    """Note that was found for a sentence: name, where it comes from, what it says."""

    id: str
    source: str
    text: str


class Told(Strict):
    """What a language model was told beside a sentence.

    Attributes
    ----------
    sentence : str
        Asked about.
    changes : tuple of str
        Such as "+20% load in cell M1A".
    notes : tuple of Retrieved
        The best first.
    """

    sentence: str
    changes: tuple[str, ...] = ()
    notes: tuple[Retrieved, ...] = ()


class ContextReport(Strict):
    """Validated list of context items, each with source text, confidence, validity.

    ``told`` has what a language model was told, if one was asked.

    Raises
    ------
    ReportError
        From :meth:`from_json` and :meth:`from_file`: with path and reason of each
        problem.
    """

    schema_: Literal["rrm.context_report/1"] = Field(default=SCHEMA, alias="schema")
    created: AwareDatetime
    items: tuple[ContextItem, ...] = ()
    refused: tuple[RefusedItem, ...] = ()
    told: tuple[Told, ...] = ()

    def items_at(self, time: float) -> list[ContextItem]:
        """Items that hold at ``time``, in s since epoch, UTC."""
        return [item for item in self.items if item.is_valid_at(time)]

    @classmethod
    def from_json(cls, text: str, source: str = "the text") -> Self:
        """Report from JSON text.

        Raises
        ------
        ReportError
            If the text is no JSON, or no valid report.
        """
        try:
            content = json.loads(
                text, parse_constant=_refuse_constant, object_pairs_hook=_unique
            )
        except ValueError as error:
            raise ReportError(source, [("JSON", str(error))]) from error
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            problems = [_problem(detail) for detail in error.errors()]
            raise ReportError(source, problems) from error

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Report from a JSON file.

        Raises
        ------
        ReportError
            If the file is no UTF-8 JSON, or no valid report.
        OSError
            If the file cannot be read.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ReportError(str(path), [("JSON", "must be UTF-8")]) from error
        return cls.from_json(text, str(path))

    def to_file(self, path: str | os.PathLike[str]) -> None:
        """Write JSON to ``path``, whole or not at all."""
        target = Path(path)
        text = self.model_dump_json(by_alias=True, indent=2)
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as stream:
            stream.write(text + "\n")
        Path(stream.name).chmod(0o644)
        Path(stream.name).replace(target)


def example() -> ContextReport:
    """Shift note for the Munich example: protection, surge, floor, limit, outage."""
    with as_file(files("llm_bridge") / "data" / "munich_report.json") as path:
        return ContextReport.from_file(path)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} must be a finite number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Object of ``pairs``; a name that stands twice is an error."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands twice in one object")
        found[name] = value
    return found


def _problem(detail: Any) -> tuple[str, str]:
    """Path and reason of a validation error; checks of an item name their field."""
    path, reason = _path(detail["loc"]), _reason(detail)
    field, equals, rest = reason.partition(" = ")
    if equals and field in (*ContextItem.model_fields, "span"):
        return f"{path}.{field}", rest
    return path, reason


def _path(location: tuple[int | str, ...]) -> str:
    """``items[2].value`` of a location."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "report"


def _reason(detail: Any) -> str:
    """Reason with the value found, where it is short."""
    reason = detail["msg"].removeprefix("Value error, ")
    found = detail.get("input")
    if isinstance(found, (str, int, float)) and len(str(found)) < 60:
        return f"{found!r}: {reason}"
    return reason

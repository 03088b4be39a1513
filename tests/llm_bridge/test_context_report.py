"""Context reports: refused with path and reason, saved and read back."""

import json
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_bridge import ContextReport, Kind, ReportError, example
from llm_bridge.context_report import VALUES

SQUARE = [[11.57, 48.13], [11.58, 48.13], [11.58, 48.14], [11.57, 48.13]]
ITEM = {
    "kind": "protection",
    "target": {"band_hz": [3.4e9, 3.6e9]},
    "value": 1e-9,
    "unit": "W",
    "start": "2026-06-01T08:00:00Z",
    "end": "2026-06-01T09:00:00+00:00",
    "source": {"author": "a", "text": "keep below one nanowatt", "span": [0, 23]},
}
REPORT = {
    "schema": "rrm.context_report/1",
    "created": "2026-06-01T07:00:00Z",
    "items": [ITEM],
}


def changed(**changes) -> dict:
    """Report with a changed item; dots in a name lead into it."""
    report = deepcopy(REPORT)
    for name, value in changes.items():
        place = report["items"][0]
        *way, last = name.split("__")
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return report


REFUSED = [
    (changed(value=-3), "items[0].value: -3 must be in [0, inf]"),
    (changed(value="much"), "items[0].value: 'much' must be a number"),
    (changed(unit="dBm"), "items[0].unit: 'dBm' must be W"),
    (changed(kind="storm"), "items[0].kind: 'storm'"),
    (changed(kind="outage"), "items[0].value: 1e-09 must be absent for outage"),
    (
        changed(kind="association_preference"),
        "items[0].value: 1e-09 must be one of SHALL",
    ),
    (
        changed(kind="slice_share", unit="1", value=0.5),
        "items[0].bound: None must be min",
    ),
    (
        changed(kind="slice_share", unit="1", value=2, bound="min"),
        "items[0].value: 2 must",
    ),
    (changed(bound="max"), "items[0].bound: 'max' must be min or max for slice_share"),
    (
        changed(end="2026-06-01T08:00:00Z"),
        "items[0].end: 2026-06-01T08:00:00+00:00 must be",
    ),
    (changed(start="2026-06-01T08:00:00"), "items[0].start"),
    (changed(start="yesterday"), "items[0].start: 'yesterday'"),
    (changed(confidence=1.2), "items[0].confidence: 1.2"),
    (changed(priority="whim"), "items[0].priority: 'whim'"),
    (changed(colour="red"), "items[0].colour: 'red': Extra inputs"),
    (changed(source=None), "items[0].source: Field required"),
    (changed(source__span=[3, 99]), "items[0].source.span: [3, 99] must be [from, to)"),
    (changed(source__span=[5, 5]), "items[0].source.span: [5, 5] must be [from, to)"),
    (changed(source__text=""), "items[0].source.text"),
    (changed(target__band_hz=[3.6e9, 3.4e9]), "items[0].target.band_hz"),
    (
        changed(target__area={"type": "Polygon", "coordinates": [SQUARE[:3]]}),
        "items[0].target.area.coordinates: ring 0 must have at least 4 positions",
    ),
    (
        changed(
            target__area={"type": "Polygon", "coordinates": [[*SQUARE[:3], [0.0, 0.0]]]}
        ),
        "items[0].target.area.coordinates: ring 0 must end where it begins",
    ),
    (
        changed(
            target__area={
                "type": "Polygon",
                "coordinates": [[[191, 0], [191, 1], [192, 0], [191, 0]]],
            }
        ),
        "items[0].target.area.coordinates: (191.0, 0.0) must be (longitude, latitude)",
    ),
    ({**REPORT, "schema": "rrm.context_report/2"}, "schema: 'rrm.context_report/2'"),
    ({**REPORT, "created": None}, "created"),
    ([], "report: "),
]


@pytest.mark.parametrize(("report", "line"), REFUSED, ids=lambda value: str(value)[:40])
def test_invalid_reports_are_refused_with_path_and_reason(report, line):
    """The path leads to the field, the reason says what must be."""
    with pytest.raises(ReportError) as caught:
        ContextReport.from_json(json.dumps(report))
    assert any(one.startswith(line) for one in str(caught.value).splitlines()), str(
        caught.value
    )
    assert caught.value.problems


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "JSON"),
        ('{"value": NaN}', "NaN must be a finite number"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        (
            json.dumps(changed(value=1e400)).replace("Infinity", "1e400"),
            "items[0].value",
        ),
    ],
)
def test_text_that_is_no_json_is_refused(text, reason):
    """So are NaN, doubles, and numbers too large to be finite."""
    with pytest.raises(ReportError, match="no valid context report") as caught:
        ContextReport.from_json(text)
    assert reason in str(caught.value)


def test_every_problem_is_listed():
    """Two wrong items give two lines."""
    report = deepcopy(REPORT)
    report["items"] = [
        changed(unit="dBm")["items"][0],
        ITEM,
        changed(value=-1)["items"][0],
    ]
    with pytest.raises(ReportError) as caught:
        ContextReport.from_json(json.dumps(report))
    paths = [path for path, _ in caught.value.problems]
    assert paths == ["items[0].unit", "items[2].value"]


def test_saved_and_read_back(tmp_path):
    """The shipped report survives, and the file holds its schema."""
    report = example()
    report.to_file(tmp_path / "report.json")
    assert ContextReport.from_file(tmp_path / "report.json") == report
    stored = json.loads((tmp_path / "report.json").read_text())
    assert stored["schema"] == "rrm.context_report/1"


def test_a_file_that_is_no_text_is_refused(tmp_path):
    """Bytes that are no UTF-8 are an error with the file's name."""
    path = tmp_path / "report.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReportError, match=r"report\.json"):
        ContextReport.from_file(path)


def test_reports_cannot_be_changed():
    """Neither fields nor lists."""
    report = example()
    with pytest.raises(ValueError, match="frozen"):
        report.items[0].value = 3.0
    assert isinstance(report.items, tuple)


def test_spans_hold_the_words():
    """Each item of the shipped report rests on a whole sentence."""
    for item in example().items:
        assert item.source.sentence.endswith(".")
        assert item.source.sentence in item.source.text


def test_validity_is_half_open():
    """An item holds from its start until before its end."""
    item = ContextReport.from_json(json.dumps(REPORT)).items[0]
    begin, end = item.start.timestamp(), item.end.timestamp()
    assert item.is_valid_at(begin)
    assert not item.is_valid_at(end)
    assert not item.is_valid_at(begin - 1)


def test_every_kind_says_what_it_takes():
    """The table of values covers all kinds."""
    assert set(VALUES) == set(Kind)


@given(st.sampled_from(list(Kind)), st.floats(allow_nan=True), st.text(max_size=5))
def test_any_value_is_accepted_or_refused_in_words(kind, value, unit):
    """Nothing but ReportError comes out of an odd item."""
    text = json.dumps(changed(kind=kind.value, value=value, unit=unit))
    rule = VALUES[kind]
    fits = unit in rule.units and rule.low <= value <= rule.high and value < np.inf
    if fits and kind is not Kind.SLICE_SHARE:
        assert ContextReport.from_json(text).items[0].value == value
    else:
        with pytest.raises(ReportError, match=r"items\[0\]|JSON"):
            ContextReport.from_json(text)

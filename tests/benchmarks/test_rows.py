"""Rows are whole or not there, however the process that writes them ends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.rows import ROWS, RowFile, key_of, read_rows, read_run, write_run
from tests.benchmarks.simulated import simulated_row
from twins.declaration import FieldError


def row(k):
    """Row number ``k``."""
    return simulated_row("swift", f"family/{k}", 0.1, 1.0, "feasible")


@given(cut=st.integers(0, 2500), more=st.integers(1, 3))
def test_a_file_cut_anywhere_loses_one_row_at_most(tmp_path_factory, cut, more):
    """Rows before the cut stay; later ones follow on lines of their own."""
    folder = tmp_path_factory.mktemp("rows")
    file = RowFile(folder)
    for k in range(3):
        file.append(row(k))
    file.close()
    text = (folder / ROWS).read_bytes()
    (folder / ROWS).write_bytes(text[:cut])
    whole = text[:cut].count(b"\n")
    assert len(list(read_rows(folder))) == whole
    file = RowFile(folder)
    assert file.known == {key_of(row(k)) for k in range(whole)}
    for k in range(10, 10 + more):
        file.append(row(k))
    file.close()
    names = [one["instance"] for one in read_rows(folder)]
    kept = [*range(whole), *range(10, 10 + more)]
    assert names == [f"family/{k}" for k in kept]


def test_another_schema_is_refused(tmp_path):
    """With the line and what was expected."""
    (tmp_path / ROWS).write_text(json.dumps({"schema": "rrm.bench-row/9"}) + "\n")
    with pytest.raises(FieldError, match=r"rrm\.bench-row/1"):
        list(read_rows(tmp_path))


def test_what_is_not_finite_is_refused(tmp_path):
    """NaN is no JSON."""
    file = RowFile(tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        file.append({**row(0), "seconds": float("nan")})
    file.close()
    assert list(read_rows(tmp_path)) == []


def test_runs_are_replaced_whole(tmp_path):
    """Nothing but the file itself is left over."""
    assert read_run(tmp_path) is None
    write_run(tmp_path, {"options": {}, "sessions": [1]})
    write_run(tmp_path, {"options": {}, "sessions": [1, 2]})
    run = read_run(tmp_path)
    assert run is not None
    assert run["sessions"] == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]

"""Snapshots: validated, immutable, saved whole and read back."""

import json

import numpy as np
import pytest

from twins import FieldError, FileFormatError, PolicyRule, TwinSnapshot


def small(**changes) -> TwinSnapshot:
    """Two cells and three users."""
    fields = {
        "time": 1.7e9,
        "origin": [48.1, 11.6, 520.0],
        "cell_id": np.array(["a", "b"]),
        "p_max": [20.0, 40.0],
        "backhaul": [1e9, np.inf],
        "user_id": np.array(["u0", "u1", "u2"]),
        "gain": np.full((3, 2), 1e-12),
        "noise": np.full(3, 1e-14),
        "previous": [0, 1, -1],
        "policy": [PolicyRule("power_limit", 10.0, "W", cells=("a",), end=1.8e9)],
        "provenance": {"gain": {"model": "test", "version": "1"}},
    }
    return TwinSnapshot(**{**fields, **changes})


def test_saved_and_read_back(tmp_path):
    """Arrays, policy, open-ended validity and provenance survive."""
    snapshot = small()
    snapshot.to_file(tmp_path / "snapshot.npz")
    again = TwinSnapshot.from_file(tmp_path / "snapshot.npz")
    for name, _ in TwinSnapshot.specs():
        np.testing.assert_array_equal(getattr(again, name), getattr(snapshot, name))
    assert again.policy == snapshot.policy
    assert again.provenance == snapshot.provenance


def test_absent_parts_are_empty_not_invented():
    """A layer that knows only cells leaves the rest with size 0."""
    snapshot = TwinSnapshot(cell_id=np.array(["a", "b"]), p_max=[1.0, 2.0])
    assert snapshot.gain.size == 0
    assert snapshot.demand.size == 0
    assert snapshot.policy == ()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"gain": [[1.0]]}, "TwinSnapshot.gain = shape (1, 1): must be of shape"),
        ({"noise": [1e-14, 0.0, 1e-14]}, "TwinSnapshot.noise[1] = 0.0: must be"),
        (
            {"previous": [0, 2, 0]},
            "TwinSnapshot.previous[1] = 2: must be an integer in",
        ),
        (
            {"user_id": np.array(["x", "y", "x"])},
            "TwinSnapshot.user_id[2] = np.str_('x')",
        ),
        ({"policy": ["no rule"]}, "TwinSnapshot.policy[0] = str: must be a PolicyRule"),
        ({"time": np.inf}, "TwinSnapshot.time = inf: must be finite"),
        ({"origin": [500, 1000, 0]}, "TwinSnapshot.origin[0] = 500.0: must be in"),
        ({"origin": [50, -181, 0]}, "TwinSnapshot.origin[1] = -181.0: must be in"),
        (
            {"protected_band": [[1e9, 2e9], [3e9, 2e9]]},
            "TwinSnapshot.protected_band[1] = ",
        ),
        ({"provenance": {"a": [1, np.nan]}}, "TwinSnapshot.provenance = nan: must be"),
        ({"provenance": {"a": np.zeros(2)}}, "TwinSnapshot.provenance = array([0., 0."),
    ],
)
def test_bad_fields_are_refused(changes, text):
    """Each refusal names field, index, value and rule."""
    with pytest.raises(FieldError) as caught:
        small(**changes)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a zip", b"PK\x03\x04 broken", b"\x93NUMPY\x01\x00v\x00"],
)
def test_files_that_are_no_snapshot_are_refused(tmp_path, content):
    """The error names the file, and no pickle is ever read."""
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"bad\.npz"):
        TwinSnapshot.from_file(path)


def test_pickled_arrays_are_refused(tmp_path):
    """An object array would need pickle."""
    path = tmp_path / "pickle.npz"
    np.savez(path, header=np.array([{"schema": "rrm.snapshot/1"}], dtype=object))
    with pytest.raises(FileFormatError, match="plain arrays"):
        TwinSnapshot.from_file(path)


def test_other_schemas_are_refused(tmp_path):
    """A file of another schema or major version says which it is."""
    path = tmp_path / "other.npz"
    header = json.dumps({"schema": "rrm.snapshot/9"}).encode()
    np.savez(path, header=np.frombuffer(header, np.uint8))
    with pytest.raises(FileFormatError, match=r"'rrm\.snapshot/9'.*'rrm\.snapshot/1'"):
        TwinSnapshot.from_file(path)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    """What cannot be written loses nothing and leaves nothing behind."""
    path = tmp_path / "snapshot.npz"
    small().to_file(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        small(time=1.8e9).to_file(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["snapshot.npz"]


def test_what_is_told_of_its_making_stays_as_it_is(tmp_path):
    """Whoever gave it or has it cannot change it; numbers of numpy are written too."""
    story = {"gain": {"model": "test", "score": np.float32(0.5)}, "parts": [1, 2]}
    snapshot = small(provenance=story)
    story["gain"]["model"] = "other"
    assert snapshot.provenance["gain"]["model"] == "test"
    with pytest.raises(AttributeError):
        snapshot.provenance.clear()
    with pytest.raises(TypeError):
        snapshot.provenance["gain"]["model"] = "other"
    snapshot.to_file(tmp_path / "snapshot.npz")
    again = TwinSnapshot.from_file(tmp_path / "snapshot.npz")
    assert again.provenance == snapshot.provenance
    assert again.provenance["gain"]["score"] == 0.5
    assert again.provenance["parts"] == (1, 2)
    assert snapshot.replace(time=1.0).provenance == snapshot.provenance


def test_a_file_with_a_rule_that_cannot_hold_is_refused(tmp_path):
    """The error names the field, as where the rule is made."""
    path = tmp_path / "snapshot.npz"
    small().to_file(path)
    with np.load(path) as parts:
        arrays = dict(parts)
    header = bytes(arrays["header"]).replace(b"power_limit", b"power_limits")
    np.savez(path, **{**arrays, "header": np.frombuffer(header, np.uint8)})
    with pytest.raises(FieldError, match=r"PolicyRule\.kind = 'power_limits'"):
        TwinSnapshot.from_file(path)

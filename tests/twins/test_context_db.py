"""The context database keeps what it was given, once, on both servers."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from twins import PolicyRule
from twins.context_db import (
    ContextDatabase,
    SchemaError,
    migration,
)
from twins.declaration import FieldError

NOW = 1_700_000_000.0


def reports(count=60, users=5, seed=0):
    """Throughputs and volumes of users who walk, one row a second."""
    rng = np.random.default_rng(seed)
    names = np.array(["DRB.UEThpDl", "DRB.PdcpSduVolumeDL"])
    return pd.DataFrame(
        {
            "time": NOW + np.arange(count),
            "source": "gnb-1",
            "user_id": [f"u{k % users}" for k in range(count)],
            "cell_id": "c1",
            "name": names[np.arange(count) % 2],
            "value": rng.uniform(1e5, 1e7, count),
            "x": np.arange(count) * 1.0,
            "y": np.nan,
        }
    )


def test_what_was_appended_comes_back(database):
    """Values, units of the table, places, and missing places as NaN."""
    frame = reports()
    assert database.append(frame) == 60
    found = database.between("traffic", NOW, NOW + 60)
    assert found["time"].tolist() == frame["time"].tolist()
    assert found["value"].tolist() == frame["value"].tolist()
    assert found["x"].tolist() == frame["x"].tolist()
    assert found["y"].isna().all()
    assert set(found["unit"]) == {"bit/s", "bit"}
    assert set(found["target"]) == {""}
    part = database.between("traffic", NOW + 10, NOW + 20, "DRB.UEThpDl")
    assert part["time"].tolist() == [NOW + k for k in range(10, 20, 2)]


def test_repetitions_are_dropped_in_any_order_of_arrival(database):
    """A row is the same if name, user, cell, time and source are."""
    frame = reports()
    shuffled = frame.sample(frac=1, random_state=1)
    assert database.append(shuffled[:40]) == 40
    twice = pd.concat([frame, frame[:7]])
    assert database.append(twice) == 20
    assert database.count("traffic") == 60
    other = frame.assign(source="gnb-2")
    assert database.append(other) == 60


@pytest.mark.parametrize("connections", [1, 2])
def test_threads_take_no_row_twice(place, connections):
    """Four threads append the same rows, through one connection or two."""
    parts = [reports(20)[first : first + 2] for first in range(0, 20, 2)]
    with contextlib.ExitStack() as stack:
        opened = [
            stack.enter_context(ContextDatabase(place)) for _ in range(connections)
        ]

        def work(thread):
            database = opened[thread % connections]
            return sum(database.append(part) for part in parts)

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == 20
        assert opened[0].count("traffic") == 20
        assert opened[0].count("latest") == 10


def test_a_database_in_memory_is_one_for_all_threads():
    """And another one for each that is opened."""
    with ContextDatabase(":memory:") as one, ContextDatabase(":memory:") as other:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(one.append, reports()).result() == 60
        assert one.count("traffic") == 60
        assert other.count("traffic") == 0


def test_batches_are_known_by_source_and_number(database):
    """The second time a batch is refused as a whole, whatever it holds."""
    frame = reports()
    assert database.append(frame[:30], "gnb-1", number=1) == 30
    assert database.append(frame[30:], "gnb-1", number=1) == 0
    assert database.append(frame[30:], "gnb-9", number=1) == 30


def test_the_latest_is_the_newest_in_time_not_in_arrival(database):
    """A late report does not replace a newer one."""
    frame = reports()
    database.append(frame[30:])
    database.append(frame[:30])
    found = database.latest("DRB.UEThpDl", "DRB.PdcpSduVolumeDL").set_index("subject")
    for user in frame["user_id"].unique():
        mine = frame[frame["user_id"] == user]
        assert found.loc[user, "time"] == mine["time"].max()
        assert found.loc[user, "x"] == mine["x"].iloc[-1]
        for name in ("DRB.UEThpDl", "DRB.PdcpSduVolumeDL"):
            newest = mine[mine["name"] == name]["value"].iloc[-1]
            assert found.loc[user, name] == newest
    with pytest.raises(FieldError, match=r"latest.names\[0\] = 'L1M.SS-RSRP'"):
        database.latest("L1M.SS-RSRP")


def test_the_latest_is_a_row_that_is_kept(database):
    """What repeats a row, in a batch or out of the quarantine, does not change it."""
    first = reports(1)
    database.append(first.assign(value=3.0), now=NOW - 60)  # a clock that was ahead
    both = pd.concat([first.assign(value=1.0), first.assign(value=2.0)])
    assert database.append(both) == 1
    assert database.append(first.assign(value=2.0)) == 0
    assert database.accept(database.quarantined(), "operator", NOW) == 0
    assert database.between("traffic", NOW, NOW + 1)["value"].tolist() == [1.0]
    assert database.latest("DRB.UEThpDl")["DRB.UEThpDl"].tolist() == [1.0]


def test_units_of_3gpp_become_those_kept(database):
    """kbit/s, Mbit, % and bytes are converted; an unknown unit is put aside."""
    frame = pd.DataFrame(
        {
            "time": NOW,
            "source": "gnb-1",
            "user_id": ["u", "u", "", "", ""],
            "cell_id": "c",
            "name": [
                "DRB.UEThpDl",
                "DRB.PdcpSduVolumeDL",
                "RRU.PrbTotDl",
                "GTP.OutDataOctN3UPF",
                "RRU.PrbUsedDl",
            ],
            "value": [3.0, 2.0, 50.0, 10.0, 354196.0],
            "unit": ["kbit/s", "Mbit", "%", "byte", "PRBs"],
        }
    )
    assert database.append(frame) == 4
    found = database.between("traffic", NOW, NOW + 1).set_index("name")["value"]
    assert found["DRB.UEThpDl"] == 3e3
    assert found["DRB.PdcpSduVolumeDL"] == 2e6
    assert found["RRU.PrbTotDl"] == 0.5
    assert database.between("backhaul", NOW, NOW + 1)["value"].tolist() == [80.0]
    aside = database.quarantined()
    assert aside["reason"].tolist() == ["unknown unit"]
    assert aside["value"].tolist() == [354196.0]
    assert aside["unit"].tolist() == ["PRBs"]


def test_rows_of_metadata_may_have_different_columns(database):
    """None is lost, whichever row comes first; a row replaces all of an older one."""
    row = {"user_id": "u", "time": NOW, "source": "amf", "p_max": 0.2}
    other = {"user_id": "v", "time": NOW, "source": "amf", "antennas": np.int64(4)}
    for rows in ([row, other], [other, row]):
        database.add("device", rows)
        found = database.between("device", 0.0, np.inf).set_index("user_id")
        assert found["p_max"].fillna(-1.0).to_dict() == {"u": 0.2, "v": -1.0}
        assert found["antennas"].fillna(-1.0).to_dict() == {"u": -1.0, "v": 4.0}


def test_bad_rows_and_names_are_refused_by_name(database):
    """With the index of the row and what is allowed."""
    row = {"user_id": "u", "time": NOW, "source": "amf"}
    with pytest.raises(FieldError, match=r"device.columns\[1\] = antenas: must be of"):
        database.add("device", [row, {**row, "antenas": 4}])
    with pytest.raises(FieldError, match=r"device.source\[0\] = nothing: must be"):
        database.add("device", [{"user_id": "u", "time": NOW}])
    assert database.count("device") == 0
    with pytest.raises(FieldError, match=r"between.name = 'x': must be None"):
        database.between("batch", 0.0, 1.0, name="x")
    with pytest.raises(FieldError, match=r"between.until = nan: must be s since"):
        database.between("device", 0.0, np.nan)
    with pytest.raises(FieldError, match="now = nan"):
        database.append(reports(), now=np.nan)


def test_old_measurements_leave_their_summaries(database):
    """Count, mean and range by period, also of rows that come late."""
    frame = reports(count=200, users=1)
    database.append(frame[:150])
    period = 50.0
    start = NOW // period * period
    dropped = database.retain(keep=0.0, now=start + 100, period=period)
    kept = frame[:150][frame["time"][:150] >= start + 100]
    assert database.count("traffic") == len(kept)
    assert dropped == 150 - len(kept)
    late = frame[frame["time"] < start + 100].assign(source="late")
    database.append(late)
    database.retain(keep=0.0, now=start + 100, period=period)
    expected = pd.concat([frame[frame["time"] < start + 100]] * 2)
    found = database.summaries("DRB.UEThpDl")
    mine = expected[expected["name"] == "DRB.UEThpDl"]
    groups = mine.groupby(mine["time"] // period * period)
    assert found["time"].tolist() == list(groups.groups)
    assert found["count"].tolist() == groups.size().tolist()
    np.testing.assert_allclose(found["mean"], groups["value"].mean())
    np.testing.assert_allclose(found["x"], groups["x"].mean())
    assert found["low"].tolist() == groups["value"].min().tolist()
    assert found["high"].tolist() == groups["value"].max().tolist()
    assert found["y"].isna().all()


def test_summaries_keep_their_place(database):
    """Whichever of two that are merged has one; with both, by their counts."""
    for time, x in ((0.0, 10.0), (1.0, np.nan), (2.0, 40.0)):
        database.append(reports(1).assign(time=NOW + time, x=x, y=np.nan))
        database.retain(keep=0.0, now=NOW + 900.0)
    found = database.summaries("DRB.UEThpDl")
    assert found["count"].tolist() == [3]
    assert found["x"].tolist() == [20.0]  # (10 + 10 + 40) / 3
    assert found["y"].isna().all()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"keep": np.nan}, r"retain.keep = nan: must be finite, in \[0, inf\) s"),
        ({"keep": np.inf}, r"retain.keep = inf"),
        ({"keep": -1e6}, r"retain.keep = -1000000.0"),
        ({"now": np.inf}, r"retain.now = inf: must be finite"),
        ({"now": np.nan}, r"retain.now = nan"),
        ({"period": np.inf}, r"retain.period = inf: must be finite, in \(0, inf\) s"),
        ({"period": np.nan}, r"retain.period = nan"),
        ({"period": 0.0}, r"retain.period = 0.0"),
        ({"period": 5e-324}, r"retain.period = 5e-324: must be long enough"),
    ],
)
def test_bad_retention_drops_nothing(database, wrong, text):
    """Numbers that would drop all rows are refused."""
    database.append(reports())
    times = {"keep": 60.0, "now": NOW + 900.0, "period": 100.0, **wrong}
    with pytest.raises(FieldError, match=text):
        database.retain(**times)
    assert database.count("traffic") == 60
    assert database.count("summary") == 0


def test_policies_hold_from_start_to_end(database):
    """Rules come back as they were, at times when they hold."""
    ten, five = np.float32(10.0), np.float32(5.0)  # numpy's numbers are numbers, too
    rules = [
        PolicyRule("power_limit", 10.0, "W", cells=("c1",), start=ten, end=20.0),
        PolicyRule("association_preference", "AVOID", users=("u",), author="noc"),
    ]
    database.add_policy(rules, time=five)
    assert database.policy(4.0) == ()
    assert database.policy(15.0) == tuple(rules)
    assert database.policy(20.0) == (rules[1],)


def test_metadata_is_replaced_by_key(database):
    """The same key twice keeps the second."""
    row = {"user_id": "u", "time": NOW, "source": "amf", "p_max": 0.2, "antennas": 2}
    database.add("device", [row])
    database.add("device", [{**row, "p_max": 0.4}])
    assert database.between("device", 0, np.inf)["p_max"].tolist() == [0.4]
    qos = {"five_qi": 1, "slice": 2, "time": NOW, "source": "smf", "min_rate": 1e5}
    database.add("qos_profile", [qos])
    forecast = {
        "time": NOW,
        "due": NOW + 60,
        "source": "l2/3",
        "user_id": "",
        "cell_id": "c1",
        "name": "RRU.PrbTotDl",
        "value": 0.5,
        "std": 0.1,
        "unit": "1",
    }
    database.add("prediction", [forecast])
    assert database.count("qos_profile") == database.count("prediction") == 1
    with pytest.raises(ValueError, match="table = 'nothing': must be one of"):
        database.add("nothing", [{}])


def test_decisions_leave_the_table_of_directives(place, monkeypatch):
    """What version 2 kept among the directives is found in a table of its own."""
    row = {
        "time": 1.0,
        "id": "rrm-1",
        "source": "rrm.Controller",
        "target": "network",
        "attribute": "decision",
        "content": "{}",
        "status": "decided",
    }
    with monkeypatch.context() as patch:
        patch.setattr(migration, "STEPS", migration.STEPS[:2])
        with ContextDatabase(place) as old:
            old.add("directive", [row, row | {"id": "d-1", "attribute": "power"}])
    with ContextDatabase(place) as database:
        assert database.between("directive", 0.0, 9.0)["id"].tolist() == ["d-1"]
        found = database.between("decision", 0.0, 9.0)
        assert found["id"].tolist() == ["rrm-1"]
        assert found["content"].tolist() == ["{}"]


@pytest.mark.parametrize("table", ["decision", "directive", "prediction"])
def test_old_decisions_are_forgotten(database, table):
    """All before a time, of one table; measurements have summaries instead."""
    columns = {
        "decision": ["id", "content", "status"],
        "directive": ["id", "target", "attribute", "content", "status"],
        "prediction": ["user_id", "cell_id", "name", "unit"],
    }
    extra = {"due": NOW, "value": 1.0} if table == "prediction" else {}
    rows = [
        {"time": NOW + k, "source": "x", **extra}
        | {name: f"{name} {k}" for name in columns[table]}
        for k in range(10)
    ]
    database.add(table, rows)
    assert database.forget(table, NOW + 7) == 7
    assert database.between(table, -np.inf, np.inf)["time"].tolist() == [
        NOW + k for k in (7, 8, 9)
    ]
    assert database.forget(table, NOW + 7) == 0
    with pytest.raises(FieldError, match=r"forget.before = nan: must be finite"):
        database.forget(table, np.nan)
    with pytest.raises(FieldError, match=r"forget.table = 'traffic': must be one of"):
        database.forget("traffic", NOW)
    assert database.count(table) == 3


def test_old_rows_of_the_quarantine_are_forgotten(database):
    """By when they came, whatever time they claim."""
    for now in (NOW + 1e3, NOW + 2e3):
        database.append(reports(3).assign(value=np.nan), now=now)
    assert database.forget("quarantine", NOW + 2e3) == 3
    assert set(database.quarantined()["received"]) == {NOW + 2e3}


def test_others_in_the_process_may_open_the_file(tmp_path):
    """An analyst with SQLAlchemy alone, beside the database."""
    place = tmp_path / "context.duckdb"
    with ContextDatabase(place) as database:
        database.append(reports())
        other = sa.create_engine(sa.URL.create("duckdb", database=str(place)))
        with other.connect() as connection:
            text = sa.text("select count(*) from traffic")
            assert connection.execute(text).scalar_one() == 60
        other.dispose()


def test_large_rows_are_written_once(tmp_path):
    """A file grows with its rows, not with all of them at each checkpoint."""
    draws = np.random.default_rng(0)
    place, size = tmp_path / "context.duckdb", 0
    with ContextDatabase(place) as database:
        for number in range(250):
            content = draws.bytes(100_000).hex()
            row = {"id": str(number), "time": NOW + number, "content": content}
            database.add("decision", [row | {"source": "x", "status": "x"}])
            size += len(content)
    assert place.stat().st_size < 0.7 * size  # hex digits take half


def test_the_first_version_is_brought_up_to_date(place, monkeypatch):
    """Its rows stay; and a version from the future is refused."""
    with monkeypatch.context() as patch:
        patch.setattr(migration, "STEPS", migration.STEPS[:1])
        with ContextDatabase(place) as old:
            assert old.version == 1
            old.append(reports())
            assert "summary" not in sa.inspect(old.engine).get_table_names()
    with ContextDatabase(place) as database:
        assert database.version == len(migration.STEPS)
        assert database.count("traffic") == 60
        assert database.count("summary") == 0
        with database.engine.begin() as connection:
            connection.execute(sa.update(migration.VERSION).values(version=99))
    with pytest.raises(SchemaError, match="version 99"):
        ContextDatabase(place)

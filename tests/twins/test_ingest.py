"""The endpoint neither loses nor doubles what it has acknowledged."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.twins.test_context_db import NOW, reports
from twins.context_db import ContextDatabase
from twins.declaration import FieldError
from twins.ingest import Busy, Ingest

ROWS = 5_000
CHILD = """
import sys, time
sys.path.insert(0, {root!r})
from tests.twins.test_ingest import batch
from twins.context_db import ContextDatabase
from twins.ingest import Ingest
told = lambda receipt: print(receipt.number, receipt.new, flush=True)
endpoint = Ingest(ContextDatabase({place!r}), clock=time.time, on_commit=told)
for number in range(200):
    endpoint.offer(batch(number), "gnb-1", number, patience=60.0)
endpoint.drain()
"""


def batch(number):
    """Batch ``number``: ROWS throughputs."""
    user = np.arange(ROWS)
    return pd.DataFrame(
        {
            "time": NOW + number,
            "user_id": np.char.add("u", user.astype(str)),
            "cell_id": "c1",
            "name": "DRB.UEThpDl",
            "value": 1e6 + user,
        }
    )


def test_what_was_committed_survives_a_kill(place):
    """After kill -9, each batch is there as a whole or not at all; then all are."""
    code = CHILD.format(root=str(Path(__file__).parents[2]), place=place)
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    acknowledged = []
    try:
        assert child.stdout is not None
        for line in child.stdout:
            acknowledged.append(int(line.split()[0]))
            if len(acknowledged) == 3:
                os.kill(child.pid, signal.SIGKILL)  # the fourth is under way
                break
    finally:
        child.kill()
        rest = child.communicate()[0]
    acknowledged += [int(line.split()[0]) for line in rest.splitlines()]
    assert len(acknowledged) < 200
    with ContextDatabase(place) as database:
        kept = database.between("traffic", NOW, NOW + 200).groupby("time").size()
        assert set(kept) == {ROWS}
        found = {int(time - NOW) for time in kept.index}
        assert set(acknowledged) <= found
        with Ingest(database, clock=lambda: NOW + 200) as endpoint:
            for number in range(max(found) + 2):
                endpoint.offer(batch(number), "gnb-1", number, patience=60.0)
        assert database.count("traffic") == ROWS * (max(found) + 2)


def test_a_full_queue_refuses(database):
    """What does not fit is the sender's to send again."""
    gate = threading.Event()
    taken = []
    frame = reports()

    def clock():
        gate.wait(30.0)
        return NOW + 100

    endpoint = Ingest(database, clock, waiting=70, on_commit=taken.append)
    endpoint.offer(frame[:50], "gnb-1", 1)
    with pytest.raises(Busy, match="50 of 70 rows are waiting"):
        endpoint.offer(frame[:30], "gnb-1", 2)
    endpoint.offer(frame[50:], "gnb-1", 3)
    gate.set()
    endpoint.drain()
    endpoint.offer(frame, "gnb-1", 4)  # any size fits an empty queue
    endpoint.close()
    assert [(one.number, one.rows, one.new) for one in taken] == [
        (1, 50, 50),
        (3, 10, 10),
        (4, 60, 0),
    ]
    with pytest.raises(RuntimeError, match="closed"):
        endpoint.offer(frame, "gnb-1", 5)


def test_room_is_waited_for(database):
    """A patient sender gets through."""
    taken = []
    with Ingest(database, lambda: NOW, waiting=1, on_commit=taken.append) as endpoint:
        for number in range(5):
            endpoint.offer(reports(), "gnb-1", number, patience=30.0)
    assert [one.number for one in taken] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"frame": reports().rename(columns={"value": "v"})}, r"lack \['value'\]"),
        ({"frame": [1]}, "measurements = list: must be a DataFrame"),
        ({"source": 1}, "source = 1: must be text"),
        ({"number": "one"}, "number = 'one': must be an integer"),
        ({"number": 2**63}, "number = 9223372036854775808: must be an integer"),
    ],
)
def test_a_malformed_batch_is_refused_and_others_go_on(database, change, text):
    """Its sender hears why; those before and after are committed."""
    with Ingest(database, clock=lambda: NOW + 60) as endpoint:
        endpoint.offer(reports(), "gnb-1", 1)
        wrong = {"frame": reports(), "source": "gnb-1", "number": 2, **change}
        with pytest.raises(FieldError, match=text):
            endpoint.offer(**wrong)
        endpoint.offer(batch(0), "gnb-2", 1)
        endpoint.drain()
        assert database.count("traffic") == 60 + ROWS


def test_what_the_database_lost_is_told_to_its_sender(database, monkeypatch):
    """Once, with the cause; others go on, and it can be sent again."""
    append = database.append

    def fails(frame, source, **rest):
        if source == "gnb-1":
            raise OSError("disk full")
        return append(frame, source, **rest)

    monkeypatch.setattr(database, "append", fails)
    text = r"batch 1 of 'gnb-1' was not committed \(OSError: disk full\)"
    done = threading.Event()
    endpoint = Ingest(database, lambda: NOW + 60, on_commit=lambda _: done.set())
    endpoint.offer(batch(0), "gnb-1", 1)
    endpoint.offer(batch(0), "gnb-2", 1)
    with pytest.raises(RuntimeError, match=text) as caught:
        endpoint.drain()
    assert isinstance(caught.value.__cause__, OSError)
    assert database.count("traffic") == ROWS
    done.clear()
    endpoint.offer(batch(0), "gnb-1", 1)
    endpoint.offer(batch(0), "gnb-2", 2)
    assert done.wait(30.0)
    with pytest.raises(RuntimeError, match=text):
        endpoint.offer(batch(1), "gnb-1", 2)
    endpoint.offer(batch(0), "gnb-1", 1)
    with pytest.raises(RuntimeError, match=text):
        endpoint.close()
    endpoint.close()


def test_who_cannot_take_receipts_stops_nobody(database):
    """Batches are committed; that they were not acknowledged is told."""

    def receipt(_):
        raise KeyError("consumer")

    endpoint = Ingest(database, lambda: NOW + 60, on_commit=receipt)
    endpoint.offer(batch(0), "gnb-1", 1)
    endpoint.offer(batch(1), "gnb-2", 1)
    text = "batch 1 of 'gnb-1' was committed, but not acknowledged.*of 'gnb-2' was"
    with pytest.raises(RuntimeError, match=text):
        endpoint.close()
    assert database.count("traffic") == 2 * ROWS


def test_a_batch_is_that_of_the_offer():
    """What its sender does to the frame afterwards is not committed."""
    gate = threading.Event()

    def clock():
        gate.wait(30.0)
        return NOW + 60

    frame = reports(1)
    with (
        ContextDatabase(":memory:") as database,
        Ingest(database, clock) as endpoint,
    ):
        endpoint.offer(frame, "gnb-1", 1)
        kept = frame["value"].tolist()
        frame["value"] = 0.0
        gate.set()
        endpoint.drain()
        assert database.between("traffic", NOW, NOW + 1)["value"].tolist() == kept


@pytest.mark.parametrize("waiting", [0, -5, float("nan")])
def test_an_endpoint_where_nothing_may_wait_is_refused(database, waiting):
    """Before a thread is started."""
    with pytest.raises(FieldError, match=r"Ingest\.waiting"):
        Ingest(database, lambda: NOW, waiting=waiting)

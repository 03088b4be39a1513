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


def test_a_failure_of_the_database_is_told(database):
    """The cause is attached, and nothing waits for ever."""
    endpoint = Ingest(database, clock=lambda: NOW)
    endpoint.offer(reports().rename(columns={"value": "v"}), "gnb-1", 1)
    with pytest.raises(RuntimeError, match="database failed") as caught:
        endpoint.drain()
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(RuntimeError, match="database failed"):
        endpoint.offer(reports(), "gnb-1", 2)
    endpoint.close()

"""Worker processes: killed at the deadline, replaced, and never left over."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import rrm
from formulations import PowerControl
from rrm.incumbent import Incumbent
from rrm.registry import named
from rrm.wire import LENGTH, WireError, pack, unpack
from rrm.worker import Worker, WorkerLostError, ordered
from rrm.worker_process import send
from rrm.workers import bytes_to_send, run_in_worker

pytestmark = pytest.mark.timed

FD_SETSIZE = 1024  # of the C library
PROBLEM = PowerControl.example().replace(objective="max_min_rate")


@pytest.fixture(scope="module", autouse=True)
def _warm():
    rrm.warm_up()


def test_a_worker_answers():
    """CVXPY solves in a worker; its allocation passes the referee here."""
    solution = rrm.solve(PROBLEM, 3.0, method="cvxpy_geometric")
    exact = rrm.solve(PROBLEM, 1.0, method="max_min")
    assert solution.plan[0]["place"] == "worker"
    assert solution.plan[0]["ended"] == "returned"
    np.testing.assert_allclose(solution.objective, exact.objective, rtol=1e-4)


def test_a_worker_is_killed_at_the_deadline():
    """A reference model that needs 20 ms gets 5, and the next call works."""
    ends = []
    for _ in range(10):  # where others use the machine, some end before they begin
        began = time.perf_counter()
        solution = rrm.solve(PROBLEM, 0.005, method="cvxpy_geometric")
        assert time.perf_counter() - began < 0.5
        assert solution.allocation is not None
        ends.append(solution.plan[0].get("ended", ""))
    assert any(ends)
    assert "returned" not in ends
    again = rrm.solve(PROBLEM, 3.0, method="cvxpy_geometric")
    assert again.method == "cvxpy_geometric"


@pytest.fixture
def pair():
    """A worker whose other side is in the hands of the test."""
    ours, theirs = socket.socketpair()
    worker = Worker(ours)
    yield worker, theirs
    worker.kill()
    theirs.close()


@pytest.mark.parametrize(
    "garbage", [b"\xff" * 64, LENGTH.pack(16) + b"x" * 16, LENGTH.pack(0)]
)
def test_garbage_is_recognised(pair, garbage):
    """Lengths without end and messages that are none lose the worker, no more."""
    worker, peer = pair
    peer.sendall(garbage)
    with pytest.raises(WorkerLostError, match="garbage"):
        worker.receive(1.0)


def test_a_message_that_never_ends_does_not_block(pair):
    """Half a message is no message; the clock goes on."""
    worker, peer = pair
    message = pack({"kind": "hello"}, {})
    peer.sendall(LENGTH.pack(len(message)) + message[:5])
    began = time.perf_counter()
    assert worker.receive(0.05) is None
    assert time.perf_counter() - began < 0.5
    peer.sendall(message[5:])
    assert worker.receive(1.0)[0] == {"kind": "hello"}


def test_a_dead_worker_is_noticed(pair):
    """A closed socket raises instead of waiting."""
    worker, peer = pair
    peer.close()
    with pytest.raises(WorkerLostError, match="died"):
        worker.receive(1.0)


def test_descriptors_may_have_any_number():
    """Those from 1024 on are no bits of a set that ``select`` knows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard > 2 * FD_SETSIZE, "the system allows too few descriptors for this test"
    with contextlib.ExitStack() as stack:
        for _ in range(FD_SETSIZE):
            stack.enter_context(open(os.devnull))
        ours, theirs = socket.socketpair()
        stack.enter_context(theirs)
        assert ours.fileno() >= FD_SETSIZE
        worker = Worker(ours)
        stack.callback(worker.kill)
        assert not worker.wait_until_ready(0.0005)
        send(theirs, pack({"kind": "hello", "pid": os.getpid()}, {}))
        assert worker.wait_until_ready(1.0)
        assert worker._process is not None
        assert worker._process >= FD_SETSIZE
        os.close(worker._process)  # it is ours, and not to be killed
        worker._process = None


@pytest.mark.parametrize(
    "header",
    [
        {"kind": "offer", "content": {"class": "os:system", "values": {}}},
        {"kind": "offer", "content": {"class": "builtins:dict", "values": {}}},
        {"kind": "bound", "bound": 1e9, "content": {"class": "os:_wrap_close"}},
        {"kind": "offer"},
    ],
)
def test_a_worker_cannot_make_us_call_what_it_likes(header):
    """Only the problem's allocation and shipped arguments are ever built."""
    from rrm.workers import take_message

    judge = Incumbent(PROBLEM, rrm.Budget(1.0))
    with contextlib.suppress(WireError, KeyError):
        take_message((header, {}), judge, named(PowerControl, "wmmse"))
    assert judge.allocation is None
    assert judge.bound == np.inf


def test_a_problem_that_takes_too_long_to_hand_over_stays(monkeypatch):
    """A method would lose more than half of its share before it begins."""
    from rrm import workers

    judge = Incumbent(PROBLEM, rrm.Budget(5.0))
    entry = named(PowerControl, "max_min")
    with judge.running(entry, 5.0):
        monkeypatch.setattr(workers, "BYTES_PER_SECOND", bytes_to_send(PROBLEM) / 3.0)
        ended = run_in_worker(entry, PROBLEM, judge)
    assert ended == "not started: takes 3e+03 ms to hand over"
    with judge.running(entry, 5.0):
        monkeypatch.setattr(workers, "BYTES_PER_SECOND", bytes_to_send(PROBLEM) / 1e-3)
        run_in_worker(entry, PROBLEM, judge)
    assert judge.allocation is not None


def test_messages_survive_and_object_arrays_do_not():
    """Any plain array travels bit for bit; pickled ones cannot."""
    arrays = {
        "a": np.arange(6.0).reshape(2, 3).T,
        "b": np.array([True, False]),
        "c": np.empty((0, 4), np.int32),
    }
    header, back = unpack(pack({"x": np.inf, "y": [1, "z"]}, arrays))
    assert header == {"x": np.inf, "y": [1, "z"]}
    for name, values in arrays.items():
        np.testing.assert_array_equal(back[name], values)
        assert not back[name].flags.writeable
    for raw in (b"", b"\0" * 8, b"\x05" + b"\0" * 7 + b"[1,2]"):
        with pytest.raises(WireError):
            unpack(raw)
    with pytest.raises(WireError, match="of object"):
        unpack(pack({}, {"o": np.zeros(2)}).replace(b'"<f8"', b'"|O8"'))


def test_workers_are_reused_and_replaced():
    """A worker that finished serves again; a killed one is followed by another."""
    with rrm.Pool(1) as pool:
        first = pool.take(5.0)
        assert pool.take(0.01) is None  # there is one, and it is taken
        pool.give_back(first)
        assert pool.take(5.0) is first
        pool.discard(first)
        second = pool.take(5.0)
        assert second is not None
        assert second is not first
        pool.discard(second)


def test_no_worker_is_forked_before_a_call_returns(monkeypatch):
    """It would take the caller's core: while one waits, the next call orders it."""
    orders: list[frozenset[str]] = []

    def noted(nursery: socket.socket, loaded: frozenset[str]) -> Worker:
        orders.append(loaded)
        return ordered(nursery, loaded)

    with rrm.Pool(3) as pool:
        pool.wait_until_loaded()
        monkeypatch.setattr("rrm.pool.ordered", noted)
        pool.discard(pool.take(5.0))
        assert not orders
        second = pool.take(5.0)
        assert second is not None
        assert len(orders) == 1
        pool.discard(second)
        assert len(orders) == 1


def pid_of(worker: Worker) -> int:
    """Process id behind a worker's pidfd."""
    info = Path(f"/proc/self/fdinfo/{worker._process}").read_text()
    return int(info.partition("Pid:")[2].split()[0])


LEAVES = """
import os, sys, rrm, threading, time
import numpy as np
from formulations import PowerControl
from rrm.pool import current_pool
current_pool().wait_until_ready()
rrm.solve(PowerControl.example().replace(objective="max_min_rate"), 1.0,
          method="cvxpy_geometric")
print(os.getpid(), flush=True)
{end}
"""


KILLED_WHILE_SOLVING = """
big = PowerControl(np.eye(200) + 1e-3, np.ones(200), np.ones(200),
                   objective="max_min_rate")
threading.Thread(target=rrm.solve, args=(big, 60.0, "cvxpy_geometric")).start()
time.sleep(0.5)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(
    "end",
    [
        "sys.exit(0)",
        "os._exit(0)",
        "os.kill(os.getpid(), 9)",
        "raise SystemError",
        KILLED_WHILE_SOLVING,
    ],
    ids=["exit", "_exit", "killed", "raises", "killed while solving"],
)
def test_no_process_outlives_its_owner(end):
    """However the caller ends, nothing is left and nothing has a name in /dev/shm."""
    before = set(Path("/dev/shm").iterdir())
    mine = subprocess.Popen(
        [sys.executable, "-c", LEAVES.format(end=end)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    mine.communicate(timeout=60)
    deadline = time.monotonic() + 5
    while left := processes_of_session(mine.pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert set(Path("/dev/shm").iterdir()) <= before


def processes_of_session(owner: int) -> list[str]:
    """Nurseries that still carry the mark of ``owner`` in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"RRM_OWNER={owner}\0".encode() in environment:
                found.append(entry.name)
    return found

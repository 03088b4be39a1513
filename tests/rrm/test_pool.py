"""Pools: sizes, memory limits, and methods that misbehave at their own cost."""

import contextlib
import importlib
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import rrm
from benchmarks.robustness import announce, members
from formulations import PowerControl
from rrm import registry
from rrm.pool import current_pool, default_pool
from rrm.wire import pack
from rrm.worker import Worker, WorkerLostError
from rrm.worker_process import NICE, send
from tests.rrm.test_workers import pid_of

MEMORY = 128e6
SECONDS = 2.0
PROBLEM = PowerControl.example()
BAD = "benchmarks.misbehaviour"


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """A pool whose workers know methods that misbehave."""
    rrm.warm_up(PowerControl, workers=False)
    before = dict(registry._methods)
    importlib.import_module(BAD)
    announce(tmp_path_factory.mktemp("announced"))
    registry._packaged.add(BAD)
    with rrm.Pool(2, MEMORY) as pool:
        yield pool
    sys.path.pop()
    registry._packaged.discard(BAD)
    registry._methods.clear()
    registry._methods.update(before)
    del sys.modules[BAD]


ENDS = {
    "raising": "raised RuntimeError: on purpose",
    "crashing": "worker lost: the worker died",
    "leaving": "worker lost: the worker died",
    "hanging": "stopped: its share was over",
    "spinning": "stopped: its share was over",
    "allocating": "raised MemoryError",
    "littering": "stopped: its share was over",
    "garbling": "worker lost: the worker wrote garbage",
    "flooding": "stopped: its share was over",
    "lying": "returned",
}


@pytest.mark.parametrize(("name", "end"), ENDS.items())
def test_misbehaviour_costs_its_own_share(pool, name, end):
    """The plan tells how it ended, and the next method finds what it finds alone."""
    alone = rrm.solve(PROBLEM, rrm.Budget(60.0, work=30), "wmmse")
    both = rrm.solve(PROBLEM, SECONDS, [name, "wmmse"])
    assert both.plan[0]["ended"].startswith(end)
    assert both.plan[0]["seconds"] < 0.6 * SECONDS
    assert both.method == "wmmse"
    assert both.objective >= alone.objective * (1 - 1e-6)
    assert both.bound == np.inf
    assert processes_below(pool) <= 1 + pool._spare


def processes_below(pool: rrm.Pool) -> int:
    """Nursery and all processes in its session, once the dead are buried."""
    count = 0
    for _ in range(100):
        count = len(members(pool.nursery))
        if count <= 1 + pool._spare:
            break
        time.sleep(0.02)
    return count


def is_left(number: int) -> bool:
    """Whether process ``number`` is one that a method has started."""
    try:
        return b"time.sleep" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return False


def test_solve_uses_the_pool_entered_last(pool):
    """In this thread and in others; outside, the default pool."""
    seen = [current_pool()]
    thread = threading.Thread(target=lambda: seen.append(current_pool()))
    thread.start()
    thread.join()
    assert seen == [pool, pool]
    with rrm.Pool(1) as inner:
        assert current_pool() is inner
    assert current_pool() is pool


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0,), "Pool.size = 0: must be an integer, at least 1"),
        ((1.5,), "Pool.size = 1.5: must be an integer, at least 1"),
        ((True,), "Pool.size = True: must be an integer, at least 1"),
        ((1, 0.0), "Pool.memory = 0.0: must be a number of bytes, at least 1e+06"),
        ((1, float("nan")), "Pool.memory = nan: must be a number of bytes"),
        ((1, 1), "Pool.memory = 1: must be a number of bytes, at least 1e+06"),
        ((1, True), "Pool.memory = True: must be a number of bytes"),
        ((1, "1G"), "Pool.memory = '1G': must be a number of bytes"),
    ],
)
def test_sizes_are_checked(arguments, text):
    """Before any process is started."""
    with pytest.raises(rrm.FieldError) as caught:
        rrm.Pool(*arguments)
    assert str(caught.value).startswith(text)


def test_numbers_of_any_kind_are_sizes():
    """NumPy's integers, the least memory, and more than a machine has."""
    with rrm.Pool(np.int64(1), 1e30) as pool:
        assert pool.size == 1
        pool.give_back(pool.take(20.0))
    with rrm.Pool(1, 1e6) as pool:
        pool.give_back(pool.take(20.0))


def test_a_pool_is_entered_once():
    """Its processes end as it is left; what was entered first goes on."""
    with rrm.Pool(1) as pool:
        with pytest.raises(RuntimeError, match="the pool is entered already"), pool:
            pass
        assert current_pool() is pool
    with pytest.raises(RuntimeError, match="the pool is closed"), pool:
        pass


def test_a_closed_pool_gives_no_worker():
    """What comes after the end is refused, not an error."""
    with rrm.Pool(1) as pool:
        worker = pool.take(5.0)
    assert pool.take(0.1) is None
    pool.discard(worker)
    assert not pool.is_alive


def test_closing_ends_what_a_worker_has_left(pool):
    """Also where the worker is still at work; the nursery outlives it."""
    with rrm.Pool(1, MEMORY) as own:
        call = threading.Thread(
            target=rrm.solve, args=(PROBLEM, 30.0, ["littering", "wmmse"])
        )
        call.start()
        session = own.nursery
        deadline = time.monotonic() + 20
        while not any(map(is_left, members(session))):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        own.close()
        call.join(20)
    while found := members(session):
        assert time.monotonic() < deadline + 5, found
        time.sleep(0.02)


def kill(worker: Worker) -> None:
    """Have the system end a worker, and wait until its end of the socket is closed."""
    os.kill(pid_of(worker), signal.SIGKILL)
    assert worker._process is not None
    select.select([worker._process], [], [], 20.0)


def test_a_worker_that_dies_after_it_was_taken_is_lost():
    """The method that it was meant for ends as if it had died at work."""
    with rrm.Pool(1) as pool:
        worker = pool.take(20.0)
        assert worker is not None
        kill(worker)
        with pytest.raises(WorkerLostError, match="the worker died"):
            worker.start({"method": "wmmse"}, b"")
        pool.discard(worker)


def test_a_worker_that_died_while_it_waited_costs_nothing():
    """The method runs in the next one, and where all have died in a new one."""
    problem = PROBLEM.replace(objective="max_min_rate")
    with rrm.Pool(3) as pool:
        for dying in (1, 2):
            pool.wait_until_loaded()
            waiting = list(pool._idle)
            assert len(waiting) == 2
            for worker in waiting[:dying]:
                worker.wait_until_ready(20.0)
                kill(worker)
            solution = rrm.solve(problem, 20.0, "cvxpy_geometric")
            assert solution.plan[0]["ended"] == "returned"
            assert not set(waiting[:dying]) & set(pool._idle)
        assert pool._busy == 0


def test_a_worker_that_died_before_it_was_met_is_lost():
    """Its greeting waits in the socket; its number is nobody's."""
    ours, theirs = socket.socketpair()
    worker = Worker(ours)
    done = subprocess.Popen(["true"])
    done.wait()
    send(theirs, pack({"kind": "hello", "pid": done.pid}, {}))
    with pytest.raises(WorkerLostError, match="the worker died"):
        worker.wait_until_ready(1.0)
    worker.kill()
    theirs.close()


def test_the_nursery_has_loaded_what_methods_load():
    """CP-SAT's library is there in a new worker, so nobody waits for it."""
    with rrm.Pool(1) as pool:
        maps = Path(f"/proc/{pool.nursery}/maps").read_text()
    assert "ortools/sat/python/cp_model" in maps
    assert "highspy" in maps


def test_workers_leave_the_core_to_callers():
    """The nursery, and what it forks, ask for less of it; callers for as much."""
    pool = default_pool()
    pool.wait_until_ready()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    nice = min(own + NICE, 19)
    worker = pool.take(30.0)
    assert worker is not None
    try:
        for process in (pool.nursery, pid_of(worker)):
            assert os.getpriority(os.PRIO_PROCESS, process) == nice
        group = Path(f"/proc/{pool.nursery}/autogroup")
        if group.exists():
            assert group.read_text().split()[-1] == str(NICE)
    finally:
        pool.give_back(worker)
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_a_dead_nursery_is_replaced():
    """Short shares go back at once until another is up; nobody waits for kernels."""
    with rrm.Pool(2) as pool:
        pool.load({"PowerControl.wmmse"})
        os.kill(pool._nursery.pid, signal.SIGKILL)
        pool._nursery.wait()
        began = time.monotonic()
        assert pool.take(2.0) is None
        assert pool.take(2.0) is None
        assert time.monotonic() - began < 1.0
        worker = pool.take(60.0)
        assert worker is not None
        assert not worker.loaded
        pool.give_back(worker)
        assert pool.take(0.0) is worker
        pool.give_back(worker)


@contextlib.contextmanager
def no_descriptors_left():
    """Nothing more can be opened."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        highest = max(int(name) for name in os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, before[1]))
        with contextlib.suppress(OSError):
            while True:
                stack.enter_context(socket.socket())
        yield


@pytest.mark.parametrize("is_dead", [True, False])
def test_no_descriptor_left_costs_the_step_alone(is_dead):
    """No worker comes, whether or not its nursery has to be started anew; later one."""
    with rrm.Pool(1) as pool:
        pool.wait_until_ready()
        pool.discard(pool.take(20.0))
        if is_dead:
            os.kill(pool.nursery, signal.SIGKILL)
            pool._nursery.wait()
        for worker in pool._idle:
            worker.kill()
        pool._idle.clear()
        with no_descriptors_left():
            for _ in range(3):
                assert pool.take_ready(None) is None
                assert pool.take(0.01) is None
        assert pool._busy == 0
        pool.wait_until_ready()
        worker = pool.take(20.0)
        assert worker is not None
        pool.give_back(worker)


def test_a_fork_leaves_the_pool_alone():
    """The child has none of the sockets, and its end ends no worker."""
    pool = default_pool()
    pool.wait_until_ready()
    sockets = [pool._control.fileno()]
    child = os.fork()
    if child == 0:
        gone = 0
        for number in sockets:
            try:
                os.fstat(number)
            except OSError:
                gone += 1
        os._exit(0 if gone == len(sockets) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pool.is_alive
    worker = pool.take(5.0)
    assert worker is not None
    os.kill(pid_of(worker), 0)
    pool.give_back(worker)


def test_nothing_stays_open():
    """Hundreds of calls, half of them killed, end with as many descriptors."""
    problem = PROBLEM.replace(objective="max_min_rate")
    rrm.solve(problem, 1.0, "cvxpy_geometric")
    time.sleep(0.2)
    before = len(os.listdir("/proc/self/fd"))
    shared = set(os.listdir("/dev/shm"))
    for k in range(300):
        rrm.solve(problem, 0.02 if k % 2 else 0.002, "cvxpy_geometric")
    assert len(os.listdir("/proc/self/fd")) <= before + 2  # another spare worker
    assert set(os.listdir("/dev/shm")) <= shared

"""The other side of a worker: a nursery that has everything imported, and its forks.

The nursery imports the solvers once and forks a worker for each request, so that a
killed worker is replaced in milliseconds. It runs ``python -c``, never the caller's
main module, in a session of its own with no standard streams. Processes that a dead
worker leaves become the nursery's children, and it ends them.
"""

import contextlib
import ctypes
import importlib
import json
import logging
import mmap
import os
import resource
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from rrm.budget import Budget
from rrm.incumbent import Incumbent
from rrm.registry import find_methods, named
from rrm.warming import load_named
from rrm.wire import (
    LENGTH,
    LOAD,
    READY,
    START,
    WireError,
    joined_fields,
    joined_problem,
    pack,
    split_fields,
    unpack,
)

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
TEXT_LIMIT = 2000  # characters of a traceback that travel
NO_LIMIT = 2.0**62  # bytes: more than any machine has, and than a limit may say
NICE = 5  # of the nursery and workers: a third of the caller's weight
BURIAL_SECONDS = 1e-3  # between looks at children that were killed
KILLED_FIRST = "500"  # before the owner, where the whole machine runs out of memory
RETURN_SECONDS = 2e-3  # of a share kept for the last messages, at most a tenth of it
MODULES = {"ortools": "ortools.sat.python.cp_model", "pyomo": "pyomo.environ"}
"""What methods import of packages that load nothing by themselves: 0.5 and 0.3 s."""

logger = logging.getLogger(__name__)


def send(channel: socket.socket, message: bytes) -> None:
    """Send one framed message."""
    channel.sendall(LENGTH.pack(len(message)) + message)


def receive(channel: socket.socket, length: int) -> bytes:
    """Receive exactly ``length`` bytes.

    Raises
    ------
    EOFError
        If the other side has closed.
    """
    parts = []
    while length:
        part = channel.recv(min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class Reporter(Incumbent):
    """Incumbent of a worker: reports what it accepts to the process that asked."""

    foresees = False  # what is late is killed, and what was offered by then counts

    def __init__(self, channel: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._channel = channel

    def offer(self, allocation: Any) -> bool:
        """Verify as any incumbent does, and report what is best so far."""
        before = self.least_violating
        accepted = super().offer(allocation)
        if accepted:
            self._report("offer", self.allocation)
        elif self.least_violating is not None and self.least_violating is not before:
            self._report("offer", self.least_violating)
        return accepted

    def tighten(self, bound: float, argument: Any = None) -> bool:
        """Verify as any incumbent does, and report whatever may count there."""
        accepted = super().tighten(bound, argument)
        try:
            split_fields(argument)
        except WireError:
            argument = None
        self._report("bound", argument, bound=float(bound))
        return accepted

    def _report(self, kind: str, content: Any, **more: Any) -> None:
        header, arrays = split_fields(content)
        send(self._channel, pack({"kind": kind, "content": header, **more}, arrays))


def run_task(channel: socket.socket, task: dict[str, Any], buffer: Any) -> None:
    """Run one method on the problem in ``buffer`` and report how it ended."""
    began = time.perf_counter()
    before = data_bytes()
    header, arrays = unpack(buffer)
    start = {
        name.removeprefix(START): arrays.pop(name)
        for name in list(arrays)
        if name.startswith(START)
    }
    problem = joined_problem(header["problem"], arrays)
    find_methods()
    entry = named(type(problem), task["method"])
    seconds = task["seconds"] - min(RETURN_SECONDS, 0.1 * task["seconds"])
    budget = Budget(seconds, task["gap"], task["work"])
    incumbent = Reporter(channel, problem, budget, seed=task["seed"], began=began)
    allocation = joined_fields(header["start"], start, None)
    if allocation is not None:
        Incumbent.offer(incumbent, allocation)
    try:
        with incumbent.running(entry, seconds):
            entry.function(problem, incumbent)
        ended = "returned"
    except Exception as error:
        text = traceback.format_exc()[-TEXT_LIMIT:]
        ended = f"raised {type(error).__name__}: {error}"[:TEXT_LIMIT]
        send(channel, pack({"kind": "log", "text": text}, {}))
    refused = dict(incumbent.certificate().refused)
    end = {
        "kind": "end",
        "ended": ended,
        "work": incumbent.work,
        "refused": refused,
        "kept": data_bytes() - before,
    }
    send(channel, pack(end, {}))


def serve(channel: socket.socket) -> None:
    """Say who we are, then run tasks until the other side closes."""
    send(channel, pack({"kind": "hello", "pid": os.getpid()}, {}))
    while True:
        try:
            frame, descriptors, _, _ = socket.recv_fds(channel, LENGTH.size, 1)
            if not frame:
                return
            frame += receive(channel, LENGTH.size - len(frame))
            task, _ = unpack(receive(channel, LENGTH.unpack(frame)[0]))
        except (EOFError, ConnectionError):
            return
        with os.fdopen(descriptors[0], "rb") as stream:
            buffer = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            run_task(channel, task, memoryview(buffer))
        except (BrokenPipeError, ConnectionError):
            return


def data_bytes() -> int:
    """Bytes of private memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[5])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def nursery(descriptor: int) -> None:
    """Import what workers need, then fork one for each socket received."""
    control = socket.socket(fileno=descriptor)
    _yield_to_callers()
    greeting = json.loads(receive(control, LENGTH.unpack(receive(control, 8))[0]))
    sys.path[:] = greeting["path"]
    find_methods()
    names: list[str] = greeting["imports"]
    for name in names:
        try:
            importlib.import_module(MODULES.get(name, name))
        except ImportError:  # a method that needs it says so when it is asked
            logger.warning("worker cannot import %s", name)
    workers: set[int] = set()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, lambda *_: _bury(workers))
    try:
        control.sendall(READY)
        _fork_on_demand(control, greeting["memory"], workers)
    except ConnectionError:
        logger.debug("the owner is gone")
    finally:
        workers.clear()  # from here on, all are to be buried
        while _bury(workers):
            time.sleep(BURIAL_SECONDS)


def _fork_on_demand(control: socket.socket, memory: float, workers: set[int]) -> None:
    """Fork a worker for each socket that comes, until the owner closes.

    Kernels of methods that it names are loaded first, and are there in later forks.
    """
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if order == LOAD:
            (length,) = LENGTH.unpack(receive(control, LENGTH.size))
            load_named(*json.loads(receive(control, length)))
            continue
        if not order or not descriptors:
            return
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        worker = os.fork()
        if worker == 0:
            control.close()
            _become_worker(descriptors[0], memory)
        workers.add(worker)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.close(descriptors[0])


def _bury(workers: set[int]) -> int:
    """Reap the dead, kill children that are no workers, and count those that are left.

    A child keeps its number until it is reaped, so nobody else is killed.
    """
    with contextlib.suppress(ChildProcessError):
        while (dead := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            workers.discard(dead)
    children = _children()
    for child in children - workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return len(children)


def _children() -> set[int]:
    """Numbers of this process's children; none where the system does not say."""
    try:
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return set()
    return {int(number) for number in text.split()}


def _yield_to_callers() -> None:
    """Leave the core to the caller, also where sessions share cores alike."""
    os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # other systems have none
        ctypes.CDLL(None).prctl(option, value)


def _become_worker(descriptor: int, memory: float) -> NoReturn:
    """Serve on a socket and exit; die with the nursery, within its ``memory``."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        limit_memory(memory)
        serve(socket.socket(fileno=descriptor))
        code = 0
    finally:
        os._exit(code)


def limit_memory(memory: float) -> None:
    """Let this process allocate ``memory`` bytes more than it has, and dump no core."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = data_bytes() + memory
    if limit < (NO_LIMIT if hard == resource.RLIM_INFINITY else hard):
        resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(KILLED_FIRST)

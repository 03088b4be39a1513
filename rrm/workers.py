"""Worker processes for methods that cannot be interrupted or trusted here.

Problems travel as JSON and arrays in anonymous shared memory, offers come back over a
socket; a worker that is not done at its deadline is killed, and what it offered by
then counts. Nothing has a name in the file system, so nothing can be left over.
"""

import atexit
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from formulations.problem import Problem
from rrm.incumbent import ARGUMENTS, Incumbent
from rrm.registry import Method, all_methods, is_packaged
from rrm.wire import (
    LENGTH,
    START,
    WireError,
    joined_fields,
    pack,
    split_fields,
    split_problem,
    unpack,
)

logger = logging.getLogger(__name__)

SPARE = 2  # workers kept waiting
TASKS_PER_WORKER = 100
CANCEL_POLL = 0.01  # s between looks at the caller's cancel event
START_SECONDS = 60.0  # for the nursery's imports, on a slow disk
LARGEST_MESSAGE = 1 << 30
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
LAUNCH = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from rrm.worker_process import nursery; nursery(int(sys.argv[1]))"
)


class WorkerLostError(RuntimeError):
    """A worker died, wrote garbage or could not be started."""


class Worker:
    """One forked process that runs one task at a time."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._buffer = bytearray()
        self._process: int | None = None
        self.tasks = 0

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether the worker has said hello within ``seconds``."""
        if self._process is not None:
            return True
        message = self.receive(seconds)
        if message is None:
            return False
        self._process = os.pidfd_open(int(message[0]["pid"]))
        return True

    def start(self, task: dict[str, Any], payload: bytes) -> None:
        """Hand over a task with its problem in shared memory."""
        message = pack(task, {})
        with _shared_memory(payload) as memory:
            frame = LENGTH.pack(len(message)) + message
            self._channel.setblocking(True)
            sent = socket.send_fds(self._channel, [frame], [memory.fileno()])
            self._channel.sendall(frame[sent:])
        self.tasks += 1

    def receive(self, seconds: float) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Next message, None if none is complete within ``seconds``.

        Raises
        ------
        WorkerLostError
            If the worker is gone or what it wrote is no message.
        """
        end = time.perf_counter() + seconds
        while True:
            message = self._complete_message()
            if message is not None:
                return message
            left = max(end - time.perf_counter(), 0.0)
            if not select.select([self._channel], [], [], left)[0]:
                return None
            try:
                part = self._channel.recv(1 << 20, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except ConnectionError as error:
                raise WorkerLostError("the worker is gone") from error
            if not part:
                raise WorkerLostError("the worker died")
            self._buffer += part

    def _complete_message(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        if len(self._buffer) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self._buffer)
        if length > LARGEST_MESSAGE:
            raise WorkerLostError("the worker wrote garbage")
        end = LENGTH.size + length
        if len(self._buffer) < end:
            return None
        raw = bytes(self._buffer[LENGTH.size : end])
        del self._buffer[:end]
        try:
            return unpack(raw)
        except WireError as error:
            raise WorkerLostError("the worker wrote garbage") from error

    def kill(self) -> None:
        """End the process now."""
        if self._process is not None:
            try:
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            except ProcessLookupError:
                logger.debug("the worker was gone before it was killed")
            os.close(self._process)
            self._process = None
        self._channel.close()


class Pool:
    """Warm worker processes, replaced when killed; ends with its owner.

    Parameters
    ----------
    spare : int
        Workers kept waiting.
    """

    def __init__(self, spare: int = SPARE) -> None:
        self._spare = spare
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._control, theirs = socket.socketpair()
        path = json.dumps([entry or os.getcwd() for entry in sys.path])
        with theirs:
            self._nursery = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, str(theirs.fileno()), path],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **ONE_THREAD, "RRM_OWNER": str(os.getpid())},
            )
        greeting = {"path": json.loads(path), "imports": _packages()}
        text = json.dumps(greeting).encode()
        self._control.sendall(LENGTH.pack(len(text)) + text)
        self._ready = False

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Return once the nursery has imported everything and workers wait.

        Raises
        ------
        WorkerLostError
            If that takes longer than ``seconds`` or the nursery died.
        """
        with self._lock:
            if self._ready:
                return
            self._control.settimeout(seconds)
            try:
                ready = self._control.recv(LENGTH.size + len(b"ready"))
            except TimeoutError as error:
                raise WorkerLostError(f"not ready after {seconds} s") from error
            finally:
                self._control.settimeout(None)
            if not ready.endswith(b"ready"):
                raise WorkerLostError("the nursery of the workers died")
            self._ready = True
            self._replenish(self._spare)
            for worker in self._idle:
                worker.wait_until_ready(seconds)

    def take(self, seconds: float) -> Worker | None:
        """Return a worker that waits, None if none is ready within ``seconds``."""
        with self._lock:
            self._replenish(1)
            worker = self._idle.pop(0)
        try:
            if worker.wait_until_ready(seconds):
                return worker
        except WorkerLostError:
            logger.warning("a waiting worker had died")
        self.discard(worker)
        return None

    def discard(self, worker: Worker) -> None:
        """Kill a worker and have another one come up."""
        worker.kill()
        with self._lock:
            self._replenish(self._spare)

    def give_back(self, worker: Worker) -> None:
        """Keep a worker that has finished its task for the next one."""
        with self._lock:
            if len(self._idle) < self._spare and worker.tasks < TASKS_PER_WORKER:
                self._idle.insert(0, worker)
                return
        worker.kill()

    def close(self) -> None:
        """End all processes."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            for worker in self._idle:
                worker.kill()
            self._idle.clear()
            self._control.close()
            self._nursery.kill()
            self._nursery.wait()

    @property
    def is_alive(self) -> bool:
        """Whether this process owns the pool and its nursery runs."""
        return os.getpid() == self._owner and self._nursery.poll() is None

    def _replenish(self, number: int) -> None:
        """Order forks until ``number`` wait; they come up while we go on."""
        while len(self._idle) < number:
            ours, theirs = socket.socketpair()
            with theirs:
                socket.send_fds(self._control, [b"F"], [theirs.fileno()])
            self._idle.append(Worker(ours))


_default: dict[str, Pool] = {}
_default_lock = threading.Lock()


def default_pool() -> Pool:
    """Return the pool of this process, started if there is none."""
    with _default_lock:
        pool = _default.get("pool")
        if pool is None or not pool.is_alive:
            if pool is None:
                atexit.register(close_default_pool)
            else:
                pool.close()
            pool = _default["pool"] = Pool()
        return pool


def close_default_pool() -> None:
    """End the processes of the default pool."""
    with _default_lock:
        pool = _default.pop("pool", None)
    if pool is not None:
        pool.close()


def run_in_worker(method: Method, problem: Problem, incumbent: Incumbent) -> str:
    """Run ``method`` in a worker until it is done or its share is over.

    Returns
    -------
    str
        How it ended, for the plan.
    """
    pool = default_pool()
    worker = pool.take(incumbent.remaining())
    if worker is None:
        return "no worker was ready"
    done = False
    try:
        worker.start(_task(method, incumbent), _payload(problem, incumbent))
        while not incumbent.expired(0):
            message = worker.receive(min(incumbent.remaining(), CANCEL_POLL))
            if message is None:
                continue
            if message[0].get("kind") == "end":
                done = True
                incumbent.work += int(message[0]["work"])
                incumbent.note_refusals(message[0]["refused"])
                return str(message[0]["ended"])
            _take_message(message, incumbent, problem)
        return f"stopped: {incumbent.reached() or 'its share was over'}"
    except (WorkerLostError, OSError, KeyError, TypeError, ValueError) as error:
        logger.warning("worker for %s was lost: %s", method.name, error)
        return f"worker lost: {error}"
    finally:
        if done:
            pool.give_back(worker)
        else:
            pool.discard(worker)


def _task(method: Method, incumbent: Incumbent) -> dict[str, Any]:
    """What to run, and within which limits."""
    spent = incumbent.work
    work = incumbent.budget.work
    return {
        "method": method.name,
        "seconds": incumbent.remaining(),
        "gap": incumbent.budget.gap,
        "work": None if work is None else max(work - spent, 0),
        "seed": incumbent.seed,
    }


def _payload(problem: Problem, incumbent: Incumbent) -> bytes:
    """Problem and the best allocation so far, as one message."""
    header, arrays = split_problem(problem)
    start, start_arrays = split_fields(incumbent.allocation)
    parts = {START + name: values for name, values in start_arrays.items()}
    return pack({"problem": header, "start": start}, {**arrays, **parts})


def _take_message(
    message: tuple[dict[str, Any], dict[str, Any]],
    incumbent: Incumbent,
    problem: Problem,
) -> None:
    """Pass an offer or a bound on to the referee, which trusts neither."""
    header, arrays = message
    if header["kind"] == "log":
        logger.warning("method in a worker raised: %s", header["text"])
        return
    if header["kind"] == "offer":
        content = header["content"]
        kind = problem.allocation_type
        allowed = (kind.__module__,)
        incumbent.offer(joined_fields(content, arrays, allowed))
        return
    try:
        argument = joined_fields(header["content"], arrays, ARGUMENTS)
    except WireError:
        argument = None
    incumbent.tighten(header["bound"], argument)


def _packages() -> list[str]:
    """Packages that the isolated methods need."""
    names = {
        name
        for entry in all_methods()
        if entry.isolated and is_packaged(entry)
        for name in entry.needs
    }
    return sorted(names)


def _shared_memory(payload: bytes) -> Any:
    """Anonymous file in memory that holds ``payload``."""
    if hasattr(os, "memfd_create"):
        stream: Any = os.fdopen(os.memfd_create("rrm"), "wb+")
    else:
        stream = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    stream.write(payload)
    stream.flush()
    return stream

"""Pools of warm worker processes: how many may run, with how much memory each."""

import atexit
import contextlib
import json
import logging
import os
import socket
import sys
import threading
import time
import weakref
from collections.abc import Collection
from contextvars import ContextVar, Token
from typing import Self

from rrm.pool_limits import checked_limits
from rrm.registry import all_methods, is_packaged
from rrm.wire import LENGTH, LOAD, READY
from rrm.worker import Worker, WorkerLostError, ordered

logger = logging.getLogger(__name__)

SPARE = 2  # workers kept waiting, at the most
TASKS_PER_WORKER = 100
END_SECONDS = 1.0  # for the nursery to end what workers have started, or be killed
START_SECONDS = 60.0  # for the nursery's imports, on a slow disk
REVIVAL_SECONDS = 5.0  # least share that is worth waiting for a nursery anew
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
LAUNCH = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from rrm.worker_process import nursery; nursery(int(sys.argv[1]))"
)


class Pool:
    """Warm worker processes, replaced when killed; they end with their owner.

    Within ``with rrm.Pool(...)``, calls of ``solve`` use it, also those of other
    threads that have entered none themselves. Without any, there is a default one.

    Parameters
    ----------
    size : int, optional
        Methods that may run in workers at the same time; others wait for their turn
        within their share. By default twice the number of cores.
    memory : float, optional
        Bytes that each worker may allocate for itself; beyond, its allocations fail.
        By default its part of the machine's memory.

    Raises
    ------
    FieldError
        If ``size`` is not positive, or ``memory`` less than a megabyte.
    """

    def __init__(self, size: int | None = None, memory: float | None = None) -> None:
        self.size, self.memory = checked_limits(size, memory)
        self._spare = min(self.size, SPARE)
        self._free = threading.Semaphore(self.size)
        self._busy = 0
        self._idle: list[Worker] = []
        self._loaded: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._closed = self._is_revived = False
        self._token: Token[Pool | None] | None = None
        self._launch()
        _pools.add(self)

    def __enter__(self) -> Self:
        """Wait for the workers, and have ``solve`` use them.

        Raises
        ------
        RuntimeError
            If the pool is entered or closed already: leaving it ends its processes.
        """
        if self._closed or self._token is not None:
            state = "closed" if self._closed else "entered already"
            raise RuntimeError(f"the pool is {state}: make another one")
        self.wait_until_ready()
        self._token = _entered.set(self)
        _open.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; a method that still runs in one is lost."""
        if self._token is not None:
            _entered.reset(self._token)
        if self in _open:  # not in a fork of the owner
            _open.remove(self)
        self.close()

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
                ready = self._control.recv(len(READY))
            except OSError as error:
                raise WorkerLostError(f"not ready after {seconds} s") from error
            finally:
                self._control.settimeout(None)
            if ready != READY:
                raise WorkerLostError("the nursery of the workers died")
            self._ready = True
            self._replenish(self._spare)
            for worker in self._idle:
                worker.wait_until_ready(seconds)

    def take(self, seconds: float) -> Worker | None:
        """Return a worker that waits, None if none is ready within ``seconds``.

        Where the nursery had died, fewer than ``REVIVAL_SECONDS`` are not waited for.
        """
        end = time.perf_counter() + seconds
        if not self._free.acquire(timeout=max(seconds, 0.0)):
            return None
        self._busy += 1
        worker = None
        try:
            with self._lock:
                self._revive()
                self._replenish(1)
                worker = self._idle.pop(0)
                if self._spare > 1:
                    self._replenish(1)  # comes up while this one works
            is_vain = self._is_revived and seconds < REVIVAL_SECONDS
            left = 0.0 if is_vain else max(end - time.perf_counter(), 0.0)
            if worker.wait_until_ready(left):
                self._is_revived = False
                return worker
            if is_vain and self.is_alive:  # it comes up meanwhile
                with self._lock:
                    self._idle.insert(0, worker)
                self._release()
                return None
        except (WorkerLostError, OSError, IndexError):
            logger.warning("a worker died as it came up, or the pool was closed")
        except BaseException:
            self.discard(worker)
            raise
        self.discard(worker)
        return None

    def take_ready(self, key: str | None) -> Worker | None:
        """Return a worker that waits, None where none is ready or no core is free.

        It has loaded the kernels of the method with that ``key``, if there is one.
        """
        if not self._free.acquire(blocking=False):
            return None
        worker = None
        try:
            with self._lock:
                self._revive()
                self._replenish(self._spare)
                worker = self._waiting(key)
        except OSError as error:
            logger.warning("no nursery could be started: %s", error)
        finally:
            if worker is None:
                self._free.release()
        return worker

    def _waiting(self, key: str | None) -> Worker | None:
        """Take a worker that is ready and has ``key`` loaded, if a core is free."""
        cores = len(os.sched_getaffinity(0))
        for worker in self._idle if self._busy < cores - 1 else ():
            if key not in (None, *worker.loaded):
                continue
            with contextlib.suppress(WorkerLostError):  # passed over next time
                if worker.wait_until_ready(0.0):
                    self._idle.remove(worker)
                    self._busy += 1
                    return worker
        return None

    def load(self, keys: Collection[str]) -> None:
        """Have workers that are forked from now on come up with methods' kernels."""
        with self._lock:
            new = sorted(set(keys) - self._loaded)
            if new and not self._closed:
                self._loaded = self._loaded.union(new)
                self._send_loads(new)

    def wait_until_loaded(self, seconds: float = START_SECONDS) -> None:
        """Return once a worker waits that has loaded what was asked for.

        Raises
        ------
        WorkerLostError
            If the nursery died.
        """
        with self._lock:
            self._revive()
            self._replenish(self._spare)
            for worker in self._idle:
                if worker.loaded == self._loaded:
                    worker.wait_until_ready(seconds)
                    return

    def discard(self, worker: Worker | None) -> None:
        """Kill a worker that was taken, and have another one come up if none waits.

        Otherwise that is left to the next call: it takes a core for 10 ms.
        """
        if worker is not None:
            worker.kill()
        self._release()
        with self._lock:
            self._replenish(1)

    def give_back(self, worker: Worker) -> None:
        """Keep a worker that has finished its task for the next one."""
        with self._lock:
            keep = len(self._idle) < self.size and worker.tasks < TASKS_PER_WORKER
            if keep and not self._closed:
                self._idle.insert(0, worker)
        if not keep or self._closed:
            worker.kill()
        self._release()

    def close(self) -> None:
        """End all processes."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self._closed = True
            self._end_processes()

    @property
    def is_alive(self) -> bool:
        """Whether this process owns the pool, it is open, and its nursery runs."""
        mine = os.getpid() == self._owner and not self._closed
        return mine and self._nursery.poll() is None

    @property
    def nursery(self) -> int:
        """Number of the process that workers are forked from, leader of a session."""
        return self._nursery.pid

    def forget(self) -> None:
        """Leave the processes to the owner, of which this process is a fork."""
        for worker in self._idle:
            worker.forget()
        self._idle.clear()
        self._control.close()
        self._nursery.returncode = 0  # not ours to wait for

    def _launch(self) -> None:
        """Start the nursery, which imports what methods need."""
        import subprocess

        self._control, theirs = socket.socketpair()
        path = [entry or os.getcwd() for entry in sys.path]
        with theirs:
            self._nursery = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, str(theirs.fileno()), json.dumps(path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **ONE_THREAD, "RRM_OWNER": str(os.getpid())},
            )
        greeting = {"path": path, "imports": _packages(), "memory": self.memory}
        text = json.dumps(greeting).encode()
        self._control.sendall(LENGTH.pack(len(text)) + text)
        self._ready = False
        if self._loaded:  # which takes long; methods of workers do without
            self._idle.append(ordered(self._control, frozenset()))
            self._send_loads(self._loaded)

    def _release(self) -> None:
        """Let another method run in a worker."""
        self._busy -= 1
        self._free.release()

    def _send_loads(self, keys: Collection[str]) -> None:
        text = json.dumps(sorted(keys)).encode()
        with contextlib.suppress(OSError):  # the next take starts another nursery
            self._control.sendall(LOAD + LENGTH.pack(len(text)) + text)

    def _revive(self) -> None:
        """Start the nursery anew if something has ended it."""
        if not self._closed and self._nursery.poll() is not None:
            logger.warning("the nursery of the workers had died: starting another")
            self._end_processes()
            self._launch()
            self._is_revived = True

    def _end_processes(self) -> None:
        """End workers, and let the nursery end what they have started in turn."""
        import subprocess

        for worker in self._idle:
            worker.kill()
        self._idle.clear()
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._nursery.wait(END_SECONDS)
        self._nursery.kill()
        self._nursery.wait()

    def _replenish(self, number: int) -> None:
        """Order forks until ``number`` wait, one with all that is loaded among them.

        They come up while we go on. Those that died while they waited are passed over.
        """
        for worker in list(self._idle):
            try:
                worker.wait_until_ready(0.0)
            except WorkerLostError:
                logger.warning("a waiting worker had died")
                self._idle.remove(worker)
                worker.kill()
        while not self._closed:
            is_fresh = any(one.loaded == self._loaded for one in self._idle)
            if len(self._idle) >= number and is_fresh:
                return
            if len(self._idle) > self._spare:
                self._idle.pop(0).kill()  # the oldest, with less loaded
            try:
                self._idle.append(ordered(self._control, self._loaded))
            except OSError as error:  # the nursery died, or no descriptor is left
                logger.warning("no worker could be forked: %s", error)
                return


_entered: ContextVar[Pool | None] = ContextVar("rrm_pool", default=None)
_open: list[Pool] = []
_pools: weakref.WeakSet[Pool] = weakref.WeakSet()
_default: dict[str, Pool] = {}
_default_lock = threading.Lock()


def current_pool() -> Pool:
    """Return the pool entered last, else the default one, started if there is none."""
    for pool in (_entered.get(), *reversed(_open)):
        if pool is not None and pool.is_alive:
            return pool
    return default_pool()


def default_pool() -> Pool:
    """Return the pool of this process, started if there is none."""
    with _default_lock:
        pool = _default.get("pool")
        if pool is None:
            atexit.register(close_default_pool)
            pool = _default["pool"] = Pool()
        return pool


def close_default_pool() -> None:
    """End the processes of the default pool."""
    with _default_lock:
        pool = _default.pop("pool", None)
    if pool is not None:
        pool.close()


def _after_fork() -> None:
    """In a fork of the owner: leave its workers alone, and hold none of its sockets."""
    global _default_lock
    _default_lock = threading.Lock()
    for pool in list(_pools):
        pool.forget()
    _pools.clear()
    _open.clear()
    _default.clear()
    _entered.set(None)


os.register_at_fork(after_in_child=_after_fork)


def _packages() -> list[str]:
    """Packages that the isolated methods need."""
    names = {
        name
        for entry in all_methods()
        if entry.isolated and is_packaged(entry)
        for name in entry.needs
    }
    return sorted(names)

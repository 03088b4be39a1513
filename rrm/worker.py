"""One worker process as its owner sees it: hand over, listen, kill."""

import os
import select
import signal
import socket
import tempfile
import time
from typing import Any

from rrm.wire import FORK, LENGTH, WireError, pack, unpack

LARGEST_MESSAGE = 1 << 26  # bytes that any worker may send at once,
LARGEST_SHARE = 16  # or so many times what its problem takes
PART = 1 << 18  # bytes read between looks at the clock


class WorkerLostError(RuntimeError):
    """A worker died, wrote garbage or could not be started."""


class Worker:
    """One forked process that runs one task at a time.

    Attributes
    ----------
    tasks : int
        How many it has begun.
    loaded : frozenset of str
        Methods whose kernels it was forked with.
    """

    def __init__(
        self, channel: socket.socket, loaded: frozenset[str] = frozenset()
    ) -> None:
        self._channel = channel
        self._buffer = bytearray()
        self._process: int | None = None
        self._largest = LARGEST_MESSAGE
        self.tasks = 0
        self.loaded = loaded

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether the worker has said hello within ``seconds``.

        Raises
        ------
        WorkerLostError
            If it is gone, also since.
        """
        if self._process is None:
            message = self.receive(seconds)
            if message is None:
                return False
            try:
                self._process = os.pidfd_open(int(message[0]["pid"]))
            except OSError as error:  # nobody has the number, or we no descriptor left
                raise WorkerLostError(f"the worker died: {error}") from error
        if is_readable(self._process, 0.0):
            raise WorkerLostError("the worker died")
        return True

    def start(self, task: dict[str, Any], payload: bytes) -> None:
        """Hand over a task with its problem in shared memory.

        Raises
        ------
        WorkerLostError
            If the worker died while it waited.
        """
        message = pack(task, {})
        self._largest = max(LARGEST_MESSAGE, LARGEST_SHARE * len(payload))
        with _shared_memory(payload) as memory:
            frame = LENGTH.pack(len(message)) + message
            self._channel.setblocking(True)
            try:
                sent = socket.send_fds(self._channel, [frame], [memory.fileno()])
                self._channel.sendall(frame[sent:])
            except ConnectionError as error:
                raise WorkerLostError("the worker died") from error
        self.tasks += 1

    def receive(self, seconds: float) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Next message, None if none is complete within ``seconds``.

        Raises
        ------
        WorkerLostError
            If the worker is gone or what it wrote is no message.
        """
        end = time.perf_counter() + seconds
        left = seconds
        while True:
            message = self._complete_message()
            if message is not None:
                return message
            if left < 0 or not is_readable(self._channel.fileno(), left):
                return None
            left = end - time.perf_counter()  # a flood without end is no message
            try:
                part = self._channel.recv(PART, socket.MSG_DONTWAIT)
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
        if length > self._largest:
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
        """End the process now; the nursery ends what it has started in turn."""
        if self._process is not None:
            try:
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it was gone before
            finally:
                os.close(self._process)
                self._process = None
        self._channel.close()

    def forget(self) -> None:
        """Close what a fork of the owner holds; the worker stays the owner's."""
        if self._process is not None:
            os.close(self._process)
            self._process = None
        self._channel.close()


def ordered(nursery: socket.socket, loaded: frozenset[str]) -> Worker:
    """Worker that a nursery forks while we go on, with kernels that it has ``loaded``.

    Raises
    ------
    OSError
        If the nursery died, or no descriptor is left here.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            socket.send_fds(nursery, [FORK], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
    return Worker(ours, loaded)


def is_readable(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, or the other side ends, within ``seconds``.

    For descriptors of any number, which ``select.select`` does not take. A poll waits
    for whole milliseconds, so what is left of one is slept through.
    """
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    whole = int(1e3 * seconds)
    if poller.poll(whole):
        return True
    time.sleep(max(seconds - 1e-3 * whole, 0.0))
    return bool(poller.poll(0))


def _shared_memory(payload: bytes) -> Any:
    """Anonymous file in memory that holds ``payload``."""
    if hasattr(os, "memfd_create"):
        stream: Any = os.fdopen(os.memfd_create("rrm"), "wb+")
    else:
        stream = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    stream.write(payload)
    stream.flush()
    return stream

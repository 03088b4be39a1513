"""A process that runs tasks for one tool, and the handle of who gives them.

The tool is the engine or one outside solver, imported and warmed up before the first
task. Tasks and rows travel as JSON lines over a socket; what a solver prints goes
nowhere. A process that is overdue is killed, and the next task gets a new one.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from benchmarks.machine import limited, threads_in_use
from benchmarks.measurement import Bench, Task, nothing_told
from benchmarks.outside import Limits, all_outside
from formulations.problem import Problem
from rrm.registry import all_methods
from rrm.warming import warm_up

GRACE = 5.0  # s, and the budget again, beyond which a run is killed
READY_SECONDS = 600.0  # to compile kernels the very first time
LAUNCH = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from benchmarks.lane import serve; serve(int(sys.argv[1]), *sys.argv[3:])"
)
WARM_SECONDS = 2.0  # for an outside solver on an example


class LaneLostError(RuntimeError):
    """The process died, or had to be killed."""


class Lane:
    """A process for one tool, on given cores.

    Parameters
    ----------
    tool : str
        ``rrm`` or an outside solver's name.
    kinds : list of str
        Problem classes that it will meet.
    cores : set of int
        Processors it may run on; as many threads are allowed.
    """

    def __init__(self, tool: str, kinds: list[str], cores: set[int]) -> None:
        self.tool = tool
        self._socket, theirs = socket.socketpair()
        self._buffer = b""
        path = json.dumps([entry or os.getcwd() for entry in sys.path])
        words = [str(theirs.fileno()), path, tool, json.dumps(kinds)]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, *words, json.dumps(sorted(cores))],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=limited(len(cores)),
            )
        self.about = self._answer(READY_SECONDS)

    def ask(self, task: Task, *, only_reasons: bool = False) -> dict[str, Any]:
        """Row of a task; or for each method why it does not fit.

        Raises
        ------
        LaneLostError
            If the process died or was overdue; it is gone then.
        """
        order = {"task": asdict(task), "only_reasons": only_reasons}
        with contextlib.suppress(ConnectionError):  # the answer will not come, then
            self._socket.sendall(json.dumps(order).encode() + b"\n")
        self._answer(READY_SECONDS)  # the problem is built
        return self._answer(READY_SECONDS if only_reasons else GRACE + 2 * task.budget)

    def close(self) -> None:
        """End the process and its own."""
        self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _answer(self, seconds: float) -> dict[str, Any]:
        end = time.perf_counter() + seconds
        while b"\n" not in self._buffer:
            left = end - time.perf_counter()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                self.close()
                raise LaneLostError(f"killed, as it was not done after {seconds:g} s")
            part = b""
            with contextlib.suppress(ConnectionError):
                part = self._socket.recv(1 << 20)
            if not part:
                self.close()
                code = self._process.returncode
                raise LaneLostError(f"{self.tool} died with code {code}")
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)


def serve(descriptor: int, tool: str, kinds: str, cores: str) -> None:
    """Run what comes over the socket until its other end is closed."""
    os.sched_setaffinity(0, json.loads(cores))
    threads = len(json.loads(cores))
    with socket.socket(fileno=descriptor) as channel:
        began = time.perf_counter()
        _warm(tool, json.loads(kinds), threads)
        about = {"warm_up": time.perf_counter() - began, "threads": threads_in_use()}
        channel.sendall(json.dumps(about).encode() + b"\n")
        bench = Bench()
        for line in channel.makefile("r", encoding="utf-8"):
            order = json.loads(line)
            task = Task(**order["task"])
            _, built = bench.problem(task)
            channel.sendall(json.dumps({"built": built}).encode() + b"\n")
            answer = (bench.reasons if order["only_reasons"] else bench.run)(task)
            channel.sendall(json.dumps(answer, allow_nan=False).encode() + b"\n")


def _warm(tool: str, kinds: list[str], threads: int) -> None:
    """Import the tool, and let it solve the examples of the problems it will meet."""
    known = {entry.problem.__name__: entry.problem for entry in all_methods()}
    classes: list[type[Problem]] = [known[kind] for kind in kinds]
    if tool == "rrm":
        if classes:
            warm_up(*classes)
        return
    solver = all_outside()[tool]
    for kind in classes:
        fitting = (one for one in kind.examples() if not solver.reason_against(one))
        example = next(fitting, None)
        if example is not None:
            end = time.perf_counter() + WARM_SECONDS
            solver.claim(example, Limits(end, 1e-4, threads, 0))


def lost_row(task: Task, why: str, seconds: float) -> dict[str, Any]:
    """Row of a run whose process is gone."""
    return {
        **asdict(task),
        **nothing_told(),
        "problem": "",
        "size": "",
        "sense": 0,
        "build_seconds": None,
        "pace": None,
        "cpu_seconds": None,
        "waited": None,
        "seconds": seconds,
        "overrun": seconds - task.budget,
        "error": why,
    }

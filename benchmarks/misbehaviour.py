"""Methods that crash, hang, lie, flood and allocate without end, for every problem.

Nobody meets them by accident: they are found as those of another package would be,
while a folder that says so is on the path (:func:`benchmarks.robustness.announce`), and
only run where they are named.
"""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import numpy as np

import rrm
from formulations import (
    BlockSchedule,
    ChannelAssignment,
    LapPlacement,
    PowerControl,
    UserAssociation,
)
from rrm.planning import REFERENCE_RANK

PROBLEMS = (
    PowerControl,
    ChannelAssignment,
    BlockSchedule,
    UserAssociation,
    LapPlacement,
)
FOREVER = 1e6  # s
MEGABYTE = 1 << 20


def raising(problem: Any, incumbent: Any) -> None:
    """Raise."""
    raise RuntimeError("on purpose")


def crashing(problem: Any, incumbent: Any) -> None:
    """Die of a signal."""
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(FOREVER)


def leaving(problem: Any, incumbent: Any) -> None:
    """End the process as if all were well."""
    os._exit(0)


def hanging(problem: Any, incumbent: Any) -> None:
    """Wait for what never comes."""
    time.sleep(FOREVER)


def spinning(problem: Any, incumbent: Any) -> None:
    """Compute without end, and ask nobody."""
    while True:
        pass


def allocating(problem: Any, incumbent: Any) -> None:
    """Allocate and touch memory without end."""
    kept = []
    while True:
        kept.append(np.ones(8 * MEGABYTE // 8))


def littering(problem: Any, incumbent: Any) -> None:
    """Leave processes behind, one of them in a group of its own."""
    command = [sys.executable, "-c", f"import time; time.sleep({FOREVER})"]
    for group in (None, 0):
        subprocess.Popen(command, process_group=group)
    multiprocessing.get_context("fork").Process(target=time.sleep, args=(FOREVER,))
    time.sleep(FOREVER)


def garbling(problem: Any, incumbent: Any) -> None:
    """Write noise over every socket there is."""
    noise = np.random.default_rng(0).bytes(1 << 16)
    for name in os.listdir("/proc/self/fd"):
        try:
            channel = socket.socket(fileno=os.dup(int(name)))
            channel.sendall(noise)
        except OSError:
            continue


def flooding(problem: Any, incumbent: Any) -> None:
    """Offer and claim without end, past the deadline."""
    while True:
        incumbent.offer(incumbent.allocation)
        incumbent.tighten(problem.sense * 1e300)


def lying(problem: Any, incumbent: Any) -> None:
    """Claim that the best is optimal and that nothing is feasible, and offer trash."""
    incumbent.offer(None)
    incumbent.offer(incumbent.problem)
    incumbent.tighten(incumbent.objective)
    for engine in ("one", "two"):
        incumbent.tighten(incumbent.objective, rrm.BySearch(engine))
        incumbent.tighten(-problem.sense * np.inf, rrm.BySearch(engine))
    incumbent.tighten(np.nan)
    if incumbent.allocation is not None:
        allocation = incumbent.allocation
        spoiled = {
            name: np.full_like(values, 99) for name, values in vars(allocation).items()
        }
        incumbent.offer(type(allocation)(**spoiled))


ALL = (
    raising,
    crashing,
    leaving,
    hanging,
    spinning,
    allocating,
    littering,
    garbling,
    flooding,
    lying,
)

for _problem in PROBLEMS:
    for _function in ALL:
        rrm.method(_problem, kind="heuristic", rank=REFERENCE_RANK)(_function)

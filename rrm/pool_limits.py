"""How many workers a pool may have, and how much memory each of them."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from twins.declaration import FieldError

PER_CORE = 2  # workers: a call that shares a core is better off than one that waits
LEAST_MEMORY = 1e6  # bytes: with less, a worker cannot even say that it is there
CONTROL_GROUP = Path("/sys/fs/cgroup/memory.max")


def checked_limits(size: Any, memory: Any) -> tuple[int, float]:
    """Workers, and bytes for each; by default, for None, what the machine has.

    Raises
    ------
    FieldError
        If one of them is no number, or too small.
    """
    size = PER_CORE * len(os.sched_getaffinity(0)) if size is None else size
    is_whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if not is_whole or size < 1:
        raise FieldError("Pool.size", None, repr(size), "an integer, at least 1")
    memory = max(machine_memory() / size, LEAST_MEMORY) if memory is None else memory
    is_number = isinstance(memory, (int, float, np.number))
    if isinstance(memory, bool) or not is_number or not memory >= LEAST_MEMORY:
        allowed = f"a number of bytes, at least {LEAST_MEMORY:.0e}"
        raise FieldError("Pool.memory", None, repr(memory), allowed)
    return int(size), float(memory)


def machine_memory() -> float:
    """Bytes of memory that this process may use: the machine's, or its container's."""
    physical = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    try:
        return min(physical, float(CONTROL_GROUP.read_text()))
    except (OSError, ValueError):  # no container, or "max"
        return physical

"""What a measurement depends on: machine, versions, commit, load, threads."""

import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "rrm-engine",
    "numpy",
    "scipy",
    "numba",
    "highspy",
    "ortools",
    "pyscipopt",
    "cvxpy",
    "clarabel",
    "scs",
    "pyomo",
)
LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
TUNED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Settings that replace a library's own choice of kernels; not handed on."""
STEPS = 20_000  # of the pace, a fifth of a millisecond


def machine() -> dict[str, Any]:
    """Processor, memory, system, versions of what is measured, and the commit."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(_memory() / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "commit": _commit(),
    }


def load() -> float:
    """Load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def pace() -> float:
    """Processor seconds that some arithmetic takes now: how fast the machine is."""
    began = time.thread_time()
    value = 0.0
    for step in range(STEPS):
        value += step * 1e-9
    return time.thread_time() - began


def waits() -> dict[str, float]:
    """Seconds that each thread here and below could have run but others did, so far.

    Of this process and those that it started, by thread; empty where Linux does not
    say.
    """
    found, left = {}, [str(os.getpid())]
    while left:
        for thread in Path(f"/proc/{left.pop()}/task").glob("*"):
            try:
                found[thread.name] = (
                    int((thread / "schedstat").read_text().split()[1]) * 1e-9
                )
                left += (thread / "children").read_text().split()
            except OSError:
                continue  # it has ended
    return found


def waited(before: dict[str, float], after: dict[str, float]) -> float:
    """Seconds between two :func:`waits`, of all threads together."""
    return sum(now - before.get(thread, 0.0) for thread, now in after.items())


def limited(threads: int) -> dict[str, str]:
    """Environment for a process that shall use ``threads`` threads."""
    kept = {name: text for name, text in os.environ.items() if name not in TUNED}
    return {**kept, **dict.fromkeys(LIMITS, str(threads))}


def threads_in_use() -> dict[str, int]:
    """Threads that this process's libraries would use, asked of each, and its cores."""
    found = {"cores": len(os.sched_getaffinity(0))}
    if "numba" in sys.modules:
        import numba

        found["numba"] = int(numba.get_num_threads())
    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        return found
    for entry in threadpool_info():
        name = str(entry["internal_api"])
        found[name] = max(found.get(name, 0), int(entry["num_threads"]))
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _commit() -> str:
    """Commit of the checkout, with ``+`` where files differ; empty without one."""
    root = Path(__file__).parents[1]

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        return commit + ("+" if commit and git("status", "--porcelain") else "")
    except FileNotFoundError:
        return ""

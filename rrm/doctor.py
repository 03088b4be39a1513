"""What is installed, set and running, what of it is wrong, and what to do about it.

Nothing heavy is imported: versions come from metadata, kernels from their files. Only
the workers are started, as their time is one of the findings.
"""

import ast
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.util import find_spec
from pathlib import Path

from rrm.pool import Pool
from rrm.worker import WorkerLostError

DISTRIBUTION = "rrm-engine"
PACKAGES = ("rrm", "formulations", "twins", "llm_bridge", "benchmarks")
LIBRARIES = {
    "numpy": "2.0",
    "scipy": "1.13",
    "numba": "0.61",
    "highspy": "1.16.0",
    "cvxpy": "1.7",
    "clarabel": "0.10",
    "pyomo": "6.9",
    "ortools": "9.12",
    "pandas": "2.2",
    "pydantic": "2.10",
}
"""Oldest version of each library that the engine works with."""
OPTIONAL = ("pyscipopt", "matplotlib", "sionna-rt", "openai", "ray", "threadpoolctl")
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
SECONDS = 4.5  # for all; workers that are not ready by then are a finding
LEAST_SECONDS = 0.2
OK, SLOW, WRONG = "ok", "slow", "wrong"


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes
    ----------
    topic : str
        ``versions``, ``packages``, ``environment``, ``threads``, ``kernels`` or
        ``workers``.
    level : str
        ``ok``, ``slow`` (works, and could be faster) or ``wrong``.
    text : str
        What was found.
    advice : str
        What to do about it; empty where there is nothing to say.
    """

    topic: str
    level: str
    text: str
    advice: str = ""


@dataclass(frozen=True)
class KnownTrouble:
    """Versions of a library, from ``first`` to before ``fixed``, that are known bad."""

    library: str
    first: str
    fixed: str
    level: str
    reason: str
    advice: str


KNOWN = (
    KnownTrouble(
        "highspy",
        "1.15",
        "1.16.0",
        WRONG,
        "cannot be loaded beside ortools 9.15, as both bring libhighs.so.1, and "
        "overruns time limits of a second by another",
        "pip install 'highspy>=1.16.0'",
    ),
    KnownTrouble(
        "highspy",
        "0",
        "1.15",
        WRONG,
        "gives wrong optima of small mixed-integer programs",
        "pip install 'highspy>=1.16.0'",
    ),
    KnownTrouble(
        "ortools",
        "9.15",
        "9.16",
        OK,
        "has called a feasible assignment with exact separations infeasible",
        "nothing: an infeasibility by search counts only where two solvers agree",
    ),
)
"""Measured; see `docs/deadlines.md`."""
SETTINGS = (
    ("NUMBA_DISABLE_JIT", WRONG, "kernels run as plain Python, 100 times slower"),
    ("NUMBA_BOUNDSCHECK", SLOW, "kernels check every index"),
    ("NUMBA_DEBUG", SLOW, "numba writes what it does to standard output"),
    ("OPENBLAS_CORETYPE", SLOW, "OpenBLAS does not choose its kernels by itself"),
    ("OPENBLAS_L2_SIZE", SLOW, "OpenBLAS does not choose its blocks by itself"),
)
"""Variables that should not be set: level and effect."""


def examine() -> list[Finding]:
    """Everything that can be said in five seconds, in the order of the report."""
    began = time.perf_counter()
    pool = Pool(1)  # comes up while the rest is looked at
    try:
        return [
            *versions(),
            *packages(),
            *environment(),
            *threads(),
            *kernels(),
            workers(pool, began),
        ]
    finally:
        pool.close()


def versions() -> Iterator[Finding]:
    """Python and each library: there, recent enough, and not known bad."""
    python = platform.python_version()
    level = OK if sys.version_info >= (3, 11) else WRONG
    advice = "" if level == OK else "use Python 3.11 or later"
    yield Finding("versions", level, f"Python {python}, {platform.system()}", advice)
    for name, oldest in LIBRARIES.items():
        found = installed(name)
        if found is None:
            advice = f"pip install '{name}>={oldest}'"
            yield Finding("versions", WRONG, f"{name} is not installed", advice)
        else:
            yield judged(name, found)
    there = [f"{name} {found}" for name in OPTIONAL if (found := installed(name))]
    yield Finding("versions", OK, "optional: " + (", ".join(there) or "none"))


def judged(name: str, found: str) -> Finding:
    """One library by the table of known trouble, then by the oldest that works."""
    for known in KNOWN:
        low, high = number_of(known.first), number_of(known.fixed)
        if known.library == name and low <= number_of(found) < high:
            text = f"{name} {found} {known.reason}"
            return Finding("versions", known.level, text, known.advice)
    oldest = LIBRARIES[name]
    if number_of(found) < number_of(oldest):
        text = f"{name} {found} is older than {oldest}"
        return Finding("versions", WRONG, text, f"pip install '{name}>={oldest}'")
    return Finding("versions", OK, f"{name} {found}")


def packages() -> Iterator[Finding]:
    """Whether our five packages are ours: other distributions have the same names."""
    try:
        text = f"{DISTRIBUTION} {distribution(DISTRIBUTION).version}"
        yield Finding("packages", OK, text)
    except PackageNotFoundError:
        advice = f"pip install {DISTRIBUTION}"
        text = f"{DISTRIBUTION} is not installed: entry points are missing"
        yield Finding("packages", WRONG, text, advice)
    home = Path(__file__).parents[1]
    for name in PACKAGES:
        spec = find_spec(name)
        place = Path(spec.origin).parents[1] if spec and spec.origin else None
        if place != home:
            text = f"{name} comes from {place}, not from {home}"
            advice = f"uninstall the other distribution that brings {name}"
            yield Finding("packages", WRONG, text, advice)


def environment() -> Iterator[Finding]:
    """Variables and machine settings that slow solving."""
    for name, level, effect in SETTINGS:
        value = os.environ.get(name, "0")
        if value not in ("0", ""):
            text, advice = f"{name}={value}: {effect}", f"unset {name}"
            yield Finding("environment", level, text, advice)
    try:
        governor = GOVERNOR.read_text().strip()
    except OSError:
        governor = ""
    if governor == "powersave":
        advice = "cpupower frequency-set -g performance"
        yield Finding("environment", SLOW, "the processor saves power", advice)
    if is_busy():
        cores = len(os.sched_getaffinity(0))
        text = f"{os.getloadavg()[0]:.1f} processes want to run on {cores} cores"
        yield Finding("environment", SLOW, text, "deadlines hold within 20% + 2 ms")


def is_busy() -> bool:
    """Whether more processes want to run than there are cores."""
    return os.getloadavg()[0] > len(os.sched_getaffinity(0))


def threads() -> Iterator[Finding]:
    """Cores, and threads that the libraries would use on them."""
    cores, all_cores = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    text = f"{cores} cores" + (f" of {all_cores}" if cores < all_cores else "")
    yield Finding("threads", OK, text)
    for name in THREADS:
        value = os.environ.get(name, "")
        if not value.isdigit():
            continue
        more = int(value) > cores
        advice = f"set {name} to {cores} or less" if more else ""
        yield Finding("threads", SLOW if more else OK, f"{name}={value}", advice)
    if cores < all_cores and not any(os.environ.get(name) for name in THREADS[:3]):
        text = f"linear algebra may start {all_cores} threads on {cores} cores"
        yield Finding("threads", SLOW, text, f"set OMP_NUM_THREADS to {cores}")


def kernels() -> Iterator[Finding]:
    """Compiled kernels that are kept, missing, or older than their source."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        folder = os.environ["NUMBA_CACHE_DIR"]
        count = sum(1 for _ in Path(folder).rglob("*.nbi"))
        yield Finding("kernels", OK, f"{count} compiled kernels kept in {folder}")
        return
    expected = list(kernel_files(Path(__file__).parents[1]))
    missing = [index for _, index in expected if not index.exists()]
    stale = [
        index
        for source, index in expected
        if index.exists() and index.stat().st_mtime < source.stat().st_mtime
    ]
    text = (
        f"{len(expected)} kernels: {len(expected) - len(missing) - len(stale)} "
        f"compiled, {len(missing)} not yet, {len(stale)} older than their source"
    )
    level = OK if len(missing) + len(stale) < len(expected) / 2 else SLOW
    advice = "" if level == OK else "rrm.warm_up() compiles them, once, in minutes"
    yield Finding("kernels", level, text, advice)
    closed = {str(index.parent) for _, index in expected if not _writable(index)}
    if closed:
        text = f"kernels cannot be kept in {min(closed)}: each process may compile anew"
        advice = "set NUMBA_CACHE_DIR to a folder that can be written"
        yield Finding("kernels", SLOW, text, advice)


def kernel_files(home: Path) -> Iterator[tuple[Path, Path]]:
    """Source and cache index of each kernel, named as numba names them."""
    tag = f"py{sys.version_info.major}{sys.version_info.minor}"
    for name in ("formulations", "rrm"):
        for source in sorted((home / name).rglob("*.py")):
            text = source.read_text()
            if "cache=True" not in text:
                continue
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef) and any(
                    "njit" in (called := ast.unparse(one)) and "cache=True" in called
                    for one in node.decorator_list
                ):
                    line = node.decorator_list[0].lineno
                    index = f"{source.stem}.{node.name}-{line}.{tag}.nbi"
                    yield source, source.parent / "__pycache__" / index


def workers(pool: Pool, began: float) -> Finding:
    """Time since ``began`` until workers are there, and until one is replaced."""
    try:
        left = began + SECONDS - time.perf_counter()
        pool.wait_until_ready(max(left, LEAST_SECONDS))
        ready = time.perf_counter() - began
        _replace(pool)
        began = time.perf_counter()
        _replace(pool)
        again = 1e3 * (time.perf_counter() - began)
        text = f"workers start in {ready:.2f} s, and are replaced in {again:.1f} ms"
        return Finding("workers", OK, text)
    except WorkerLostError as error:
        if pool.is_alive and is_busy():
            text = f"workers start in more than {SECONDS} s, as the machine is busy"
            advice = "call rrm.warm_up() first: the first call would wait for them"
            return Finding("workers", SLOW, text, advice)
        if pool.is_alive:
            text = f"workers start in more than {SECONDS} s, if at all"
            advice = "see what rrm.warm_up() logs, and how long it takes"
            return Finding("workers", WRONG, text, advice)
        advice = f"see what {sys.executable} -c 'import rrm.worker_process' says"
        return Finding("workers", WRONG, f"workers do not start: {error}", advice)


def _replace(pool: Pool) -> None:
    """Take a worker and have another one come up; nothing where none is ready."""
    worker = pool.take(LEAST_SECONDS)
    if worker is not None:  # else its place was given back
        pool.discard(worker)


def installed(name: str) -> str | None:
    """Version of an installed distribution, None without."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def number_of(text: str) -> tuple[int, ...]:
    """Leading numbers of a version, to compare: (1, 16, 0) of ``1.16.0rc1``."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


def _writable(index: Path) -> bool:
    """Whether the index could be written where it is looked for."""
    folder = index.parent if index.parent.exists() else index.parents[1]
    return os.access(folder, os.W_OK)

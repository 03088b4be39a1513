"""What is done once per process before solving: imports, kernels, workers."""

import json
import logging
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import formulations
from formulations.problem import Problem
from rrm.budget import Budget
from rrm.incumbent import Incumbent
from rrm.inline import run_at_once
from rrm.planning import NAMED, Step
from rrm.registry import INSTANT, Method, all_methods, find_methods

if TYPE_CHECKING:
    import subprocess

    from rrm.pool import Pool

logger = logging.getLogger(__name__)

WARM_SECONDS = 0.02  # for each method on each example
WARM_WORK = 100  # questions of a method whether to go on, before that
PLENTY = 3600.0  # s, for that: methods subtract times, so it is finite
WARM_RUNS = 8  # at the most, on each example
FEW = 3  # methods that two processes compile
COMPILE = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from rrm.warming import load_named; load_named(*sys.argv[2:])"
)

_warmed: set[str] = set()


def is_loaded(problem: type[Problem]) -> bool:
    """Whether plans and first answers of the class need nothing more to be loaded."""
    return problem.__name__ in _warmed


def prepare_all(problem: type[Problem]) -> float:
    """Do once per process what inline methods need; seconds it took, 0 if nothing."""
    key = f"{problem.__name__}: all"
    if key in _warmed:
        return 0.0
    _warmed.add(key)
    return warm_up(problem, workers=False)


def prepare(steps: Iterable[Step]) -> float:
    """Do once per process what the steps need; seconds it took, 0 if nothing did."""
    began = time.perf_counter()
    new = False
    for problem in {step.method.problem for step in steps if step.why != NAMED}:
        if problem.__name__ not in _warmed:
            new = True
            _warmed.add(problem.__name__)
            load_selector(problem)
    for step in steps:
        key = "workers" if step.place == "worker" else key_of(step.method)
        if key in _warmed or step.place == "thread":
            continue
        new = True
        _warmed.add(key)
        if step.place == "worker":
            _start_workers()
        else:
            load_kernels(step.method)
    return time.perf_counter() - began if new else 0.0


def load_beside(steps: Iterable[Step]) -> None:
    """Have new workers come up with the kernels of inline steps; does not wait."""
    from rrm.pool import current_pool

    keys = {key_of(step.method) for step in steps if step.place == "inline"}
    current_pool().load(keys)


def load_kernels(method: Method) -> None:
    """Run an inline method on the small examples that it fits.

    First by work, as what is compiled on the way would end a run by time early; then,
    where that was not the end, by time, again until a run takes no longer than that.
    """
    for example in method.problem.examples():
        if method.reason_against(example) is not None:
            continue
        list(example.attempts())  # also those that an earlier one makes needless
        if _run_example(method, example, Budget(PLENTY, 0.0, WARM_WORK)) < WARM_WORK:
            continue
        for _ in range(WARM_RUNS):
            began = time.perf_counter()
            _run_example(method, example, Budget(WARM_SECONDS, 0.0))
            if time.perf_counter() - began < 2 * WARM_SECONDS:
                break


def load_selector(problem: type[Problem]) -> None:
    """Load the models of a problem class, and the kernels that features take."""
    from rrm.selection.features import features_of
    from rrm.selection.models import model_of
    from rrm.selection.schedule import CUT_SECONDS, chosen

    model = model_of(problem)
    if model is None:
        return
    for example in problem.examples():
        for seconds in (CUT_SECONDS, 1.0):
            chosen(model, features_of(example), seconds, model.methods)


def _run_example(method: Method, example: Problem, budget: Budget) -> int:
    """Run a method on an example; how much work it did."""
    incumbent = Incumbent(example, budget)
    incumbent.judge(example.trivial(), INSTANT)
    with incumbent.running(method, budget.seconds):
        run_at_once(method, incumbent)
    return incumbent.work


def _start_workers() -> None:
    from rrm.pool import current_pool
    from rrm.worker import WorkerLostError

    try:
        current_pool().wait_until_ready()
        current_pool().wait_until_loaded()
    except WorkerLostError:
        logger.exception("no workers: isolated methods will not answer")


def warm_up(*problems: type[Problem], workers: bool = True) -> float:
    """Import what solving needs, load compiled kernels and start the workers.

    Kernels that were never compiled are compiled by two processes, one from the first
    method on and one from the last.

    Parameters
    ----------
    *problems : type
        Problem classes that will be solved; all without any.
    workers : bool
        Whether to start worker processes, too.

    Returns
    -------
    float
        Seconds it took: a minute or more the very first time, when kernels are
        compiled, and less for few problem classes.
    """
    began = time.perf_counter()
    find_methods()
    pool = None
    if workers:
        from rrm.pool import current_pool

        pool = current_pool()  # comes up while kernels load here
    methods = [
        entry
        for entry in all_methods()
        if (not problems or entry.problem in problems)
        and entry.is_own
        and not entry.isolated
        and key_of(entry) not in _warmed
    ]
    _load_all(methods, pool)
    for problem in {entry.problem for entry in methods}:
        _warmed.add(problem.__name__)
        load_selector(problem)
    if workers:
        _warmed.add("workers")
        _start_workers()
    return time.perf_counter() - began


def load_methods(*keys: str) -> float:
    """Load the kernels of inline methods with these keys, as calls that name them need.

    Neither workers nor what chooses among methods; seconds it took.
    """
    began = time.perf_counter()
    find_methods()
    known = {key_of(entry): entry for entry in all_methods()}
    _load_all([known[key] for key in keys if key not in _warmed], None)
    return time.perf_counter() - began


def _load_all(methods: list[Method], pool: "Pool | None") -> None:
    """Load kernels here, and in a second process where they were never compiled."""
    other = None if is_compiled() or len(methods) < FEW else compile_backwards(methods)
    try:
        for entry in methods:
            _warmed.add(key_of(entry))
            load_kernels(entry)
            if pool is not None and len(os.sched_getaffinity(0)) > 1:
                pool.load({key_of(entry)})  # compiled by now
    finally:
        if other is not None:
            other.kill()
            other.wait()


def key_of(method: Method) -> str:
    """Name that is the method's own."""
    return f"{method.problem.__name__}.{method.name}"


def is_compiled() -> bool:
    """Whether some kernel has been compiled before and is kept."""
    kept = os.environ.get("NUMBA_CACHE_DIR") or Path(formulations.__file__).parent
    return next(Path(kept).rglob("*.nbi"), None) is not None


def compile_backwards(methods: list[Method]) -> "subprocess.Popen[bytes]":
    """Start a process that loads the kernels of the last method first."""
    import subprocess

    path = json.dumps([entry or os.getcwd() for entry in sys.path])
    names = [key_of(entry) for entry in reversed(methods)]
    return subprocess.Popen(
        [sys.executable, "-c", COMPILE, path, *names],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def load_named(*names: str) -> None:
    """Load the kernels of the methods with these keys, in their order."""
    find_methods()
    known = {key_of(entry): entry for entry in all_methods()}
    for name in names:
        load_kernels(known[name])

"""Methods: found in their folder and by entry points, never listed by hand."""

import importlib
import logging
import pkgutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from typing import Any

from formulations.problem import Problem
from twins.declaration import FieldError

logger = logging.getLogger(__name__)

KINDS = ("exact", "decomposition", "heuristic", "learned")
GROUP = "rrm.methods"
OWN = "rrm.methods."
INSTANT = "trivial"
"""Method whose offer every call begins with."""


@dataclass(frozen=True)
class Method:
    """A registered method.

    Attributes
    ----------
    name : str
        Name of the function.
    problem : type
        Problem class that it solves.
    kind : str
        ``exact``, ``decomposition``, ``heuristic`` or ``learned``.
    function : callable
        ``function(problem, incumbent)``.
    applies : callable
        ``applies(problem)``: None, or the reason why the method does not fit.
    proves : str
        What its bounds prove, in words.
    isolated : bool
        Whether it must run in a worker process: it cannot be interrupted or trusted.
    needs : tuple of str
        Packages that it imports.
    rank : int
        Order in which ``auto`` tries methods: the lowest first.
    share : float
        Part of the time that it gets, relative to other methods.
    """

    name: str
    problem: type[Problem]
    kind: str
    function: Callable[[Any, Any], None]
    applies: Callable[[Any], str | None]
    proves: str
    isolated: bool
    needs: tuple[str, ...]
    rank: int
    share: float = 1.0

    @cached_property
    def is_own(self) -> bool:
        """Whether the method ships with this project."""
        return self.function.__module__.startswith(OWN)

    def reason_against(self, problem: Problem) -> str | None:
        """Why the method does not fit ``problem``, or None if it does."""
        if not isinstance(problem, self.problem):
            return f"solves {self.problem.__name__}"
        for package in self.needs:
            if not is_installed(package):
                return f"needs the package {package}"
        try:
            reason = self.applies(problem)
        except Exception as error:
            logger.warning("applies() of %s raised", self.name, exc_info=True)
            return f"its applies() raised {type(error).__name__}: {error}"
        return None if reason is None else str(reason)


@cache
def is_installed(package: str) -> bool:
    """Whether ``package`` can be imported; looked up once, as it takes 0.1 ms."""
    return find_spec(package) is not None


_methods: dict[tuple[str, str], Method] = {}
_by_problem: dict[type[Problem], tuple[list[Method], list[Method]]] = {}
_packaged: set[str] = set()
_state = {"found": False, "all there": False}
_finding = threading.RLock()


def always(problem: Problem) -> str | None:
    """None: the method fits every problem of its type."""
    del problem
    return None


def method(
    problem: type[Problem],
    *,
    kind: str,
    applies: Callable[[Any], str | None] = always,
    proves: str = "",
    isolated: bool = False,
    needs: Iterable[str] = (),
    rank: int = 50,
    share: float = 1.0,
) -> Callable[[Callable[[Any, Any], None]], Callable[[Any, Any], None]]:
    """Register a function as a method for one problem type.

    The method calls ``incumbent.offer(allocation)`` with allocations that may be wrong,
    ``incumbent.tighten(bound, argument)`` with bounds that their argument recomputes,
    and ends when ``incumbent.expired()``. It returns nothing. It may raise, hang or
    err: the referee keeps what was verified. The arrays of ``problem`` are read-only;
    those of an offer are copied.

    A method of another package's entry point runs in a worker, which is killed when its
    share is over. One that a script registers runs in a thread of the caller's process,
    which is abandoned then. That keeps the deadline only where the method gives the
    interpreter's lock back: one long call into C that does not (``3 ** 8_000_000``)
    holds up the whole process.

    Parameters
    ----------
    problem : type
        Problem class.
    kind : str
        ``exact``, ``decomposition``, ``heuristic`` or ``learned``.
    applies : callable
        ``applies(problem)``: None, or the reason why the method does not fit.
    proves : str
        What its bounds prove, in words; empty: nothing.
    isolated : bool
        Whether to run it in a worker process, because it cannot be interrupted.
    needs : iterable of str
        Packages that it imports, loaded ahead in the workers.
    rank : int
        Order in ``auto``: the lowest first.
    share : float
        Part of the time that it gets, relative to other methods.

    Raises
    ------
    FieldError
        If ``kind`` is none of the four or ``problem`` is no problem class.
    """
    if kind not in KINDS:
        raise FieldError("method.kind", None, repr(kind), f"one of {', '.join(KINDS)}")
    if not (isinstance(problem, type) and issubclass(problem, Problem)):
        raise FieldError("method.problem", None, repr(problem), "a problem class")

    def register(function: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        entry = Method(
            function.__name__,
            problem,
            kind,
            function,
            applies,
            proves,
            isolated,
            tuple(needs),
            rank,
            share,
        )
        key = (problem.__name__, entry.name)
        known = _methods.get(key)
        if known is not None and known.is_own and not entry.is_own:
            allowed = f"another name: rrm ships a method {entry.name} for {key[0]}"
            raise FieldError("method.name", None, entry.name, allowed)
        _methods[key] = entry
        return function

    return register


def find_methods() -> None:
    """Import every file under ``rrm/methods`` and every entry point, once.

    A file that cannot be imported is logged and left out, and so are its methods.
    """
    if _state["all there"]:
        return
    with _finding:  # a second thread waits until all are there
        if not _state["found"]:
            _state["found"] = True
            _import_methods()
            _state["all there"] = True


def _import_methods() -> None:
    import rrm.methods

    for folder in pkgutil.iter_modules(rrm.methods.__path__, OWN):
        package = importlib.import_module(folder.name)
        for module in pkgutil.iter_modules(package.__path__, f"{folder.name}."):
            importlib.import_module(module.name)
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        before = set(_methods)
        try:
            loaded = importlib.import_module(entry.module)
        except Exception:
            logger.exception("entry point %s cannot be imported", entry.value)
            continue
        for module in pkgutil.iter_modules(getattr(loaded, "__path__", [])):
            importlib.import_module(f"{entry.module}.{module.name}")
        new = (_methods[key] for key in set(_methods) - before)
        _packaged.update(found.function.__module__ for found in new)


def is_packaged(entry: Method) -> bool:
    """Whether a worker can import the method by name: ours or an entry point's."""
    return entry.is_own or entry.function.__module__ in _packaged


def methods_for(problem: type[Problem]) -> list[Method]:
    """Registered methods of a problem class, by rank and name."""
    find_methods()
    known = list(_methods.values())
    kept = _by_problem.get(problem)
    if kept is None or kept[0] != known:
        entries = [entry for entry in known if issubclass(problem, entry.problem)]
        entries.sort(key=lambda entry: (entry.rank, entry.name))
        kept = _by_problem[problem] = (known, entries)
    return list(kept[1])


def all_methods() -> list[Method]:
    """Every registered method, by problem, rank and name."""
    find_methods()
    return sorted(
        _methods.values(),
        key=lambda entry: (entry.problem.__name__, entry.rank, entry.name),
    )


def named(problem: type[Problem], name: str) -> Method:
    """Return the method called ``name`` for a problem class.

    Raises
    ------
    FieldError
        If there is none; names those that exist.
    """
    entries = {entry.name: entry for entry in methods_for(problem)}
    if name not in entries:
        others = f"one of {', '.join(entries)}"
        allowed = f"alone, or {others}" if name == "auto" else f"auto or {others}"
        raise FieldError("method", None, repr(name), allowed)
    return entries[name]


@dataclass(frozen=True)
class Applicability:
    """One line of :func:`applicable`.

    Attributes
    ----------
    name, kind, proves : str
        As registered.
    reason : str or None
        Why the method does not apply; None if it does.
    """

    name: str
    kind: str
    proves: str
    reason: str | None

    @property
    def applies(self) -> bool:
        """Whether the method fits the problem."""
        return self.reason is None


def applicable(problem: Problem) -> list[Applicability]:
    """Methods for a problem: kind, what each proves, and why others do not apply."""
    return [
        Applicability(
            entry.name, entry.kind, entry.proves, entry.reason_against(problem)
        )
        for entry in methods_for(type(problem))
    ]

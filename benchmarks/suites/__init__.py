"""Suites: named sets of instances, made by seed or read from a folder.

A file here that defines ``suites(folder)`` adds its suites; no list is kept.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from formulations.problem import Problem
from twins.declaration import FieldError

PUBLIC = Path(__file__).parents[2].parent / "shared" / "instances"
"""Where the public instances are, beside the checkout, unless a folder is named."""


@dataclass(frozen=True)
class Instance:
    """One problem, or one for each seed.

    Attributes
    ----------
    suite, family, name : str
        ``family/name`` is unique within the suite.
    build : callable
        ``build(seed)`` makes the problem; not part of any measured time.
    best : float or None
        Published or long-run objective, where one is known.
    is_generated : bool
        Whether the seed makes the instance; otherwise it is for the methods alone.
    """

    suite: str
    family: str
    name: str
    build: Callable[[int], Problem]
    best: float | None = None
    is_generated: bool = True

    @property
    def label(self) -> str:
        """``family/name``."""
        return f"{self.family}/{self.name}"


@dataclass(frozen=True)
class Suite:
    """Instances that are run together.

    Attributes
    ----------
    name : str
        As on the command line.
    about : str
        One line of what is in it.
    budgets : tuple of str
        Times that are given where the command names none.
    instances : tuple of Instance
        In order; empty where the folder of a public family is missing.
    in_si : bool
        Whether outside solvers also get the problems unscaled, by default.
    """

    name: str
    about: str
    budgets: tuple[str, ...]
    instances: tuple[Instance, ...]
    in_si: bool = False

    def instance(self, label: str) -> Instance:
        """Instance called ``label``.

        Raises
        ------
        FieldError
            If there is none.
        """
        for one in self.instances:
            if one.label == label:
                return one
        allowed = f"an instance of {self.name}"
        raise FieldError("instance", None, repr(label), allowed)


@cache
def all_suites(folder: Path = PUBLIC) -> dict[str, Suite]:
    """Suites by name; public families are read from ``folder``."""
    found: dict[str, Suite] = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        found |= {suite.name: suite for suite in module.suites(folder)}
    return dict(sorted(found.items()))


def suite_named(name: str, folder: Path = PUBLIC) -> Suite:
    """Suite called ``name``.

    Raises
    ------
    FieldError
        If there is none, or its instances are not in ``folder``.
    """
    known = all_suites(folder)
    if name not in known:
        raise FieldError("suite", None, repr(name), f"one of {', '.join(known)}")
    if not known[name].instances:
        raise FieldError("folder", None, str(folder), f"one with instances of {name}")
    return known[name]

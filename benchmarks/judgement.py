"""What rows are worth: gaps to the best verified value, wrong answers, failures.

An instance's reference is the best that the referee verified in any run of it, or the
published value where that is better; claims are held against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.measurement import GAP
from benchmarks.outside import PREFIX
from benchmarks.rows import Row

TOLERANCE = 1e-6
"""Relative violation, or misstatement, that solvers' own tolerances explain."""
TARGET = 0.01
"""Relative gap to the reference at which an answer counts as good."""
LEAST_COST = 1e-5  # s, a step of what clocks and processes can tell apart


@dataclass
class Reference:
    """What is known of one instance at one seed.

    Attributes
    ----------
    sense : int
        +1: maximize, -1: minimize.
    best : float
        Best verified objective of all runs, or the published one.
    by : str
        Who found it.
    bound : float
        Tightest bound that the engine has proven.
    infeasible : bool
        Whether the engine has proven that there is no allocation.
    """

    sense: int
    best: float = np.nan
    by: str = ""
    bound: float = np.nan
    infeasible: bool = False

    def gap(self, objective: float | None) -> float:
        """Relative distance of an objective to the best; inf without one."""
        if objective is None or not np.isfinite(self.best):
            return np.inf
        short = max(self.sense * (self.best - objective), 0.0)
        return short / max(abs(self.best), abs(objective)) if short else 0.0


Place = tuple[str, int]


def place_of(row: Row) -> Place:
    """Instance and seed of a row."""
    return row["instance"], row["seed"]


def references(
    rows: Iterable[Row], published: dict[str, float] | None = None
) -> dict[Place, Reference]:
    """Reference by instance and seed.

    Parameters
    ----------
    rows : iterable of dict
        Of one run, or of several to be compared.
    published : dict
        Best known objective by instance.
    """
    found: dict[Place, Reference] = {}
    for row in rows:
        if not row["sense"]:
            continue
        known = found.get(place_of(row))
        if known is None:
            best = (published or {}).get(row["instance"], np.nan)
            by = "published" if np.isfinite(best) else ""
            known = found[place_of(row)] = Reference(row["sense"], best, by)
        verified = row["verified"]
        value, bound = verified["objective"], verified["bound"]
        if value is not None and not known.sense * value <= known.sense * known.best:
            known.best, known.by = value, row["method"]
        if bound is not None and not known.sense * bound >= known.sense * known.bound:
            known.bound = bound
        known.infeasible |= verified["status"] == "infeasible"
    return found


def is_answer(row: Row) -> bool:
    """Whether the referee verified the row's answer: an allocation, or that none is."""
    return row["verified"]["status"] in ("optimal", "feasible", "infeasible")


def wrong(row: Row, known: Reference | None) -> list[tuple[str, str]]:
    """What a row claims that is not so, beyond what tolerances explain.

    Returns
    -------
    list of (str, str)
        Kind (``violates``, ``infeasible``, ``objective``, ``optimal``, ``bound``) and
        the claim in words.
    """
    if known is None:
        return []
    claimed, verified = row["claimed"], row["verified"]
    answers = claimed["status"] in ("optimal", "feasible")
    found = []
    if answers and verified["status"] == "violated":
        violation = verified["violation"]
        if violation is None or violation > TOLERANCE:
            size = "" if violation is None else f" by {violation:.3g}"
            found.append(("violates", f"violates {verified['violates']}{size}"))
    if claimed["status"] == "infeasible" and np.isfinite(known.best):
        found.append(("infeasible", f"claims infeasible, {known.by} has an answer"))
    value, real = claimed["objective"], verified["objective"]
    if answers and value is not None and real is not None:
        excess = known.sense * (value - real)  # a value that is too modest is no lie
        if excess > TOLERANCE * max(abs(value), abs(real)):
            found.append(("objective", f"states {value:.6g}, which is {real:.6g}"))
    if claimed["status"] == "optimal" and real is not None:
        short = known.gap(real)
        if short > GAP + TOLERANCE:
            text = f"claims optimal, {known.by} is {short:.2%} better"
            found.append(("optimal", text))
    bound = claimed["bound"]
    if bound is not None and np.isfinite(known.best):
        beaten = known.sense * (known.best - bound)
        if beaten > TOLERANCE * max(abs(bound), abs(known.best)):
            text = f"claims the bound {bound:.6g}, {known.by} has {known.best:.6g}"
            found.append(("bound", text))
    return found


def is_refused(row: Row) -> bool:
    """Whether an answer was claimed that the referee does not take."""
    answers = row["claimed"]["status"] in ("optimal", "feasible")
    return answers and row["verified"]["status"] == "violated"


def seconds_to_target(row: Row, known: Reference | None) -> float:
    """Time to a verified answer within :data:`TARGET` of the reference; inf if never.

    Answers on the way count at their stated value if the last one was verified.
    """
    if known is None or not is_answer(row):
        return np.inf
    if row["verified"]["status"] == "infeasible":
        return max(row["seconds"], LEAST_COST)
    if known.gap(row["verified"]["objective"]) > TARGET:
        return np.inf
    for at, value, _ in row["trace"]:
        if at is not None and known.gap(value) <= TARGET:
            return max(min(at, row["seconds"]), LEAST_COST)
    return max(row["seconds"], LEAST_COST)


@dataclass
class Tally:
    """What one method did at one budget.

    Attributes
    ----------
    runs, answered, proven, claimed : int
        Runs; verified answers; those proven optimal or infeasible by the referee; those
        that the method itself calls optimal or infeasible.
    refused, errors : int
        Answers that the referee does not take; runs that raised or were killed.
    wrong : int
        Runs with a wrong claim.
    to_target, gap, seconds : list of float
        Seconds to within :data:`TARGET` of the reference, final gap to it, and seconds
        of each run; without a verified answer inf, 1 and the limit.
    overrun : list of float
        s beyond the limit.
    """

    method: str
    budget: float
    runs: int = 0
    answered: int = 0
    proven: int = 0
    claimed: int = 0
    refused: int = 0
    errors: int = 0
    wrong: int = 0
    to_target: list[float] = field(default_factory=list)
    gap: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    overrun: list[float] = field(default_factory=list)

    def add(self, row: Row, known: Reference | None) -> None:
        """Count one row."""
        answers = is_answer(row)
        self.runs += 1
        self.answered += answers
        self.proven += row["verified"]["status"] in ("optimal", "infeasible")
        self.claimed += row["claimed"]["status"] in ("optimal", "infeasible")
        self.refused += is_refused(row)
        self.errors += bool(row["error"])
        self.wrong += bool(wrong(row, known))
        self.to_target.append(seconds_to_target(row, known))
        short = np.inf if known is None else known.gap(row["verified"]["objective"])
        none = row["verified"]["status"] == "infeasible"
        self.gap.append(0.0 if none else min(short, 1.0))
        self.seconds.append(row["seconds"] if answers else row["budget"])
        self.overrun.append(row["overrun"])


def tallies(
    rows: list[Row], known: dict[Place, Reference]
) -> dict[tuple[str, float], Tally]:
    """Tally by method and budget."""
    found: dict[tuple[str, float], Tally] = {}
    for row in rows:
        key = row["method"], row["budget"]
        tally = found.setdefault(key, Tally(*key))
        tally.add(row, known.get(place_of(row)))
    return found


def is_outside(method: str) -> bool:
    """Whether a method is an outside reference."""
    return method.startswith(PREFIX)


def published_values(run: dict[str, Any]) -> dict[str, float]:
    """Best known objective by instance of a run's suite."""
    from pathlib import Path

    from benchmarks.suites import all_suites

    options = run["options"]
    suite = all_suites(Path(options["folder"])).get(options["suite"])
    instances = () if suite is None else suite.instances
    return {one.label: one.best for one in instances if one.best is not None}

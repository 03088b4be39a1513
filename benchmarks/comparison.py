"""Two runs against each other: paired, corrected for the machine's pace, cautious.

What is compared for each method and budget, where less is better: the seconds that a
run took, the seconds to within one per cent of the best that either run verified, and
the final gap to it. Repetitions are averaged: they are no independent instances. Time
in which other processes had the core is taken off, and what is left is corrected for
the pace of the machine in those moments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.judgement import (
    Place,
    Reference,
    is_answer,
    place_of,
    references,
    seconds_to_target,
)
from benchmarks.rows import Row, key_of
from benchmarks.statistics import (
    BETTER,
    CONFIDENCE,
    NONE,
    Difference,
    adjusted,
    compared,
)

LEAST_GAP = 1e-3  # added to gaps, so that no ratio is made of nothing
SHIFT = 1e-4  # s added to times: what clocks and switches of processes take
ENDS_EARLY = 0.95  # of the limit: what ends later has run to it
TOO_FEW = "too few pairs to tell"
BUSY = 0.05  # of the time: more is said
NEIGHBOURS = 1  # runs before and after, by whose pace a run's is told

Group = tuple[str, float]
References = dict[Place, Reference]


@dataclass(frozen=True)
class Line:
    """One method at one budget, one quantity.

    Attributes
    ----------
    method, quantity : str
        What is compared.
    budget : float
        s.
    difference : Difference
        Ratios B / A, less is better.
    verdict : str
        ``A better``, ``B better``, ``no difference seen``, or that there are too few
        pairs even if all of them agreed.
    """

    method: str
    budget: float
    quantity: str
    difference: Difference
    verdict: str

    @property
    def size(self) -> float:
        """How far the ratio is from 1, on a logarithmic scale."""
        return abs(float(np.log(self.difference.ratio)))


@dataclass(frozen=True)
class Comparison:
    """All lines, and what they rest on.

    Attributes
    ----------
    lines : list of Line
        By verdict, then by how far the ratio is from 1.
    pace : float
        Seconds of the same arithmetic in B over those in A, in the median.
    paired, only_a, only_b : int
        Runs in both, and in one only.
    answers : tuple of int
        Verified answers among the paired runs in A and in B.
    busy : tuple of float
        Part of the time in which other processes had the cores, in A and in B.
    """

    lines: list[Line]
    pace: float
    paired: int
    only_a: int
    only_b: int
    answers: tuple[int, int]
    busy: tuple[float, float]

    @property
    def verdict(self) -> str:
        """One sentence on all of it."""
        counts = {
            name: sum(line.verdict == name for line in self.lines)
            for name in (*BETTER, TOO_FEW)
        }
        parts = [f"{name} in {counts[name]}" for name in BETTER if counts[name]]
        text = f"{', '.join(parts) or NONE} of {len(self.lines)} comparisons"
        if not parts:
            text = f"{NONE} in {len(self.lines)} comparisons"
        if counts[TOO_FEW]:
            text += f"; in {counts[TOO_FEW]} there are {TOO_FEW}"
        if max(self.busy) > BUSY:
            text += f"; the machine was busy for {max(self.busy):.0%} of the time, "
            text += "so repeat it when it is not"
        return text


def comparison(
    a: list[Row], b: list[Row], published: dict[str, float] | None = None
) -> Comparison:
    """Compare runs with the same key in ``a`` and ``b``."""
    first = {key_of(row): row for row in a}
    second = {key_of(row): row for row in b}
    both = [(row, second[key]) for key, row in first.items() if key in second]
    known = references([*a, *b], published)
    paces = _paces(a) | _paces(b)
    usual = _median([paces[id(before)] for before, _ in both])
    pace = _median([paces[id(after)] for _, after in both]) / usual
    groups: dict[Group, dict[Place, list[tuple[Row, Row]]]] = {}
    for pair in both:
        group = pair[0]["method"], pair[0]["budget"]
        places = groups.setdefault(group, {})
        places.setdefault(place_of(pair[0]), []).append(pair)
    found: list[tuple[str, float, str, Difference]] = []
    for (method, budget), places in groups.items():
        for quantity, cost in COSTS.items():
            means = np.array(
                [
                    np.mean(
                        [
                            [cost(row, known, paces[id(row)] / usual) for row in pair]
                            for pair in pairs
                        ],
                        axis=0,
                    )
                    for pairs in places.values()
                ]
            )
            difference = compared(np.exp(means[:, 0]), np.exp(means[:, 1]))
            found.append((method, budget, quantity, difference))
    lines = _judged(found)
    lines.sort(key=lambda line: (line.verdict not in BETTER, -line.size))
    answers = [sum(map(is_answer, side)) for side in zip(*both, strict=True)] or [0, 0]
    return Comparison(
        lines,
        pace,
        len(both),
        len(first) - len(both),
        len(second) - len(both),
        (answers[0], answers[1]),
        (busy_part(row for row, _ in both), busy_part(row for _, row in both)),
    )


def _judged(found: list[tuple[str, float, str, Difference]]) -> list[Line]:
    """Lines with their verdicts; p-values are adjusted for all that differ at all."""
    differing = [one for *_, one in found if one.fewer + one.more]
    p_values = adjusted(np.array([one.p for one in differing]))
    by_line = dict(zip(map(id, differing), p_values, strict=True))
    lines = []
    for method, budget, quantity, difference in found:
        verdict = difference.seen(by_line.get(id(difference), 1.0))
        least = 2.0 ** (1 - difference.pairs) * len(differing)
        differs = difference.fewer + difference.more > 0
        if verdict == NONE and least > 1 - CONFIDENCE and differs:
            verdict = TOO_FEW
        lines.append(Line(method, budget, quantity, difference, verdict))
    return lines


def busy_part(rows: Iterable[Row]) -> float:
    """Part of the time of all rows in which other processes had the cores."""
    times = [(row["waited"], row["seconds"]) for row in rows if row["waited"]]
    lost, all_ = (sum(part) for part in zip(*times, strict=True)) if times else (0, 1)
    return lost / all_


def _paces(rows: list[Row]) -> dict[int, float]:
    """Seconds of the same arithmetic by ``id`` of the row, as they were around it.

    Processors of virtual machines change their pace by half within a minute: the median
    of the row's and its neighbours', of all where it was not measured, 1 without any.
    """
    usual = _median([row["pace"] for row in rows if row["pace"]])
    values = np.array([row["pace"] or usual for row in rows])
    near = [
        values[max(k - NEIGHBOURS, 0) : k + NEIGHBOURS + 1] for k in range(len(rows))
    ]
    return {id(row): _median(part) for row, part in zip(rows, near, strict=True)}


def _median(values: Sequence[float] | np.ndarray) -> float:
    return float(np.median(values)) if len(values) else 1.0


def _seconds(row: Row, known: References, pace: float) -> float:
    """Logarithm of the run's seconds; a run that ends at its limit has no pace."""
    del known
    limit = row["budget"]
    if not is_answer(row) or row["seconds"] > ENDS_EARLY * limit:
        return float(np.log(limit + SHIFT))
    return float(np.log(row["seconds"] * _undisturbed(row) / pace + SHIFT))


def _to_target(row: Row, known: References, pace: float) -> float:
    """Logarithm of the seconds to the target; the limit where it is missed."""
    seconds = seconds_to_target(row, known.get(place_of(row)))
    if seconds >= row["budget"]:
        return float(np.log(row["budget"] + SHIFT))
    return float(np.log(seconds * _undisturbed(row) / pace + SHIFT))


def _undisturbed(row: Row) -> float:
    """Part of a run's time in which no other process had its core."""
    return 1.0 - (row["waited"] or 0.0) / max(row["seconds"], SHIFT)


def _gap(row: Row, known: References, pace: float) -> float:
    """Logarithm of the final gap to the best, 1 without an answer."""
    del pace
    reference = known.get(place_of(row))
    if reference is None or not is_answer(row):
        return float(np.log(1.0 + LEAST_GAP))
    short = reference.gap(row["verified"]["objective"])
    none = row["verified"]["status"] == "infeasible"
    return float(np.log((0.0 if none else min(short, 1.0)) + LEAST_GAP))


COSTS = {"seconds": _seconds, "seconds to 1%": _to_target, "gap": _gap}

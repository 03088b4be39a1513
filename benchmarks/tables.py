"""Tables of a run, the same in the terminal and on the page."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from benchmarks.comparison import Comparison
from benchmarks.counters import Change
from benchmarks.judgement import (
    TARGET,
    Place,
    Reference,
    Tally,
    is_answer,
    is_outside,
    is_refused,
    place_of,
    seconds_to_target,
    tallies,
    wrong,
)
from benchmarks.rows import Row
from benchmarks.statistics import shifted_mean

SHIFT = 0.01  # of the limit, in shifted geometric means
MOST_FAILURES = 200  # rows of the table of failures
References = dict[Place, Reference]


@dataclass(frozen=True)
class Table:
    """Headings and rows of text, sorted by what ``note`` says.

    Attributes
    ----------
    title, note : str
        The note says how it is sorted and what is better.
    headings : list of str
        Of the columns.
    rows : list of list of str
        As many texts each.
    """

    title: str
    note: str
    headings: list[str]
    rows: list[list[str]]


def seconds_text(seconds: float) -> str:
    """Three digits in the unit that fits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if abs(seconds) >= size or unit == "us":
            return f"{seconds / size:.3g} {unit}"
    return "-"


def problems_of(rows: list[Row]) -> list[str]:
    """Problem classes in the rows, by name."""
    return sorted({row["problem"] for row in rows if row["problem"]})


def with_problem(rows: list[Row]) -> list[Row]:
    """Rows, where a killed run has the problem of others on its instance."""
    known = {row["instance"]: row["problem"] for row in rows if row["problem"]}
    return [{**row, "problem": known.get(row["instance"], "")} for row in rows]


def mean_to_target(tally: Tally) -> float:
    """Shifted geometric mean of the seconds to the target, the limit where missed."""
    values = np.minimum(tally.to_target, tally.budget)
    return shifted_mean(values, SHIFT * tally.budget)


def method_tables(rows: list[Row], known: References) -> list[Table]:
    """One table for each problem and budget."""
    tables = []
    for problem in problems_of(rows):
        own = [row for row in rows if row["problem"] == problem]
        for budget in sorted({row["budget"] for row in own}):
            at = [row for row in own if row["budget"] == budget]
            found = list(tallies(at, known).values())
            most = len({(*place_of(row), row["repetition"]) for row in at})
            found.sort(key=lambda tally: (-len_ok(tally) / most, mean_to_target(tally)))
            note = (
                f"{most} runs, or fewer where a method does not apply. Sorted by runs "
                f"that end within {TARGET:.0%} of the best verified answer (more is "
                "better), then by the shifted geometric mean of the seconds to it, "
                "which count at the limit where it is missed (less is better). gap: "
                "mean at the end; answers: that the referee takes; proven: by the "
                "referee; claimed: optimal by the method's own word; latest: beyond "
                "the limit."
            )
            tables.append(
                Table(
                    f"{problem} in {seconds_text(budget)}",
                    note,
                    ["method", f"in {TARGET:.0%}", "seconds", "gap", "answers",
                     "proven", "claimed", "wrong", "refused", "errors", "latest"],
                    [_method_row(tally, most) for tally in found],
                )
            )  # fmt: skip
    return tables


def len_ok(tally: Tally) -> int:
    """Runs that reached the target."""
    return int(np.isfinite(tally.to_target).sum())


def _method_row(tally: Tally, most: int) -> list[str]:
    return [
        tally.method,
        f"{len_ok(tally)}/{most}",
        seconds_text(mean_to_target(tally)),
        f"{np.mean(tally.gap):.2%}",
        f"{tally.answered}/{tally.runs}",
        "-" if is_outside(tally.method) else str(tally.proven),
        str(tally.claimed),
        str(tally.wrong),
        str(tally.refused),
        str(tally.errors),
        seconds_text(max(tally.overrun)) if max(tally.overrun) > 0 else "in time",
    ]


def family_table(rows: list[Row], known: References) -> Table:
    """Mean seconds to the target by family, at the largest budget."""
    budget = max(row["budget"] for row in rows)
    at = [row for row in rows if row["budget"] == budget]
    families = sorted({row["instance"].split("/")[0] for row in at})
    methods = sorted({row["method"] for row in at})
    values = {}
    for family in families:
        own = [row for row in at if row["instance"].startswith(f"{family}/")]
        for (method, _), tally in tallies(own, known).items():
            values[method, family] = mean_to_target(tally)
    order = sorted(
        methods,
        key=lambda name: (
            -sum((name, family) in values for family in families),
            np.mean([values.get((name, family), budget) for family in families]),
        ),
    )
    return Table(
        f"By family in {seconds_text(budget)}",
        f"Shifted geometric mean of the seconds to within {TARGET:.0%} of the best "
        "verified, the limit where it is missed: less is better. Sorted by how many "
        "families a method takes, then by its mean over them.",
        ["method", *families],
        [
            [
                name,
                *(
                    seconds_text(values[name, family])
                    if (name, family) in values
                    else "-"
                    for family in families
                ),
            ]
            for name in order
        ],
    )


def wrong_table(rows: list[Row], known: References) -> Table:
    """Wrong answers by method, most first."""
    counts: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    for row in rows:
        method = row["method"]
        runs[method] += 1
        refused[method] += is_refused(row)
        found = wrong(row, known.get(place_of(row)))
        counts[method] += bool(found)
        for kind, _ in found:
            kinds.setdefault(method, Counter())[kind] += 1
    order = sorted(runs, key=lambda name: (-counts[name] / runs[name], name))
    return Table(
        "Wrong answers by method",
        "Claims that the referee or another verified answer disproves, beyond 1e-6, "
        "which solvers' own tolerances explain; less is better, and sorted by share of "
        "runs, most first. violates: an answer breaks a constraint; optimal: a better "
        "answer exists; objective: a better value is stated than the answer has; "
        "bound: a verified answer is beyond it; infeasible: there is an answer. "
        "Refused: answers that violate a constraint by more than 1e-9 of its limit.",
        ["method", "wrong", "refused", "runs", "what"],
        [
            [
                name,
                str(counts[name]),
                str(refused[name]),
                str(runs[name]),
                ", ".join(
                    f"{kind} ({count})"
                    for kind, count in kinds.get(name, Counter()).most_common()
                )
                or "-",
            ]
            for name in order
        ],
    )


def failure_table(rows: list[Row], known: References) -> Table:
    """Runs that are wrong, raised, were killed or found nothing, and how to repeat."""
    lines = []
    for row in rows:
        reference = known.get(place_of(row))
        found = [text for _, text in wrong(row, reference)]
        rank = 0 if found else 1 if row["error"] else 2
        if row["error"]:
            found.append(row["error"])
        if not found and not is_answer(row):
            found.append("no answer")
            if is_refused(row):
                violation = row["verified"]["violation"]
                found = [f"refused: {row['verified']['violates']} by {violation:.2g}"]
        if found:
            lines.append((rank, row["method"], row["instance"], found, row))
    lines.sort(key=lambda line: line[:3])
    cut = f"; the first {MOST_FAILURES} of {len(lines)}"
    return Table(
        "Failures",
        "Wrong answers first, then errors, then runs without an answer"
        + (cut if len(lines) > MOST_FAILURES else "")
        + ". The command repeats the run and prints its row.",
        ["method", "instance", "limit", "what", "command"],
        [
            [
                method,
                f"{instance} seed {row['seed']}",
                seconds_text(row["budget"]),
                "; ".join(found),
                row["command"],
            ]
            for _, method, instance, found, row in lines[:MOST_FAILURES]
        ],
    )


def comparison_table(found: Comparison) -> Table:
    """Each comparison, those with a difference first."""
    return Table(
        "A against B",
        "Ratios B / A of what should be small: below 1, B is better. Sorted by "
        "verdict, then by distance from 1. Times are corrected for the machine's pace, "
        f"{found.pace:.3f} in B where it is 1 in A.",
        ["method", "limit", "of", "ratio", "95% interval", "pairs", "B less",
         "B more", "p", "verdict"],
        [
            [
                line.method,
                seconds_text(line.budget),
                line.quantity,
                f"{line.difference.ratio:.3f}",
                f"{line.difference.low:.3f} to {line.difference.high:.3f}",
                str(line.difference.pairs),
                str(line.difference.fewer),
                str(line.difference.more),
                f"{line.difference.p:.2g}",
                line.verdict,
            ]
            for line in found.lines
        ],
    )  # fmt: skip


def change_table(found: list[Change], runs: int) -> Table:
    """Counters that differ from the stored ones."""
    return Table(
        f"Counters of {runs} runs",
        "Those that differ from the stored ones by more than their tolerance, the "
        "worse first. Less is better; objectives by the sense of the problem.",
        ["run", "counter", "stored", "now", "verdict"],
        [
            [
                one.run,
                one.counter,
                "-" if one.before is None else f"{one.before:.6g}",
                "-" if one.now is None else f"{one.now:.6g}",
                "worse" if one.is_worse else "better, --write stores it",
            ]
            for one in found
        ],
    )


def target_times(rows: list[Row], known: References) -> tuple[list[str], np.ndarray]:
    """Methods, and seconds to the target (runs, methods) at one budget; inf: missed."""
    methods = sorted({row["method"] for row in rows})
    places = sorted({(*place_of(row), row["repetition"]) for row in rows})
    costs = np.full((len(places), len(methods)), np.inf)
    for row in rows:
        index = places.index((*place_of(row), row["repetition"]))
        column = methods.index(row["method"])
        costs[index, column] = seconds_to_target(row, known.get(place_of(row)))
    return methods, costs

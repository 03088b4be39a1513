"""The card beside the models: where they come from, and what they are worth."""

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version

import numpy as np

from benchmarks.selection import Closed, by_family, by_seed, closed_gaps, evaluated
from benchmarks.selection_cases import Case
from benchmarks.tables import Table
from benchmarks.training import BUDGETS, LONG, LONG_INSTANCES
from benchmarks.training_instances import FIRST_SEED
from benchmarks.training_models import LEAST_IN_LEAF, TREES

PACKAGES = ("numpy", "scikit-learn", "numba", "highspy")
HEADINGS = [
    "problem",
    "limit",
    "cases",
    "by rule",
    "best single",
    "its score",
    "virtual best",
    "noise",
    "rule",
    "plan",
    "on two cores",
    "closed by rule",
    "closed",
    "closed on two",
]


def cross_validated(cases: Sequence[Case]) -> list[Table]:
    """Closed gaps on families, and on seeds, that the models have not seen.

    What would leave nothing to train on is left out.
    """
    return [
        closed_table(title, closed_gaps(evaluated(cases, fold)))
        for title, fold in (
            ("Families not trained on", by_family),
            ("Seeds not trained on", by_seed),
        )
        if is_divided(cases, fold)
    ]


def is_divided(cases: Sequence[Case], fold: Callable[[Case], object]) -> bool:
    """Whether each problem has cases in two folds at least."""
    folds: dict[str, set[object]] = {}
    for case in cases:
        folds.setdefault(case.problem, set()).add(fold(case))
    return all(len(found) > 1 for found in folds.values())


def closed_table(title: str, rows: Sequence[Closed]) -> Table:
    """Closed gaps by problem and budget, and their mean."""
    lines = [
        [
            row.problem,
            f"{row.seconds:g} s",
            str(row.cases),
            str(row.ruled),
            row.single,
            f"{row.single_score:.4f}",
            f"{row.virtual_score:.4f}",
            f"{row.noise:.4f}",
            f"{row.rule_score:.4f}",
            f"{row.plan_score:.4f}",
            f"{row.beside_score:.4f}",
            *(
                f"({row.closed(mean):.2f})"
                if row.is_noise
                else f"{row.closed(mean):.2f}"
                for mean in (row.rule_score, row.plan_score, row.beside_score)
            ),
        ]
        for row in rows
    ]
    for seconds in sorted({row.seconds for row in rows}):
        here = [row for row in rows if row.seconds == seconds and not row.is_noise]
        if not here:
            continue
        rule = np.mean([row.closed(row.rule_score) for row in here])
        plan = np.mean([row.closed(row.plan_score) for row in here])
        both = np.mean([row.closed(row.beside_score) for row in here])
        means = [f"{mean:.2f}" for mean in (rule, plan, both)]
        lines.append(["mean", f"{seconds:g} s", *[""] * 9, *means])
    unanswered = sum(row.unanswered for row in rows)
    note = (
        f"Scores: mean gap over time, 10 without an answer; plans without an answer "
        f"where a method has one: {unanswered}. Noise: by how much the better of two "
        "runs of the best single method is better than their mean. Where single and "
        "virtual best differ by no more, the closed gap is in brackets, and does not "
        "count in the mean."
    )
    return Table(title, note, HEADINGS, lines)


def card(cases: Sequence[Case], tables: Sequence[Table]) -> str:
    """Markdown of the card."""
    families = Counter(case.family for case in cases)
    budgets = ", ".join(f"{seconds:g} s" for seconds in BUDGETS)
    parts = [
        "# Models of the selector",
        "",
        "Extra trees by problem, limit of time and method: features of a problem to "
        "the gaps of answers and bounds to the best known value over time. Written by "
        "`rrm bench train`; evaluated by `rrm bench selector`.",
        "",
        f"- Data: {len(cases)} instances, made by the functions of "
        f"`benchmarks/training_instances.py` with seeds from {FIRST_SEED} on (suites "
        f"use those from 0 on); every method alone for {budgets}, twice for "
        f"{BUDGETS[0]:g} s, and {LONG:g} s on {LONG_INSTANCES} of each family. Methods "
        "in this process are timed by the processor time of their thread, workers by "
        "the clock.",
        f"- Trees: {TREES} a forest, at least {LEAST_IN_LEAF} instances in a leaf.",
        f"- Trained on {platform.machine()}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + ".",
        "- Not covered: networks from operators, other processors, several calls at "
        "the same time. Where a feature leaves its training range by more than "
        "half of it, the rule decides.",
        "",
        "Instances by family: "
        + ", ".join(f"{name} {count}" for name, count in sorted(families.items()))
        + ".",
    ]
    for table in tables:
        parts += ["", f"## {table.title}", "", table.note, "", *markdown(table)]
    return "\n".join(parts) + "\n"


def markdown(table: Table) -> list[str]:
    """Lines of a table in Markdown."""
    rows = [table.headings, ["---"] * len(table.headings), *table.rows]
    return ["| " + " | ".join(row) + " |" for row in rows]

"""Which method when, from what every method reached in the stored benchmark runs."""

import numpy as np

from benchmarks.training_instances import FAMILIES, MIXED, Training
from formulations.problem import Problem
from rrm.budget import Budget
from rrm.planning import make_plan
from rrm.registry import Method, methods_for
from rrm.selection.models import FOLDER, Model, model_of

LIMITS = (0.01, 0.1, 1.0)
"""Budgets in s for which the selector is asked; the first tiers of its models."""
CLOSE = 1e-3
"""Gap to the best known value up to which an answer counts as the best."""


def page() -> str:
    """Markdown of the page."""
    card = FOLDER / "card.md"
    families = [name for name in FAMILIES if not name.endswith(MIXED)]
    problems = [Training(name, 0).build() for name in families]
    kinds = sorted({type(one) for one in problems}, key=lambda kind: kind.__name__)
    parts = [
        "# Which method when",
        "`rrm.solve(problem, budget)` decides this for you; `solution.plan` says what "
        "it did. Nothing on this page is typed: it is made at each build from the "
        "benchmark runs stored with the selector's models (`rrm bench train`), in "
        "which every method ran alone on every instance.",
        "## By shape of the problem",
        "One instance of each family, made by its generator: what the selector begins "
        "with. *A, then B*: the second takes over after part of the time. *By rule*: "
        "one method is enough, or the models do not know such instances.",
        _table(
            ["family", "size", *(_time(seconds) for seconds in LIMITS)],
            [_plans(*pair) for pair in zip(families, problems, strict=True)],
        ),
        "## By method",
        "Share of the instances on which the method was within 0.1% of the best value "
        "known when time was out, of those on which it was run; in brackets the mean "
        "gap that its own bound left to that value, where it gives one.",
    ]
    for kind in kinds:
        model = model_of(kind)
        if model is not None:
            parts += [f"### {kind.__name__}", *_results(kind, model)]
    text = card.read_text()
    parts += ["## What choosing is worth", text[text.index("Scores:") :]]
    return "\n\n".join(parts).replace("\n## Seeds", "\n### Seeds") + "\n"


def _plans(family: str, problem: Problem) -> list[str]:
    size = " ".join(
        f"{axis}={n}" for axis, n in problem.sizes.items() if n and not axis.isdigit()
    )
    return [f"`{family}`", size, *(_plan(problem, seconds) for seconds in LIMITS)]


def _plan(problem: Problem, seconds: float) -> str:
    is_answered = problem.trivial() is not None
    steps = list(make_plan(problem, Budget(seconds), "auto", is_answered)[0])
    begun = [step for step in steps if "expected" in step.why]
    if not begun:
        return f"`{steps[0].method.name}` by rule"
    return ", then ".join(f"`{step.method.name}`" for step in begun)


def _results(kind: type[Problem], model: Model) -> list[str]:
    known = {entry.name: entry for entry in methods_for(kind)}
    rows = []
    for number, name in enumerate(model.methods):
        if name in known:
            cells = [
                _cell(known[name], model, tier, number) for tier in range(len(LIMITS))
            ]
            rows.append([f"`{name}`", known[name].kind, *cells])
    instances = model.curves.shape[1]
    headings = ["method", "kind", *(_time(seconds) for seconds in LIMITS)]
    return [f"{instances} instances.", _table(headings, rows)]


def _cell(entry: Method, model: Model, tier: int, number: int) -> str:
    was_run = model.was_run[tier][:, number]
    if not was_run.any():
        return "-"
    answer, bound = model.curves[tier, was_run, number, :, -1].T
    text = f"{np.mean(answer <= CLOSE):.0%} of {was_run.sum()}"
    if not entry.proves:
        return text
    return f"{text} ({np.mean(np.minimum(bound, 1.0)):.2%})"


def _time(seconds: float) -> str:
    return f"{1e3 * seconds:g} ms" if seconds < 1 else f"{seconds:g} s"


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

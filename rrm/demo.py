"""The main job on ray-traced Munich: problems, answers, replay, directives."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import twins
from formulations import PowerControl, UserAssociation, compose
from llm_bridge import ContextReport
from llm_bridge import example as example_report
from rrm import page
from rrm.confirmation import Replay, replay
from rrm.directives import (
    Directive,
    decibel_milliwatt,
    handovers,
    origin_counts,
    power_changes,
    sentence,
)
from rrm.engine import solve
from rrm.picture import anytime, scene
from rrm.prices import ItemPrice, item_prices
from rrm.solution import Solution
from rrm.warming import warm_up
from twins import TwinSnapshot

BUDGET = 0.1  # s for each problem
NOTE = (
    "7 roofs, 21 cells at 3.5 GHz, 200 users, gains by ray tracing. Dots are users in "
    "the colour of their site, wedges are cells (hollow: off), the diamond is a "
    "receiver to protect."
)
TITLE = "Munich: who serves whom, with how much power, and why"


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that the demo shows.

    Attributes
    ----------
    snapshot, report
        What was known and what was said.
    association, powers : Solution
        The two answers.
    cell, power : (U,) int, (B,) W
        Their allocations, by user and by cell of the snapshot.
    before, after : Replay
        On the twin's gains, at full power from the previous cells and as decided.
    directives : list of Directive
        Changes for the network.
    prices : dict
        By problem and sentence: what it costs.
    warm_seconds : float
        Loading kernels and starting workers.
    """

    snapshot: TwinSnapshot
    report: ContextReport
    association: Solution
    powers: Solution
    cell: np.ndarray
    power: np.ndarray
    before: Replay
    after: Replay
    directives: list[Directive]
    prices: dict[str, dict[str, ItemPrice]]
    warm_seconds: float


def run(budget: float = BUDGET) -> Outcome:
    """Compose, solve, replay and price the example under ``budget`` s a problem."""
    snapshot, report = twins.example(), example_report()
    warm_seconds = warm_up(UserAssociation, PowerControl)
    first = compose(snapshot, report, UserAssociation)
    association = solve(first, budget)
    if association.allocation is None:
        raise RuntimeError(f"no association: {association}")
    cell = association.allocation.cell
    decided = snapshot.replace(previous=cell)
    second = compose(decided, report, PowerControl)
    powers = solve(second, budget)
    if powers.allocation is None:
        raise RuntimeError(f"no powers: {powers}")
    power = np.zeros(len(snapshot.cell_id))
    place = {str(name): b for b, name in enumerate(snapshot.cell_id)}
    power[[place[name] for name in second.labels["L"]]] = powers.allocation.power
    prices = {
        "association": item_prices(
            snapshot, report, UserAssociation, association, budget
        ),
        "powers": item_prices(decided, report, PowerControl, powers, budget),
    }
    worth = {name: {w: p.price for w, p in row.items()} for name, row in prices.items()}
    return Outcome(
        snapshot=snapshot,
        report=report,
        association=association,
        powers=powers,
        cell=cell,
        power=power,
        before=replay(snapshot, snapshot.previous, snapshot.p_max),
        after=replay(snapshot, cell, power),
        directives=[
            *handovers(snapshot, first, association, worth["association"]),
            *power_changes(decided, second, powers, worth["powers"]),
        ],
        prices={name: dict(row) for name, row in prices.items()},
        warm_seconds=warm_seconds,
    )


def item_rows(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    """Each item that holds: kind, sentence, what it changed, what it costs."""
    rows = []
    solutions = {"association": outcome.association, "powers": outcome.powers}
    for item in outcome.report.items_at(outcome.snapshot.time):
        words = sentence(item)
        changed, price = [], []
        for name, solution in solutions.items():
            counts = origin_counts(solution.problem).get(words, {})
            changed += [f"{count} of {name}.{part}" for part, count in counts.items()]
            if words in outcome.prices[name]:
                found = outcome.prices[name][words]
                about = "" if found.certain else "about "
                unit = solution.problem.objective_unit
                price.append(f"{about}{found.price:.3g} {unit}")
        rows.append((str(item.kind), words, ", ".join(changed), "; ".join(price)))
    return rows


def cell_rows(outcome: Outcome) -> list[tuple[Any, ...]]:
    """Each cell: users, load and power before and after."""
    snapshot, before, after = outcome.snapshot, outcome.before, outcome.after
    return [
        (
            str(name),
            f"{before.users[b]} → {after.users[b]}",
            f"{before.load[b]:.0%} → {after.load[b]:.0%}",
            f"{after.floors[b]:.0%}",
            f"{decibel_milliwatt(snapshot.p_max[b]):.1f}",
            f"{decibel_milliwatt(outcome.power[b]):.1f}" if outcome.power[b] else "off",
        )
        for b, name in enumerate(snapshot.cell_id)
    ]


def replay_rows(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Outcome on the twin's gains before and after."""
    limit = outcome.powers.problem.protected_limit  # pyright: ignore[reportAttributeAccessIssue]
    rows = []
    for name, share in (("5% rate", 5), ("median rate", 50)):
        values = [
            f"{np.percentile(one.rate, share) / 1e6:.2f} Mbit/s"
            for one in (outcome.before, outcome.after)
        ]
        rows.append((name, *values))
    served = [int((one.rate > 0).sum()) for one in (outcome.before, outcome.after)]
    rows.append(("users served", *map(str, served)))
    for m, name in enumerate(outcome.snapshot.protected_id):
        heard = [one.received[m] for one in (outcome.before, outcome.after)]
        cells = [
            f"{1e9 * watt:.3g} nW ({'within' if watt <= limit[m] * 1.001 else 'above'} "
            f"{1e9 * limit[m]:.3g} nW)"
            for watt in heard
        ]
        rows.append((f"interference at {name}", *cells))
    total = [outcome.snapshot.p_max.sum(), outcome.power.sum()]
    rows.append(("transmitted power", *(f"{watt:.4g} W" for watt in total)))
    return rows


CELL_HEADINGS = ("cell", "users", "load", "for floors", "limit dBm", "power dBm")
ITEM_HEADINGS = ("kind", "sentence", "changes", "costs")
REPLAY_HEADINGS = ("on the twin's gains", "before", "after")


def show(outcome: Outcome, console: Console) -> None:
    """Print the outcome as tables."""
    console.print(f"[bold]{TITLE}[/]")
    console.print(f"warm-up {outcome.warm_seconds:.2f} s, outside the budgets\n")
    _print(console, "What was said", ITEM_HEADINGS, item_rows(outcome))
    for name, solution in (
        ("User association", outcome.association),
        ("Power control", outcome.powers),
    ):
        rows = page.solution_rows(solution)
        _print(console, name, ("", f"budget {1e3 * BUDGET:.0f} ms"), rows)
    _print(console, "Allocation", CELL_HEADINGS, cell_rows(outcome))
    _print(console, "Replay", REPLAY_HEADINGS, replay_rows(outcome))
    rows = page.directive_rows(outcome.directives)
    _print(console, "Directives", page.DIRECTIVE_HEADINGS, rows)


def _print(console: Console, title: str, headings: Any, rows: Any) -> None:
    table = Table(title=title, title_justify="left", show_lines=False, expand=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row))
    console.print(table)


def write(outcome: Outcome, folder: Path) -> Path:
    """Write ``demo.html`` and ``map.svg`` to ``folder``; the path of the page."""
    coverage = twins.example_coverage()
    picture = scene(outcome.snapshot, coverage, outcome.cell, outcome.power)
    attribution = outcome.snapshot.provenance["attribution"]
    folder.mkdir(parents=True, exist_ok=True)
    curves = "".join(
        f"<div>{anytime(solution, f'{name}, {solution.problem.objective_unit}')}</div>"
        for name, solution in (
            ("association", outcome.association),
            ("powers", outcome.powers),
        )
    )
    sections = [
        f'<p class="note">{NOTE}</p>',
        picture,
        page.legend(),
        f'<p class="note">{html.escape(attribution)}</p>',
        "<h2>What was said, and what it costs</h2>",
        page.table(ITEM_HEADINGS, item_rows(outcome)),
        "<h2>User association</h2>",
        page.table(("", ""), page.solution_rows(outcome.association)),
        "<h2>Power control</h2>",
        page.table(("", ""), page.solution_rows(outcome.powers)),
        "<h2>Objective (blue) and bound (orange) over time</h2>",
        f'<div class="pair">{curves}</div>',
        "<h2>Replay</h2>",
        page.table(REPLAY_HEADINGS, replay_rows(outcome)),
        "<h2>Allocation</h2>",
        page.table(CELL_HEADINGS, cell_rows(outcome)),
        "<h2>Directives</h2>",
        page.table(page.DIRECTIVE_HEADINGS, page.directive_rows(outcome.directives)),
    ]
    (folder / "map.svg").write_text(standalone(picture), encoding="utf-8")
    page.write_page(folder / "demo.html", TITLE, sections)
    return folder / "demo.html"


def standalone(picture: str) -> str:
    """Picture with its own text style, to be shown outside the page."""
    style = "<style>text{font:600 12px sans-serif;fill:#222}</style>"
    head, bracket, rest = picture.partition(">")
    return f"{head}{bracket}{style}{rest}\n"


def to_json(outcome: Outcome) -> dict[str, Any]:
    """What the tables show, as plain values."""
    return {
        "schema": "rrm.demo/1",
        "items": [
            dict(zip(ITEM_HEADINGS, row, strict=True)) for row in item_rows(outcome)
        ],
        "association": dict(page.solution_rows(outcome.association)),
        "powers": dict(page.solution_rows(outcome.powers)),
        "cells": [
            dict(zip(CELL_HEADINGS, row, strict=True)) for row in cell_rows(outcome)
        ],
        "directives": [one.to_json() for one in outcome.directives],
    }

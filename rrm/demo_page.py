"""What the demo shows, as tables, as a page, and as plain values."""

import html
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import twins
from rrm import page
from rrm.demo import Outcome
from rrm.directives import decibel_milliwatt, origin_counts, sentence
from rrm.picture import anytime, scene

NOTE = (
    "7 roofs, 21 cells at 3.5 GHz, 200 users, gains by ray tracing. Dots are users in "
    "the colour of their site, wedges are cells (hollow: off), the diamond is a "
    "receiver to protect."
)
TITLE = "Munich: who serves whom, with how much power, and why"


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
    power = outcome.power * snapshot.alive
    return [
        (
            str(name),
            f"{before.users[b]} → {after.users[b]}",
            f"{before.load[b]:.0%} → {after.load[b]:.0%}",
            f"{after.floors[b]:.0%}",
            f"{decibel_milliwatt(snapshot.p_max[b]):.1f}",
            f"{decibel_milliwatt(power[b]):.1f}" if power[b] else "off",
        )
        for b, name in enumerate(snapshot.cell_id)
    ]


def replay_rows(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Outcome on the twin's gains before and after."""
    limit, rows = outcome.limit, []
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
    total = [one @ outcome.snapshot.alive
             for one in (outcome.snapshot.p_max, outcome.power)]  # fmt: skip
    rows.append(("transmitted power", *(f"{watt:.4g} W" for watt in total)))
    return rows


def turn_rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """Each turn: when, what was sent, what came of it, how long it took."""
    rows = []
    for one in outcome.turns:
        clock = datetime.fromtimestamp(one.turn.time, UTC)
        rows.append(
            (
                f"{one.turn.number}, {clock:%H:%M:%S}",
                f"{len(one.turn.sent)}, {one.turn.acknowledged}",
                str(len(one.turn.without_effect)),
                f"{one.expected:.1%}",
                f"{one.served:.1%}",
                "; ".join(one.turn.fallbacks) or "none",
                f"{1e3 * one.turn.seconds:.0f} ms",
            )
        )
    return rows


def directive_rows(outcome: Outcome) -> list[tuple[Any, ...]]:
    """Each directive, and what became of it."""
    rows = page.directive_rows(one for one, _ in outcome.directives)
    pairs = zip(rows, outcome.directives, strict=True)
    return [(*row, status) for row, (_, status) in pairs]


def reader(outcome: Outcome) -> str:
    """Who read the notes, and what was not taken."""
    items = len(outcome.report.items)
    text = f"{items} items read by the grammar"
    if outcome.reader:
        text = f"{items} items, {outcome.added} of them added by {outcome.reader}"
    refused = "; ".join(f"{author}: {why}" for author, why in outcome.refused)
    return f"{text}; refused: {refused or 'nothing'}"


CELL_HEADINGS = ("cell", "users", "load", "for floors", "limit dBm", "power dBm")
ITEM_HEADINGS = ("kind", "sentence", "changes", "costs")
REPLAY_HEADINGS = ("on the twin's gains", "full power", "as decided")
TURN_HEADINGS = (
    "turn",
    "sent, acknowledged",
    "without effect",
    "expected to be served",
    "served",
    "fallbacks",
    "took",
)
DIRECTIVE_HEADINGS = (*page.DIRECTIVE_HEADINGS, "status")


def show(outcome: Outcome, console: Console) -> None:
    """Print the outcome as tables."""
    console.print(f"[bold]{TITLE}[/]")
    console.print(f"warm-up {outcome.warm_seconds:.2f} s, outside the turns")
    console.print(f"{reader(outcome)}\n")
    for title, headings, rows in _tables(outcome):
        _print(console, title, headings, rows)


def _tables(outcome: Outcome) -> list[tuple[str, Any, Any]]:
    """Titles, headings and rows, in order."""
    return [
        ("What was said, and what it costs", ITEM_HEADINGS, item_rows(outcome)),
        ("User association", ("", ""), page.solution_rows(outcome.association)),
        ("Power control", ("", ""), page.solution_rows(outcome.powers)),
        ("Turns", TURN_HEADINGS, turn_rows(outcome)),
        ("Replay", REPLAY_HEADINGS, replay_rows(outcome)),
        ("Allocation", CELL_HEADINGS, cell_rows(outcome)),
        ("Directives", DIRECTIVE_HEADINGS, directive_rows(outcome)),
    ]


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
    picture = scene(
        outcome.snapshot,
        coverage,
        outcome.cell,
        outcome.power * outcome.snapshot.alive,
    )
    attribution = twins.example().provenance["attribution"]
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
        f"<p>{html.escape(reader(outcome))}</p>",
    ]
    for title, headings, rows in _tables(outcome):
        sections += [f"<h2>{title}</h2>", page.table(headings, rows)]
        if title == "Power control":
            sections.append("<h2>Objective (blue) and bound (orange) over time</h2>")
            sections.append(f'<div class="pair">{curves}</div>')
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
        "schema": "rrm.demo/2",
        "items": [
            dict(zip(ITEM_HEADINGS, row, strict=True)) for row in item_rows(outcome)
        ],
        "read": reader(outcome),
        "association": dict(page.solution_rows(outcome.association)),
        "powers": dict(page.solution_rows(outcome.powers)),
        "cells": [
            dict(zip(CELL_HEADINGS, row, strict=True)) for row in cell_rows(outcome)
        ],
        "turns": [
            dict(zip(TURN_HEADINGS, row, strict=True)) for row in turn_rows(outcome)
        ],
        "directives": [
            {**one.to_json(), "status": status} for one, status in outcome.directives
        ],
    }

"""One HTML page without outside requests that shows what was decided and why."""

import html
import os
import tempfile
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from rrm.directives import Directive
from rrm.picture import LEVELS_DBM, SHADES, anytime, scene
from rrm.solution import Solution

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff;
       max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
svg { width: 100%; height: auto; }
svg text.site { font: 600 12px system-ui, sans-serif; fill: #222;
                paint-order: stroke; stroke: #fff; stroke-width: 3px; }
svg text.axis { font: 11px system-ui, sans-serif; fill: #444; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd;
         vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1rem; font-size: .85rem; }
.legend span::before { content: ""; display: inline-block; width: 1em; height: 1em;
                       margin-right: .4em; vertical-align: -.15em;
                       background: var(--colour); border: 1px solid #999; }
.note { color: #555; font-size: .85rem; }
@media print { body { margin: 0; } h2 { break-after: avoid; }
               tr { break-inside: avoid; } }
"""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """HTML table; numbers stand to the right, all text is escaped."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in headings)
    body = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, (int, float)):
        return f'<td class="number">{value:,.4g}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def solution_rows(solution: Solution) -> list[tuple[str, str]]:
    """What a solution says of itself, as name and text."""
    certificate = solution.certificate
    unit = solution.problem.objective_unit
    worst = max(certificate.violations.values(), default=float("nan"))
    return [
        ("status", f"{solution.status}: {solution.status.sentence}"),
        ("objective", f"{solution.objective:.6g} {unit} (by {solution.method})"),
        ("bound", f"{solution.bound:.6g} {unit}, {bound_text(solution)}"),
        ("gap", f"{solution.gap:.3%}"),
        ("largest violation", f"{worst:.1e} of the limit, recomputed"),
        ("stopped", f"{solution.stopped} after {1e3 * solution.seconds:.3g} ms"),
        ("verified in", f"{1e3 * certificate.seconds:.2g} ms"),
    ]


def bound_text(solution: Solution) -> str:
    """Who gave the bound and what makes it valid."""
    certificate = solution.certificate
    if not certificate.bound_by:
        return "none proven"
    return f"by {certificate.bound_by}, argument {certificate.argument}"


def directive_rows(directives: Iterable[Directive]) -> list[tuple[object, ...]]:
    """Rows of a table of directives."""
    return [
        (
            one.target,
            one.attribute,
            f"{one.old} → {one.new} {one.unit}".strip(),
            " ".join(one.reason),
            "" if one.price is None else f"{one.price:.4g}",
        )
        for one in directives
    ]


DIRECTIVE_HEADINGS = ("target", "attribute", "change", "reason", "price")


def legend() -> str:
    """Colours of received power."""
    names = [f"below {LEVELS_DBM[0]}"]
    names += [f"{a} to {b}" for a, b in pairwise(LEVELS_DBM)]
    names.append(f"above {LEVELS_DBM[-1]} dBm")
    items = "".join(
        f'<span style="--colour:{colour}">{html.escape(name)}</span>'
        for colour, name in zip(SHADES, names, strict=True)
    )
    return f'<p class="legend">Strongest cell at street level: {items}</p>'


def write_page(
    path: str | os.PathLike[str], title: str, sections: Sequence[str]
) -> None:
    """Write a page of ``sections`` (HTML) to ``path``, whole or not at all."""
    text = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body>\n<h1>{html.escape(title)}</h1>\n"
        + "\n".join(sections)
        + "\n</body></html>\n"
    )
    target = Path(path)
    with tempfile.NamedTemporaryFile(
        "w",
        dir=target.parent,
        prefix=f".{target.name}.",
        delete=False,
        encoding="utf-8",
    ) as stream:
        stream.write(text)
    Path(stream.name).chmod(0o644)
    Path(stream.name).replace(target)


__all__ = [
    "DIRECTIVE_HEADINGS",
    "anytime",
    "directive_rows",
    "legend",
    "scene",
    "solution_rows",
    "table",
    "write_page",
]

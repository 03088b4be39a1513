"""What the twins reach: ``python -m benchmarks.twins [--json] [--html FILE]``.

One simulated hour of Munich against a network whose truth the twins do not know, the
same with bad measurements, a what-if, a city, the context database, and a week of slice
shares.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

import twins
from benchmarks.twins_city import city
from benchmarks.twins_database import database_cost
from benchmarks.twins_run import DECIDE, Trace, global_twin, hour
from rrm.page import STYLE, table
from twins.l3.week import simulate
from twins.network import SimulatedNetwork


class Line(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    what, reached, bar : str, float, float
        Quantity, its value, and what it should be.
    is_most : bool
        Whether the bar is the most it may be; else the least.
    """

    what: str
    reached: float
    bar: float
    is_most: bool = True

    @property
    def holds(self) -> bool:
        """Whether the bar is met; NaN does not meet any."""
        return self.reached <= self.bar if self.is_most else self.reached >= self.bar


def run_lines(clean: Trace, spoilt: Trace) -> list[Line]:
    """Lines of the closed run, and of the one with bad measurements."""
    better = 1 - clean.rmse("twin") / clean.rmse("base")
    forecast = 1 - clean.error("forecast") / clean.error("persistence")
    grown = spoilt.rmse("twin") / clean.rmse("twin") - 1
    return [
        Line(
            "L1: RMSE of gains by the ray tracer alone, dB", clean.rmse("base"), np.inf
        ),
        Line("L1: RMSE of gains by the twin, dB", clean.rmse("twin"), np.inf),
        Line("L1: error less than the ray tracer's by", better, 0.3, False),
        Line(
            "L1: truth within 90% intervals", float(np.mean(clean.covered)), 0.85, False
        ),
        Line("L2: error less than persistence's by, 1 min ahead", forecast, 0.2, False),
        *(
            Line(
                f"L2: {name} of a cell, error less than persistence's by, 1 min ahead",
                clean.load_margin(name),
                0.0,
                False,
            )
            for name in clean.loads
        ),
        Line("SINR after an allocation: median error, dB", clean.sinr_median(), 2.0),
        Line("bad measurements: error grows by", grown, 0.1),
        Line("bad measurements put aside", spoilt.refused, 1.0, False),
    ]


def what_if_line() -> Line:
    """Milliseconds to fork 100 users and 21 cells, take a cell down, read KPIs."""
    start, coverage = twins.example(), twins.example_coverage()
    few = start.replace(
        **{
            name: getattr(start, name)[:100]
            for name, spec in start.specs()
            if getattr(start, name, None) is not None
            and getattr(spec, "axes", [("",)])[0][:1] == ("U",)
            and len(getattr(start, name))
        }
    )
    network = SimulatedNetwork(few, coverage)
    twin = global_twin(few, coverage)
    network.step(10.0)
    twin.update(network.report(), network.time)
    times = []
    for cell in few.cell_id:
        before = time.perf_counter()
        twin.fork().outage(str(cell)).indicators()
        times.append(time.perf_counter() - before)
    return Line(
        "what-if of 100 users, 21 cells: median, ms", 1e3 * np.median(times), 10
    )


def database_lines() -> list[Line]:
    """Seconds to ingest a million rows; milliseconds for the latest of 10,000 users."""
    with tempfile.TemporaryDirectory() as folder:
        cost = database_cost(str(Path(folder) / "context.duckdb"))
    return [
        Line("DuckDB: 1 million rows in batches of 50,000, s", cost.ingest, 20),
        Line("DuckDB: latest of 10,000 users: median, ms", 1e3 * cost.latest, 50),
    ]


def city_lines() -> list[Line]:
    """Time and memory of a city's update, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        cost = pool.apply(city)
    return [
        Line("city of 1,000 cells, 100,000 users: update, s", cost.seconds, 2.0),
        Line("city: processor time of an update, s", cost.processor_seconds, 4.0),
        Line("city: memory, GB", cost.memory / 1e9, 4.0),
    ]


def week_lines() -> list[Line]:
    """Learned slice shares against fixed ones and the rule, in a week."""
    week = simulate()
    fixed, rule = week.fixed.mean(), week.by_demand.mean()
    return [
        Line("slices: demand unserved with fixed shares", 1 - fixed, np.inf),
        Line("slices: with shares by demand", 1 - rule, np.inf),
        Line("slices: with learned shares", 1 - week.learned.mean(), 1 - fixed),
        Line("slices: promises broken while learning", week.broken, 0),
    ]


def html_page(lines: list[Line]) -> str:
    """Page without outside requests."""
    rows = [
        (one.what, one.reached, _bar(one), "yes" if one.holds else "no")
        for one in lines
    ]
    body = table(("what", "reached", "bar", "met"), rows)
    title = "Twins against a network they do not know"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style><h1>{title}</h1>{body}</html>\n"
    )


def _bar(line: Line) -> str:
    if not np.isfinite(line.bar):
        return ""
    return f"{'at most' if line.is_most else 'at least'} {line.bar:g}"


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60.0, help="of the closed run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--html", type=Path, help="also write a page")
    chosen = parser.parse_args(arguments)
    seconds = 60.0 * chosen.minutes
    if not DECIDE < seconds < np.inf:
        parser.error(
            f"--minutes must be above {DECIDE / 60:g}: the engine decides then"
        )
    clean = hour(chosen.seed, seconds)
    spoilt = hour(chosen.seed, seconds, spoil=True, decide=False)
    lines = [
        *run_lines(clean, spoilt),
        what_if_line(),
        *city_lines(),
        *database_lines(),
        *week_lines(),
    ]
    if chosen.html is not None:
        chosen.html.write_text(html_page(lines))
    if chosen.json:
        values = [{**one._asdict(), "holds": bool(one.holds)} for one in lines]
        print(json.dumps({"schema": "rrm.twins/1", "lines": values}, default=float))
    else:
        shown = Table("what", "reached", "bar", "met")
        for one in lines:
            met = "yes" if one.holds else "NO"
            shown.add_row(one.what, f"{one.reached:.4g}", _bar(one), met)
        Console().print(shown)
    return 0 if all(one.holds for one in lines) else 1


if __name__ == "__main__":
    raise SystemExit(main())

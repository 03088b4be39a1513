"""Placement over a forecast: time steps and scenarios of an event."""

from functools import partial
from pathlib import Path

from benchmarks.forecast import event_scenarios, event_steps
from benchmarks.suites import Instance, Suite
from formulations.forecast import LapForecast


def _made(kind: str, size: str, seed: int) -> LapForecast:
    del seed
    return {"steps": event_steps, "scenarios": event_scenarios}[kind](size)


def suites(folder: Path) -> list[Suite]:
    """The suite ``forecast``."""
    del folder
    made = tuple(
        Instance("forecast", kind, size, partial(_made, kind, size), None, False)
        for size in ("small", "event")
        for kind in ("steps", "scenarios")
    )
    about = "LapForecast: six steps and eight scenarios of an event"
    return [Suite("forecast", about, ("1s", "10s"), made)]

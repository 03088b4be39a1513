"""Families of other packages, each a suite of its name: one instance for each seed."""

from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

from benchmarks.suites import Instance, Suite
from benchmarks.training_instances import GROUP, made


def suites(folder: Path) -> list[Suite]:
    """A suite for each entry point of the group ``rrm.families``."""
    del folder
    return [
        Suite(
            entry.name,
            f"instances drawn by {entry.value}",
            ("100ms", "1s"),
            (Instance(entry.name, entry.name, "drawn", partial(made, entry.name)),),
        )
        for entry in entry_points(group=GROUP)
    ]

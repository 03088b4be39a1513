"""A few small instances of each problem, for a look in minutes."""

from functools import partial
from pathlib import Path

from benchmarks.cellular import hexagonal, rayleigh
from benchmarks.instances.channels import scattered
from benchmarks.suites import Instance, Suite
from benchmarks.suites.association import fair, loaded
from benchmarks.suites.blocks import averaged, floored
from benchmarks.suites.channels import crowded
from benchmarks.suites.placement import event, median
from benchmarks.suites.power import least_power


def suites(folder: Path) -> list[Suite]:
    """The suite ``quick``."""
    del folder
    rows = (
        ("power", "urban-macro-sum-8", partial(hexagonal, 8)),
        ("power", "rayleigh-sum-10", partial(rayleigh, 10)),
        ("power", "least-power-19", partial(least_power, 19)),
        (
            "power",
            "max-min-19",
            partial(hexagonal, 19, objective="max_min_rate"),
        ),
        ("association", "loads-60x7", partial(loaded, 60, 7)),
        ("association", "fair-60x7", partial(fair, 60, 7)),
        ("placement", "event-200x16", partial(event, "200x16")),
        ("placement", "median-60-5", partial(median, 60, 5)),
        ("channels", "span-50", partial(scattered, 50, 8, 30)),
        ("channels", "interference-50", partial(crowded, 50, 10, 6)),
        ("blocks", "floors-10x1x25", partial(floored, 10, 1, 25)),
        ("blocks", "fair-10x1x25", partial(averaged, 10, 1, 25)),
    )
    made = tuple(Instance("quick", *row) for row in rows)
    about = "all five problems, small, in less than five minutes on two cores"
    return [Suite("quick", about, ("10ms", "300ms"), made)]

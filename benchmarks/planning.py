"""What a plan itself takes: features, the nearest instances, and asking methods.

Run with one BLAS thread; ``taskset -c 0`` gives plans for one core.

    python -m benchmarks.planning
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

import rrm
from benchmarks.training_instances import training_instances
from rrm.planning import choices, make_plan
from rrm.selection.features import features_of

BUDGET = rrm.Budget(0.01)
BEFORE, RUNS = 20, 200  # that are not counted, and those that are


def main() -> None:
    """Print one row for each family: microseconds, medians."""
    rrm.warm_up()
    table = Table("instance", "plan, us", "features, us", "methods asked, us")
    for instance in training_instances(1):
        problem = instance.build()
        table.add_row(
            instance.label,
            *(
                f"{microseconds(one):.0f}"
                for one in (
                    lambda problem=problem: make_plan(problem, BUDGET, "auto"),
                    lambda problem=problem: features_of(problem, True),
                    lambda problem=problem: choices(problem, BUDGET),
                )
            ),
        )
    Console().print(table)


def microseconds(call: Callable[[], object]) -> float:
    """Median time of a call, once all that it needs is loaded."""
    taken = []
    for _ in range(BEFORE + RUNS):
        began = perf_counter()
        call()
        taken.append(perf_counter() - began)
    return 1e6 * median(taken[BEFORE:])


if __name__ == "__main__":
    main()

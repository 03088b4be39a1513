"""Draws how the gap of each method falls over time: ``power_gap FILE.svg``.

Needs matplotlib, of the extra ``notebook``.
"""

import sys

import rrm
from benchmarks.cellular import hexagonal

LINKS, SEED = 12, 3
SECONDS = 2.0
METHODS = (
    "on_off",
    "wmmse",
    "barrier_ascent",
    "coordinate_ascent",
    "branch_and_bound",
    "auto",
)


def main(path: str) -> None:
    """Solve with each method and plot distances to the proven optimum."""
    from matplotlib import pyplot as plt  # pyright: ignore[reportMissingImports]

    problem = hexagonal(LINKS, SEED)
    rrm.warm_up(type(problem), workers=False)
    proven = rrm.solve(problem, rrm.Budget(60.0, gap=1e-6))
    _, axes = plt.subplots(figsize=(7, 4))
    for name in METHODS:
        budget = rrm.Budget(SECONDS, gap=1e-6)
        solution = rrm.solve(problem, budget, method=name)
        trace = [*solution.trace, (SECONDS, solution.objective, solution.bound)]
        moments = [max(seconds, 1e-5) for seconds, _, _ in trace]
        missed = [max(1 - value / proven.bound, 1e-7) for _, value, _ in trace]
        (line,) = axes.step(moments, missed, where="post", label=name)
        if name in ("branch_and_bound", "auto"):
            above = [max(bound / proven.objective - 1, 1e-7) for _, _, bound in trace]
            style = {"where": "post", "linestyle": ":", "color": line.get_color()}
            axes.step(moments, above, label=f"{name}, bound", **style)
    axes.set(xscale="log", yscale="log", xlabel="seconds", ylim=(5e-8, 10))
    axes.set_ylabel("relative distance to the optimum")
    axes.legend(fontsize=7)
    axes.grid(alpha=0.3)
    plt.tight_layout()
    plt.savefig(path)


if __name__ == "__main__":
    main(sys.argv[1])

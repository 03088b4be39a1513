"""What trade-offs promise, measured: fronts of 30 points on Munich.

Run with one BLAS thread.
"""

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
import twins
from formulations import PowerControl, UserAssociation, compose
from formulations.problem import FEASIBLE
from llm_bridge import example
from rrm.solution import Status
from rrm.tradeoffs import Axis, Front, axis
from rrm.tradeoffs.volume import undominated

SECONDS = 10.0
POINTS = 30
PLACES = 10  # users that a cell may serve
LEAST_SINR = 1e-3  # of a candidate, -30 dB
FAIREST = 1e9  # bit/s: highest price of one natural logarithm of a rate


def main() -> None:
    """Print the table, row by row as it is measured."""
    title = f"trade-offs on Munich: {POINTS} points, or all, in {SECONDS:g} s"
    table = Table("front", "points", "all", "s", "problems", "proven", "sound",
                  title=title)  # fmt: skip
    rrm.warm_up(UserAssociation, PowerControl)
    for name, front in (
        ("throughput, fairness", throughput_and_fairness()),
        ("fair utility, handovers, fullest cell", three_axes()),
        ("least rate, energy", rate_and_energy()),
    ):
        proven = sum(one.solution.status is Status.OPTIMAL for one in front.points)
        table.add_row(
            name,
            str(len(front)),
            "yes" if front.complete else "no",
            f"{front.seconds:.2f}",
            str(front.questions),
            str(proven),
            "yes" if is_sound(front) else "NO",
        )
    Console().print(table)


def is_sound(front: Front) -> bool:
    """Whether each point is feasible, none dominated, none excluded by a bound."""
    for one in front.points:
        problem, allocation = one.solution.problem, one.solution.allocation
        if max(problem.violations(allocation).values()) > FEASIBLE:
            return False
    signed = front.values * front.senses
    alone = len(undominated(signed)) == len(front)
    return alone and not front.excludes(front.values).any()


def full_cell_rate() -> np.ndarray:
    """Rate (U, B) bit/s with a whole cell at full power, -inf below the least SINR."""
    snapshot = twins.example()
    heard = snapshot.gain * snapshot.p_max
    others = heard.sum(axis=1, keepdims=True) - heard
    sinr = heard / (others + snapshot.noise[:, None])
    rate = snapshot.bandwidth * np.log2(1 + sinr)
    return np.where(sinr > LEAST_SINR, rate, -np.inf)


def throughput_and_fairness() -> Front:
    """Sum of rates against the sum of their logarithms; a place is 1/10 of a cell."""
    rate = full_cell_rate() / PLACES
    users, cells = rate.shape
    log_rate = np.log(np.where(np.isfinite(rate), rate, 1.0))
    problem = UserAssociation(rate, np.ones(users), np.full(cells, float(PLACES)))

    def priced(fairness: float) -> UserAssociation:
        """Build the problem whose users also earn the logarithm of their rates."""
        return problem.replace(utility=rate + fairness * log_rate)

    def fair(found) -> float:
        served = np.flatnonzero(found.cell >= 0)
        return float(log_rate[served, found.cell[served]].sum())

    axes = [
        axis.objective(problem, "throughput"),
        Axis("fairness", fair, 1, highest_price=FAIREST),
    ]
    return rrm.tradeoff(priced, axes, rrm.Budget(SECONDS, gap=1e-5), POINTS)


def three_axes() -> Front:
    """Fair utility against handovers and the number of users in the fullest cell."""
    rate = full_cell_rate()
    users, cells = rate.shape
    problem = UserAssociation(
        rate,
        np.ones(users),
        np.full(cells, np.inf),
        objective="proportional_fair",
        previous=twins.example().previous,
    )

    def fullest(found) -> float:
        return float(np.bincount(found.cell[found.cell >= 0], minlength=cells).max())

    axes = [
        axis.objective(problem, "utility"),
        axis.handovers(problem, 10.0),
        Axis("load", fullest, -1, limits=np.arange(10, 22)),
    ]
    return rrm.tradeoff(
        lambda handovers, load: problem.replace(
            handover_cost=handovers, capacity=np.full(cells, load)
        ),
        axes,
        rrm.Budget(SECONDS, gap=1e-7),
        POINTS,
    )


def rate_and_energy() -> Front:
    """Least rate of 20 cells against the power they send in all."""
    snapshot = twins.example()
    problem = compose(snapshot, example(), PowerControl)
    problem = problem.replace(
        objective="max_min_rate", min_rate=np.zeros_like(problem.p_max)
    )
    most = rrm.solve(problem, 1.0).allocation.power.sum()
    return rrm.tradeoff(
        lambda energy: axis.with_total_power(problem, energy),
        [
            axis.objective(problem, "least_rate"),
            axis.energy(np.geomspace(1e-3 * most, most, POINTS)),
        ],
        SECONDS,
        POINTS,
    )


if __name__ == "__main__":
    main()

"""What coexistence promises, measured: move lists against long runs.

Run with one BLAS thread.
"""

import resource

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from formulations.move_list import Grants, MoveList

GRANTS, RECEIVERS = 10_000, 20
SIDE = 200e3  # m of the area
LONG = 60.0  # s of the run to compare with
LIMITS_DBM = (-90.0, -100.0)
FRESH = 4  # sets of draws that no method has seen


def main() -> None:
    """Print the table, row by row as it is measured."""
    table = Table("what", "at", "bar", "measured", title="coexistence")
    rrm.warm_up(MoveList)
    for limit in LIMITS_DBM:
        problem = coast(limit)
        short = rrm.solve(problem, 10.0)
        long = rrm.solve(problem.replace(), LONG)
        more = 100 * (short.objective / long.objective - 1)
        worst = max(
            problem.replace(draw_seed=seed, confidence=0.0).violations(
                short.allocation
            )["protection"]
            for seed in range(1, FRESH + 1)
        )
        by_order = problem.evaluate(winnforum(problem))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        table.add_row(
            f"move list, {limit:g} dBm",
            "10 s",
            "fresh draws protected, <= 2% more than a long run",
            f"{short.objective:g} moved in {short.seconds:.2f} s, {more:+.2f}% on "
            f"{LONG:g} s, bound {short.bound:g}, in order of interference "
            f"{by_order:g}; fresh draws {100 * worst:.3f}% over; {peak:.1f} GB",
        )
    Console(width=150).print(table)


def coast(limit_dbm: float, seed: int = 0) -> MoveList:
    """Grants over a square and receivers inside, by the urban macro path loss.

    128.1 + 37.6 log10(d / km) dB after 3GPP TR 36.942, with 30 and 47 dBm devices and
    8 dB of shadowing.
    """
    rng = np.random.default_rng(seed)
    grant = rng.uniform(-SIDE / 2, SIDE / 2, (GRANTS, 2))
    receiver = rng.uniform(-SIDE / 3, SIDE / 3, (RECEIVERS, 2))
    away = np.linalg.norm(receiver[:, None] - grant[None], axis=2)
    loss = 128.1 + 37.6 * np.log10(np.maximum(away, 100.0) / 1e3)
    power = rng.choice([30.0, 47.0], GRANTS, p=[0.7, 0.3])
    return MoveList(
        10 ** ((power - loss - 30) / 10),
        np.full(RECEIVERS, 10 ** ((limit_dbm - 30) / 10)),
        spread_db=np.full(away.shape, 8.0),
    )


def winnforum(problem: MoveList) -> Grants:
    """The list by WInnForum's procedure: at each receiver, those of most interference.

    The cut in the order is found by bisection; what any receiver lists is moved.
    """
    kept = np.ones(problem.sizes["L"], bool)
    for m in range(problem.sizes["M"]):
        order = np.argsort(problem.interference[m])
        low, high = 0, len(order)
        while low < high:
            middle = (low + high + 1) // 2
            some = np.zeros(len(order), bool)
            some[order[:middle]] = True
            heard = problem.aggregate(Grants(some))[m]
            holds = np.sort(heard)[problem.needed - 1] <= 1.0
            low, high = (middle, high) if holds else (low, middle - 1)
        kept[order[low:]] = False
    return Grants(kept)


if __name__ == "__main__":
    main()

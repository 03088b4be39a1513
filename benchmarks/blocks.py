"""What block scheduling promises, measured: floors, fairness, neighbouring blocks.

    python -m benchmarks.blocks [part of a name ...]

100 users in 7 cells of 273 blocks; channels of a user fade over the blocks. Beside it
HiGHS, the mixed-integer program of each cell, in the same time where it fits.
"""

import sys
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

import rrm
from formulations.blocks import BlockSchedule

USERS, CELLS, BLOCKS = 100, 7, 273
WIDTH = 360e3  # Hz of a block: 12 subcarriers of 30 kHz
SEEDS = 5
TAPS = 12  # of a user's channel, one for each 100 ns of delay
NEED = 0.6  # part of an equal share of the cell that floors ask for


def fading(users: int, cells: int, seed: int, floors: float = NEED) -> BlockSchedule:
    """Users at random in cells, path loss and shadowing, Rayleigh fading over blocks.

    Floors ask ``floors`` of what a user would get with an equal share of the blocks.
    """
    rng = np.random.default_rng(seed)
    cell = np.arange(users) % cells
    away = 0.5 * np.sqrt(rng.uniform(0.01, 1.0, users))  # km
    loss = 128.1 + 37.6 * np.log10(away) + rng.normal(0.0, 8.0, users)
    snr = 10 ** ((46 - 24.4 - loss - 10 * np.log10(WIDTH) + 174 - 9) / 10)
    taps = rng.normal(size=(2, users, TAPS)) * np.exp(-np.arange(TAPS) / 6.0)
    response = np.fft.fft(taps[0] + 1j * taps[1], BLOCKS, axis=1)
    gain = np.abs(response) ** 2
    gain /= gain.mean(axis=1, keepdims=True)
    interference = 10 ** (rng.uniform(0.0, 1.0, users))  # over noise
    rate = WIDTH * np.log2(1 + snr[:, None] * gain / (1 + interference[:, None]))
    share = BLOCKS / np.bincount(cell, minlength=cells)[cell]
    return BlockSchedule(
        rate=rate, cell=cell, min_rate=floors * share * rate.mean(axis=1)
    )


def rows() -> Iterator[tuple[str, list[BlockSchedule], float, bool]]:
    """Name, problems, seconds, and whether HiGHS takes them."""
    plain = [fading(USERS, CELLS, seed) for seed in range(SEEDS)]
    for seconds in (0.01, 0.1):
        yield f"sum, floors, {seconds * 1e3:g} ms", plain, seconds, True
    fair = [_fair(problem) for problem in plain]
    for seconds in (0.01, 0.1):
        yield f"fair, floors, {seconds * 1e3:g} ms", fair, seconds, False
    limited = [p.replace(max_blocks=np.full(USERS, 25.0)) for p in plain]
    yield "sum, floors, 25 blocks a user, 100 ms", limited, 0.1, True
    for goal, problems in (("sum", plain), ("fair", fair)):
        near = [p.replace(contiguous=True, min_rate=np.zeros(USERS)) for p in problems]
        yield f"{goal}, neighbours, 100 ms", near, 0.1, False
    crowd = [fading(USERS * CELLS, CELLS, seed) for seed in range(SEEDS)]
    yield "sum, floors, 100 users a cell, 100 ms", crowd, 0.1, True
    fair_crowd = [_fair(problem) for problem in crowd]
    yield "fair, floors, 100 users a cell, 100 ms", fair_crowd, 0.1, False
    tight = [fading(USERS, CELLS, seed, floors=1.05) for seed in range(SEEDS)]
    yield "sum, tight floors, 1 s", tight, 1.0, True


def _fair(problem: BlockSchedule) -> BlockSchedule:
    return problem.replace(
        objective="proportional_fair", average=problem.min_rate / NEED
    )


def main() -> None:
    """Print the table, row by row as it is measured."""
    wanted = sys.argv[1:]
    rrm.warm_up(BlockSchedule)
    table = Table(
        *("what", "answered", "worst gap", "median time", "HiGHS answered"),
        *("HiGHS less",),
        title=f"block scheduling, {USERS} users, {CELLS} cells, {BLOCKS} blocks",
    )
    for name, problems, seconds, for_highs in rows():
        if wanted and not any(part in name for part in wanted):
            continue
        found = [rrm.solve(problem.replace(), seconds) for problem in problems]
        gap = max(solution.gap for solution in found)
        answered = sum(solution.allocation is not None for solution in found)
        middle = 1e3 * float(np.median([solution.seconds for solution in found]))
        cells = [
            name,
            f"{answered} of {SEEDS}",
            f"{100 * gap:.3f}%",
            f"{middle:.1f} ms",
        ]
        if for_highs:
            other = [rrm.solve(p.replace(), seconds, method="highs") for p in problems]
            got = [one.allocation is not None for one in other]
            less = [
                100 * (1 - one.objective / own.objective)
                for own, one in zip(found, other, strict=True)
                if one.allocation is not None and own.allocation is not None
            ]
            cells += [f"{sum(got)} of {SEEDS}", f"{min(less, default=np.nan):.2f}%"]
        table.add_row(*cells)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()

"""A satellite's earth station asks for less interference than the standing limit."""

import numpy as np

import llm_bridge
import twins
from formulations import PowerControl, compose
from llm_bridge import ContextReport
from rrm.budget import Budget
from rrm.confirmation import replay
from rrm.engine import solve
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot

TEXT = (
    "Satellite downlink until 09:00: keep the aggregate interference at the earth "
    "station below 20 pW."
)
ASKED, INVENTED = 20e-12, 20e-9  # W
BUDGET, METHOD = Budget(10.0, work=200), "barrier_ascent"
UNCERTAIN_DB = 2.0  # standard deviation of the gains to the dish that the twin has
PROBABILITY = 0.999  # with which a limit holds
DRAWS, ROUNDS = 4000, 3  # of errors, and powers of which each knows the last's margin
LEAST_RATE = 1e3  # bit/s that counts for users without service


def tell(seed: int = 0) -> Story:
    """Powers by one factor for all, by the standing limit, wrongly, and by the text."""
    snapshot = twins.example()
    report = llm_bridge.report(TEXT, snapshot, author="regulator/agency")
    wrong, refused = altered(report, snapshot, value=INVENTED)
    truth = snapshot.derived(protected_gain=_erring(snapshot, [seed, 4])[0])
    twin = _Twin(snapshot, seed)
    ways = {
        "static": twin.lowered(),
        "without context": twin.powers(None),
        "wrong report": twin.powers(wrong),
        "context": twin.powers(report),
        "oracle": _powers(truth, report, seed),
    }
    return Story(
        "A satellite's earth station asks for less than the standing limit",
        TEXT,
        (
            ("DL user rate, geometric mean", "Mbit/s"),
            ("DL user rate, 5th percentile", "Mbit/s"),
            ("interference (limit 20)", "pW"),
        ),
        {way: _judged(truth, power) for way, power in ways.items()},
        refused,
        {"exclusion zone": _judged(truth, twin.excluded())},
    )


def _erring(snapshot: TwinSnapshot, seed: list[int], draws: int = 1) -> np.ndarray:
    """Gains (draws, M, B) to the dish as they may be where the twin errs."""
    shape = draws, *snapshot.protected_gain.shape
    error = np.random.default_rng(seed).normal(0.0, UNCERTAIN_DB, shape)
    return snapshot.protected_gain * 10 ** (error / 10)


class _Twin:
    """Who knows the gains to the dish but for errors, and keeps limits nevertheless."""

    def __init__(self, snapshot: TwinSnapshot, seed: int) -> None:
        self.snapshot, self.seed = snapshot, seed
        self.gains = _erring(snapshot, [seed, 5], DRAWS)

    def heard(self, power: np.ndarray) -> float:
        """What the dish hears of powers (B,) W at most, with ``PROBABILITY``, in W."""
        return float(np.quantile(self.gains @ power, PROBABILITY, axis=0).max())

    def powers(self, report: ContextReport | None) -> np.ndarray:
        """Powers (B,) W that the engine finds below a limit lowered by a margin.

        The more cells are heard alike, the less errors of each add up to: so the margin
        is that of the powers found before.
        """
        snapshot = self.snapshot
        limit = compose(snapshot, report, PowerControl).protected_limit.min()
        margin = 10 ** (3 * UNCERTAIN_DB / 10)
        power = np.zeros_like(snapshot.p_max)
        for _ in range(ROUNDS):
            gain = margin * snapshot.protected_gain
            careful = snapshot.derived(protected_gain=gain)
            power = _powers(careful, report, self.seed)
            expected = (snapshot.protected_gain @ power).max()
            margin = self.heard(power) / max(expected, 1e-300)
        return power * min(1.0, limit / self.heard(power))

    def lowered(self) -> np.ndarray:
        """Powers (B,) W lowered by one factor for all."""
        full = self.snapshot.p_max
        return full * min(1.0, ASKED / self.heard(full))

    def excluded(self) -> np.ndarray:
        """Full power (B,) W, but the cells that the dish hears best are off."""
        power = self.snapshot.p_max.copy()
        alone = (self.snapshot.protected_gain * power).max(axis=0)
        for cell in np.argsort(-alone):
            if self.heard(power) <= ASKED:
                break
            power[cell] = 0.0
        return power


def _powers(
    snapshot: TwinSnapshot, report: ContextReport | None, seed: int
) -> np.ndarray:
    """Powers (B,) W for proportionally fair rates under the report's limit.

    Floors are aimed at no more: none can hold under the stricter limit.
    """
    problem = compose(snapshot, report, PowerControl)
    problem = problem.replace(min_rate=np.zeros_like(problem.min_rate))
    solution = solve(problem, BUDGET, METHOD, seed)
    power = np.zeros(len(snapshot.p_max))
    if solution.allocation is not None:
        place = {str(name): b for b, name in enumerate(snapshot.cell_id)}
        links = [place[name] for name in problem.labels["L"]]
        power[links] = solution.allocation.power
    return power


def _judged(truth: TwinSnapshot, power: np.ndarray) -> tuple[float, float, float]:
    """Rates of users with full buffers in their strongest cells, and interference.

    Their geometric mean and 5th percentile in Mbit/s, and pW.
    """
    level = truth.gain * power
    cell = np.where(level.max(axis=1) > 0, level.argmax(axis=1), -1)
    rate = replay(truth, cell, power).rate
    mean = np.exp(np.mean(np.log(np.maximum(rate, LEAST_RATE))))
    heard = (truth.protected_gain @ power).max()
    worst = np.quantile(rate, 0.05)
    return float(mean / 1e6), float(worst / 1e6), float(heard / 1e-12)

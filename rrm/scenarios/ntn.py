"""A satellite's earth station asks for less interference than the standing limit."""

import numpy as np

import llm_bridge
import twins
from formulations import PowerControl, compose
from llm_bridge import ContextReport
from rrm.engine import solve
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot

TEXT = (
    "Satellite downlink until 09:00: keep the aggregate interference at the earth "
    "station below 20 pW."
)
ASKED, INVENTED = 20e-12, 20e-9  # W
BUDGET = 2.0  # s
UNCERTAIN_DB = 2.0  # standard deviation of the gains to the dish that the twin has


def tell(seed: int = 0, budget: float = BUDGET) -> Story:
    """Powers by one factor for all, by the standing limit, wrongly, and by the text."""
    snapshot = twins.example()
    report = llm_bridge.report(TEXT, snapshot, author="regulator/agency")
    wrong, refused = altered(report, snapshot, value=INVENTED)
    draws = np.random.default_rng([seed, 4])
    error = 10 ** (draws.normal(0.0, UNCERTAIN_DB, snapshot.protected_gain.shape) / 10)
    truth = snapshot.derived(protected_gain=snapshot.protected_gain * error)
    careful = _careful(snapshot)
    worst = (careful.protected_gain @ snapshot.p_max).max()
    ways = {
        "static": snapshot.p_max * min(1.0, ASKED / worst),
        "without context": _powers(careful, None, budget, seed),
        "wrong report": _powers(careful, wrong, budget, seed),
        "context": _powers(careful, report, budget, seed),
        "oracle": _powers(truth, report, budget, seed),
    }
    return Story(
        "A satellite's earth station asks for less than the standing limit",
        TEXT,
        (("mean rate, geometric", "Mbit/s"), ("interference over limit", "1")),
        {way: _judged(truth, power) for way, power in ways.items()},
        refused,
    )


def _careful(snapshot: TwinSnapshot) -> TwinSnapshot:
    """Gains to the dish raised by three standard deviations: regulation comes first."""
    margin = 10 ** (3 * UNCERTAIN_DB / 10)
    return snapshot.derived(protected_gain=snapshot.protected_gain * margin)


def _powers(
    snapshot: TwinSnapshot, report: ContextReport | None, budget: float, seed: int
) -> np.ndarray:
    """Powers (B,) W for proportionally fair rates under the report's limit.

    Floors are aimed at no more: none can hold under the stricter limit.
    """
    problem = compose(snapshot, report, PowerControl)
    problem = problem.replace(min_rate=np.zeros_like(problem.min_rate))
    solution = solve(problem, budget, seed=seed)
    power = np.zeros(len(snapshot.p_max))
    if solution.allocation is not None:
        place = {str(name): b for b, name in enumerate(snapshot.cell_id)}
        links = [place[name] for name in problem.labels["L"]]
        power[links] = solution.allocation.power
    return power


def _judged(truth: TwinSnapshot, power: np.ndarray) -> tuple[float, float]:
    """Geometric mean of the cells' edge rates, and true interference over the limit."""
    problem = compose(truth, None, PowerControl)
    place = {str(name): b for b, name in enumerate(truth.cell_id)}
    links = np.array([place[name] for name in problem.labels["L"]])
    direct = np.diag(problem.gain) * power[links]
    heard = problem.gain @ power[links] - direct + problem.noise
    rate = problem.bandwidth * np.log2(1 + direct / heard)
    mean = np.exp(np.mean(np.log(np.maximum(rate, 1.0))))
    return float(mean / 1e6), float((truth.protected_gain @ power).max() / ASKED)

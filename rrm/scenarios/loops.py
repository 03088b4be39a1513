"""A stretch of simulated Munich under the closed loop, as stories need it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import llm_bridge
import rrm
import twins
from formulations.context import in_context
from rrm.controller import Controller, Simulated, choice
from rrm.controller.safety import safe_power
from rrm.controller.trial import Trial
from rrm.controller.turn import Turn
from rrm.scenarios.relief import relieved
from twins import TwinSnapshot
from twins.coupling import MapGain, TileResidual, Twins
from twins.network import SimulatedNetwork

PERIOD, DEADLINE = 10.0, 10.0  # s; stories are about what is decided, not how fast
STEPS = 5  # in a period, as people move and demand bursts while settings stay
SWEEPS = 5  # searches for moves by who knows the truth, each from the last one's end
BETTER = 1e-4
"""Share of the demand that each change must win for who knows the truth."""


@dataclass
class Stretch:
    """What happened, step by step.

    Attributes
    ----------
    truths : list of TwinSnapshot
        Gains, demand and serving cells as they were.
    rates : list of (U,) bit/s
        What users got.
    powers : list of (B,) W
        What cells sent.
    turns : list of Turn
        Of the controller, one a period, where there was one.
    """

    truths: list[TwinSnapshot] = field(default_factory=list)
    rates: list[np.ndarray] = field(default_factory=list)
    powers: list[np.ndarray] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)


def run(
    start: TwinSnapshot,
    network: SimulatedNetwork,
    periods: int,
    *,
    loop: bool,
    seed: int = 0,
    notes: dict[int, tuple[str, str]] | None = None,
    each: Callable[[int, Controller], None] | None = None,
) -> Stretch:
    """Let periods pass, with the loop or with fixed safe powers.

    Parameters
    ----------
    start : TwinSnapshot
        What the twin knows at first.
    network : SimulatedNetwork
        What happens.
    periods : int
        How many.
    loop : bool
        Whether a controller steers.
    seed : int
        Of its searches.
    notes : mapping
        By period: text and author that reach the controller before its turn.
    each : callable
        Is told the period and the controller after each turn.
    """
    coverage = twins.example_coverage()
    size = np.array(coverage.gain_db.shape[:0:-1]) * coverage.cell_m
    residual = TileResidual(start.cell_position, coverage.origin_m, size)
    settings: dict[str, Any] = {"deadline": DEADLINE, "period": PERIOD, "seed": seed}
    controller = Controller(
        Twins(start, MapGain(coverage, start), residual), rrm, llm_bridge,
        network=Simulated(network), **settings,
    )  # fmt: skip
    network.power = fixed(start)
    controller.power = network.power.copy()
    found = Stretch()
    for period in range(periods):
        for _ in range(STEPS):
            network.step(PERIOD / STEPS)
            found.truths.append(truth(network))
            found.rates.append(network.rate())
            found.powers.append(network.power * network.alive)
        if not loop:
            continue
        if notes is not None and period in notes:
            controller.note(*notes[period])
        found.turns.append(controller.turn())
        if each is not None:
            each(period, controller)
    return found


def fixed(snapshot: TwinSnapshot) -> np.ndarray:
    """Full power (B,) W but for what the standing limits take, set once."""
    return safe_power(
        snapshot.p_max,
        snapshot.protected_gain,
        snapshot.protected_limit,
        snapshot.p_max,
    )


def truth(network: SimulatedNetwork) -> TwinSnapshot:
    """What the network hides: places, gains and demand as they are."""
    return network.cells.derived(
        time=network.time,
        user_position=network.people.position.copy(),
        gain=10 ** (network.gain_db() / 10),
        gain_std_db=np.zeros_like(network.cells.gain),
        demand=network.demand(),
        alive=network.alive,
        previous=network.serving.copy(),
    )


def best(state: TwinSnapshot) -> np.ndarray:
    """Rates (U,) bit/s of who knows the truth of this moment.

    Powers are the most that limits leave; users are moved wherever it helps at all,
    from the cells that the network chose and from those that are strongest, as long as
    that carries more.
    """
    power = safe_power(
        state.p_max * state.alive,
        state.protected_gain,
        state.protected_limit,
        state.p_max * state.alive,
    )
    trial = Trial(in_context(state, None), np.zeros(len(state.previous), bool))
    trial.demands = trial.demands[:1]
    none = np.zeros(len(state.previous))
    ends = []
    for cell in (trial.attached(power), (state.gain * power).argmax(axis=1)):
        found = trial.of(power, cell)
        for _ in range(SWEEPS):
            wanted = relieved(trial, found, BETTER)
            more = choice.moves(trial, found, wanted, none, BETTER, BETTER)
            if more is found:
                break
            found = more
        ends.append(found)
    found = max(ends, key=lambda one: one.served)
    return np.minimum(trial.rates(found), state.demand)


def share(rate: np.ndarray, demand: np.ndarray, who: np.ndarray) -> float:
    """Part of the demand of some users that is carried, in %."""
    return 100.0 * float(rate[who].sum() / max(demand[who].sum(), 1e-9))

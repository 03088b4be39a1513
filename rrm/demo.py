"""The main job on ray-traced Munich: five turns of the closed loop."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import llm_bridge
import rrm
import twins
from formulations.context import in_context
from llm_bridge import ContextReport
from rrm.confirmation import Replay, replay
from rrm.controller import Controller, Simulated
from rrm.controller.command import Command
from rrm.controller.pricing import priced
from rrm.controller.turn import Turn
from rrm.engine import solve
from rrm.prices import ItemPrice
from rrm.solution import Solution
from twins import Coverage, TwinSnapshot
from twins.coupling import MapGain, TileResidual, Twins
from twins.network import SimulatedNetwork
from twins.network.simulator import Surge

NOTES = (
    (
        "regulator/R. Huber",
        "The earth station on the roof of Pacellistrasse tracks a pass until noon: "
        "keep our aggregate below 0.6 nW there.",
    ),
    (
        "operator/S. Lang",
        "Shift note, Monday 1 June. Parade at Gaertnerplatz until eleven, expect five "
        "times the usual traffic on M4C. Buses and trams (slice 2) need 2 Mbit/s each "
        "for the ticketing trial. Crane next to M6B: no more than 10 W until it is "
        "gone. M7C is down for a new power supply.",
    ),
    ("operator/K. Maier", "Concert at M2A tonight, it will be packed."),
)
"""The grammar leaves the last: there is no number, and a model is asked about it."""
CROWDED, DOWN, FACTOR, RADIUS = "M4C", "M7C", 5.0, 120.0  # what is true of it; m
PERIOD, DEADLINE = 10.0, 10.0  # s; the turns tell how long they took
TURNS, WRITTEN = 5, 2  # how many, and the one before which the notes arrive
PATIENCE = 120.0  # s for prices, and for a model, which a turn does not wait for
BUDGET = 0.1  # s for a bound
BOUNDS = ("interference_free",)


@dataclass(frozen=True)
class Observed:
    """One turn.

    Attributes
    ----------
    turn : Turn
        What it did.
    expected, served : float
        Share of the demand that the twin expected to be served after it, and that
        was a period later.
    """

    turn: Turn
    expected: float
    served: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that the demo shows.

    Attributes
    ----------
    snapshot, report
        What was known and what was said, in the last turn.
    reader : str
        Model that read beside the grammar; empty: none.
    added : int
        Items that it added.
    refused : tuple of (author, reason)
        What was said and not taken.
    association, powers : Solution
        The latest answers of the engine.
    cell, power : (U,) int, (B,) W
        Decided in the last turn, by user and by cell of the snapshot.
    before, after : Replay
        On the twin's gains: full power and strongest cells, and as decided.
    limit : (M,) W
        Interference allowed at protected receivers.
    turns : tuple of Observed
        What was sent, and what came of it.
    directives : tuple of (Command, str)
        Changes of the network, and what became of each.
    prices : dict
        By problem and sentence: what it costs.
    warm_seconds : float
        Loading kernels.
    """

    snapshot: TwinSnapshot
    report: ContextReport
    reader: str
    added: int
    refused: tuple[tuple[str, str], ...]
    association: Solution
    powers: Solution
    cell: np.ndarray
    power: np.ndarray
    before: Replay
    after: Replay
    limit: np.ndarray
    turns: tuple[Observed, ...]
    directives: tuple[tuple[Command, str], ...]
    prices: dict[str, dict[str, ItemPrice]]
    warm_seconds: float


@dataclass
class Rows:
    """Journal in memory: what became of each directive, the last word."""

    status: dict[str, str] = field(default_factory=dict)

    def add(self, table: str, rows: Any) -> None:
        """Keep rows of directives."""
        if table == "directive":
            self.status |= {row["id"]: row["status"] for row in rows}

    def between(
        self, table: str, since: float, until: float, name: str | None = None
    ) -> Any:
        """Nothing is read back."""

    def forget(self, table: str, before: float) -> int:
        """Nothing is old."""
        return 0


def run(model: Any = None) -> Outcome:
    """Let the loop turn on a network where what the notes say is true.

    Parameters
    ----------
    model : object
        Provider for ``llm_bridge.report`` that reads beside the grammar; None: the
        grammar alone.
    """
    start, coverage = twins.example(), twins.example_coverage()
    network = _network(start, coverage)
    size = np.array(coverage.gain_db.shape[:0:-1]) * coverage.cell_m
    residual = TileResidual(start.cell_position, coverage.origin_m, size)
    twin, rows = Twins(start, MapGain(coverage, start), residual), Rows()
    began = time.perf_counter()
    controller = Controller(
        twin, rrm, llm_bridge, deadline=DEADLINE, network=Simulated(network),
        period=PERIOD, model=model, journal=rows,
    )  # fmt: skip
    warm_seconds = time.perf_counter() - began
    turns, decisions, served = [], [], []
    for number in range(1, TURNS + 2):  # the last observes what came of the others
        if number == WRITTEN:
            for author, text in NOTES:
                controller.note(text, author)
        network.step(PERIOD)
        served.append(float(network.rate().sum() / network.demand().sum()))
        turns.append(controller.turn())
        if controller.decided is None:
            raise RuntimeError(f"nothing was decided: {turns[-1].fallbacks}")
        decisions.append(controller.decided)
        controller.pricing.wait(PATIENCE)
        controller.readings.wait(PATIENCE)
    controller.close()
    turns, decisions = turns[:TURNS], decisions[:TURNS]
    question, answer = decisions[-1]
    if question.report is None:
        raise RuntimeError(f"nothing was read: {controller.readings.refused}")
    asked = next(one for one in reversed(decisions) if one[1].powers is not None)
    prices = priced(asked[0], asked[1], rrm)
    read = [llm_bridge.report(text, start, author=who) for who, text in NOTES]
    floor = sum(len(one.items) for one in read)
    known = in_context(question.snapshot, question.report)
    return Outcome(
        snapshot=question.snapshot,
        report=question.report,
        reader="" if model is None else str(getattr(model, "name", model)),
        added=len(question.report.items) - floor,
        refused=tuple(controller.readings.refused),
        association=asked[1].association,
        powers=_bounded(asked[1].powers),
        cell=answer.cell,
        power=answer.power,
        before=_unsteered(question.snapshot),
        after=replay(question.snapshot, answer.cell, answer.power),
        limit=known.protected_limit,
        turns=tuple(
            Observed(turn, made[1].served, carried)
            for turn, made, carried in zip(turns, decisions, served[1:], strict=True)
        ),
        directives=tuple(
            (one, rows.status[one.id]) for turn in turns for one in turn.sent
        ),
        prices={name: dict(row) for name, row in prices.items()},
        warm_seconds=warm_seconds,
    )


def _network(start: TwinSnapshot, coverage: Coverage) -> SimulatedNetwork:
    """Munich with the crowd and the cell that is down, from when the notes come."""
    since = start.time + (WRITTEN - 1) * PERIOD
    here = start.user_position[start.previous == _place(start, CROWDED)]
    middle = here.mean(axis=0)
    crowd = Surge((middle[0], middle[1]), RADIUS, FACTOR, since, np.inf)
    outages = {DOWN: (since, np.inf)}
    return SimulatedNetwork(start, coverage, surges=(crowd,), outages=outages)


def _place(snapshot: TwinSnapshot, cell: str) -> int:
    return snapshot.cell_id.tolist().index(cell)


def _bounded(powers: Solution) -> Solution:
    """Answer of the loop with a bound, for which a turn takes no time."""
    found = solve(powers.problem, BUDGET, BOUNDS, start=powers)
    return replace(
        powers,
        status=found.status,
        bound=found.bound,
        gap=abs(found.bound - powers.objective) / abs(found.bound),
        certificate=found.certificate,
    )


def _unsteered(snapshot: TwinSnapshot) -> Replay:
    """All cells that are up at full power, users where they hear most."""
    power = snapshot.p_max * snapshot.alive
    return replay(snapshot, (snapshot.gain * power).argmax(axis=1), power)

"""The controller: turn after turn, with a fallback for every step."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from rrm.controller import decision
from rrm.controller.command import POWER, Command, in_safe_order
from rrm.controller.conflict_watch import ConflictWatch
from rrm.controller.decision import Engine
from rrm.controller.evidence import Evidence, evidence
from rrm.controller.journal import KEPT, Entry, Journal, Store, command_row, row_of
from rrm.controller.lane import lanes
from rrm.controller.metrics import Metrics
from rrm.controller.network import Network, Twin, believable, read_back, steerable
from rrm.controller.oversight import Oversight
from rrm.controller.presence import present
from rrm.controller.pricing import Pricing
from rrm.controller.question import WORK, Answer, Question
from rrm.controller.readings import Bridge, Readings
from rrm.controller.rehearsal import rehearse
from rrm.controller.safety import UnsafeError, checked, kept_within_limits, safe_default
from rrm.controller.sending import Sending
from rrm.controller.standing import Ledger, restored
from rrm.controller.turn import SHARES, WORDS, Health, Turn, duration, ends
from twins import TwinSnapshot

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

STALE_PERIODS = 3.0
"""Age of a snapshot from which on nothing new is decided."""
EXPIRY_PERIODS = 6.0
"""After which a change that no fresh decision keeps is rolled back."""
HOLD_PERIODS = 1.5
"""For which a user holds on to the cell that it was moved to for the sake of loads."""
EFFECT_PERIODS = 2.5
"""Within which a change must show."""
DEAF_PERIODS = 6.0
MOST_FRAMES = 3
TRUST = 0.1
"""Part of the twin's error that is left between settings tried on the same gains."""
READS = 0.2
"""Part of the deadline in which notes are read; the rest waits for the next turn."""
SEARCH = 0.8
"""Part of the time to solve that one search may take; work ends it earlier."""


class Controller:
    """Closed loop of network, twins, language and engine.

    Parameters
    ----------
    twins : Twin
        Global twin.
    engine : Engine
        What solves, with a function ``solve``: the module ``rrm``.
    llm_bridge : Bridge
        What reads texts, with a function ``report``: the module ``llm_bridge``.
    deadline : float
        s that a turn may take.
    network : Network
        What is steered; there is none that could be meant if it is left out.
    period : float
        s between turns.
    model : object
        Provider for ``llm_bridge.report`` that reads in the background; None: the
        grammar alone.
    journal : Store
        Context database; None keeps nothing.
    journal_kept : float
        s that decisions and commands stay in the journal.
    seed : int
        Of all searches.
    work : int
        Of each search, so that decisions can be repeated.
    name : str
        Of this controller, at the beginning of the numbers of its decisions.

    Raises
    ------
    FieldError
        If there is no network, or a time is not above 0.
    """

    def __init__(
        self,
        twins: Twin,
        engine: Engine,
        llm_bridge: Bridge,
        *,
        deadline: float = 0.15,
        network: Network | None = None,
        period: float = 10.0,
        model: Any = None,
        journal: Store | None = None,
        journal_kept: float = KEPT,
        seed: int = 0,
        work: int = WORK,
        name: str = "rrm",
    ) -> None:
        self.twins, self.engine, self.network = twins, engine, steerable(network)
        self.deadline = duration("deadline", deadline)
        self.period = duration("period", period)
        self.seed, self.work, self.name = seed, work, name
        self.readings = Readings(llm_bridge, model)
        self.journal = None if journal is None else Journal(journal, journal_kept)
        self.metrics, self.oversight = Metrics(), Oversight()
        self.ledger = Ledger(EFFECT_PERIODS * self.period, DEAF_PERIODS * self.period)
        self.power = np.array(twins.power, float)
        self.snapshot: TwinSnapshot | None = None
        self.number, self.set_aside = 0, ()
        self.report: Any = None
        self.evidence: Evidence | None = None
        self._frames: deque[Any] = deque(maxlen=MOST_FRAMES)
        self.pricing, self.conflicts = Pricing(engine), ConflictWatch(engine)
        self.decided: tuple[Question, Answer] | None = None
        self._waiting: tuple[np.ndarray, ...] = ()
        self._expected, self._last_turn = np.nan, -np.inf
        self._lanes = lanes(SHARES)
        self._now, self._heard_at = 0.0, time.monotonic()
        self._began, self._fallbacks = time.perf_counter(), [""]
        self._last: Turn | None = None
        rehearse()

    def note(self, text: str, author: str) -> None:
        """Take what somebody wrote; ``author`` is ``role/name``."""
        self.readings.note(text, author)

    def run(self, stop: threading.Event) -> None:
        """Take turns every period until ``stop`` is set."""
        due = time.monotonic()
        while not stop.is_set():
            self.turn()
            due = max(due + self.period, time.monotonic())
            stop.wait(due - time.monotonic())

    def close(self) -> None:
        """Write what is left of the journal."""
        if self.journal is not None:
            self.journal.close()

    def turn(self) -> Turn:
        """One turn: always ends, whatever is down."""
        self._began, self._last_turn = time.perf_counter(), time.monotonic()
        self._fallbacks: list[str] = []
        self.number += 1
        heard = self._step("measure", self._measured)
        elapsed = time.monotonic() - self._heard_at
        self._now, after = heard or (self._now + elapsed, None)
        self._heard_at = time.monotonic()
        lost = self._step("observe", partial(self._observed, after))
        if heard is not None:
            found = self._step("update", partial(self._updated, heard[1]))
            self.snapshot = self.snapshot if found is None else found
        self.evidence = self.evidence if after is None else after
        commands, identity = self._decided()
        sent, acknowledged = self._sent(commands)
        self.ledger.forget(self._now)
        return self._finished(identity, sent, acknowledged, tuple(lost or ()))

    def health(self) -> Health:
        """Whether the loop turns, and whether its decisions can be relied on."""
        since = time.monotonic() - self._last_turn
        alive = since <= STALE_PERIODS * self.period + self.deadline
        reasons = [] if alive else ["no turn for too long"]
        if not self._is_fresh():
            reasons.append("the snapshot is stale")
        reasons += [f"{n} hangs" for n, lane in self._lanes.items() if lane.is_stuck]
        if self._last is not None:
            reasons += self._last.fallbacks
        if self.journal is not None and self.journal.trouble:
            reasons.append(f"the journal waits: {self.journal.trouble}")
        deaf = self.ledger.deaf(self._now)
        reasons += [f"{target}: {name} has no effect" for target, name in deaf]
        ready = alive and not reasons
        return Health(alive, ready, tuple(reasons), self.set_aside)

    def _step(self, name: str, function: Callable[[], Result]) -> Result | None:
        """Result of a step within its share, else None, noted with what stands in."""
        began = time.perf_counter()
        left = max(self._began + self.deadline * ends(name) - began, 1e-3)
        try:
            return self._lanes[name].run(function, left)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self._fall(name, f"{type(error).__name__}: {error}")
            return None
        finally:
            seconds = time.perf_counter() - began
            self.metrics.time("rrm_step_seconds", seconds, step=name)

    def _fall(self, name: str, why: str) -> None:
        """Note that something stands in for a step."""
        self._fallbacks.append(f"{name}: {WORDS[name]}, {why}")
        self.metrics.count("rrm_fallbacks_total", step=name)
        extra = {"turn": self.number, "step": name, "fallback": WORDS[name]}
        logger.warning("%s failed: %s", name, why, extra=extra)

    def _measured(self) -> tuple[float, Evidence]:
        frame = self.network.measure()
        now = float(self.network.now())
        if not np.isfinite(now):
            raise ValueError(f"the network's clock says {now}")
        shown = evidence(frame)
        self._frames.append(frame)  # also of a turn that did not wait for it
        return now, shown

    def _updated(self, shown: Evidence) -> TwinSnapshot:
        import pandas as pd

        frames = [self._frames.popleft() for _ in range(len(self._frames))]
        frame = pd.concat(frames, ignore_index=True)
        self.twins.power = self.power.copy()
        found = believable(self.twins.update(frame, self._now), len(self.power))
        if self.snapshot is not None and self.snapshot.time < found.time:
            expected, self._expected = self._expected, np.nan
            self.oversight.observe(self.snapshot, found, shown, self.power, expected)
        return found

    def _is_fresh(self) -> bool:
        time_of = -np.inf if self.snapshot is None else self.snapshot.time
        return abs(self._now - time_of) < STALE_PERIODS * self.period

    def _decided(self) -> tuple[tuple[Command, ...], str]:
        """Commands of this turn, and the number of the decision behind them."""
        snapshot = self.snapshot
        if snapshot is None:
            return (), ""
        seconds = READS * self.deadline
        told = self._step("report", lambda: (self.readings.report(snapshot, seconds),))
        self.report = self.report if told is None else told[0]
        question = self._question(snapshot)
        if not self._is_fresh():
            self._fall("update", "too old to decide on")
            return self._held(question), ""
        composed = self._step("compose", lambda: self.conflicts.composed(question))
        if composed is None:
            return self._held(question), ""
        question, problem = composed
        answer = self._step(
            "solve", lambda: decision.answered(question, problem, self.engine)
        )
        self.set_aside = self.conflicts.told(question, answer, self.number)
        if answer is None:
            return self._held(question), ""
        commands = self._step("confirm", lambda: self._confirmed(question, answer))
        if commands is None:
            return self._held(question), ""
        self.ledger.renew(question.expires)
        self._waiting, self._expected = answer.waiting, answer.served
        self.decided = question, answer
        self._keep(row_of(question, answer, commands, "decided"))
        self.pricing.start(question, answer)
        self.conflicts.start(question, self.report, answer)
        for text in answer.notes:
            logger.info(text, extra={"turn": self.number, "decision": question.id})
        return in_safe_order(commands), question.id

    def _question(self, snapshot: TwinSnapshot) -> Question:
        here = present(snapshot, self.report)
        return Question(
            id=f"{self.name}-{snapshot.time:.3f}-{self.number}",
            snapshot=snapshot,
            report=here.report,
            set_aside=here.set_aside,
            power=self.power.copy(),
            moved=dict(self.ledger.moved),
            deaf=self.ledger.deaf(self._now),
            prices=self.pricing.prices,
            waiting=self._waiting,
            tolerance=TRUST * self.oversight.error("served"),
            seed=self.seed,
            seconds=SEARCH * SHARES["solve"] * self.deadline,
            work=self.work,
            expires=snapshot.time + EXPIRY_PERIODS * self.period,
            frees=snapshot.time + HOLD_PERIODS * self.period,
        )

    def _confirmed(self, question: Question, answer: Answer) -> tuple[Command, ...]:
        """Commands that the twin agrees to: all, else those of powers, else of moves.

        Raises
        ------
        UnsafeError
            If it agrees to none of these.
        """
        commands = decision.commanded(question, answer)
        powers = tuple(one for one in commands if one.attribute == POWER)
        moves = tuple(one for one in commands if one.attribute != POWER)
        refused: UnsafeError | None = None
        for chosen in (commands, powers, moves):
            try:
                checked(chosen, question.snapshot, question.report, question.power)
            except UnsafeError as error:
                refused = refused or error
                self.metrics.count("rrm_unsafe_total")
            else:
                if refused is not None:
                    extra = {"turn": self.number, "decision": question.id}
                    logger.warning("not all is sent: %s", refused, extra=extra)
                return chosen
        raise UnsafeError(str(refused))

    def _held(self, question: Question) -> tuple[Command, ...]:
        """Without a decision: what is set stays, or goes down until limits hold."""
        try:
            expired = self.ledger.expired(self._now)
            snapshot, report = question.snapshot, question.report
            wanted = restored(expired, snapshot.cell_id, self.power)
            wanted = safe_default(wanted, snapshot, report, decision.LIMIT_MARGIN)
            reason = "expired" if expired else "safe default"
            lasting = replace(question, expires=np.inf)  # what is safe does not end
            commands = decision.lowered(lasting, wanted, reason)
            kept_within_limits(commands, snapshot, report, self.power)
        except Exception as error:  # nothing can be made of snapshot or report
            self._fall("confirm", f"{type(error).__name__}: {error}")
            return ()
        return in_safe_order(commands)

    def _sent(self, commands: tuple[Command, ...]) -> tuple[tuple[Command, ...], int]:
        """Send commands; those that were sent, and how many were acknowledged."""
        if not commands:
            return (), 0
        sending = Sending(commands, self.network)
        self._step("send", sending.run)
        sending.stop()
        answers = sending.answers()
        for one, answer in answers:
            self.ledger.sent(one, self._now, self.number, self.evidence, answer)
            status = {True: "acknowledged", False: "refused", None: "lost"}[answer]
            self._keep(command_row(one, self._now, status))
            self.metrics.count("rrm_directives_total", status=status)
            if one.attribute == POWER and answer is not False:
                self._believe(one, float(one.new), careful=answer is None)
        return tuple(one for one, _ in answers), sum(a is True for _, a in answers)

    def _believe(self, one: Command, level: float, careful: bool = False) -> None:
        """Take a power in dBm as set; the larger one if nobody knows."""
        snapshot = self.snapshot
        place = [] if snapshot is None else snapshot.cell_id.tolist()
        name = one.names.get("ManagedElement")
        if name in place and np.isfinite(level):
            cell, watt = place.index(name), 1e-3 * 10 ** (level / 10)
            self.power[cell] = max(self.power[cell], watt) if careful else watt

    def _observed(self, after: Evidence | None) -> list[Command]:
        """Read back what stands; changes that were acknowledged and do not show."""
        failed = []
        stand = self.ledger.open()
        values, trouble = read_back(self.network, [one.command for one in stand])
        if trouble:
            self._fall("observe", trouble)
        for one, value in zip(stand, values, strict=True):
            if one.command.attribute == POWER and isinstance(value, float):
                self._believe(one.command, value)
            was = one.status
            found = self.ledger.judge(one, self._now, self.number, after, value)
            if found is None:
                continue
            status = "confirmed" if found else "no effect"
            self._keep(command_row(one.command, self._now, status))
            self.metrics.count("rrm_directives_total", status=status.replace(" ", "_"))
            if not found and was == "acknowledged":
                failed.append(one.command)
                extra = {"turn": self.number, "directive": one.command.id}
                logger.warning("acknowledged, but without effect", extra=extra)
        return failed

    def _keep(self, entry: Entry) -> None:
        if self.journal is not None and not self.journal.keep(entry):
            self.metrics.count("rrm_journal_dropped_total")

    def _finished(
        self,
        identity: str,
        sent: tuple[Command, ...],
        acknowledged: int,
        lost: tuple[Command, ...],
    ) -> Turn:
        seconds = time.perf_counter() - self._began
        found = Turn(self.number, identity, self._now, sent, acknowledged, lost,
                     tuple(self._fallbacks), seconds, self.set_aside)  # fmt: skip
        self.metrics.count("rrm_turns_total")
        self.metrics.time("rrm_turn_seconds", seconds)
        self.metrics.count("rrm_late_turns_total", float(seconds > self.deadline))
        age = np.inf if self.snapshot is None else self._now - self.snapshot.time
        self.metrics.set("rrm_snapshot_age_seconds", age)
        self._last = found
        logger.info("turn", extra=found.fields())
        return found

"""Faults of every part, turn after turn: none is missed, nothing unsafe is sent."""

import math
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

import llm_bridge
import rrm
import twins
from formulations import Association, Power, PowerControl
from rrm.controller import Controller, Simulated
from rrm.controller.command import POWER
from rrm.controller.journal import BACKLOG, Journal
from rrm.controller.readings import Readings
from twins.coupling import MapGain, TileResidual, Twins
from twins.declaration import FieldError
from twins.network import SimulatedNetwork

TURNS = 120
NOTE = "Keep M4B below 10 W until 20:00."


class Faults:
    """Which part fails in which way in this turn."""

    def __init__(self):
        self.now = ""
        self.release = threading.Event()

    def at(self, name):
        """Raise, hang, or say that a lie is due."""
        if self.now == f"{name} raises":
            raise OSError(f"{name} is down")
        if self.now == f"{name} hangs":
            self.release.wait(60.0)
        return self.now == f"{name} lies"


class FaultyNetwork(Simulated):
    """Loses reports and answers."""

    def measure(self):
        """Report, if there is one."""
        frame = super().measure()
        return frame.drop(columns="value") if self.faults.at("measure") else frame

    def send(self, directive):
        """Apply, and say the contrary."""
        found = self.faults.at("send")
        return not found and super().send(directive)

    def read(self, directive):
        """Something else than what is set."""
        return "?" if self.faults.at("read") else super().read(directive)


class FaultyTwin:
    """Stale or mad."""

    def __init__(self, twin, faults):
        self.twin, self.faults = twin, faults
        self.power = twin.power
        self.last = None

    def update(self, frame, now):
        """Last snapshot if it lies."""
        if self.faults.at("twin") and self.last is not None:
            return self.last.derived(gain=np.full_like(self.last.gain, np.nan))
        if self.faults.now == "twin stale" and self.last is not None:
            return self.last
        self.twin.power = self.power
        self.last = self.twin.update(frame, now)
        return self.last


def faulty_engine(faults):
    """Solver that raises, hangs, gives nothing or lies."""

    def solve(problem, budget, *args, **more):
        if faults.now == "engine none":
            return None
        found = rrm.solve(problem, budget, *args, **more)
        if faults.at("engine"):
            is_power = isinstance(problem, PowerControl)
            lie = (
                Power(100 * problem.p_max)
                if is_power
                else Association(np.zeros(problem.sizes["U"], int))
            )
            return SimpleNamespace(**{**vars(found), "allocation": lie})
        return found

    return SimpleNamespace(solve=solve)


def faulty_bridge(faults):
    """Reader whose model invents items."""

    def report(text, snapshot, author, provider=None, before=None):
        name = "bridge" if provider is None else "model"
        found = llm_bridge.report(text, snapshot, author=author)
        if not faults.at(name):
            return found
        item = found.items[0]
        source = item.source.model_copy(update={"text": "Give all power to M4B."})
        lie = item.model_copy(update={"source": source, "value": 1e9})
        return found.model_copy(update={"items": (lie,)})

    return SimpleNamespace(report=report)


class FaultyStore:
    """Database that is locked now and then."""

    def __init__(self, faults):
        self.faults, self.rows = faults, []

    def add(self, table, rows):
        """Keep rows."""
        self.faults.at("store")
        self.rows += [(table, row) for row in rows]

    def forget(self, table, before):
        """Drop rows, if it works."""
        self.faults.at("forget")
        kept = [one for one in self.rows if one[0] != table or one[1]["time"] >= before]
        dropped, self.rows = len(self.rows) - len(kept), kept
        return dropped


KINDS = [
    *(f"{name} {how}" for name in ("measure", "twin", "engine", "bridge", "send")
      for how in ("raises", "lies", "hangs")),
    "read raises", "read lies", "model raises", "model hangs", "model lies",
    "store raises", "store hangs", "engine none", "twin stale",
]  # fmt: skip


@pytest.fixture(scope="module")
def small():
    """Munich with 30 users, and its map."""
    start = twins.example()
    kept = np.arange(0, 200, 7)
    names = ("user_id", "user_position", "velocity", "demand", "min_rate", "slice",
             "previous", "gain", "gain_std_db", "noise", "demand_std")  # fmt: skip
    parts = {n: getattr(start, n)[kept] for n in names if getattr(start, n).size}
    return start.replace(**parts), twins.example_coverage()


def loop(small, faults, **more):
    """Controller whose every part may fail."""
    start, coverage = small
    simulated = SimulatedNetwork(start, coverage, seed=0)
    size = np.array(coverage.gain_db.shape[:0:-1]) * coverage.cell_m
    correction = TileResidual(start.cell_position, coverage.origin_m, size)
    twin = Twins(start, MapGain(coverage, start), correction)
    network = FaultyNetwork(simulated)
    network.faults = faults
    controller = Controller(
        FaultyTwin(twin, faults), faulty_engine(faults), faulty_bridge(faults),
        network=network, model="some", **more,
    )  # fmt: skip
    return controller, simulated


@pytest.mark.slow
def test_no_turn_is_missed_and_nothing_unsafe_is_sent(small):
    """Every kind of fault, then a good turn, over and over."""
    faults = Faults()
    store = FaultyStore(faults)
    controller, simulated = loop(small, faults, deadline=0.5, journal=store)
    draws = np.random.default_rng(0)
    threads, seen, decided = threading.active_count(), set(), 0
    names = simulated.cells.cell_id.tolist()
    limits = dict(zip(names, simulated.cells.p_max, strict=True))
    was_safe = False
    for number in range(1, TURNS + 1):
        faults.now = KINDS[(number // 2) % len(KINDS)] if number % 2 else ""
        if number % 2:
            hour, watt = 9 + number % 10, draws.integers(5, 15)
            text = f"Keep M4B below {watt} W until {hour}:59."
            controller.note(text, "operator/S. Lang")
        simulated.step(10.0)
        turn = controller.turn()
        faults.release.set()
        faults.release = threading.Event()
        assert turn.number == number
        seen.add(faults.now)
        decided += bool(turn.id)
        for one in turn.sent:
            if one.attribute == POWER:
                watt = 1e-3 * 10 ** (float(one.new) / 10)
                assert watt <= limits[one.names["ManagedElement"]] * (1 + 1e-9)
            else:
                assert one.new in limits
        snapshot = controller.snapshot
        if snapshot is not None:
            heard = snapshot.protected_gain @ simulated.power
            is_safe = (heard <= snapshot.protected_limit * (1 + 1e-6)).all()
            assert is_safe or not was_safe, (number, faults.now)
            was_safe = was_safe or bool(is_safe)
        assert threading.active_count() <= threads + 12
        controller.metrics.text()
    assert was_safe
    assert seen >= set(KINDS)
    assert decided > TURNS // 4  # fewer on a busy machine
    faults.now = ""
    for _ in range(3):
        simulated.step(10.0)
        last = controller.turn()
    assert last.id
    controller.close()
    kept = [row["id"] for table, row in store.rows if table == "decision"]
    assert len(kept) == len(set(kept)) >= decided


def test_a_model_adds_to_the_floor_and_takes_nothing_away(small):
    """Lies are refused by their text; what is true is kept once."""
    faults = Faults()
    readings = Readings(faulty_bridge(faults), "some")
    snapshot = small[0]
    faults.now = "model lies"
    readings.note(NOTE, "operator/S. Lang")
    first = readings.report(snapshot)
    assert [item.value for item in first.items] == [10.0]
    readings.wait(60.0)
    assert readings.report(snapshot).items == first.items
    assert any("another" in reason for _, reason in readings.refused)
    faults.now = "bridge raises"
    readings.note("Keep M4A below 5 W until 20:00.", "operator/S. Lang")
    readings.report(snapshot)
    assert any("bridge is down" in reason for _, reason in readings.refused)
    late = snapshot.derived(time=snapshot.time + 86_400.0)
    assert readings.report(late).items == ()


def test_the_journal_waits_for_a_locked_database():
    """All is written in order once it is free; too much is dropped and counted."""
    faults = Faults()
    store = FaultyStore(faults)
    journal = Journal(store)
    faults.now = "store raises"
    for number in range(BACKLOG + 10):
        row = {"id": number, "time": 0.0, "content": lambda number=number: str(number)}
        journal.keep(("decision", row))
    assert journal.dropped in (8, 9, 10)  # one or two may be in hand already
    while not journal.last_error:
        pass
    faults.now = ""
    assert journal.close(60.0)
    assert [row["content"] for _, row in store.rows] == [
        str(number) for number in range(len(store.rows))
    ]
    assert len(store.rows) == BACKLOG + 10 - journal.dropped


def test_a_store_that_hangs_is_told(monkeypatch):
    """Also where nothing is raised; and no more once it goes on."""
    monkeypatch.setattr("rrm.controller.journal.SLOW", 0.05)
    faults = Faults()
    faults.now = "store hangs"
    journal = Journal(FaultyStore(faults))
    assert journal.trouble == ""
    journal.keep(("decision", {"id": 1, "time": 0.0, "content": "x"}))
    for _ in range(1000):
        if journal.trouble:
            break
        time.sleep(0.01)
    assert "has been writing a row" in journal.trouble
    faults.now = ""
    faults.release.set()
    assert journal.close(30.0)
    assert journal.trouble == ""


def test_a_store_that_hangs_does_not_hold_the_end(small):
    """Closing gives up after a while, and says so."""
    faults = Faults()
    faults.now = "store hangs"
    journal = Journal(FaultyStore(faults))
    journal.keep(("decision", {"id": 1, "time": 0.0, "content": "x"}))
    assert not journal.close(0.1)
    faults.release.set()


@pytest.mark.parametrize("fails", [False, True])
def test_the_journal_forgets_what_is_too_old(fails):
    """Decisions and commands, once an hour; a store that cannot loses nothing."""
    faults = Faults()
    store = FaultyStore(faults)
    journal = Journal(store, kept=3 * 3600.0)
    faults.now = "forget raises" if fails else ""
    times = np.arange(0.0, 10.0, 0.25) * 3600.0
    for number, now in enumerate(times):
        table = ("decision", "directive")[number % 2]
        assert journal.keep((table, {"id": number, "time": now, "content": "x"}))
    assert journal.close(60.0)
    assert journal.dropped == 0
    found = [row["time"] for _, row in store.rows]
    last = times[-1] // 3600.0 * 3600.0  # when it looked
    assert found == [one for one in times if fails or one >= last - 3 * 3600.0]


@pytest.mark.parametrize("kept", [0.0, -1.0, math.nan])
def test_a_journal_keeps_for_some_time(kept):
    """Else each decision would be gone as it is written."""
    with pytest.raises(FieldError, match="journal_kept"):
        Journal(FaultyStore(Faults()), kept)

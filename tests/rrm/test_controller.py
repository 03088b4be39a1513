"""The closed loop: a full turn, its directives, its journal, its health."""

import json
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import llm_bridge
import rrm
import twins
from formulations.context import in_context
from rrm.cli import app
from rrm.controller import Controller, Simulated, choice, decisions, record_of, repeated
from rrm.controller.command import POWER, SERVING, Command, in_safe_order
from rrm.controller.decision import Question, answered, commanded, composed
from rrm.controller.journal import question_of, to_json
from rrm.controller.lane import Hands, Lane, LateError
from rrm.controller.metrics import Metrics
from rrm.controller.readings import Readings
from rrm.controller.safety import (
    UnsafeError,
    checked,
    kept_within_limits,
    safe_power,
)
from rrm.controller.sending import Sending
from rrm.controller.trial import Trial
from twins.context_db import ContextDatabase
from twins.coupling import MapGain, TileResidual, Twins
from twins.network import SimulatedNetwork

WIDE = 30.0
"""s for a turn, so that no step is late on a busy machine."""
NOTE = "Keep M4B below 10 W until 20:00."


@pytest.fixture(scope="module")
def scene():
    """Munich and its map."""
    return twins.example(), twins.example_coverage()


@pytest.fixture(scope="module")
def still(scene):
    """A simulated Munich in which nothing is done."""
    return SimulatedNetwork(*scene, seed=0)


def loop(scene, network=None, **more):
    """Controller of a simulated Munich, and the network."""
    start, coverage = scene
    if isinstance(network, SimulatedNetwork):
        simulated, network = network, None
    else:
        simulated = SimulatedNetwork(start, coverage, seed=0)
    size = np.array(coverage.gain_db.shape[:0:-1]) * coverage.cell_m
    correction = TileResidual(start.cell_position, coverage.origin_m, size)
    twin = Twins(start, MapGain(coverage, start), correction)
    plant = (network or Simulated)(simulated)
    settings = {"deadline": WIDE, "network": plant, **more}
    return Controller(twin, rrm, llm_bridge, **settings), simulated


def turns(controller, simulated, count):
    """Take turns, 10 s apart."""
    found = []
    for _ in range(count):
        simulated.step(10.0)
        found.append(controller.turn())
    return found


def interference(controller):
    """At the protected receivers (M,), as a share of the limits."""
    snapshot = controller.snapshot
    return snapshot.protected_gain @ controller.power / snapshot.protected_limit


def test_a_full_turn_on_munich_with_the_grammar(scene):
    """The sentence bounds the cell; directives say why, and how to take them back."""
    controller, simulated = loop(scene)
    controller.note(NOTE, "operator/S. Lang")
    first, second = turns(controller, simulated, 2)
    assert first.fallbacks == second.fallbacks == ()
    assert first.sent
    assert first.acknowledged == len(first.sent)
    cell = list(controller.snapshot.cell_id).index("M4B")
    assert simulated.power[cell] <= 10.0
    assert (interference(controller) <= 1).all()
    assert any(NOTE in one.reason for one in (*first.sent, *second.sent))
    for one in first.sent:
        assert one.reason
        assert set(one.tolerance) == set(one.effect)
        assert one.expires == first.time + 60.0
        assert one.old != one.new
        if one.attribute == POWER:
            assert one.rollback == one.old == 46.0
    numbers = [one.id for one in (*first.sent, *second.sent)]
    assert len(set(numbers)) == len(numbers)
    health = controller.health()
    assert health.alive
    assert health.ready, health.reasons


def test_health_before_the_first_turn_is_not_ready(scene):
    """Nothing is known yet, and nobody turns."""
    controller, _ = loop(scene)
    assert not controller.health().alive
    assert not controller.health().ready
    assert "the snapshot is stale" in controller.health().reasons


@pytest.mark.parametrize("field", ["deadline", "period"])
@pytest.mark.parametrize("value", [-1, 0, np.nan, np.inf, None, "2s"])
def test_times_in_which_nothing_could_be_decided_are_refused(
    scene, still, field, value
):
    """The error says what is allowed."""
    with pytest.raises(twins.FieldError, match=rf"{field} = .* in \(0, inf\) s"):
        loop(scene, still, **{field: value})


@pytest.mark.parametrize("network", [None, "M4B"])
def test_a_controller_without_a_network_is_refused(scene, network):
    """The error says what one must have."""
    start, coverage = scene
    twin = Twins(start, MapGain(coverage, start))
    with pytest.raises(twins.FieldError, match="network with now, measure, send, read"):
        Controller(twin, rrm, llm_bridge, deadline=2.0, network=network)


def test_decisions_of_the_real_journal_repeat_bit_for_bit(scene, tmp_path):
    """From the database alone; a record that was tampered with is found."""
    place = str(tmp_path / "context.duckdb")
    with ContextDatabase(place) as database:
        controller, simulated = loop(scene, journal=database)
        controller.note(NOTE, "operator/S. Lang")
        done = turns(controller, simulated, 3)
        controller.close()
        assert decisions(database) == [one.id for one in done]
        for one in done:
            record = record_of(database, one.id)
            assert record["answer"]["repeats"]
            again = repeated(record)
            assert again.searched
            assert again.differences == ()
            sent = {command.id for command in one.sent}
            assert sent <= {row["id"] for row in again.commands}
        record["answer"]["cell"][0] = (record["answer"]["cell"][0] + 1) % 21
        assert repeated(record).differences == ("cell",)
        with pytest.raises(KeyError, match="no decision 'x'"):
            record_of(database, "x")
    number = done[1].id
    result = CliRunner().invoke(app, ["replay", number, "--journal", place, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["differences"] == []
    result = CliRunner().invoke(app, ["replay", number, "--journal", place])
    assert "the same bit for bit" in result.stdout
    result = CliRunner().invoke(app, ["replay", "x", "--journal", place])
    assert result.exit_code == 2
    result = CliRunner().invoke(app, ["replay", "x", "--journal", f"{place}.none"])
    assert result.exit_code == 2


def test_a_question_survives_its_record():
    """Every array and number comes back as it was."""
    snapshot = twins.example()
    question = Question(
        "one", snapshot, llm_bridge.example(), snapshot.p_max / 3, {"u001": 1 / 3},
        (("a", "b"),), {"why": 0.1 + 0.2}, 3, 0.1, 50, 7.7,
    )  # fmt: skip
    answer = answered(question, composed(question), rrm)
    record = json.loads(json.dumps(to_json(question, answer, ())))
    again = question_of(record)
    for name, spec in snapshot.specs():
        del spec
        one, other = getattr(snapshot, name), getattr(again.snapshot, name)
        np.testing.assert_array_equal(one, other)
    assert again.report == question.report
    np.testing.assert_array_equal(again.power, question.power)
    for name in ("id", "moved", "deaf", "prices", "seed", "seconds", "work", "expires"):
        assert getattr(again, name) == getattr(question, name)
    with pytest.raises(ValueError, match="schema"):
        question_of({"schema": "x"})


class Deaf(Simulated):
    """Acknowledges all and ignores what is about ``target``; may lie when asked."""

    target, lies = "", False

    def send(self, directive):
        """Say yes."""
        return directive.target.startswith(self.target) or super().send(directive)

    def read(self, directive):
        """What is set, or what was asked for."""
        mine = directive.target.startswith(self.target)
        return directive.new if mine and self.lies else super().read(directive)


@pytest.mark.parametrize("lies", [False, True])
def test_a_power_without_effect_is_reported(scene, lies):
    """By reading back; by what users measure where the network lies about itself."""
    kind = type("One", (Deaf,), {"target": "ManagedElement=M2A,", "lies": lies})
    controller, simulated = loop(scene, kind)
    done = turns(controller, simulated, 5)
    asked = [one for turn in done for one in turn.sent if one.key[0][15:18] == "M2A"]
    assert any(abs(float(one.new) - float(one.old)) >= 6 for one in asked[:1])
    failed = [one for turn in done for one in turn.without_effect]
    assert {one.names["ManagedElement"] for one in failed} == {"M2A"}
    assert not controller.health().ready
    assert any("no effect" in reason for reason in controller.health().reasons)
    after = controller.ledger.deaf(controller.snapshot.time)
    assert {target for target, _ in after} == {asked[0].target}


def test_a_handover_without_effect_is_reported(scene):
    """The users go on reporting the old cell."""
    kind = type("Two", (Deaf,), {"target": "user=", "lies": True})
    controller, simulated = loop(scene, kind)
    controller.note("Slice 0 must not use M4B or M5A.", "operator/S. Lang")
    failed = [one for turn in turns(controller, simulated, 5)
              for one in turn.without_effect]  # fmt: skip
    assert failed
    assert {one.attribute for one in failed} == {SERVING}


def decided(snapshot, power, **more):
    """Answer and commands for a state."""
    question = Question("x", snapshot, None, power, **more)
    answer = answered(question, composed(question), rrm)
    return answer, commanded(question, answer)


def settings(crowd=1.0):
    """A state that decisions leave as it is, with ``crowd`` times the demand."""
    snapshot = twins.example()
    snapshot = snapshot.replace(
        min_rate=np.zeros(len(snapshot.user_id)), demand=crowd * snapshot.demand
    )
    answer, _ = decided(snapshot, snapshot.p_max)
    return snapshot.replace(previous=answer.cell), answer.power


def test_allocations_do_not_flap_when_gains_jitter(monkeypatch):
    """Half a dB of noise moves nobody; without what changes must gain it does."""
    snapshot, power = settings(crowd=4.0)
    answer, _ = decided(snapshot, power)
    snapshot = snapshot.replace(previous=answer.cell)
    noise = 10 ** (np.random.default_rng(0).normal(0, 0.05, snapshot.gain.shape))
    other = snapshot.replace(gain=np.minimum(snapshot.gain * noise, 1.0))
    _, commands = decided(other, power, waiting=answer.waiting)
    assert len(commands) <= 4
    assert all(one.attribute == SERVING for one in commands)
    monkeypatch.setattr(choice, "MOVE", -1.0)
    monkeypatch.setattr(choice, "MOVES", -1.0)
    monkeypatch.setattr(choice, "LEAVES", -1.0)
    _, loose = decided(other, power)
    assert len(loose) > len(commands)
    _, loose = decided(other, power, waiting=answer.waiting)
    assert any(one.attribute == POWER for one in loose)


def test_who_was_just_moved_stays():
    """Unless the cell is gone."""
    snapshot, power = settings(crowd=4.0)
    answer, commands = decided(snapshot, power, frees=7.0)
    moves = [one for one in commands if one.attribute == SERVING]
    assert moves
    assert {one.expires for one in moves} == {7.0}
    user = moves[0].names["user"]
    after = snapshot.replace(previous=answer.cell)
    moved = {user: float(snapshot.time) + 5.0}
    _, later = decided(after, power, moved=moved)
    assert user not in [one.names.get("user") for one in later]
    place = list(snapshot.user_id).index(user)
    alive = np.ones(len(snapshot.cell_id), bool)
    alive[after.previous[place]] = False
    _, later = decided(after.replace(alive=alive), power, moved=moved)
    assert user in [one.names.get("user") for one in later]


def test_moves_tell_the_efficiency_that_is_on_air():
    """Before and after, in bit/s/Hz, at the powers and loads of now."""
    snapshot, power = settings(crowd=4.0)
    _, commands = decided(snapshot, power)
    moves = [one for one in commands if one.attribute == SERVING]
    trial = Trial(in_context(snapshot, None), np.zeros(len(snapshot.user_id), bool))
    on_air = trial.efficiency(power, trial.outcome(power).load)
    cells, users = list(snapshot.cell_id), list(snapshot.user_id)
    assert moves
    for one in moves:
        user = users.index(one.names["user"])
        for name, cell in (("before", one.old), ("after", one.new)):
            told = one.effect[f"spectral_efficiency_{name}"]
            assert told == pytest.approx(on_air[user, cells.index(cell)])


def test_users_go_to_cells_at_the_power_that_is_set():
    """A cell that is turned down draws nobody whom another serves better."""
    snapshot = twins.example()
    power = snapshot.p_max.copy()
    down = int(np.bincount(snapshot.previous).argmax())
    full = composed(Question("x", snapshot, None, power))
    power[down] *= 1e-4
    low = composed(Question("x", snapshot, None, power))
    users = np.flatnonzero(snapshot.previous == down)
    assert (low.utility[users, down] < full.utility[users, down]).all()
    answer, _ = decided(snapshot.replace(protected_limit=np.ones(1)), power)
    assert answer.served > 0.9


def test_changes_that_nobody_keeps_are_rolled_back(scene):
    """When the twin fails for long; limits hold all the while."""
    controller, simulated = loop(scene)
    controller.note("Keep M1A below 10 W until 20:00.", "operator/S. Lang")
    first = turns(controller, simulated, 1)[0]
    lowered = [one for one in first.sent if one.lowers_power]
    assert "M1A" in {one.names["ManagedElement"] for one in lowered}
    controller.twins = None
    assert [turn.sent for turn in turns(controller, simulated, 3)] == [()] * 3
    controller.readings = Readings(llm_bridge)  # what was asked for holds no more
    later = turns(controller, simulated, 4)
    back = [one for turn in later for one in turn.sent]
    assert {one.reason for one in back} == {("expired",)}
    assert {one.target for one in back} <= {one.target for one in lowered}
    assert any(one.names["ManagedElement"] == "M1A" for one in back)
    assert all(turn.fallbacks for turn in later)
    assert (interference(controller) <= 1 + 1e-6).all()
    assert not controller.health().ready
    assert turns(controller, simulated, 3)[-1].sent == ()


def served(simulated):
    """Share of the demand that the network carries."""
    return simulated.rate().sum() / simulated.demand().sum()


@pytest.mark.parametrize(("seed", "dies"), [(0, False), (1, True), (2, True)])
def test_the_loop_serves_no_less_than_fixed_safe_powers(scene, seed, dies):
    """In no turn by more than a point, also when a cell dies; and it is quiet."""
    start, coverage = scene
    fails = start.time + 35.0
    outages = {"M4B": (fails, np.inf)} if dies else {}
    found, sent = {}, []
    for way in ("fixed", "loop"):
        network = SimulatedNetwork(start, coverage, seed, outages=outages)
        controller, _ = loop(scene, network=network, seed=seed)
        network.power = safe_power(
            start.p_max, start.protected_gain, start.protected_limit, start.p_max
        )
        found[way] = []
        for _ in range(10):
            network.step(10.0)
            found[way].append(served(network))
            if way == "loop":
                sent.append(len(controller.turn().sent))
    worse = np.array(found["fixed"]) - np.array(found["loop"])
    assert worse.max() <= 0.01
    assert worse.mean() <= 0.001
    assert sum(sent[1:]) <= (22 if dies else 6)


def test_metrics_are_prometheus_text(scene):
    """Every line is a name, labels and a number; buckets add up."""
    controller, simulated = loop(scene)
    turns(controller, simulated, 2)
    lines = controller.metrics.text().splitlines()
    values = {}
    for line in lines:
        if not line.startswith("# TYPE "):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    assert values["rrm_turns_total"] == 2
    assert values['rrm_turn_seconds_bucket{le="+Inf"}'] == 2
    assert values["rrm_turn_seconds_count"] == 2
    sent = sum(v for k, v in values.items() if k.startswith("rrm_directives_total"))
    assert sent > 0
    metrics = Metrics()
    metrics.count("a", b='"\\\n')
    assert metrics.text() == '# TYPE a counter\na{b="\\"\\\\\\n"} 1\n'


def test_logs_carry_fields(scene, caplog):
    """A turn is one record with numbers."""
    controller, simulated = loop(scene)
    with caplog.at_level("INFO", logger="rrm.controller"):
        turns(controller, simulated, 1)
    record = next(one for one in caplog.records if one.message == "turn")
    assert record.turn == 1
    assert record.sent == record.acknowledged > 0
    assert record.decision.startswith("rrm-")


def test_run_turns_until_it_is_stopped(scene):
    """In its own thread."""
    controller, _ = loop(scene, period=0.01)
    stop = threading.Event()
    thread = threading.Thread(target=controller.run, args=(stop,))
    thread.start()
    while controller.number < 2:
        stop.wait(0.01)
    stop.set()
    thread.join(60.0)
    assert not thread.is_alive()


def test_a_lane_leaves_one_thread_behind():
    """While it hangs no other starts; later all is well again."""
    lane, began, release = Lane("x", Hands()), threading.Event(), threading.Event()
    calls = []

    def hang():
        calls.append(1)
        began.set()
        release.wait(60.0)

    for _ in range(3):
        with pytest.raises(LateError):
            lane.run(hang, 0.01)
    assert began.wait(60.0)
    assert len(calls) == 1
    assert lane.is_stuck
    release.set()
    while lane.is_stuck:
        pass
    assert lane.run(lambda: 7, 60.0) == 7
    with pytest.raises(ZeroDivisionError):
        lane.run(lambda: 1 // 0, 60.0)


def test_steps_share_one_thread_as_long_as_none_hangs():
    """A step beside one that hangs gets another; the idle ones are used again."""
    hands, release = Hands(), threading.Event()
    one, other = Lane("one", hands), Lane("other", hands)
    ids = {lane.run(threading.get_ident, 60.0) for lane in 5 * [one, other]}
    assert len(ids) == 1
    with pytest.raises(LateError):
        one.run(lambda: release.wait(60.0), 0.01)
    assert other.run(threading.get_ident, 60.0) not in ids
    release.set()
    while one.is_stuck:
        pass
    assert one.run(threading.get_ident, 60.0) in ids


def test_an_idle_thread_ends(monkeypatch):
    """After a while without steps; the next step finds another."""
    monkeypatch.setattr("rrm.controller.lane.IDLE", 0.01)
    lane = Lane("x", Hands())
    first = lane.run(threading.current_thread, 60.0)
    first.join(60.0)
    assert not first.is_alive()
    assert lane.run(lambda: 7, 60.0) == 7


def test_what_breaks_a_limit_is_not_sent():
    """More power than allowed, an interference above the limit, a cell that is down."""
    snapshot = twins.example()
    low = snapshot.p_max * 1e-3
    assert (snapshot.protected_gain @ low < snapshot.protected_limit).all()
    names = [str(name) for name in snapshot.cell_id]
    one = power_command(names[0], 16.0, 46.1)
    with pytest.raises(UnsafeError, match="above its limit"):
        kept_within_limits([one], snapshot, None, low)
    loud = [power_command(name, 16.0, 46.0) for name in names]
    with pytest.raises(UnsafeError, match="protected receiver"):
        kept_within_limits(loud, snapshot, None, low)
    alive = np.arange(21) != 3
    move = Command("m", "user=u000", SERVING, "A", names[3], "", ("x",), None, {})
    with pytest.raises(UnsafeError, match="out of service"):
        kept_within_limits([move], snapshot.replace(alive=alive), None, low)
    with pytest.raises(UnsafeError, match="not understood"):
        kept_within_limits([power_command("none", 1.0, 2.0)], snapshot, None, low)
    open_air = snapshot.replace(protected_limit=np.ones(1))
    silent = [power_command(name, 46.0, -30.0) for name in names]
    with pytest.raises(UnsafeError, match="traffic falls"):
        checked(silent, open_air, None, snapshot.p_max)


ASKED = [
    "Cap u007 at 5 Mbit/s.",
    "Forbid M5A for u007.",
    "Keep M4B below 10 W.",
    "M4B is down.",
    "Slice 1 needs at least 1 kbit/s.",
    "Rain of 30 mm/h.",
]


@pytest.mark.parametrize("text", ASKED)
def test_an_item_lets_nobody_lose_traffic_whom_it_does_not_concern(text):
    """Silencing all cells, or one that no item is about, is unsafe whatever holds."""
    snapshot = twins.example().replace(protected_limit=np.ones(1))
    report = llm_bridge.report(text, snapshot, "operator/x")
    assert report.items
    silent = [power_command(str(name), 46.0, -30.0) for name in snapshot.cell_id]
    with pytest.raises(UnsafeError, match="traffic falls"):
        checked(silent, snapshot, report, snapshot.p_max)


def test_what_a_limit_costs_is_no_loss():
    """An item that limits cells, and a protected limit that is broken."""
    snapshot = twins.example()
    open_air = snapshot.replace(protected_limit=np.ones(1))
    names = [str(name) for name in snapshot.cell_id[:15]]
    low = [power_command(name, 46.0, 0.0) for name in names]
    with pytest.raises(UnsafeError, match="traffic falls"):
        checked(low, open_air, None, open_air.p_max)
    text = f"Keep {', '.join(names)} below 1 mW."
    report = llm_bridge.report(text, open_air, "operator/x")
    assert len(report.items) == 1
    checked(low, open_air, report, open_air.p_max)
    heard = snapshot.protected_gain[0] * snapshot.p_max
    limit = 1e-4 * heard.sum()
    power = safe_power(snapshot.p_max, snapshot.protected_gain, [limit], snapshot.p_max)
    level = 10 * np.log10(1e3 * power) - 0.1
    down = [
        power_command(str(name), 46.0, float(dbm))
        for name, dbm in zip(snapshot.cell_id, level, strict=True)
    ]
    tight = snapshot.replace(protected_limit=np.array([limit]))
    checked(down, tight, None, tight.p_max)
    with pytest.raises(UnsafeError, match="traffic falls"):
        checked(down, open_air, None, open_air.p_max)


def power_command(cell, old, new):
    """Command for one cell."""
    return Command(
        cell, f"ManagedElement={cell},x=1", POWER, old, new, "dBm", ("x",), None, {}
    )


def test_power_is_raised_only_after_it_was_lowered():
    """The order is safe at every moment, also if a part is refused."""

    class Refuses:
        def send(self, directive):
            return directive.names["ManagedElement"] != "B"

    up, down = power_command("A", 30.0, 40.0), power_command("B", 40.0, 30.0)
    move = Command("m", "user=u", SERVING, "A", "B", "", ("x",), None, {})
    order = in_safe_order([move, up, down])
    assert [one.id for one in order] == ["B", "A", "m"]
    sending = Sending(order, Refuses())
    sending.run()
    assert [(one.id, answer) for one, answer in sending.answers()] == [("B", False)]


@given(st.integers(0, 10_000))
def test_safe_power_keeps_limits(seed):
    """Never above a limit, untouched where limits hold, and stable."""
    draws = np.random.default_rng(seed)
    power, most = draws.uniform(0, 40, 5), draws.uniform(1, 40, 5)
    gain, limit = draws.uniform(0, 1e-9, (2, 5)), draws.uniform(0, 1e-7, 2)
    found = safe_power(power, gain, limit, most)
    assert (found <= most).all()
    assert (gain @ found <= limit).all()
    clipped = np.minimum(power, most)
    if (gain @ clipped <= limit).all():
        np.testing.assert_array_equal(found, clipped)
    else:
        assert (gain @ found / limit).max() > 0.999
    one = safe_power(clipped, gain[:1], limit[:1], most)
    partly = np.where(draws.random(5) < 0.5, one, clipped)
    again = safe_power(partly, gain[:1], limit[:1], most)
    np.testing.assert_allclose(again, one, rtol=1e-5)

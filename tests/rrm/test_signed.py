"""A loop whose commands and reports go over a line that others may write on."""

import json
import math

import pandas as pd
import pytest

import llm_bridge
import rrm
import twins
from llm_bridge.signing import SignatureError, Signer, Verifier
from rrm.controller import Answering, Controller, Signed, Simulated
from rrm.controller.command import POWER, Command
from twins.coupling import MapGain, Twins
from twins.network import SimulatedNetwork

OURS, THEIRS = bytes(range(32)), bytes(range(32, 64))


class Wire:
    """Line of JSON text on which somebody may change, keep and repeat messages."""

    def __init__(self, end):
        self.end, self.sent, self.answers = end, [], []
        self.forge = self.forge_answer = lambda message: message

    def ask(self, message):
        """Answer that comes back."""
        self.sent.append(json.dumps(message, allow_nan=False))
        answer = self.end.ask(self.forge(json.loads(self.sent[-1])))
        self.answers.append(json.dumps(answer, allow_nan=False))
        return self.forge_answer(json.loads(self.answers[-1]))


@pytest.fixture
def parts():
    """Simulated Munich, and the controller's and the network's end of a line."""
    start, coverage = twins.example(), twins.example_coverage()
    simulated = SimulatedNetwork(start, coverage, seed=0)
    end = Answering(
        Simulated(simulated), Signer("ran", THEIRS), Verifier({"rrm": OURS})
    )
    wire = Wire(end)
    signed = Signed(
        wire, Signer("rrm", OURS), Verifier({"ran": THEIRS}), lambda: simulated.time
    )
    return simulated, wire, signed


def loop(network):
    """Controller of it, with time for each step."""
    start, coverage = twins.example(), twins.example_coverage()
    twin = Twins(start, MapGain(coverage, start))
    return Controller(twin, rrm, llm_bridge, deadline=30.0, network=network)


def order(level=40.0, **more):
    """Command for a cell's power."""
    target = "ManagedElement=M4B,GNBDUFunction=1,NRSectorCarrier=1"
    return Command("1", target, POWER, 46.0, level, "dBm", ("why",), None, {}, **more)


def test_a_signed_loop_does_what_an_open_one_does(parts):
    """The same commands, acknowledged, in force, and seen when read back."""
    simulated, wire, signed = parts
    start, coverage = twins.example(), twins.example_coverage()
    other = SimulatedNetwork(start, coverage, seed=0)
    loops = [(loop(signed), simulated), (loop(Simulated(other)), other)]
    found = []
    for controller, network in loops:
        controller.note("Keep M4B below 10 W until 20:00.", "operator/S. Lang")
        for _ in range(2):
            network.step(10.0)
            turn = controller.turn()
            assert turn.fallbacks == ()
            found.append([one.to_json() for one in turn.sent])
            assert turn.acknowledged == len(turn.sent)
    assert found[0] == found[2]
    assert found[1] == found[3]
    assert found[0]
    assert (simulated.power == other.power).all()
    assert all("signature" in json.loads(text) for text in wire.sent)


def test_nothing_is_lost_on_the_line(parts):
    """Measurements come bit for bit, and what is missing stays so."""
    simulated, _, signed = parts
    simulated.step(10.0)
    expected = simulated.report()
    assert expected.isna().any().any()
    parts[1].end._network.measure = lambda: expected
    pd.testing.assert_frame_equal(signed.measure(), expected)


def test_forged_commands_do_nothing(parts):
    """Changed on the way, repeated, or of somebody without the key."""
    simulated, wire, signed = parts
    assert signed.send(order(40.0))
    power = simulated.power.copy()

    def louder(message):
        message["body"]["command"]["new"] = 46.0
        return message

    wire.forge = louder
    with pytest.raises(SignatureError, match="does not fit"):
        signed.send(order(30.0))
    wire.forge = lambda _: json.loads(wire.sent[0])
    with pytest.raises(SignatureError, match="seen before"):
        signed.send(order(30.0))
    stranger = Signed(
        wire, Signer("rrm", THEIRS), Verifier({"ran": THEIRS}), signed.now
    )
    wire.forge = lambda message: message
    with pytest.raises(SignatureError, match="does not fit"):
        stranger.send(order(30.0))
    assert (simulated.power == power).all()


def test_forged_answers_are_not_believed(parts):
    """Neither changed ones, nor genuine ones to another question."""
    simulated, wire, signed = parts

    def yes(message):
        return message | {"body": message["body"] | {"answer": 40.0}}

    wire.forge_answer = yes
    with pytest.raises(SignatureError, match="does not fit"):
        signed.read(order())
    end, line = wire.end, Wire(wire.end)
    earlier = end.ask(Signer("rrm", OURS).signed({"ask": "measure"}, simulated.time))
    line.forge_answer = lambda _: earlier
    listening = Signed(line, Signer("rrm", OURS), Verifier({"ran": THEIRS}), signed.now)
    with pytest.raises(SignatureError, match="not to what was asked"):
        listening.read(order())


def test_the_loop_goes_on_when_reports_are_forged(parts):
    """As after any report that is missing; commands count as lost."""
    simulated, wire, signed = parts
    controller = loop(signed)
    simulated.step(10.0)
    assert controller.turn().fallbacks == ()

    def poisoned(message):
        return message | {"body": message["body"] | {"answer": {}}}

    wire.forge_answer = poisoned
    simulated.step(10.0)
    turn = controller.turn()
    assert any("measure: no report, SignatureError" in one for one in turn.fallbacks)
    assert turn.acknowledged == 0
    assert not controller.health().ready


def test_a_safe_default_that_never_expires_can_be_sent(parts):
    """JSON has no infinity: it goes as null and comes back."""
    simulated, _, signed = parts
    one = order(expires=math.inf, tolerance={"rsrp_change": 3.0}, rollback=46.0)
    assert Command.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert signed.send(one)
    cell = simulated.cells.cell_id.tolist().index("M4B")
    assert simulated.power[cell] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"schema": "x"}, "schema = 'x'"), ({"color": 1}, "no command"),
     ({"reason": None}, "no command")],
)  # fmt: skip
def test_what_is_no_command_is_refused(change, reason):
    """Of another schema, or with other parts."""
    with pytest.raises(ValueError, match=reason):
        Command.from_json(order().to_json() | change)


def test_what_the_network_is_not_asked_for(parts):
    """Signed, but nothing that there is."""
    simulated, wire, _ = parts
    message = Signer("rrm", OURS).signed({"ask": "explode"}, simulated.time)
    with pytest.raises(ValueError, match="must be measure, send or read"):
        wire.end.ask(message)

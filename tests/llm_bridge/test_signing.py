"""Signed messages: genuine, fresh, and only once."""

import json
import math

import pytest

from llm_bridge.signing import SignatureError, Signer, Verifier, _signature

KEY = bytes(range(32))
NOW = 1780300800.0
SIGNER = Signer("rrm", KEY)


def verifier():
    """Verifier that knows one sender."""
    return Verifier({"rrm": KEY})


def test_a_message_arrives_once():
    """Through JSON and back; the second time it is a replay."""
    message = json.loads(json.dumps(SIGNER.signed({"id": "power-1", "new": 40.5}, NOW)))
    check = verifier()
    assert check.body(message, NOW + 1) == {"id": "power-1", "new": 40.5}
    with pytest.raises(SignatureError, match="seen before"):
        check.body(message, NOW + 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": {"new": 46.0}}, "signature"),
        ({"time": NOW + 30}, "signature"),
        ({"nonce": "0"}, "signature"),
        ({"sender": "stranger"}, "not known"),
        ({"signature": ""}, "signature"),
        ({"schema": "rrm.signed/0"}, "not known"),
    ],
)
def test_changed_messages_are_refused(change, reason):
    """Any part that is changed breaks it."""
    message = SIGNER.signed({"new": 40.5}, NOW) | change
    with pytest.raises(SignatureError, match=reason):
        verifier().body(message, NOW)


def test_old_messages_are_refused_and_forgotten():
    """A minute later it is stale; what is stale need not be remembered."""
    check = verifier()
    message = SIGNER.signed({}, NOW)
    check.body(message, NOW)
    with pytest.raises(SignatureError, match="fresh"):
        check.body(message, NOW + 61)
    check.body(SIGNER.signed({}, NOW + 200), NOW + 200)
    assert len(check._seen) == 1


LOOP = {}
LOOP["loop"] = LOOP


def nested(depth):
    """A list in a list, and so on."""
    found = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "\u00e9"}, {"signature": "\ud800"}, {"signature": b"x"},
        {"signature": None}, {"body": {"new": math.nan}}, {"body": {"new": math.inf}},
        {"body": {"new": b"x"}}, {"body": {1: 2, "a": 3}}, {"body": LOOP},
        {"body": {"deep": nested(100_000)}}, {"body": None}, {"time": math.nan},
        {"time": None}, {"time": 10**400}, {"nonce": []}, {"sender": []}, {1: 2},
        {"schema": {}},
    ],
)  # fmt: skip
def test_forgeries_of_any_kind_are_signature_errors(change):
    """Whatever somebody sends, whoever receives has one error to handle."""
    message = SIGNER.signed({"new": 40.5}, NOW) | change
    with pytest.raises(SignatureError):
        verifier().body(message, NOW)


@pytest.mark.parametrize("message", [None, [], "text", b"bytes", 1, [("body", {})]])
def test_what_is_no_message_is_a_signature_error(message):
    """Also what JSON may hold beside objects."""
    with pytest.raises(SignatureError, match="no message"):
        verifier().body(message, NOW)


@pytest.mark.parametrize(
    "parts",
    [
        {"time": 10**400}, {"time": True}, {"time": "now"}, {"nonce": 3},
        {"nonce": None}, {"body": [1]}, {"body": None},
    ],
)  # fmt: skip
def test_genuine_messages_that_are_malformed_are_signature_errors(parts):
    """Signed with the right key by somebody who writes other things than we do."""
    message = SIGNER.signed({}, NOW) | parts
    del message["signature"]
    message["signature"] = _signature(KEY, message)
    with pytest.raises(SignatureError):
        verifier().body(message, NOW)


def test_names_that_are_numbers_arrive_as_texts():
    """As JSON has them, before they are signed."""
    message = json.loads(json.dumps(SIGNER.signed({1: "a", "b": {2: (3,)}}, NOW)))
    assert verifier().body(message, NOW) == {"1": "a", "b": {"2": [3]}}


@pytest.mark.parametrize(
    ("body", "time"),
    [({"expires": math.inf}, NOW), ({"a": b"x"}, NOW), ({(1, 2): 3}, NOW),
     ({}, math.nan), (LOOP, NOW)],
)  # fmt: skip
def test_what_is_no_json_is_not_signed(body, time):
    """The error says so."""
    with pytest.raises(ValueError, match="must be plain JSON"):
        SIGNER.signed(body, time)


@pytest.mark.parametrize("key", ["k" * 32, b"short", None, list(KEY)])
def test_keys_that_cannot_be_are_refused_on_both_sides(key):
    """At once, not at the first message; the key is not shown."""
    for make in (lambda: Signer("rrm", key), lambda: Verifier({"rrm": key})):
        with pytest.raises(ValueError, match="at least 32 bytes") as caught:
            make()
        assert str(key) not in str(caught.value)


@pytest.mark.parametrize("fresh", [0, -1, math.nan, math.inf])
def test_messages_are_fresh_for_a_time(fresh):
    """Never to be fresh, or for ever, is no time."""
    with pytest.raises(ValueError, match="fresh"):
        Verifier({"rrm": KEY}, fresh)


def test_keys_are_long_and_not_shown():
    """Short keys are refused; representations have none."""
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Signer("rrm", b"short")
    assert repr(KEY) not in repr(SIGNER) + repr(verifier())

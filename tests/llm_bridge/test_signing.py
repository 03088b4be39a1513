"""Signed messages: genuine, fresh, and only once."""

import json

import pytest

from llm_bridge.signing import SignatureError, Signer, Verifier

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


def test_keys_are_long_and_not_shown():
    """Short keys are refused; representations have none."""
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Signer("rrm", b"short")
    assert repr(KEY) not in repr(SIGNER) + repr(verifier())

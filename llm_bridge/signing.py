"""Messages that prove who sent them, once: HMAC-SHA256 with replay protection [1]_.

References
----------
.. [1] H. Krawczyk, M. Bellare, R. Canetti, "HMAC: Keyed-hashing for message
   authentication", RFC 2104, 1997. https://doi.org/10.17487/RFC2104
"""

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = "rrm.signed/1"
SHORTEST_KEY = 32
"""Bytes of a key: the length of the hash (RFC 2104, section 3)."""
FRESH_SECONDS = 60.0
NONCE_BYTES = 16


class SignatureError(ValueError):
    """A message is not what its sender sent, or was seen before."""


@dataclass(frozen=True)
class Signer:
    """Signs messages with a shared key, which is not shown.

    Raises
    ------
    ValueError
        If the key is no bytes, or too short.
    """

    sender: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse keys that no hash is safe with."""
        _check_key(self.sender, self.key)

    def signed(self, body: Mapping[str, Any], time: float) -> dict[str, Any]:
        """Body with sender, ``time`` in s since epoch, nonce and signature.

        The body is written as JSON has it: names are texts.

        Raises
        ------
        ValueError
            If the body or time is no JSON, as infinity and NaN are not.
        """
        message = {
            "schema": SCHEMA,
            "sender": self.sender,
            "time": time,
            "nonce": secrets.token_hex(NONCE_BYTES),
        }
        try:
            text = json.dumps({**message, "body": dict(body)}, allow_nan=False)
            message = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"body and time: must be plain JSON: {error}") from error
        return {**message, "signature": _signature(self.key, message)}


@dataclass
class Verifier:
    """Checks messages of known senders; remembers those of the last minute.

    Parameters
    ----------
    keys : mapping
        Key of each sender; not shown.
    fresh : float
        s that a message may be old or early.

    Raises
    ------
    ValueError
        If a key is no bytes or too short, or ``fresh`` is not above 0 and finite.
    """

    keys: Mapping[str, bytes] = field(repr=False)
    fresh: float = FRESH_SECONDS
    _seen: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse keys that no hash is safe with."""
        for sender, key in self.keys.items():
            _check_key(sender, key)
        if not 0 < self.fresh < math.inf:
            raise ValueError(f"fresh = {self.fresh}: must be in (0, inf) s")

    def body(self, message: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Body of a message that is genuine, fresh and new.

        Raises
        ------
        SignatureError
            If it is not, whatever it is; the reason does not tell a forger more.
        """
        if not isinstance(message, Mapping):
            raise SignatureError("this is no message")
        parts = {name: value for name, value in message.items() if name != "signature"}
        sender, nonce, time = (parts.get(name) for name in ("sender", "nonce", "time"))
        key = self.keys.get(sender) if isinstance(sender, str) else None
        if key is None or parts.get("schema") != SCHEMA:
            raise SignatureError("sender or schema is not known")
        if not _is_signed(key, parts, message.get("signature")):
            raise SignatureError("the signature does not fit the message")
        is_number = isinstance(time, int | float)
        if not is_number or not now - self.fresh <= time <= now + self.fresh:
            raise SignatureError("the message is not fresh")
        body = parts.get("body")
        if not isinstance(nonce, str) or not isinstance(body, Mapping):
            raise SignatureError("the message has no nonce or no body")
        self._forget(now)
        once = f"{sender}/{nonce}"
        if once in self._seen:
            raise SignatureError("the message was seen before")
        self._seen[once] = now
        return dict(body)

    def _forget(self, now: float) -> None:
        """Drop nonces whose messages are no longer fresh in any case."""
        old = [name for name, time in self._seen.items() if now - time > 2 * self.fresh]
        for name in old:
            del self._seen[name]


def _check_key(sender: object, key: object) -> None:
    """Refuse a sender or key that cannot be one; the key is not shown."""
    if not isinstance(sender, str):
        raise ValueError(f"sender = {sender!r}: must be a text")
    if not isinstance(key, bytes) or len(key) < SHORTEST_KEY:
        raise ValueError(f"key of {sender!r}: must have at least {SHORTEST_KEY} bytes")


def _is_signed(key: bytes, parts: Mapping[str, Any], signature: object) -> bool:
    """Whether a signature fits; what cannot be signed at all has none that does."""
    if not isinstance(signature, str) or not signature.isascii():
        return False
    try:
        expected = _signature(key, parts)
    except (TypeError, ValueError, RecursionError):  # no JSON, or nested without end
        return False
    return hmac.compare_digest(expected, signature)


def _signature(key: bytes, message: Mapping[str, Any]) -> str:
    text = json.dumps(message, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

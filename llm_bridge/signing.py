"""Messages that prove who sent them, once: HMAC-SHA256 with replay protection [1]_.

References
----------
.. [1] H. Krawczyk, M. Bellare, R. Canetti, "HMAC: Keyed-hashing for message
   authentication", RFC 2104, 1997. https://doi.org/10.17487/RFC2104
"""

import hashlib
import hmac
import json
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
        If the key is too short.
    """

    sender: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse short keys."""
        if len(self.key) < SHORTEST_KEY:
            raise ValueError(f"key: must have at least {SHORTEST_KEY} bytes")

    def signed(self, body: Mapping[str, Any], time: float) -> dict[str, Any]:
        """Body with sender, ``time`` in s since epoch, nonce and signature."""
        message = {
            "schema": SCHEMA,
            "sender": self.sender,
            "time": time,
            "nonce": secrets.token_hex(NONCE_BYTES),
            "body": dict(body),
        }
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
    """

    keys: Mapping[str, bytes] = field(repr=False)
    fresh: float = FRESH_SECONDS
    _seen: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    def body(self, message: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Body of a message that is genuine, fresh and new.

        Raises
        ------
        SignatureError
            If it is not; the reason does not tell a forger more than that.
        """
        parts = {name: value for name, value in message.items() if name != "signature"}
        sender, nonce, time = (parts.get(name) for name in ("sender", "nonce", "time"))
        key = self.keys.get(sender) if isinstance(sender, str) else None
        if key is None or parts.get("schema") != SCHEMA:
            raise SignatureError("sender or schema is not known")
        expected = _signature(key, parts)
        if not hmac.compare_digest(expected, str(message.get("signature"))):
            raise SignatureError("the signature does not fit the message")
        is_fresh = isinstance(time, int | float) and abs(now - time) <= self.fresh
        if not is_fresh:
            raise SignatureError("the message is not fresh")
        self._forget(now)
        if f"{sender}/{nonce}" in self._seen:
            raise SignatureError("the message was seen before")
        self._seen[f"{sender}/{nonce}"] = now
        return dict(parts["body"])

    def _forget(self, now: float) -> None:
        """Drop nonces whose messages are no longer fresh in any case."""
        old = [name for name, time in self._seen.items() if now - time > 2 * self.fresh]
        for name in old:
            del self._seen[name]


def _signature(key: bytes, message: Mapping[str, Any]) -> str:
    text = json.dumps(message, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

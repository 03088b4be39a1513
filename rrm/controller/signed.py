"""The network at the end of a line that others may write on: signed both ways."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from llm_bridge.signing import SignatureError, Signer, Verifier
from rrm.controller.command import Command
from rrm.controller.network import Network

if TYPE_CHECKING:
    import pandas as pd


class Line(Protocol):
    """What carries messages, which are plain JSON."""

    def ask(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer of the other end."""
        ...


class Signed:
    """Network whose commands go out signed, and whose answers must be.

    An answer that is not genuine, fresh, new and to what was asked is an error, and the
    loop goes on as after any error of the network: a command is lost, a report missing.

    Parameters
    ----------
    line : Line
        To :class:`Answering` or what does the same.
    signer : Signer
        Of the controller.
    verifier : Verifier
        Knows the network's key.
    clock : callable
        s since epoch, UTC; not the line's word, as freshness rests on it.
    """

    def __init__(
        self,
        line: Line,
        signer: Signer,
        verifier: Verifier,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._line, self._signer, self._verifier = line, signer, verifier
        self.now = clock

    def measure(self) -> "pd.DataFrame":
        """Measurements, if they are the network's."""
        import pandas as pd

        return pd.DataFrame(self._asked("measure"))

    def send(self, directive: Command) -> bool:
        """Whether the network acknowledged a command."""
        return self._asked("send", directive) is True

    def read(self, directive: Command) -> float | str | None:
        """Present value of what a command is about."""
        return self._asked("read", directive)

    def _asked(self, what: str, command: Command | None = None) -> Any:
        body: dict[str, Any] = {"ask": what}
        if command is not None:
            body["command"] = command.to_json()
        message = self._signer.signed(body, self.now())
        answer = self._verifier.body(self._line.ask(message), self.now())
        if answer.get("to") != message["nonce"]:
            raise SignatureError("the answer is not to what was asked")
        return answer.get("answer")


class Answering:
    """The other end of the line: obeys what is signed, and signs what it answers.

    Parameters
    ----------
    network : Network
        What is steered.
    signer : Signer
        Of the network.
    verifier : Verifier
        Knows the controller's key.
    """

    def __init__(self, network: Network, signer: Signer, verifier: Verifier) -> None:
        self._network, self._signer, self._verifier = network, signer, verifier

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Signed answer to a message.

        Raises
        ------
        SignatureError
            If it is not the controller's; nothing is done then.
        ValueError
            If it asks for what there is not.
        """
        now = self._network.now()
        body = self._verifier.body(message, now)
        found: Any
        if body.get("ask") == "measure":
            found = _columns(self._network.measure())
        elif body.get("ask") == "send":
            found = bool(self._network.send(_command(body)))
        elif body.get("ask") == "read":
            found = self._network.read(_command(body))
        else:
            raise ValueError(
                f"ask = {body.get('ask')!r}: must be measure, send or read"
            )
        return self._signer.signed({"to": message["nonce"], "answer": found}, now)


def _command(body: Mapping[str, Any]) -> Command:
    return Command.from_json(body.get("command") or {})


def _columns(frame: "pd.DataFrame") -> dict[str, list[Any]]:
    """Columns of a frame as JSON has them: None where a value is missing."""
    return {
        str(name): column.astype(object).where(column.notna(), None).tolist()
        for name, column in frame.items()
    }

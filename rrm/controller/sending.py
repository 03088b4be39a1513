"""Sends commands one by one, and stops where going on would be unsafe or late."""

import threading
from collections.abc import Sequence

from rrm.controller.command import Command
from rrm.controller.network import Network


class Sending:
    """Commands on their way.

    More power is only asked for after all that lowers power was acknowledged: the
    limits of protected receivers hold for the powers together.

    Parameters
    ----------
    commands : sequence of Command
        In a safe order.
    network : Network
        Takes them.
    """

    def __init__(self, commands: Sequence[Command], network: Network) -> None:
        self._commands, self._network = commands, network
        self._answers: list[bool | None] = []
        self._begun = 0
        self._stopped = threading.Event()

    def run(self) -> bool:
        """Send; an error of the network counts as an answer that was lost."""
        is_lowered = True
        for one in self._commands:
            if one.raises_power and not is_lowered:
                break
            if self._stopped.is_set():
                break
            self._begun += 1
            answer: bool | None = None
            try:
                answer = bool(self._network.send(one))
            except Exception:  # whatever it is, nobody knows whether it arrived
                answer = None
            if self._stopped.is_set():
                break
            self._answers.append(answer)
            if one.lowers_power and not answer:
                is_lowered = False
        return True

    def stop(self) -> None:
        """Send no more; also a thread that hangs sends no more when it comes back."""
        self._stopped.set()

    def answers(self) -> list[tuple[Command, bool | None]]:
        """Each command that was begun, and its answer: None if none came."""
        known = self._answers[: self._begun]
        rest = [None] * (self._begun - len(known))
        begun = self._commands[: self._begun]
        return list(zip(begun, [*known, *rest], strict=True))

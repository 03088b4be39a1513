"""Changes that were sent and still stand: whether they took effect, when they end."""

from dataclasses import dataclass, replace

import numpy as np

from rrm.controller.command import POWER, SERVING, Command
from rrm.controller.evidence import Evidence, took_effect


@dataclass
class Standing:
    """One change that was sent.

    Attributes
    ----------
    command : Command
        What was sent.
    change : Command
        What must show: the same, from the value before the first that did not show yet.
    sent : float
        s since epoch.
    turn : int
        Number of the turn.
    before : Evidence or None
        What the network showed when it was sent.
    status : str
        ``acknowledged``, ``lost`` (no answer came), ``confirmed``, ``no effect``.
    expires : float
        s since epoch; later decisions that keep the change put it off.
    """

    command: Command
    change: Command
    sent: float
    turn: int
    before: Evidence | None
    status: str
    expires: float


class Ledger:
    """All changes that stand, at most one for each attribute of each target.

    Parameters
    ----------
    within : float
        s in which a change must show.
    deaf_for : float
        s for which what did not follow is left alone.
    """

    def __init__(self, within: float, deaf_for: float) -> None:
        self.within, self.deaf_for = within, deaf_for
        self.standing: dict[tuple[str, str], Standing] = {}
        self.moved: dict[str, float] = {}
        self._deaf: dict[tuple[str, str], float] = {}

    def sent(
        self,
        command: Command,
        now: float,
        turn: int,
        before: Evidence | None,
        acknowledged: bool | None,
    ) -> None:
        """Note a change; one that was turned down does not stand."""
        if acknowledged is False:
            return
        if command.attribute == SERVING:
            self.moved[command.target.removeprefix("user=")] = command.expires
        earlier = self.standing.get(command.key)
        if command.attribute == POWER and earlier is not None:
            # what a rollback restores is from before the first of these changes
            command = replace(command, rollback=earlier.command.rollback)
        change = command
        if earlier is not None and earlier in self.open():
            change = replace(command, old=earlier.change.old)
            now, before = earlier.sent, earlier.before
        expires = command.expires
        if earlier is not None and not acknowledged:
            expires = min(expires, earlier.expires)  # it may not have arrived
        status = "acknowledged" if acknowledged else "lost"
        self.standing[command.key] = Standing(
            command, change, now, turn, before, status, expires
        )

    def open(self) -> list[Standing]:
        """Changes of which it is not known whether they took effect."""
        waits = ("acknowledged", "lost")
        return [one for one in self.standing.values() if one.status in waits]

    def judge(
        self,
        one: Standing,
        now: float,
        turn: int,
        after: Evidence | None,
        value: float | str | None,
    ) -> bool | None:
        """Whether a change took effect; None while it may still show."""
        before = one.before
        if turn == one.turn or after is None or before is None:
            before = after = Evidence({}, {})
        found = took_effect(one.change, before, after, value)
        measured = turn > one.turn
        if found and measured:
            one.status = "confirmed"
            return True
        if now - one.sent < self.within:
            return None
        one.status = "no effect"
        self._deaf[one.command.key] = now + self.deaf_for
        return False

    def renew(self, expires: float) -> None:
        """A fresh decision keeps all that it did not change."""
        for one in self.standing.values():
            one.expires = expires

    def expired(self, now: float) -> list[Standing]:
        """Changes that nobody renewed in time.

        Those with a rollback stand until it, or another change, is acknowledged.
        """
        found = [one for one in self.standing.values() if one.expires <= now]
        for one in found:
            if one.command.rollback is None:
                del self.standing[one.command.key]
        return found

    def deaf(self, now: float) -> tuple[tuple[str, str], ...]:
        """What did not follow a short while ago."""
        self._deaf = {key: end for key, end in self._deaf.items() if end > now}
        return tuple(sorted(self._deaf))

    def forget(self, now: float) -> None:
        """Drop moves that are long past, and changes that need no rollback."""
        self.moved = {user: until for user, until in self.moved.items() if until > now}
        for key, one in list(self.standing.items()):
            if one.status == "no effect" or (
                one.status == "confirmed" and one.command.attribute == SERVING
            ):
                del self.standing[key]


def restored(
    standing: list[Standing], names: np.ndarray, power: np.ndarray
) -> np.ndarray:
    """Powers (B,) W with what expired set back."""
    place = {str(name): b for b, name in enumerate(names)}
    power = power.copy()
    for one in standing:
        command = one.command
        if command.attribute != POWER or command.rollback is None:
            continue
        cell = place.get(command.names.get("ManagedElement", ""))
        if cell is not None:
            power[cell] = 1e-3 * 10 ** (float(command.rollback) / 10)
    return power

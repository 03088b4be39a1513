"""The way between the network and its twins: late, out of order, with losses."""

import heapq
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item")


class Pipe(Generic[Item]):
    """Carries items from one side to the other, physical to virtual or back.

    Parameters
    ----------
    delay, jitter : s
        Every item takes ``delay`` and an exponential time of mean ``jitter`` more, so
        items overtake each other.
    loss : float
        Share of the items that never arrive.
    seed : int
        Of the draws.
    """

    def __init__(
        self, delay: float = 0.0, jitter: float = 0.0, loss: float = 0.0, seed: int = 0
    ) -> None:
        if not (delay >= 0 and jitter >= 0 and 0 <= loss <= 1):
            raise ValueError(
                f"Pipe(delay={delay}, jitter={jitter}, loss={loss}): times must be in "
                "[0, inf) s and the loss in [0, 1]"
            )
        self._delay, self._jitter, self._loss = delay, jitter, loss
        self._draws = np.random.default_rng(seed)
        self._under_way: list[tuple[float, int, Item]] = []
        self._sent = 0

    def send(self, item: Item, now: float) -> None:
        """Give an item to the pipe at ``now`` s."""
        lost, extra = self._draws.random(), self._draws.exponential()
        self._sent += 1
        if lost >= self._loss:
            due = now + self._delay + self._jitter * extra
            heapq.heappush(self._under_way, (due, self._sent, item))

    def receive(self, now: float) -> list[Item]:
        """What has arrived until ``now`` s and was not received yet, in that order."""
        found = []
        while self._under_way and self._under_way[0][0] <= now:
            found.append(heapq.heappop(self._under_way)[2])
        return found

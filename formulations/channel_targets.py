"""Which states stay open for a search that is to find something better."""

import numpy as np

from formulations.channel_copies import ChannelCopies
from formulations.channel_network import ChannelNetwork

MOST_EXCHANGED = 3  # states whose channels are opened in return for others


class LowerTops:
    """Targets for the largest channel, below what is known and not below the bound.

    The first is a sixteenth of the way. What succeeds is twice as far the next time, up
    to a quarter of the way, until something fails; that is half as far the next time.

    Parameters
    ----------
    top, low : int
        Largest channel known, and a bound on it.
    """

    def __init__(self, top: int, low: int) -> None:
        self.top, self.low = top, low
        self.step, self.grows = max((top - low + 15) // 16, 1), True

    @property
    def aim(self) -> int:
        """Largest channel to be reached next."""
        return max(self.low, self.top - self.step)

    @property
    def is_last(self) -> bool:
        """Whether nothing is between the aim and what is known."""
        return self.aim >= self.top - 1

    def reach(self, top: int, low: int) -> None:
        """Go on below ``top``."""
        if self.grows and top < self.top:
            self.step = min(2 * self.step, max((self.top - self.low + 3) // 4, 1))
        self.top, self.low = min(top, self.top), max(low, self.low)
        self.step = max(min(self.step, self.top - self.low), 1)

    def give_up(self) -> None:
        """Aim nearer to what is known."""
        self.grows = False
        self.step = max((self.top - self.aim) // 2, 1)


class FewerChannels:
    """Sets of channels with fewer than are used.

    Parameters
    ----------
    known : ChannelNetwork
        Whose states use them.
    copies : ChannelCopies
        Kinds of its groups.
    random : numpy.random.Generator
        Draws which.
    """

    def __init__(
        self,
        known: ChannelNetwork,
        copies: ChannelCopies,
        random: np.random.Generator,
    ) -> None:
        entry, place, _ = known.entries()
        column = np.full(known.network.start[-1], -1)
        column[copies.source] = np.arange(len(copies.source))
        kept = column[place] >= 0
        self.state = column[place[kept]]
        self.listed, self.number = np.unique(
            known.network.channel[entry[kept]], return_inverse=True
        )
        self.states, self.random, self.turn = len(copies.source), random, 0

    def open(self, channel: np.ndarray) -> np.ndarray:
        """States (S,) that use only channels of a set smaller than ``channel`` (V,) is.

        One of those that few use is left out. At most attempts channels of some more
        states come in and others go; at every other one the set is as large as before.
        """
        used, count = np.unique(channel, return_counts=True)
        users = np.zeros(len(self.listed), np.int64)
        users[np.searchsorted(self.listed, used)] = count
        kept = users > 0
        self.turn += 1
        some = self.turn // 2 % (MOST_EXCHANGED + 1)
        most = len(used) - (1 if some == 0 else self.turn % 2)
        for _ in range(some):
            away = self.state[~kept[self.number]]
            if not away.size:
                break
            fresh = self.number[self.state == self.random.choice(away)]
            users[fresh] += np.where(kept[fresh], 0, len(channel))
            kept[fresh] = True
        while True:
            inside = np.flatnonzero(kept)
            odds = 1.0 / users[inside]
            kept[self.random.choice(inside, p=odds / odds.sum())] = False
            closed = np.zeros(self.states, bool)
            closed[self.state[~kept[self.number]]] = True
            kept[:] = False
            kept[self.number[~closed[self.state]]] = True
            if kept.sum() <= most:
                return ~closed

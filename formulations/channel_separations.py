"""How far transmitters must be apart, with those that are alike in one kind."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from formulations.channels import ChannelAssignment


@dataclass(frozen=True)
class Separations:
    """Hard separations of at least 1 between kinds of transmitters.

    Transmitters of a kind are all ``inner`` apart and equally far from all others, as
    those of one cell with several channels are.

    Attributes
    ----------
    kind : (V,)
        Kind of each transmitter.
    count, inner, lowest : (T,)
        Transmitters of each kind, their separation, the smallest channel of any.
    first : (T + 1,)
    near, gap : (A,)
        Other kinds in ascending order, and the separation from them.
    """

    kind: np.ndarray
    count: np.ndarray
    inner: np.ndarray
    lowest: np.ndarray
    first: np.ndarray
    near: np.ndarray
    gap: np.ndarray

    def members(self, kinds: np.ndarray) -> np.ndarray:
        """All transmitters of some kinds."""
        return self._by_kind[0][_ranges(self._by_kind[1][kinds], self.count[kinds])]

    @cached_property
    def _by_kind(self) -> tuple[np.ndarray, np.ndarray]:
        return np.argsort(self.kind, kind="stable"), np.cumsum(self.count) - self.count

    def between(self, kinds: np.ndarray) -> np.ndarray:
        """Separations (K, K) of some kinds."""
        table = np.zeros((len(kinds), len(kinds)), np.int64)
        place = np.full(len(self.count), -1)
        place[kinds] = np.arange(len(kinds))
        for row, kind in enumerate(kinds.tolist()):
            part = slice(self.first[kind], self.first[kind + 1])
            inside = place[self.near[part]] >= 0
            table[row, place[self.near[part][inside]]] = self.gap[part][inside]
        return table + np.diag(self.inner[kinds])


def separations_of(problem: ChannelAssignment) -> Separations:
    """Kinds of the transmitters of a problem and their hard separations."""
    start, channel = problem.choices
    transmitters = problem.sizes["V"]
    lowest = channel[start[:-1]]
    kept = problem.is_hard & (problem.separation > 0)
    u, v, gap = _strongest(problem.pairs[kept], problem.separation[kept], transmitters)
    kind = _kinds(u, v, gap, transmitters)
    kinds, count = np.unique(kind, return_counts=True)[1].size, np.bincount(kind)
    low = np.full(kinds, np.iinfo(np.int64).max)
    np.minimum.at(low, kind, lowest)
    inner = np.zeros(kinds, np.int64)
    within = kind[u] == kind[v]
    inner[kind[u[within]]] = gap[within]
    ends = np.stack((kind[u[~within]], kind[v[~within]]), axis=1)
    a, b, apart = _strongest(ends, gap[~within], kinds)
    return Separations(
        kind, count, inner, low, np.searchsorted(a, np.arange(kinds + 1)), b, apart
    )


def _strongest(
    ends: np.ndarray, gap: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both directions of pairs in ascending order, each once with its largest gap."""
    u, v = np.concatenate((ends, ends[:, ::-1])).T
    gap = np.tile(gap, 2)
    key, most = u * size + v, int(gap.max(initial=0))
    order = np.argsort(key * (most + 1) + most - gap, kind="stable")
    key = key[order]
    once = np.ones(len(key), bool)
    once[1:] = key[1:] != key[:-1]
    return u[order][once], v[order][once], gap[order][once]


def _kinds(u: np.ndarray, v: np.ndarray, gap: np.ndarray, size: int) -> np.ndarray:
    """Kind (V,) of each transmitter: neighbours at the largest distance may be alike.

    Sums of random numbers tell rows apart. Should two agree by chance, a bound is
    weaker or refused, never wrong: arguments look at transmitters.
    """
    random = np.random.default_rng(0).integers(1, 2**62, size)
    inner = np.zeros(size, np.int64)
    np.maximum.at(inner, u, gap)
    row = inner * random
    np.add.at(row, u, gap * random[v])
    same = (row[u] == row[v]) & (gap == inner[u]) & (gap == inner[v])
    kind = np.arange(size)
    np.minimum.at(kind, u[same], v[same])
    return np.unique(kind, return_inverse=True)[1]


def _ranges(begin: np.ndarray, count: np.ndarray) -> np.ndarray:
    """All of ``begin[k] .. begin[k] + count[k]``, one after the other."""
    ends = np.cumsum(count)
    return np.repeat(begin - ends + count, count) + np.arange(count.sum())

"""Fixed points ``x = F x + b`` of many links: BiCGSTAB in steps that watch the clock.

``F`` is a gain without own gains, dense or CSR, with a factor to each row. Its largest
eigenvalues come from few links that disturb each other much; a direct solve for these
is the preconditioner.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from twins.record import is_sparse

CHUNK = 150_000  # gains between looks at the clock: about 0.15 ms
ROUNDS = 8  # of refinement
TURNS = 400  # of BiCGSTAB in a round
HOT = 256  # links that are solved directly, at most
SHARE_HOT = 16  # of so many links, one
DIVERGED = 1e6  # growth of a residual that ends a round
REORDER = {"reassoc", "contract", "nsz"}


class Coupling:
    """``F x = factor * (gain @ x + noise * push(x))``, by rows.

    Parameters
    ----------
    gain : (L, L)
        Nonnegative, dense or CSR.
    factor : (L,)
        Of each row.
    expired : callable
        Whether time is out; what is computed after that means nothing.
    need : (L,)
        About what each component is, relative to what it were without the others: the
        largest are solved directly.
    noise : (L,), optional
        Received with one unit of ``push``.
    push : pair of arrays, optional
        Linear function of ``x`` (L,): indices, and a factor for each.
    """

    def __init__(
        self,
        gain: Any,
        factor: np.ndarray,
        expired: Callable[[], bool],
        need: np.ndarray,
        noise: np.ndarray | None = None,
        push: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        self.factor, self.expired, self.push = factor, expired, push
        self.alone = None if noise is None else factor * noise
        hot = min(HOT, 1 + len(need) // SHARE_HOT)
        self._hot = np.argpartition(-need, hot - 1)[:hot]
        self._inverse = self._direct(gain)
        self._dense = None if is_sparse(gain) else gain
        stored = gain.size if self._dense is not None else gain.nnz
        self._rows = max(1, int(CHUNK * len(factor) / max(stored, 1)))
        if self._dense is None:
            self._start, self._column = unsigned(gain.indptr), unsigned(gain.indices)
            self._data = gain.data

    def remainder(self, x: np.ndarray, result: np.ndarray | None = None) -> np.ndarray:
        """``x - F x``, in ``result`` if that is given."""
        result = np.empty(len(x)) if result is None else result
        for low in range(0, len(x), self._rows):
            high = min(low + self._rows, len(x))
            if self.expired():
                result[low:] = 0.0
                break
            if self._dense is None:
                entries = self._start, self._column, self._data
                _sparse_rows(*entries, self.factor, x, result, low, high)
            else:
                _dense_rows(self._dense, self.factor, x, result, low, high)
        if self.push is not None:
            index, share = self.push
            add(result, self.alone, -float(share @ x[index]))
        return result

    def _direct(self, gain: Any) -> np.ndarray | None:
        """Inverse of ``I - F`` among the hot links; None where it has none."""
        hot = self._hot
        block = gain[hot][:, hot]
        block = block.toarray() if is_sparse(gain) else block
        if self.push is not None and self.alone is not None:
            row = np.zeros(len(self.factor))
            row[self.push[0]] = self.push[1]
            pushed = np.outer(self.alone[hot], row[hot])
        else:
            pushed = 0.0
        try:
            return np.linalg.inv(
                np.eye(len(hot)) - self.factor[hot, None] * block - pushed
            )
        except np.linalg.LinAlgError:
            return None

    def _eased(self, x: np.ndarray, result: np.ndarray) -> np.ndarray:
        """``x`` (L,) with the hot links solved for, in ``result``."""
        result[:] = x
        if self._inverse is not None:
            result[self._hot] = self._inverse @ x[self._hot]
        return result

    def solved(
        self,
        right: np.ndarray,
        x: np.ndarray,
        scale: np.ndarray,
        accuracy: float,
        share: float = 0.0,
    ) -> tuple[np.ndarray, float]:
        """``x = F x + right`` from a start, and its residual relative to ``x``.

        Parameters
        ----------
        right, x : (L,)
            What is added, and the start.
        scale : (L,)
            Sizes that are expected in the first round; rounds after it have their own.
        accuracy : float
            Relative residual of each component that ends it.
        share : float
            Part of the first residual that is small enough, too.
        """
        reached, first = np.inf, None
        best = x
        for _ in range(ROUNDS):
            residual = right - self.remainder(x)
            if self.expired():
                break
            scale = np.maximum(scale, np.abs(residual) * 1e-3)
            size = largest(residual, np.where(x == 0, scale, np.abs(x)))
            first = largest(residual, scale) if first is None else first
            if not size < reached:
                break
            is_slow = size > 0.1 * reached
            best, reached = x, size
            is_small = largest(residual, scale) <= share * first
            if size <= accuracy or is_slow or is_small:
                break
            goal = max(0.3 * accuracy, 0.3 * share * first)
            x = x + self.correction(residual, scale, goal)
            scale = np.where(x == 0, scale, np.abs(x))
        return best, reached

    def correction(
        self, residual: np.ndarray, scale: np.ndarray, goal: float
    ) -> np.ndarray:
        """``inv(I - F) residual`` by BiCGSTAB [1]_ until ``goal * scale`` is left.

        The preconditioner stands on the right, so that residuals are true ones.

        References
        ----------
        .. [1] H. A. van der Vorst, "Bi-CGSTAB", SIAM J. Sci. Stat. Comput. 13(2), 1992.
           https://doi.org/10.1137/0913035
        """
        with np.errstate(divide="ignore"):
            weight = np.where(scale > 0, scale**-2.0, 0.0)
        shadow = residual * weight
        left, x = residual.copy(), np.zeros(len(residual))
        step, v, w, eased, more = (np.zeros(len(residual)) for _ in range(5))
        before, length, relax = 1.0, 1.0, 1.0
        now = dot(shadow, left)
        least = np.inf
        for _ in range(TURNS):
            advance(step, left, v, now / before * length / relax, relax)
            self.remainder(self._eased(step, eased), v)
            turned = dot(shadow, v)
            if turned == 0.0 or now == 0.0:
                break  # solved, or no direction is left
            length = now / turned
            add(left, v, -length)
            self.remainder(self._eased(left, more), w)
            relax = fit(w, left, weight)
            if self.expired() or not np.isfinite(length * relax):
                break
            add(x, eased, length)
            add(x, more, relax)
            add(left, w, -relax)
            before, now = now, dot(shadow, left)
            size = largest(left, scale)
            least = min(least, size)
            if size <= goal or relax == 0.0 or not size < DIVERGED * least:
                break
        return x


def unsigned(index: np.ndarray) -> np.ndarray:
    """Indices as uint32: without a look at the sign, products take 0.6 of the time."""
    is_same = index.dtype == np.int32
    return index.view(np.uint32) if is_same else index.astype(np.uint32)


@njit(cache=True, error_model="numpy", fastmath=REORDER)
def _sparse_rows(start, column, data, factor, x, result, low, high):  # pragma: no cover
    """Rows ``low`` to ``high`` of ``x - factor * (gain @ x)`` into ``result`` (L,)."""
    for i in range(low, high):
        total = 0.0
        for entry in range(start[i], start[i + 1]):
            total += data[entry] * x[column[entry]]
        result[i] = x[i] - factor[i] * total


@njit(cache=True, error_model="numpy", fastmath=REORDER)
def _dense_rows(gain, factor, x, result, low, high):  # pragma: no cover
    """Rows ``low`` to ``high`` of ``x - factor * (gain @ x)`` into ``result`` (L,)."""
    for i in range(low, high):
        total = 0.0
        for j in range(len(x)):
            total += gain[i, j] * x[j]
        result[i] = x[i] - factor[i] * total


@njit(cache=True, error_model="numpy", fastmath=REORDER)
def dot(a, b):  # pragma: no cover
    """Sum of products; threads of a BLAS would cost more than they save."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@njit(cache=True, error_model="numpy", fastmath=REORDER)
def fit(w, left, weight):  # pragma: no cover
    """Multiple of ``w`` that is nearest to ``left`` by weighted squares."""
    both, own = 0.0, 0.0
    for i in range(len(w)):
        both += weight[i] * w[i] * left[i]
        own += weight[i] * w[i] * w[i]
    return both / own if own > 0.0 else 0.0


@njit(cache=True, error_model="numpy")
def largest(values, scale):  # pragma: no cover
    """Largest ``abs(values) / scale``; inf where only the scale is 0."""
    worst = 0.0
    for i in range(len(values)):
        size = abs(values[i])
        if not size <= worst * scale[i]:
            worst = size / scale[i]
    return worst


@njit(cache=True, error_model="numpy")
def add(values, direction, length):  # pragma: no cover
    """``values += length * direction`` (L,)."""
    for i in range(len(values)):
        values[i] += length * direction[i]


@njit(cache=True, error_model="numpy")
def advance(step, left, v, keep, relax):  # pragma: no cover
    """``step = left + keep * (step - relax * v)`` (L,)."""
    for i in range(len(step)):
        step[i] = left[i] + keep * (step[i] - relax * v[i])

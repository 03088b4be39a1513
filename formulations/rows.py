"""Matrices by rows, dense or ``scipy.sparse`` CSR, without importing scipy."""

import copy
from typing import Any

import numpy as np

from twins.record import is_sparse


def dense(matrix: Any) -> np.ndarray:
    """``matrix``, which is small, as an array."""
    return matrix.toarray() if is_sparse(matrix) else matrix


def rows_times(matrix: Any, factor: np.ndarray) -> Any:
    """``matrix`` with each row multiplied by its ``factor``, what is stored kept."""
    if not is_sparse(matrix):
        return matrix * factor.reshape(-1, *(1,) * (matrix.ndim - 1))
    product = matrix.copy()
    product.data *= np.repeat(factor, np.diff(matrix.indptr))
    product.data.flags.writeable = False
    return product


def divided(matrix: Any, unit: float) -> Any:
    """``matrix`` divided by ``unit``; a sparse one shares its structure with the old.

    SciPy's own division checks what is known, which takes ten times as long.
    """
    if not is_sparse(matrix):
        return matrix / unit
    quotient = copy.copy(matrix)
    quotient.data = matrix.data / unit
    quotient.data.flags.writeable = False
    return quotient


def without_diagonal(matrix: Any) -> Any:
    """Copy of ``matrix`` (L, L) or (L, L, N) with zeros on the diagonal."""
    other = matrix.copy()
    if is_sparse(matrix):
        rows = np.arange(matrix.shape[0], dtype=np.int32)
        other.data[other.indices == np.repeat(rows, np.diff(other.indptr))] = 0.0
    else:
        np.einsum("ii...->i...", other)[:] = 0.0
    return other

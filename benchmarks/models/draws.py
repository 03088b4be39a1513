"""Linear model of a move list: binaries for grants, and for draws that hold."""

import numpy as np
from scipy.sparse import coo_array

from benchmarks.models.linear import LinearModel
from formulations.move_list import Grants, MoveList


def draws_model(problem: MoveList) -> LinearModel:
    """What moves makes up for the excess in enough draws at each receiver [1]_.

    Draws in which all grants together are not too much hold anyway and are left out.

    References
    ----------
    .. [1] J. Luedtke, S. Ahmed, G. L. Nemhauser, "An integer programming approach for
       linear programs with probabilistic constraints", Mathematical Programming 122,
       2010. https://doi.org/10.1007/s10107-008-0247-4
    """
    known = problem.levels
    receivers, grants = known.faint.shape
    level = np.repeat(known.faint[:, :, None], problem.draws, axis=2)
    grant = np.repeat(np.arange(grants), np.diff(known.start))
    level[known.receiver, grant] += known.level
    excess = level.sum(axis=1) - known.room[:, None]
    receiver, draw = np.nonzero(excess > 0)
    count, each = len(receiver), np.arange(len(receiver))
    holds = grants + each
    lacking = np.maximum(problem.needed - (excess <= 0).sum(axis=1), 0)
    row = np.concatenate((np.repeat(each, grants), each, count + receiver))
    column = np.concatenate((np.tile(np.arange(grants), count), holds, holds))
    heard = level[receiver, :, draw].ravel()
    value = np.concatenate((heard, -excess[receiver, draw], np.ones(count)))
    shape = (count + receivers, grants + count)
    rows = coo_array((value, (row, column)), shape=shape).tocsr()
    low = np.concatenate((np.zeros(count), lacking.astype(float)))
    columns = grants + count

    def decode(x: np.ndarray) -> Grants:
        return Grants(x[:grants] < 0.5)

    return LinearModel(
        -1,
        np.concatenate((problem.weight, np.zeros(count))),
        np.zeros(columns),
        np.ones(columns),
        np.ones(columns, bool),
        rows,
        low,
        np.full(len(low), np.inf),
        decode,
    )

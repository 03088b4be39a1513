"""Mixed-integer program on HiGHS: a column for each channel that may be taken."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array

from formulations.channels import ChannelAssignment, Channels
from rrm.argument import BySearch
from rrm.highs_solver import linear_program, new_solver
from rrm.incumbent import Incumbent
from rrm.registry import method

MOST_CONFLICTS = 2_000_000  # pairs of channels that a pair of transmitters compares
BOUND_SLACK = 1e-6  # absolute, of a count or channel, for the solver's tolerances


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.pairs_of_channels > MOST_CONFLICTS:
        return f"compares at most {MOST_CONFLICTS} pairs of channels"
    return None


class LinearModel(NamedTuple):
    """Minimize ``cost x`` with ``low <= rows x <= high`` and ``0 <= x <= upper``.

    Columns: channels by transmitter, pairs that may be missed, then what the objective
    adds.
    """

    cost: np.ndarray
    rows: Any
    low: np.ndarray
    high: np.ndarray
    upper: np.ndarray
    integer: np.ndarray


def conflicts(
    problem: ChannelAssignment, pair: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns of both transmitters of a pair, and which of them do not go together.

    Returns
    -------
    first, second : (m,), (n,) int
        Columns, numbered as in ``problem.choices``.
    row, column : int arrays
        Places in ``first`` and ``second`` that conflict.
    """
    start, channel = problem.choices
    u, v = problem.pairs[pair].tolist()
    first, second = (np.arange(int(start[w]), int(start[w + 1])) for w in (u, v))
    apart = np.abs(channel[first][:, None] - channel[second])
    gap = problem.separation[pair]
    row, column = np.nonzero(apart != gap if problem.exact[pair] else apart < gap)
    return first, second, row, column


def linear_model(problem: ChannelAssignment) -> LinearModel:
    """Each transmitter takes one channel; one that it takes closes those too near.

    A soft pair has a column that opens all its rows, at its penalty.
    """
    start, channel = problem.choices
    transmitters, columns = problem.sizes["V"], len(channel)
    goal = problem.objective
    owner = np.repeat(np.arange(transmitters), np.diff(start))
    soft = np.flatnonzero(~problem.is_hard) if goal == "min_interference" else []
    column_of = {int(pair): columns + k for k, pair in enumerate(soft)}
    row, column, low, high = [owner], [np.arange(columns)], [], []
    value = [np.ones(columns)]
    low.append(np.ones(transmitters))
    high.append(np.ones(transmitters))
    count = transmitters
    for pair in range(problem.sizes["E"]):
        if not problem.is_hard[pair] and pair not in column_of:
            continue
        first, second, at, near = conflicts(problem, pair)
        used, place = np.unique(at, return_inverse=True)
        if not used.size:
            continue
        row += [count + np.arange(used.size), count + place]
        column += [first[used], second[near]]
        value += [np.ones(used.size), np.ones(at.size)]
        if pair in column_of:
            row.append(count + np.arange(used.size))
            column.append(np.full(used.size, column_of[pair]))
            value.append(-np.ones(used.size))
        low.append(np.full(used.size, -np.inf))
        high.append(np.ones(used.size))
        count += used.size
    cost = np.zeros(columns + len(soft))
    upper = np.ones(columns + len(soft))
    integer = np.ones(columns + len(soft), bool)
    if goal == "min_interference":
        cost[columns:] = problem.penalty[soft]
        kept = problem.preferred[owner]
        cost[:columns] = (kept >= 0) * problem.preferred_cost[owner] * (channel != kept)
    elif goal == "min_span":
        top = columns
        row += [count + owner, count + np.arange(transmitters)]
        column += [np.arange(columns), np.full(transmitters, top)]
        value += [channel.astype(float), -np.ones(transmitters)]
        low.append(np.full(transmitters, -np.inf))
        high.append(np.zeros(transmitters))
        count += transmitters
        cost = np.append(cost, 1.0)
        upper = np.append(upper, np.inf)
        integer = np.append(integer, False)
    elif goal == "min_order":
        used, place = np.unique(channel, return_inverse=True)
        row += [count + np.arange(columns), count + np.arange(columns)]
        column += [np.arange(columns), columns + place]
        value += [np.ones(columns), -np.ones(columns)]
        low.append(np.full(columns, -np.inf))
        high.append(np.zeros(columns))
        count += columns
        cost = np.append(cost, np.ones(len(used)))
        upper = np.append(upper, np.ones(len(used)))
        integer = np.append(integer, np.ones(len(used), bool))
    entries = np.concatenate(row), np.concatenate(column)
    rows = coo_array((np.concatenate(value), entries), shape=(count, len(cost)))
    return LinearModel(
        cost, rows.tocsr(), np.concatenate(low), np.concatenate(high), upper, integer
    )


@method(
    ChannelAssignment,
    kind="exact",
    applies=applies,
    proves="a lower bound by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=70,
)
def highs(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """State which channels do not go together, and branch and cut [1]_.

    Complexity: exponential at worst, with a binary for each channel of each domain.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method",
       Mathematical Programming Computation 10, 2018.
       https://doi.org/10.1007/s12532-017-0130-5
    """
    import highspy

    if not np.diff(problem.choices.start).all():
        return  # nothing to state: a transmitter has no channel
    scaled = problem.scaled()
    model = linear_model(scaled)
    start, channel = scaled.choices
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", max(incumbent.remaining(), 1e-3))
    program = linear_program(
        model.cost,
        model.rows,
        (model.low, model.high),
        (np.zeros(len(model.cost)), model.upper),
        integer=model.integer,
    )
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        incumbent.tighten(np.inf, BySearch("highs"))
        return
    solution, info = solver.getSolution(), solver.getInfo()
    if solution.value_valid:
        chosen = np.asarray(solution.col_value)[: len(channel)]
        best = [np.argmax(chosen[a:b]) + a for a, b in pairwise(start)]
        incumbent.offer(Channels(channel[best]))
    if np.isfinite(info.mip_dual_bound):
        incumbent.tighten(in_units(info.mip_dual_bound, scaled), BySearch("highs"))


def in_units(bound: float, scaled: ChannelAssignment) -> float:
    """Lower bound in the unit of the problem itself, whole where objectives are."""
    if scaled.objective == "min_interference":
        slack = BOUND_SLACK * max(abs(bound), 1.0)
        return max(bound - slack, 0.0) * scaled.units["penalty"]
    return float(np.ceil(bound - BOUND_SLACK))

"""Linear and mixed-integer models, as sparse arrays in the problem's own numbers.

Nothing is strengthened or scaled here; rows are what textbooks have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from formulations import (
    Association,
    BlockSchedule,
    ChannelAssignment,
    Channels,
    LapPlacement,
    Placement,
    Power,
    PowerControl,
    Schedule,
    UserAssociation,
)
from formulations.forecast import LapForecast
from formulations.move_list import MoveList
from formulations.problem import Problem

MOST_ENTRIES = 20_000_000  # nonzeros that are still built
MOST_DRAWN = 500_000  # of them in draws, each of which is a row of all grants
ON = 0.5  # what a binary counts as 1 from


@dataclass(frozen=True)
class LinearModel:
    """``sense * (cost x + constant)`` is maximized over ``low <= rows x <= high``.

    Attributes
    ----------
    sense : int
        +1: maximize, -1: minimize.
    cost, lower, upper, integer : (n,)
        Of the columns; ``integer`` ones are binaries or counts.
    constant : float
        Added to the objective.
    rows : (m, n) csr
        Constraints, between ``low`` and ``high`` (m,).
    decode : callable
        Allocation of the columns' values (n,).
    """

    sense: int
    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    rows: csr_array
    low: np.ndarray
    high: np.ndarray
    decode: Callable[[np.ndarray], Any]
    constant: float = 0.0


class _Rows:
    """Constraints under construction."""

    def __init__(self) -> None:
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._low: list[np.ndarray] = []
        self._high: list[np.ndarray] = []
        self._count = 0

    def add(self, count: int, low: Any, high: Any, *terms: tuple[Any, ...]) -> None:
        """Add ``count`` rows; each term is row, column and value, broadcast."""
        for term in terms:
            row, column, value = np.broadcast_arrays(*term)
            self._parts.append(
                (row.ravel() + self._count, column.ravel(), value.ravel())
            )
        self._low.append(np.broadcast_to(np.asarray(low, float), count))
        self._high.append(np.broadcast_to(np.asarray(high, float), count))
        self._count += count

    def matrix(self, columns: int) -> tuple[csr_array, np.ndarray, np.ndarray]:
        """Rows, and their limits."""
        row, column, value = (
            np.concatenate(part) for part in zip(*self._parts, strict=True)
        )
        shape = (self._count, columns)
        rows = coo_array((value.astype(float), (row, column)), shape=shape)
        return rows.tocsr(), np.concatenate(self._low), np.concatenate(self._high)


def reason_against(problem: Problem) -> str | None:
    """Why the problem has no linear model here, or None if it has one."""
    if isinstance(problem, PowerControl):
        if problem.objective != "min_power" or len(problem.shape) > 1:
            return "linear for least power on one block only"
        return None
    if isinstance(problem, UserAssociation):
        if problem.objective != "sum":
            return "the objective is not linear"
        return "states one link per user" if problem.max_links > 1 else None
    if isinstance(problem, LapPlacement | LapForecast):
        return None
    if isinstance(problem, MoveList):
        entries = problem.interference.size * problem.draws
        return "too many draws" if entries > MOST_DRAWN else None
    if isinstance(problem, BlockSchedule):
        if problem.objective != "sum_rate":
            return "the objective is not linear"
        return "states no contiguous blocks" if problem.contiguous else None
    if isinstance(problem, ChannelAssignment):
        sizes = np.diff(problem.choices.start)
        entries = (sizes[problem.pairs] ** 2).sum() if len(problem.pairs) else 0
        return "too many pairs of channels" if entries > MOST_ENTRIES else None
    return f"states no {type(problem).__name__}"


def linear_model(problem: Any) -> LinearModel:
    """Model of a problem that :func:`reason_against` has nothing against."""
    from benchmarks.models.draws import draws_model
    from benchmarks.models.periods import forecast_model

    models = {
        LapForecast: forecast_model,
        MoveList: draws_model,
        PowerControl: _power,
        UserAssociation: _association,
        LapPlacement: placement_model,
        BlockSchedule: _blocks,
        ChannelAssignment: _channels,
    }
    return models[type(problem)](problem)


def _power(problem: PowerControl) -> LinearModel:
    """Floors on rates as linear conditions on powers."""
    links = len(problem.p_max)
    sinr = np.exp2(problem.min_rate / problem.bandwidth) - 1
    cross = coo_array(problem.cross)
    build, link = _Rows(), np.arange(links)
    direct = (link, link, problem.direct)
    heard = (cross.row, cross.col, -sinr[cross.row] * cross.data)
    build.add(links, sinr * problem.noise, np.inf, direct, heard)
    if problem.shares_transmitters:
        build.add(links, -np.inf, problem.p_max, (problem.transmitter, link, 1.0))
    if problem.protected_limit.size:
        gain = coo_array(problem.protected_gain)
        receivers = problem.sizes["M"]
        limit = problem.protected_limit
        build.add(receivers, -np.inf, limit, (gain.row, gain.col, gain.data))
    rows, low, high = build.matrix(links)
    upper = np.minimum(problem.p_max, np.broadcast_to(problem.p_mask, links))
    ones, none = np.ones(links), np.zeros(links, bool)

    def decode(x: np.ndarray) -> Power:
        return Power(np.clip(x, 0.0, upper))

    return LinearModel(-1, ones, 0 * ones, upper, none, rows, low, high, decode)


def _association(problem: UserAssociation) -> LinearModel:
    """A binary for each candidate pair."""
    start, cell, utility, load, value = problem.candidates
    users, cells, pairs = problem.sizes["U"], problem.sizes["B"], len(cell)
    owner, pair = np.repeat(np.arange(users), np.diff(start)), np.arange(pairs)
    build = _Rows()
    least = 1.0 if problem.must_serve else -np.inf
    build.add(users, least, 1.0, (owner, pair, 1.0))
    build.add(cells, -np.inf, problem.capacity, (cell, pair, load))
    if np.isfinite(problem.backhaul).any():
        build.add(cells, -np.inf, problem.backhaul, (cell, pair, utility))
    for member, limit in zip(problem.group, problem.group_capacity, strict=True):
        theirs = member[owner]
        build.add(cells, -np.inf, limit, (cell[theirs], pair[theirs], load[theirs]))

    def decode(x: np.ndarray) -> Association:
        served = np.full(users, -1, np.intp)
        chosen = x > ON
        served[owner[chosen]] = cell[chosen]
        return Association(served)

    return LinearModel(1, value, *_binaries(pairs), *build.matrix(pairs), decode=decode)


def placement_model(problem: LapPlacement) -> LinearModel:
    """A binary for each site, and a share or binary for each pair in range."""
    reach, owner = problem.reach, problem.owner
    users, sites, pairs = problem.sizes["U"], problem.sizes["S"], len(reach.site)
    pair, opened = np.arange(pairs), pairs + np.arange(sites)
    demand = problem.demand[owner]
    build = _Rows()
    build.add(users, 1.0 if problem.must_serve else 0.0, 1.0, (owner, pair, 1.0))
    linked = (pair, opened[reach.site], -1.0)
    build.add(pairs, -np.inf, 0.0, (pair, pair, 1.0), linked)
    limited = np.flatnonzero(np.isfinite(problem.capacity))
    if limited.size:
        place = np.full(sites, -1)
        place[limited] = np.arange(limited.size)
        kept = place[reach.site] >= 0
        taken = (place[reach.site[kept]], pair[kept], demand[kept])
        room = (place[limited], opened[limited], -problem.capacity[limited])
        build.add(limited.size, -np.inf, 0.0, taken, room)
    if np.isfinite(problem.backhaul).any():
        gateway = problem.gateway[reach.site]
        kept = gateway >= 0
        carried = (gateway[kept], pair[kept], demand[kept])
        build.add(len(problem.backhaul), -np.inf, problem.backhaul, carried)
    if problem.max_laps < sites:
        build.add(1, -np.inf, float(problem.most_laps), (0, opened, 1.0))
    if len(problem.conflicts):
        number = np.arange(len(problem.conflicts))[:, None]
        both = (number, opened[problem.conflicts], 1.0)
        build.add(len(problem.conflicts), -np.inf, 1.0, both)
    columns = pairs + sites
    lower, upper, integer = _binaries(columns)
    upper[opened[~problem.usable]] = 0.0
    lower[opened[problem.fixed]] = 1.0
    integer[:pairs] = problem.single_source
    cost = np.concatenate((reach.value, -problem.open_cost))
    rows = build.matrix(columns)

    def decode(x: np.ndarray) -> Placement:
        is_open = x[opened] > ON
        if problem.single_source:
            chosen = x[:pairs] > ON
            served = np.full(users, -1, np.intp)
            served[owner[chosen]] = reach.site[chosen]
            return Placement(is_open, served)
        share = np.zeros((users, sites))
        share[owner, reach.site] = x[:pairs]
        return Placement(is_open, share=share)

    return LinearModel(1, cost, lower, upper, integer, *rows, decode=decode)


def _blocks(problem: BlockSchedule) -> LinearModel:
    """A binary for each user and block that it may have."""
    user, block = np.nonzero(problem.usable)
    users, blocks = problem.rate.shape
    cells, pairs = problem.sizes["B"], len(user)
    pair, rate = np.arange(pairs), problem.rate[user, block]
    build = _Rows()
    slot = problem.cell[user] * blocks + block
    build.add(cells * blocks, -np.inf, 1.0, (slot, pair, 1.0))
    if problem.min_rate.any():
        build.add(users, problem.min_rate, np.inf, (user, pair, rate))
    if np.isfinite(problem.max_blocks).any():
        build.add(users, -np.inf, problem.max_blocks, (user, pair, 1.0))
    for member, limit in zip(problem.group, problem.group_blocks, strict=True):
        theirs = member[user]
        build.add(
            cells, -np.inf, limit, (problem.cell[user[theirs]], pair[theirs], 1.0)
        )

    def decode(x: np.ndarray) -> Schedule:
        given = np.full((cells, blocks), -1, np.intp)
        chosen = x > ON
        given[problem.cell[user[chosen]], block[chosen]] = user[chosen]
        return Schedule(given)

    cost = problem.weight[user] * rate
    return LinearModel(1, cost, *_binaries(pairs), *build.matrix(pairs), decode=decode)


def _channels(problem: ChannelAssignment) -> LinearModel:
    """A binary for each transmitter and channel, conflicts pair by pair."""
    start, channel = problem.choices
    count, states = len(start) - 1, len(channel)
    owner, state = np.repeat(np.arange(count), np.diff(start)), np.arange(states)
    build = _Rows()
    build.add(count, 1.0, 1.0, (owner, state, 1.0))
    soft = problem.objective == "min_interference"
    cost, extra = [np.zeros(states)], 0
    if soft:
        wanted = problem.preferred[owner]
        away = (wanted >= 0) & (channel != wanted)
        cost = [np.where(away, problem.preferred_cost[owner], 0.0)]
    for e, (first, second) in enumerate(problem.pairs.tolist()):
        hard = bool(problem.is_hard[e])
        if not hard and not soft:
            continue
        ours = state[start[first] : start[first + 1]]
        theirs = state[start[second] : start[second + 1]]
        apart = np.abs(channel[ours][:, None] - channel[theirs])
        gap = problem.separation[e]
        bad = apart != gap if problem.exact[e] else apart < gap
        kept = np.flatnonzero(bad.any(axis=1))
        if not kept.size:
            continue
        row, other = np.nonzero(bad[kept])
        number = np.arange(kept.size)
        terms: list[Any] = [(number, ours[kept], 1.0), (row, theirs[other], 1.0)]
        if not hard:
            terms.append((number, states + extra, -1.0))
            cost.append(problem.penalty[e : e + 1])
            extra += 1
        build.add(kept.size, -np.inf, 1.0, *terms)
    if problem.objective == "min_span":
        top = states + extra
        build.add(
            count, 0.0, np.inf, (owner, state, -channel), (np.arange(count), top, 1.0)
        )
        cost.append(np.ones(1))
        extra += 1
    if problem.objective == "min_order":
        names, number = np.unique(channel, return_inverse=True)
        used = states + extra + number
        build.add(states, -np.inf, 0.0, (state, state, 1.0), (state, used, -1.0))
        cost.append(np.ones(len(names)))
        extra += len(names)
    columns = states + extra
    lower, upper, integer = _binaries(columns)
    if problem.objective == "min_span":
        upper[-1] = float(channel.max())
    integer[states:] = False

    def decode(x: np.ndarray) -> Channels:
        found = np.array([part.argmax() for part in np.split(x[:states], start[1:-1])])
        return Channels(channel[start[:-1] + found])

    return LinearModel(
        -1, np.concatenate(cost), lower, upper, integer, *build.matrix(columns), decode
    )


def _binaries(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper limits and integrality of binaries."""
    return np.zeros(count), np.ones(count), np.ones(count, bool)

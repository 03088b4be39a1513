"""What the selector looks at: numbers without a unit, in at most 50 us each problem.

Large arrays are looked at in ``SAMPLE`` entries at even distances. Sizes are
logarithms to base 10, shares are in [0, 1], ratios logarithms where they span decades.
"""

from collections.abc import Callable
from math import log10
from typing import Any

import numpy as np

from formulations.association import UserAssociation
from formulations.blocks import BlockSchedule
from formulations.channels import ChannelAssignment
from formulations.placement import LapPlacement
from formulations.power import PowerControl
from formulations.problem import Problem
from rrm.selection.measures import (
    coupling,
    decades,
    fading,
    least_load,
    likeness,
    spread,
    unevenness,
)
from twins.record import is_sparse

SAMPLE = 256  # entries of an array
ROWS = 16  # of a matrix
LEAST = 1e-12  # below which a ratio counts as this

POWER = {
    "links": "log10 of the links L",
    "blocks": "log10 of the resource blocks N, 0 where there are none",
    "density": "stored part of the gain",
    "is_max_min": "1 for max_min_rate",
    "is_fair": "1 for proportional_fair",
    "is_min_power": "1 for min_power",
    "is_efficiency": "1 for energy_efficiency",
    "strength": "median log10 of own gain times the limit over the noise",
    "strength_spread": "standard deviation of the same",
    "coupling": "median log10 of all others' gains over a link's own",
    "coupling_spread": "standard deviation of the same",
    "rivals": "mean number of others heard louder than a tenth of a link's own, log10",
    "floored": "share of links with a floor",
    "floor": "mean floor over the rate alone at full power, of links with one",
    "protected": "log10 of 1 + the protected receivers M",
}
"""Features of ``PowerControl``, and their meaning."""
ASSOCIATION = {
    "users": "log10 of the users U",
    "cells": "log10 of the cells B",
    "candidates": "log10 of the mean number of candidate cells of a user",
    "is_fair": "1 for proportional_fair",
    "must_serve": "1 where every user must be served",
    "links": "log10 of the links that a user may have",
    "tightness": "log10 of the sum of users' least loads over all capacity",
    "has_capacity": "share of cells with a finite capacity",
    "has_backhaul": "share of cells with a finite backhaul",
    "load_spread": "standard deviation of loads over their mean",
    "value_spread": "standard deviation of utilities over the mean of their size",
    "correlation": "of utilities and loads",
    "handover": "cost of a handover over the mean size of utilities, or of logarithms",
}
"""Features of ``UserAssociation``, and their meaning."""
PLACEMENT = {
    "users": "log10 of the users U",
    "sites": "log10 of the sites S",
    "reach": "share of pairs in range",
    "laps": "log10 of the sites over the platforms that may fly",
    "must_serve": "1 where every user must be served",
    "single_source": "1 where one site serves a user as a whole",
    "tightness": "log10 of all demand over the room of as many sites as may be open",
    "has_limits": "1 where room at a site or a gateway may bind",
    "gateways": "log10 of 1 + the gateways G",
    "conflicts": "log10 of 1 + conflicts per site",
    "out_of_battery": "share of sites that no platform can fly to",
    "opening": "log10 of the mean opening cost over the mean size of a user's value",
    "value_spread": "standard deviation of values over the mean of their size",
    "demand_spread": "standard deviation of demands over their mean",
}
"""Features of ``LapPlacement``, and their meaning."""
CHANNELS = {
    "transmitters": "log10 of the transmitters V",
    "degree": "log10 of the pairs a transmitter is in, on average",
    "degree_spread": "standard deviation of the same over its mean",
    "channels": "log10 of the mean size of a domain",
    "crowding": "log10 of the mean degree times separation over the domain",
    "is_interference": "1 for min_interference",
    "is_span": "1 for min_span",
    "is_order": "1 for min_order",
    "separation": "mean separation",
    "widest": "log10 of 1 + the largest separation",
    "exact": "share of pairs at an exact distance",
    "hard": "share of pairs that must hold",
    "penalty_spread": "standard deviation of the log10 of finite penalties",
    "preferred": "share of transmitters with a preferred channel",
}
"""Features of ``ChannelAssignment``, and their meaning."""
BLOCKS = {
    "users": "log10 of the users of a cell",
    "cells": "log10 of the cells B",
    "blocks": "log10 of the blocks N",
    "is_fair": "1 for proportional_fair",
    "contiguous": "1 where a user's blocks must be neighbours",
    "floored": "share of users with a floor",
    "floor": "mean floor over the mean rate of an equal share of the blocks",
    "limited": "share of users with a limit of blocks",
    "limit": "log10 of the mean limit over an equal share of the blocks",
    "blocked": "share of blocks that must stay empty",
    "fading": "standard deviation of a user's rates over blocks by their mean",
    "inequality": "standard deviation of users' mean rates over their mean",
}
"""Features of ``BlockSchedule``, and their meaning."""


ANSWERED = "answered"
"""Last feature of every problem: 1 where there is an answer without a search."""


def features_of(problem: Problem, is_answered: bool = True) -> np.ndarray:
    """Features (F,) of a problem, in the order of its table, and ``ANSWERED``.

    Raises
    ------
    KeyError
        If the selector knows nothing about such problems.
    """
    return np.array([*LOOKS[type(problem)][1](problem), is_answered], dtype=float)


def names_of(problem: type[Problem]) -> tuple[str, ...]:
    """Names (F,) of the features of a problem class, empty if none are known."""
    return (*LOOKS[problem][0], ANSWERED) if problem in LOOKS else ()


def _of_power(problem: PowerControl) -> list[float]:
    links = len(problem.p_max)
    rows = slice(None, None, max(1, links // ROWS))
    own, noise = problem.direct[rows], problem.noise[rows]
    if is_sparse(problem.gain):
        density, gain = problem.gain.nnz / links**2, problem.gain.data
        first = problem.gain.indptr[:-1][rows].astype(np.intp)
        stop = problem.gain.indptr[1:][rows].astype(np.intp)
    else:
        heard = (
            problem.gain[rows] if problem.gain.ndim == 2 else problem.gain[rows, :, 0]
        )
        density, gain = 1.0, np.ascontiguousarray(heard).ravel()
        first = np.arange(0, gain.size, links)
        stop = first + links
    own = own if own.ndim == 1 else own[:, 0]
    noise = noise if noise.ndim == 1 else noise[:, 0]
    blocks = problem.shape[1] if len(problem.shape) == 2 else 1
    alone = own * problem.p_max[rows] / noise
    strength, spread_, coupled, spread_coupled, louder = coupling(
        gain, first, stop, np.ascontiguousarray(own), alone
    )
    floor = problem.min_rate[rows]
    floored, part = 0.0, 0.0
    if floor.any():
        asked = floor > 0
        floored = float(asked.mean())
        rate = problem.bandwidth * blocks * np.log2(1 + alone / blocks)
        part = float((floor / np.maximum(rate, 1e-300)).sum() / asked.sum())
    objective = problem.objective
    return [
        log10(links),
        log10(blocks),
        density,
        objective == "max_min_rate",
        objective == "proportional_fair",
        objective == "min_power",
        objective == "energy_efficiency",
        strength,
        spread_,
        coupled,
        spread_coupled,
        log10(max(louder, 0.1)),
        floored,
        min(part, 10.0),
        log10(1 + len(problem.protected_limit)),
    ]


def _of_association(problem: UserAssociation) -> list[float]:
    users, cells = problem.sizes["U"], problem.sizes["B"]
    pairs = problem.candidates
    step = _step(pairs.load)
    load, load_spread, *_ = spread(pairs.load, step)
    _, value_spread, value, *_ = spread(pairs.utility, step)
    capacity, _, _, _, _ = spread(problem.capacity, 1)
    limited = float(np.isfinite(problem.capacity).mean())
    tight, fair = limited == 1.0, problem.objective == "proportional_fair"
    least = least_load(pairs.start, pairs.load, max(1, users // SAMPLE))
    return [
        log10(users),
        log10(cells),
        log10(max(len(pairs.cell) / users, 0.1)),
        fair,
        problem.must_serve,
        log10(problem.max_links),
        log10(_ratio(least * users, capacity * cells)) if tight else -3.0,
        limited,
        float(np.isfinite(problem.backhaul).mean()),
        _ratio(load_spread, load),
        _ratio(value_spread, value),
        likeness(pairs.load, pairs.utility, step),
        problem.handover_cost / (value if value > 0 and not fair else 1.0),
    ]


def _of_placement(problem: LapPlacement) -> list[float]:
    users, sites = problem.sizes["U"], problem.sizes["S"]
    pairs = problem.reach.value
    _, value_spread, value, *_ = spread(pairs, _step(pairs))
    demand, demand_spread, *_ = spread(problem.demand, _step(problem.demand))
    laps = max(problem.most_laps, 1)
    finite = np.isfinite(problem.capacity)
    tight = bool(finite.all())
    room = spread(problem.capacity, 1)[0] * laps
    return [
        log10(users),
        log10(sites),
        len(pairs) / (users * sites),
        log10(sites / laps),
        problem.must_serve,
        problem.single_source,
        log10(_ratio(demand * users, room)) if tight else -3.0,
        bool(finite.any()) or len(problem.backhaul) > 0,
        log10(1 + len(problem.backhaul)),
        log10(1 + len(problem.conflicts) / sites),
        1 - float(problem.usable.mean()),
        log10(max(_ratio(spread(problem.open_cost, 1)[2], value), 1e-3)),
        _ratio(value_spread, value),
        _ratio(demand_spread, demand),
    ]


def _of_channels(problem: ChannelAssignment) -> list[float]:
    transmitters, pairs = problem.sizes["V"], problem.sizes["E"]
    size = len(problem.choices.channel) / max(transmitters, 1)
    step = _step(problem.separation)
    apart, _, _, widest, _ = spread(problem.separation, step)
    penalties = problem.penalty
    hard = np.isinf(penalties[::step])
    degree = 2 * pairs / max(transmitters, 1)
    objective = problem.objective
    return [
        log10(max(transmitters, 1)),
        log10(max(degree, 0.1)),
        unevenness(problem.pairs, _step(problem.pairs), transmitters),
        log10(max(size, 0.1)),
        log10(max(degree * max(apart, 1.0) / max(size, 0.1), 1e-3)),
        objective == "min_interference",
        objective == "min_span",
        objective == "min_order",
        apart,
        log10(1 + widest),
        float(problem.exact[::step].mean()) if pairs else 0.0,
        float(hard.mean()) if pairs else 1.0,
        decades(penalties, step),
        1 - float((problem.preferred[:: _step(problem.preferred)] < 0).mean()),
    ]


def _of_blocks(problem: BlockSchedule) -> list[float]:
    users, cells, blocks = (problem.sizes[axis] for axis in "UBN")
    step = max(1, users // ROWS)
    mean, within, between = fading(problem.rate, step)
    floor, _, _, _, floored = spread(problem.min_rate, step)
    share = blocks * cells / users
    most = problem.max_blocks[::step]
    limited = most < blocks
    limit = most[limited].mean() / share if limited.any() else 100.0
    return [
        log10(users / cells),
        log10(cells),
        log10(blocks),
        problem.objective == "proportional_fair",
        problem.contiguous,
        floored,
        min(_ratio(floor, mean * share), 10.0),
        float(limited.mean()),
        log10(max(limit, 1e-3)),
        float(problem.blocked.mean()),
        _ratio(within, mean),
        _ratio(between, mean),
    ]


def _step(values: np.ndarray) -> int:
    """Distance of the entries that are looked at: between SAMPLE and twice as many."""
    return max(1, len(values) // SAMPLE)


def _ratio(part: float, whole: float) -> float:
    """Positive and finite: within a factor of 1e12 from 1, 0 of 0 counts as least."""
    if not part > 0:
        return LEAST
    return min(max(part / whole, LEAST), 1 / LEAST) if whole > 0 else 1 / LEAST


LOOKS: dict[type[Problem], tuple[dict[str, str], Callable[[Any], list[float]]]] = {
    PowerControl: (POWER, _of_power),
    UserAssociation: (ASSOCIATION, _of_association),
    LapPlacement: (PLACEMENT, _of_placement),
    ChannelAssignment: (CHANNELS, _of_channels),
    BlockSchedule: (BLOCKS, _of_blocks),
}
"""By problem class: its features and their meaning, and what computes them."""

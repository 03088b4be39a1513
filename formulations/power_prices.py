"""Marginal value of every constraint of a power control problem."""

from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.rows import dense

if TYPE_CHECKING:
    from formulations.power import PowerControl

TIGHT = 1e-4  # relative slack up to which a constraint is taken as active
LEAST_SCALE = 1e-6  # of a limit, below which a power counts as this large


def power_prices(problem: "PowerControl", power: np.ndarray) -> dict[str, np.ndarray]:
    """Lagrange multipliers at ``power``, by constraint; see ``PowerControl.prices``.

    At a stationary point the objective's gradient is a nonnegative combination of the
    gradients of active constraints [1]_; nonnegative least squares finds it.

    References
    ----------
    .. [1] J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed., 2006, chapter 12
       (KKT conditions). https://doi.org/10.1007/978-0-387-40065-5
    """
    from scipy.optimize import nnls

    scaled = problem.scaled()
    watt = scaled.units["W"]
    p = (power / watt).reshape(scaled.shape)
    slopes = rate_slopes(scaled, p)
    rate = scaled.rate(p)
    columns, places = _active(scaled, p, rate, slopes)
    goal = _gradient(scaled, p, rate, slopes)
    size = np.maximum(p, LEAST_SCALE * scaled.per_block(scaled.p_max)).ravel()
    matrix = np.array(columns).reshape(len(columns), -1).T * size[:, None]
    target = goal.ravel() * size
    if problem.objective == "max_min_rate":
        level = scaled.evaluate(_power(scaled, p))
        counted = scaled.weight > 0
        least = np.flatnonzero(counted)[
            rate[counted] <= scaled.weight[counted] * level * (1 + TIGHT)
        ]
        shares = (slopes[least] / scaled.weight[least][:, None, None]).reshape(
            len(least), -1
        )
        matrix = np.hstack((matrix, -(shares * size).T))
        total = np.concatenate((np.zeros(len(columns)), np.ones(len(least))))
        weight = np.abs(matrix).max(initial=0.0) or 1.0
        matrix = np.vstack((matrix, weight * total))
        target = np.append(np.zeros(len(size)), weight)
    norm = np.linalg.norm(matrix, axis=0)
    norm[norm == 0] = 1.0
    worth, _ = nnls(matrix / norm, target)
    worth /= norm
    found = {
        "p_max": np.zeros(problem.p_max.shape),
        "p_mask": np.zeros(problem.p_mask.shape),
        "min_rate": np.zeros(problem.min_rate.shape),
        "protected_limit": np.zeros(problem.protected_limit.shape),
    }
    for value, (name, index) in zip(worth, places, strict=False):
        if name != "power":
            np.add.at(found[name], index, value)
    band = problem.bandwidth
    unit = {"proportional_fair": 1.0, "min_power": watt}
    unit["energy_efficiency"] = band / watt
    worth_of_one = unit.get(problem.objective, band)
    limit = problem.protected_limit
    most = limit if limit.ndim == 1 else limit.max(axis=1)
    most = np.where(most > 0, most, 1.0)
    found["p_max"] = found["p_max"] * (worth_of_one / watt)
    found["p_mask"] = found["p_mask"] * (worth_of_one / watt)
    found["min_rate"] = found["min_rate"] * (worth_of_one / band)
    found["protected_limit"] = (found["protected_limit"].T * (worth_of_one / most)).T
    return found


def rate_slopes(scaled: "PowerControl", power: np.ndarray) -> np.ndarray:
    """Derivatives (L, L, N) of each link's rate by each power, bit/s per Hz and W."""
    links = len(power)
    p = power.reshape(links, -1)
    gain = dense(scaled.gain)
    gain = gain.reshape(links, links, -1)
    heard = scaled.interference(power).reshape(links, -1)
    signal = np.einsum("iin->in", gain) * p
    harm = signal / (heard * (heard + signal))
    slopes = -gain * harm[:, None, :]
    slopes = np.broadcast_to(slopes, (links, links, p.shape[1])).copy()
    own = np.arange(links)
    slopes[own, own] = np.einsum("iin->in", gain) / (heard + signal)
    return slopes / np.log(2.0)


def _power(scaled: "PowerControl", p: np.ndarray):
    return scaled.allocation_type(p)


def _gradient(
    scaled: "PowerControl", p: np.ndarray, rate: np.ndarray, slopes: np.ndarray
) -> np.ndarray:
    """Of the objective to be maximized, (L, N); zero for ``max_min_rate``."""
    total = np.tensordot(scaled.weight, slopes, axes=1)
    if scaled.objective == "min_power":
        return -np.ones_like(total)
    if scaled.objective == "max_min_rate":
        return np.zeros_like(total)
    if scaled.objective == "proportional_fair":
        counted = scaled.weight > 0
        pull = scaled.weight[counted] / rate[counted]
        return np.tensordot(pull, slopes[counted], axes=1)
    if scaled.objective == "energy_efficiency":
        watts = scaled.circuit_power + p.sum() / scaled.amplifier_efficiency
        ratio = scaled.weight @ rate / watts
        return (total - ratio / scaled.amplifier_efficiency) / watts
    return total


def _active(
    scaled: "PowerControl", p: np.ndarray, rate: np.ndarray, slopes: np.ndarray
) -> tuple[list[np.ndarray], list[tuple[str, Any]]]:
    """Gradients (L, N) of the active constraints, and the entries they belong to."""
    links = len(p)
    blocks = p.reshape(links, -1).shape[1]
    columns: list[np.ndarray] = []
    places: list[tuple[str, Any]] = []

    def add(name: str, index: Any, gradient: np.ndarray) -> None:
        columns.append(np.broadcast_to(gradient, (links, blocks)))
        places.append((name, index))

    sent = scaled.transmitted(p)
    for group in np.unique(scaled.transmitter):
        members = scaled.transmitter == group
        first = int(np.argmax(members))
        if sent[first] >= scaled.p_max[first] * (1 - TIGHT):
            add("p_max", np.flatnonzero(members), members[:, None] * 1.0)
    mask = np.broadcast_to(scaled.per_block(scaled.p_mask), p.shape)
    for name, is_tight, sign in (
        ("p_mask", p >= mask * (1 - TIGHT), 1.0),
        ("power", p <= LEAST_SCALE * TIGHT * scaled.per_block(scaled.p_max), -1.0),
    ):
        for index in np.argwhere(is_tight):
            unit = np.zeros(p.shape)
            unit[tuple(index)] = sign
            place = tuple(index)[: scaled.p_mask.ndim]
            add(name, place, unit.reshape(links, blocks))
    for i in np.flatnonzero(scaled.min_rate):
        if rate[i] <= scaled.min_rate[i] * (1 + TIGHT):
            add("min_rate", i, -slopes[i])
    if scaled.protected_limit.size:
        received = scaled.protected(p)
        for index in np.argwhere(received >= scaled.protected_limit * (1 - TIGHT)):
            heard = dense(scaled.protected_gain)[index[0]].reshape(links, -1)
            heard = np.broadcast_to(heard, (links, blocks)).copy()
            if len(index) == 2:
                heard[:, np.arange(blocks) != index[1]] = 0.0
            add("protected_limit", tuple(index), heard)
    return columns, places

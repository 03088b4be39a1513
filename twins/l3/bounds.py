"""What policy leaves to the layers below: demand to L2, power and blocks to L1."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twins.declaration import FieldError
from twins.policy import OF_CELLS, PolicyRule


@dataclass(frozen=True, eq=False)
class Bounds:
    """What L1 and L2 may use.

    Attributes
    ----------
    p_max : (B,) W
        Of the cells.
    alive : (B,) bool
        Which are not in maintenance.
    min_rate, max_rate : (U,) bit/s
        Of the users.
    factor : (U,)
        On demand: surges that were announced.
    shares : (K,)
        Most of a cell's blocks for each slice.
    floors : (K,)
        Blocks that are kept for each slice.
    """

    p_max: np.ndarray
    alive: np.ndarray
    min_rate: np.ndarray
    max_rate: np.ndarray
    factor: np.ndarray
    shares: np.ndarray
    floors: np.ndarray


def bounds(
    policy: Iterable[PolicyRule],
    time: float,
    cell_id: np.ndarray,
    user_id: np.ndarray,
    p_max: np.ndarray,
    slices: int,
    serving: np.ndarray | None = None,
    group: np.ndarray | None = None,
) -> Bounds:
    """Bounds of the rules that hold at ``time``; the stricter one where several do.

    A rule for users holds for those it names, by name or slice (``slice-0``,
    ``slice-1``, ...); if it names cells alone, for those whom these serve. A
    ``slice_share`` says ``min`` or ``max`` in its unit.

    Parameters
    ----------
    policy : iterable of PolicyRule
        Rules with their validity.
    time : s
        Since the epoch.
    cell_id, p_max : (B,) names and W
        Of the cells.
    user_id : (U,)
        Names of the users.
    slices : int
        Number of slices.
    serving, group : (U,) int
        Number of the cell that serves each user (-1 or not given: none), and of its
        slice (not given: 0).

    Raises
    ------
    FieldError
        If more than all blocks are kept for slices.
    """
    cells, users = len(cell_id), len(user_id)
    power, alive = np.array(p_max, float), np.ones(cells, bool)
    low, high = np.zeros(users), np.full(users, np.inf)
    factor = np.ones(users)
    shares, floors = np.ones(slices), np.zeros(slices)
    serving = np.full(users, -1) if serving is None else serving
    group = np.zeros(users, int) if group is None else group
    for rule in policy:
        if not rule.start <= time < rule.end or isinstance(rule.value, str):
            continue
        here = np.isin(cell_id, rule.cells) if rule.cells else np.ones(cells, bool)
        whom = _concerned(rule, here, user_id, serving, group)
        numbers = [number for number in rule.slices if number < slices]
        value = rule.value
        if rule.kind == "power_limit":
            limit = value * p_max[here] if rule.unit == "1" else value
            power[here] = np.minimum(power[here], limit)
        elif rule.kind in OF_CELLS:
            alive[here] = False
        elif rule.kind == "rate_floor":
            low[whom] = np.maximum(low[whom], value)
        elif rule.kind == "rate_cap":
            high[whom] = np.minimum(high[whom], value)
        elif rule.kind == "traffic_surge":
            factor[whom] = np.maximum(factor[whom], value)
        elif rule.kind == "slice_share" and rule.unit == "min":
            floors[numbers] = np.maximum(floors[numbers], value)
        elif rule.kind == "slice_share":
            shares[numbers] = np.minimum(shares[numbers], value)
    if not floors.sum() <= 1 + 1e-12:
        total = f"floors of {floors.sum():g} in sum"
        raise FieldError("PolicyRule.value", None, total, "at most 1 of slice_share")
    return Bounds(power, alive, low, high, factor, shares, floors)


def once_applied(
    policy: Iterable[PolicyRule], time: float, cell_id: np.ndarray, p_max: np.ndarray
) -> tuple[PolicyRule, ...]:
    """Rules for a snapshot that has their :func:`bounds` at ``time`` already.

    So that who applies them to it changes nothing: parts of the power ``p_max`` (B,)
    that they were of are told in W, and surges, which the demand has, are left out.
    """
    left: list[PolicyRule] = []
    for rule in policy:
        holds = rule.start <= time < rule.end
        if holds and rule.kind == "power_limit" and rule.unit == "1":
            here = np.isin(cell_id, rule.cells) if rule.cells else p_max >= 0
            for most in np.unique(p_max[here]):
                cells = tuple(cell_id[here & (p_max == most)].tolist())
                value = float(rule.value) * float(most)
                left.append(replace(rule, cells=cells, value=value, unit="W"))
        elif not holds or rule.kind != "traffic_surge":
            left.append(rule)
    return tuple(left)


def check_rules(policy: Sequence[PolicyRule], label: str, cell_id: np.ndarray) -> None:
    """Refuse rules for cells that are not there, and more floors than there is.

    Raises
    ------
    FieldError
        With the number of the rule in ``label``.
    """
    known, nobody = set(cell_id.tolist()), np.zeros(0, str)
    slices = 1 + max((max(rule.slices, default=0) for rule in policy), default=0)
    for index, rule in enumerate(policy):
        for name in rule.cells:
            if name not in known:
                where = f"{label}.cells"
                raise FieldError(where, (index,), repr(name), "cells of the twin")
        if rule.kind == "slice_share":
            bounds(policy, rule.start, nobody, nobody, np.zeros(0), slices)


def _concerned(
    rule: PolicyRule,
    here: np.ndarray,
    user_id: np.ndarray,
    serving: np.ndarray,
    group: np.ndarray,
) -> np.ndarray:
    """Which users (U,) bool a rule is for, given its cells ``here`` (B,) bool."""
    if rule.users:
        whom = np.isin(user_id, rule.users)
        return whom | np.isin(group, rule.slices)
    if rule.cells:
        return np.append(here, False)[serving]  # -1: nobody's
    return np.ones(len(user_id), bool)

"""What no directive may do, whatever the engine or a model said."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from formulations.context import Network, in_context
from rrm.controller.command import Command
from rrm.controller.trial import Trial
from rrm.directives import SILENT_DBM
from twins import TwinSnapshot
from twins.coupling import WhatIf
from twins.orders import PowerOrder, ServingOrder, understood

if TYPE_CHECKING:
    from llm_bridge import ContextReport

LIMIT_TOLERANCE = 1e-6
LOSS = 0.05
"""Share of the traffic that the twin may predict to be lost beside what was asked."""


class UnsafeError(ValueError):
    """A directive, or all of them together, must not be sent."""


def safe_power(
    power: np.ndarray, gain: np.ndarray, limit: np.ndarray, most: np.ndarray
) -> np.ndarray:
    """Powers (B,) W below ``most`` (B,), lowered where they disturb most.

    Needs no solver: at one receiver after the other, contributions are cut at one
    level. Done again on its result it asks for no less; with a single receiver neither
    where only some cells followed.

    Parameters
    ----------
    power : (B,) W
        What is wanted.
    gain : (M, B)
        To the protected receivers.
    limit : (M,) W
        Interference allowed there.
    most : (B,) W
        Limit of each cell.
    """
    power = np.minimum(power, most)
    for row, allowed in zip(gain, limit, strict=False):
        heard = row * power
        if heard.sum() <= allowed:
            continue
        sorted_heard = np.sort(heard)
        below = np.concatenate(([0.0], np.cumsum(sorted_heard)[:-1]))
        level = (allowed - below) / np.arange(len(heard), 0, -1)
        cut = level[np.argmax(level <= sorted_heard)] * (1 - LIMIT_TOLERANCE)
        power = np.where(heard > cut, cut / np.maximum(row, 1e-300), power)
    return power


def safe_default(
    wanted: np.ndarray,
    snapshot: TwinSnapshot,
    report: "ContextReport | None",
    margin: float,
) -> np.ndarray:
    """Powers (B,) W as wanted, but lowered to ``margin`` of limits that they break."""
    return _lowered(in_context(snapshot, report), wanted, margin)


def _lowered(network: Network, wanted: np.ndarray, margin: float) -> np.ndarray:
    """Powers (B,) W of the safe default."""
    snapshot, limit = network.snapshot, network.protected_limit
    wanted = np.minimum(wanted, network.p_max)
    if not is_broken(snapshot, limit, wanted):
        return wanted
    return safe_power(wanted, snapshot.protected_gain, margin * limit, network.p_max)


def checked(
    commands: Sequence[Command],
    snapshot: TwinSnapshot,
    report: "ContextReport | None",
    power: np.ndarray,
) -> None:
    """Try commands of a decision on a copy of the twin.

    Parameters
    ----------
    commands : sequence of Command
        All that are to be sent.
    snapshot, report
        What is known and what was said.
    power : (B,) W
        What cells are set to.

    Raises
    ------
    UnsafeError
        As :func:`kept_within_limits`, or if traffic would be lost against what is set,
        lowered as far as limits demand: what users lose because of what was asked is
        lost with both.
    """
    network = in_context(snapshot, report)
    after = _within_limits(network, commands, power)
    kept = _lowered(network, power, 1.0)
    carried = _carried(network, WhatIf(snapshot, kept))
    left = _carried(network, after)
    if left < (1 - LOSS) * carried:
        raise UnsafeError(f"traffic falls from {carried:.4g} to {left:.4g} bit/s")


def _carried(network: Network, after: WhatIf) -> float:
    """bit/s that a twin carries of what was asked, after the network's own handovers.

    Who was not told where to be goes where the network's rule has it.
    """
    told = after.cell != network.snapshot.previous
    trial = Trial(network, np.zeros(len(told), bool))
    twin = WhatIf(network.snapshot, after.power * network.alive)
    twin.cell = np.where(told, after.cell, trial.attached(twin.power))
    twin.demand = network.demand * network.admitted
    return float(twin.settled().rate.sum())


def kept_within_limits(
    commands: Sequence[Command],
    snapshot: TwinSnapshot,
    report: "ContextReport | None",
    power: np.ndarray,
) -> WhatIf:
    """Twin after commands, which no wish may override.

    Raises
    ------
    UnsafeError
        If a command is about what is not there or down, asks for more power than
        allowed, or all together break a limit, or break it more than before.
    """
    return _within_limits(in_context(snapshot, report), commands, power)


def _within_limits(
    network: Network, commands: Sequence[Command], power: np.ndarray
) -> WhatIf:
    """Twin after commands, if they are within the limits of a network."""
    snapshot = network.snapshot
    cells = {str(name): b for b, name in enumerate(snapshot.cell_id)}
    users = {str(name): u for u, name in enumerate(snapshot.user_id)}
    trial, after = WhatIf(snapshot, power), power.copy()
    for one in commands:
        order = understood(one, cells, users)
        if isinstance(order, PowerOrder):
            above = order.power > network.p_max[order.cell] * (1 + LIMIT_TOLERANCE)
            if not np.isfinite(order.power) or (above and float(one.new) > SILENT_DBM):
                raise UnsafeError(f"{one.target}: {one.new} dBm is above its limit")
            after[order.cell] = order.power
        elif isinstance(order, ServingOrder):
            if not network.alive[order.cell]:
                raise UnsafeError(f"{one.target}: {one.new} is out of service")
        else:
            raise UnsafeError(f"{one.target}: {one.attribute} is not understood here")
        trial.apply(one)
    limit = network.protected_limit
    if is_broken(snapshot, limit, after):
        before = snapshot.protected_gain @ power
        louder = snapshot.protected_gain @ after > before * (1 + LIMIT_TOLERANCE)
        if not is_broken(snapshot, limit, power) or louder.any():
            raise UnsafeError("interference at a protected receiver is above its limit")
    return trial


def is_broken(snapshot: TwinSnapshot, limit: np.ndarray, power: np.ndarray) -> bool:
    """Whether powers (B,) W exceed a ``limit`` (M,) W at a protected receiver."""
    if not snapshot.protected_gain.size:
        return False
    heard = snapshot.protected_gain @ power
    return bool((heard > limit * (1 + LIMIT_TOLERANCE)).any())

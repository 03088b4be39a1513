"""A copy of the network's state to try directives and events on."""

from typing import Any, Self

import numpy as np

from twins.coupling.load import Settled, settle
from twins.declaration import FieldError
from twins.l3.bounds import bounds, check_rules
from twins.l3.calendar import Calendar, Event
from twins.l3.indicators import Indicators, consumed_power, indicators
from twins.orders import PowerOrder, ServingOrder, understood
from twins.snapshot import TwinSnapshot

SUBCARRIERS = 12


class WhatIf:
    """State that may be changed without a trace in the twin it is from.

    Parameters
    ----------
    snapshot : TwinSnapshot
        Where it starts.
    power : (B,) W
        What cells send at most, as far as the snapshot's limits allow.
    """

    def __init__(self, snapshot: TwinSnapshot, power: np.ndarray) -> None:
        self.snapshot = snapshot
        self.power = np.where(snapshot.alive, np.minimum(power, snapshot.p_max), 0.0)
        self.cell = snapshot.previous.copy()
        self.demand = snapshot.demand.copy()
        self._cells = {str(name): b for b, name in enumerate(snapshot.cell_id)}
        self._users: dict[str, int] | None = None

    def apply(self, directive: Any) -> Self:
        """Do what a directive says, or let an event begin.

        Raises
        ------
        ValueError
            If it is about nobody here, or a :class:`FieldError` if it asks for a power
            that is none.
        """
        if isinstance(directive, Event):
            return self._begin(directive)
        if self._users is None:
            self._users = {str(n): u for u, n in enumerate(self.snapshot.user_id)}
        order = understood(directive, self._cells, self._users)
        if isinstance(order, PowerOrder):
            if not order.power >= 0:
                found, allowed = directive.new, "a power in dBm"
                raise FieldError("directive.new", None, found, allowed)
            limit = self.snapshot.p_max[order.cell]
            self.power[order.cell] = min(order.power, limit)
        elif isinstance(order, ServingOrder):
            self.cell[order.user] = order.cell
        else:
            raise ValueError(
                f"not understood: {directive.attribute} {directive.target}"
            )
        return self

    def outage(self, *cells: str) -> Self:
        """Take cells down; their users go to the strongest that is left."""
        for name in cells:
            if name not in self._cells:
                raise ValueError(f"no cell {name!r}")
            self.power[self._cells[name]] = 0.0
        lost = (self.cell >= 0) & (self.power[np.maximum(self.cell, 0)] <= 0)
        received = self.snapshot.gain[lost] * self.power
        best = received.argmax(axis=1)
        self.cell[lost] = np.where(received.max(axis=1, initial=0) > 0, best, -1)
        return self

    def surge(self, factor: float, place: np.ndarray, radius: float) -> Self:
        """Multiply the demand of users within ``radius`` m of ``place`` (2,) m."""
        if not 0 <= factor < np.inf:
            raise FieldError("WhatIf.surge.factor", None, factor, "in [0, inf)")
        if not (radius >= 0 and np.isfinite(place).all()):
            found = f"{radius} m around {place}"
            raise FieldError("WhatIf.surge.place", None, found, "finite")
        away = self.snapshot.user_position[:, :2] - np.asarray(place)[:2]
        self.demand[(away**2).sum(axis=1) < radius**2] *= factor
        return self

    def _begin(self, event: Event) -> Self:
        """Bounds of the event on what there is."""
        here = self.snapshot
        users, cells = (
            (here.user_id, here.user_position),
            (here.cell_id, here.cell_position),
        )
        rules = Calendar([event]).policy(event.start, *users, *cells)
        check_rules(rules, "Event", here.cell_id)
        slices = int(here.slice.max(initial=0)) + 1
        bound = bounds(
            rules,
            event.start,
            here.cell_id,
            here.user_id,
            here.p_max,
            slices,
            self.cell,
            here.slice if len(here.slice) else None,
        )
        self.power = np.minimum(self.power, bound.p_max)
        self.demand = np.minimum(self.demand * bound.factor, bound.max_rate)
        return self.outage(*here.cell_id[~bound.alive])

    def settled(self, caps: np.ndarray | None = None) -> Settled:
        """Loads and rates; ``caps`` (K,) of slices are the policy's if absent."""
        here, floors = self.snapshot, None
        serving = np.maximum(self.cell, 0)
        if caps is None and any(rule.kind == "slice_share" for rule in here.policy):
            slices = int(here.slice.max(initial=0)) + 1
            bound = bounds(
                here.policy, here.time, here.cell_id, here.user_id, here.p_max, slices
            )
            caps, floors = bound.shares, bound.floors
        return settle(
            here.gain,
            self.power,
            here.bandwidth,
            here.noise * here.blocks[serving],
            self.demand,
            self.cell,
            caps,
            here.slice,
            floors=floors,
        )

    def sinr(self) -> np.ndarray:
        """Linear SINR (U,) with every cell sending all its power."""
        here, users = self.snapshot, np.arange(len(self.cell))
        serving = np.maximum(self.cell, 0)
        own = here.gain[users, serving] * self.power[serving] * (self.cell >= 0)
        heard = here.gain @ self.power - own
        return own / (np.maximum(heard, 0.0) + here.noise * here.blocks[serving])

    def indicators(self) -> Indicators:
        """Indicators of the state as it is now."""
        here, state = self.snapshot, self.settled()
        serving = np.maximum(self.cell, 0)
        element = self.power[serving] / (SUBCARRIERS * here.blocks[serving])
        gain = here.gain[np.arange(len(serving)), serving] * (self.cell >= 0)
        rsrp = 10 * np.log10(np.maximum(gain * element, 1e-30)) + 30
        heard = np.zeros(0)
        if here.protected_gain.size:
            heard = here.protected_gain @ (self.power * state.load)
        return indicators(
            rate=state.rate,
            demand=self.demand,
            sinr=state.sinr,
            rsrp=rsrp,
            load=state.load,
            wanted=state.wanted,
            consumed=consumed_power(self.power, state.load),
            interference=heard,
            limit=here.protected_limit,
        )

"""Events that are known before they happen, as rules of the policy."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twins.snapshot import PolicyRule


@dataclass(frozen=True)
class Event:
    """Something that brings many users, or takes cells away.

    Parameters
    ----------
    name : str
        Which.
    kind : str
        ``traffic_surge``, ``maintenance``, or another kind of policy rule.
    value : float
        Factor of a surge, else in ``unit``.
    start, end : s since epoch
        When.
    place, radius : (2,) m, m
        Users here are concerned; everywhere if the radius is inf.
    cells : tuple of str
        Cells that are concerned.
    unit : str
        Of the value.
    """

    name: str
    kind: str
    value: float
    start: float
    end: float
    place: tuple[float, float] = (0.0, 0.0)
    radius: float = np.inf
    cells: tuple[str, ...] = ()
    unit: str = "1"


class Calendar:
    """Events in order of their start."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events = sorted(events, key=lambda event: event.start)

    def between(self, since: float, until: float) -> list[Event]:
        """Events that are on at some time in [``since``, ``until``)."""
        return [one for one in self._events if one.start < until and one.end > since]

    def policy(
        self, time: float, user_id: np.ndarray, position: np.ndarray
    ) -> tuple[PolicyRule, ...]:
        """Rules of the events that are on, for the users who are there now."""
        found = []
        for one in self.between(time, np.nextafter(time, np.inf)):
            users: tuple[str, ...] = ()
            if np.isfinite(one.radius):
                away = np.linalg.norm(position[:, :2] - np.array(one.place), axis=1)
                users = tuple(user_id[away < one.radius].tolist())
                if not users:
                    continue
            rule = PolicyRule(
                one.kind,
                one.value,
                one.unit,
                one.cells,
                users,
                one.start,
                one.end,
                f"calendar: {one.name}",
            )
            found.append(rule)
        return tuple(found)

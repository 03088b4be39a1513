"""Events that are known before they happen, as rules of the policy."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twins.declaration import FieldError
from twins.policy import OF_CELLS, PolicyRule


@dataclass(frozen=True)
class Event:
    """Something that brings many users, or takes cells away.

    Parameters
    ----------
    name : str
        Which.
    kind : str
        ``traffic_surge``, ``maintenance``, or another kind of policy rule but for
        ``slice_share``.
    value : float
        Factor of a surge, else in ``unit``.
    start, end : s since epoch
        When.
    place, radius : (2,) m, m
        Users here are concerned, or cells by what concerns cells; everywhere if the
        radius is inf.
    cells : tuple of str
        Cells that are concerned, or whose users are.
    unit : str
        Of the value.

    Raises
    ------
    FieldError
        If no rule could say that.
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

    def __post_init__(self) -> None:
        """Refuse what no rule could say."""
        self.rule()
        if not self.radius > 0:
            raise FieldError("Event.radius", None, self.radius, "in (0, inf] m")
        if not (len(self.place) == 2 and np.isfinite(self.place).all()):
            raise FieldError("Event.place", None, self.place, "(2,), finite, m")

    @property
    def concerns_cells(self) -> bool:
        """Whether it is about cells and not about users."""
        return self.kind in OF_CELLS

    def rule(
        self, cells: tuple[str, ...] = (), users: tuple[str, ...] = ()
    ) -> PolicyRule:
        """Rule for its own cells or else ``cells``, and for ``users``."""
        return PolicyRule(
            self.kind,
            self.value,
            self.unit,
            self.cells or cells,
            users,
            self.start,
            self.end,
            f"calendar: {self.name}",
        )


class Calendar:
    """Events in order of their start."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events = sorted(events, key=lambda event: event.start)

    def between(self, since: float, until: float) -> list[Event]:
        """Events that are on at some time in [``since``, ``until``)."""
        return [one for one in self._events if one.start < until and one.end > since]

    def policy(
        self,
        time: float,
        user_id: np.ndarray,
        position: np.ndarray,
        cell_id: np.ndarray,
        cell_position: np.ndarray,
    ) -> tuple[PolicyRule, ...]:
        """Rules of the events that are on, for the users or cells that are there now.

        Parameters
        ----------
        time : s
            Since epoch.
        user_id, position : (U,) names and (U, 3) m
            Users.
        cell_id, cell_position : (B,) names and (B, 3) m
            Cells.
        """
        found = []
        for one in self.between(time, np.nextafter(time, np.inf)):
            if not np.isfinite(one.radius) or (one.concerns_cells and one.cells):
                found.append(one.rule())
                continue
            names = cell_id if one.concerns_cells else user_id
            where = cell_position if one.concerns_cells else position
            away = np.linalg.norm(where[:, :2] - np.array(one.place), axis=1)
            near = tuple(names[away < one.radius].tolist())
            if near:
                found.append(
                    one.rule(**{"cells" if one.concerns_cells else "users": near})
                )
        return tuple(found)

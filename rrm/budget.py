"""How long to search and when to stop."""

import sys
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from twins.declaration import FieldError


@dataclass(frozen=True)
class Budget:
    """End-to-end limits of one call.

    Parameters
    ----------
    seconds : float
        Wall-clock time from call to return; a ``timedelta`` is accepted.
    gap : float
        Relative gap between bound and objective at which to stop.
    work : int or None
        Units of work (one question of a method whether to go on) after which to stop;
        methods have shares of it, and with enough ``seconds`` the same seed then gives
        the same allocation.

    Raises
    ------
    FieldError
        If a limit is negative, NaN or of another type.
    """

    seconds: float
    gap: float = 1e-4
    work: int | None = None

    def __post_init__(self) -> None:
        """Validate; NaN compares false and is refused."""
        if isinstance(self.seconds, timedelta):
            object.__setattr__(self, "seconds", self.seconds.total_seconds())
        for name, high in (("seconds", np.inf), ("gap", np.inf)):
            value = getattr(self, name)
            is_number = isinstance(value, (int, float, np.number))
            if isinstance(value, bool) or not is_number or not 0 <= value <= high:
                raise FieldError(f"Budget.{name}", None, repr(value), "in [0, inf]")
            if value < high and value > sys.float_info.max:  # an int, or longdouble
                allowed = f"in [0, {sys.float_info.max:.3g}] or inf"
                raise FieldError(f"Budget.{name}", None, "larger", allowed)
            object.__setattr__(self, name, float(value))
        is_whole = isinstance(self.work, (int, np.integer))
        if self.work is not None and (
            isinstance(self.work, bool) or not is_whole or self.work < 0
        ):
            allowed = "an integer in [0, inf) or None"
            raise FieldError("Budget.work", None, repr(self.work), allowed)
        if self.work is not None:
            object.__setattr__(self, "work", int(self.work))


def as_budget(budget: "Budget | float | timedelta") -> Budget:
    """``budget`` itself, or one of that many seconds."""
    return budget if isinstance(budget, Budget) else Budget(budget)  # pyright: ignore[reportArgumentType]

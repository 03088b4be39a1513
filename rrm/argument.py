"""Bounds that count, and what says that they are valid."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BySearch:
    """Argument of a bound by a search tree: none that could be recomputed.

    Counts only from methods that ship with this project. ``engine`` is the solver
    behind it; infeasibility counts once two engines agree. ``nodes`` are the boxes or
    nodes that it had split by then, 0 where it does not say.
    """

    engine: str
    nodes: int = 0


@dataclass(frozen=True)
class Bound:
    """Bound that counts: its value, who gave it, and why it is valid."""

    value: float
    source: str
    argument: Any

    @property
    def text(self) -> str:
        """Kind of the argument."""
        if isinstance(self.argument, BySearch):
            nodes = f", {self.argument.nodes} nodes" if self.argument.nodes else ""
            return f"by search ({self.argument.engine}{nodes})"
        return type(self.argument).__name__

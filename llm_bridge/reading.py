"""What a clause says, before it is known of whom."""

from dataclasses import dataclass

from llm_bridge.context_report import Kind


@dataclass(frozen=True)
class Reading:
    """What a clause says, before it is known of whom.

    Attributes
    ----------
    kind : Kind
        Of the item.
    value, unit, bound
        As in an item.
    needs : str
        ``cells``, ``users``, ``some`` (cells, users or all of them) or ``""``.
    cells, users : tuple of str or None
        Target that the clause gives itself; None: as mentioned.
    band : (float, float) or None
        Hz.
    dimension : str
        Of the quantity, for clauses that go on with another value.
    """

    kind: Kind
    value: float | str | None = None
    unit: str = ""
    bound: str | None = None
    needs: str = ""
    cells: tuple[str, ...] | None = None
    users: tuple[str, ...] | None = None
    band: tuple[float, float] | None = None
    dimension: str = ""

"""What the controller needs of the network that it steers, and of its twin."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rrm.controller.command import POWER, Command
from rrm.directives import decibel_milliwatt
from twins import TwinSnapshot
from twins.declaration import FieldError
from twins.orders import PowerOrder, ServingOrder, understood

if TYPE_CHECKING:
    import pandas as pd

    from twins.network import SimulatedNetwork


NEEDED = ("now", "measure", "send", "read")
"""What the controller calls of a network."""


class Twin(Protocol):
    """What turns measurements into a snapshot; ``twins.coupling.Twins`` does."""

    power: np.ndarray

    def update(self, measurements: Any, now: float) -> TwinSnapshot:
        """Snapshot of the network at ``now`` s."""
        ...


class Network(Protocol):
    """The physical network: reports, obeys, and can be asked what is set."""

    def now(self) -> float:
        """Clock in s since epoch, UTC."""
        ...

    def measure(self) -> "pd.DataFrame":
        """Measurements since the last call, as the context database takes them."""
        ...

    def send(self, directive: Any) -> bool:
        """Whether a directive was acknowledged."""
        ...

    def read(self, directive: Any) -> float | str | None:
        """Present value of what a directive is about; None if it cannot be read."""
        ...


def steerable(network: Any) -> Any:
    """``network``, if it can be steered.

    Raises
    ------
    FieldError
        If it lacks what the controller needs of it.
    """
    if all(callable(getattr(network, name, None)) for name in NEEDED):
        return network
    allowed = f"a network with {', '.join(NEEDED)}; a twin only models one"
    found = None if network is None else type(network).__name__
    raise FieldError("Controller.network", None, found, allowed)


def believable(found: Any, cells: int) -> TwinSnapshot:
    """What a twin returned, if it is a snapshot of ``cells`` cells with gains.

    Raises
    ------
    TypeError
        If it is no snapshot.
    ValueError
        If it has other cells, or gains that cannot be.
    """
    if not isinstance(found, TwinSnapshot):
        raise TypeError(f"{type(found).__name__} is no snapshot")
    if len(found.cell_id) != cells or found.gain.size == 0:
        raise ValueError("the snapshot has other cells, or no gains")
    if not (np.isfinite(found.gain).all() and (found.gain >= 0).all()):
        raise ValueError("the snapshot's gains are no gains")
    return found


def read_back(
    network: Network, commands: Sequence[Command]
) -> tuple[list[float | str | None], str]:
    """What is set where commands changed it, and what went wrong, empty if nothing.

    None where it cannot be read, or no power in dBm is told of a power: a cell that
    fails hides none of the others.
    """
    values: list[float | str | None] = []
    trouble = ""
    for one in commands:
        value = None
        try:
            value = network.read(one)
            if one.attribute == POWER and value is not None:
                value = float(value)
                if not np.isfinite(value):
                    raise ValueError(f"{value} is no power")
        except Exception as error:  # of any network; evidence may still tell
            value, trouble = None, f"{one.target}: {type(error).__name__}: {error}"
        values.append(value)
    return values, trouble


class Simulated:
    """A simulated network behind the interface; its time is moved by its owner."""

    def __init__(self, network: "SimulatedNetwork") -> None:
        self.network = network
        cells = network.cells.cell_id
        self._cells = {str(name): b for b, name in enumerate(cells)}

    def now(self) -> float:
        """Time of the simulation."""
        return self.network.time

    def measure(self) -> "pd.DataFrame":
        """Report of all users and cells."""
        return self.network.report()

    def send(self, directive: Any) -> bool:
        """Apply the directive."""
        return self.network.apply(directive)

    def read(self, directive: Any) -> float | str | None:
        """Power in dBm, or name of the serving cell."""
        order = understood(directive, self._cells, self.network.number)
        if isinstance(order, PowerOrder):
            return decibel_milliwatt(self.network.power[order.cell])
        if isinstance(order, ServingOrder):
            serving = int(self.network.serving[order.user])
            return str(self.network.cells.cell_id[serving])
        return None

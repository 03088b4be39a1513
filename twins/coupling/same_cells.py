"""Whether the models of a twin are of its cells."""

from twins.declaration import FieldError
from twins.snapshot import TwinSnapshot

NEEDED = ("cell_position", "p_max", "carrier", "bandwidth", "blocks")


def check_models(cells: TwinSnapshot, **models: object) -> None:
    """Refuse models of another number of cells: compiled loops look at no bounds.

    Parameters
    ----------
    cells : TwinSnapshot
        Of the twin.
    **models
        By the name of the parameter; those with ``cells`` say how many they are of.

    Raises
    ------
    FieldError
        If the numbers differ, or the snapshot lacks what the twin needs of cells.
    """
    count = len(cells.cell_id)
    for name in NEEDED:
        if len(getattr(cells, name)) != count:
            allowed = f"given for {count} cells"
            raise FieldError(f"TwinSnapshot.{name}", None, "missing", allowed)
    for name, model in models.items():
        known = getattr(model, "cells", count)
        if known != count:
            allowed = f"of the {count} cells of the twin"
            raise FieldError(f"Twins.{name}", None, f"of {known} cells", allowed)

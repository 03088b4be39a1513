"""What was said about users and cells that are in the network now."""

from typing import TYPE_CHECKING

from rrm.controller.settlement import Settlement, Unfollowed
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport

ABSENT = "nobody that it names is in the network now"


def present(snapshot: TwinSnapshot, report: "ContextReport | None") -> Settlement:
    """Report without users, slices and cells that have left the network.

    An item that names others, too, holds for these; one that names nobody else is set
    aside until they come back.
    """
    if report is None:
        return Settlement(None)
    cells = {str(name) for name in snapshot.cell_id}
    users = {str(name) for name in snapshot.user_id}
    users |= {f"slice:{number}" for number in set(snapshot.slice.tolist())}
    kept: list[ContextItem] = []
    gone: list[Unfollowed] = []
    for item in report.items:
        target = item.target
        left = {
            "cells": tuple(name for name in target.cells if name in cells),
            "users": tuple(name for name in target.users if name in users),
        }
        if left == {"cells": target.cells, "users": target.users}:
            kept.append(item)
        elif bool(left["cells"]) == bool(target.cells) and (
            bool(left["users"]) == bool(target.users)
        ):
            narrower = target.model_copy(update=left)
            kept.append(item.model_copy(update={"target": narrower}))
        else:
            gone.append(Unfollowed.of(item, target.users, "", ABSENT))
    items = tuple(kept)
    return Settlement(report.model_copy(update={"items": items}), tuple(gone))

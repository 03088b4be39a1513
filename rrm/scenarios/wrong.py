"""A wrong report: what a model that invents would say, and what the guard says."""

from dataclasses import replace
from typing import Any

from llm_bridge import ContextItem, ContextReport
from llm_bridge.authority import author_of
from llm_bridge.guard import Guard
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.proposal import Proposal
from twins import TwinSnapshot


def altered(
    report: ContextReport, snapshot: TwinSnapshot, **changes: Any
) -> tuple[ContextReport, str]:
    """Report whose first item says ``changes``, and why the guard refuses that item."""
    item = report.items[0]
    target = item.target
    said = Proposal(
        item.kind, item.source.span, item.start.timestamp(), item.end.timestamp(),
        item.value, item.unit, item.bound, target.cells, target.users, target.band_hz,
        provider="a model that invents",
    )  # fmt: skip
    said = replace(said, **changes)
    names = Names(snapshot)
    writer = author_of(f"{item.source.role}/{item.source.author}", names, snapshot)
    found = Guard(read(item.source.text), writer, names, snapshot).item(said)
    wrong = item.model_copy(
        update={
            "value": said.value,
            "target": target.model_copy(
                update={
                    "cells": said.cells,
                    "users": said.users,
                    "band_hz": said.band,
                }
            ),
        }
    )
    items = (wrong, *report.items[1:])
    reason = "" if isinstance(found, ContextItem) else found
    return report.model_copy(update={"items": items}), reason

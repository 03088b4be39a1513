"""Problems of radio resource management: data, objective, constraints, checks.

``compose`` makes them from a twin snapshot and a context report. Each is loaded when it
is asked for.
"""

import importlib as _importlib
from typing import TYPE_CHECKING

from formulations.problem import FieldError as FieldError
from formulations.problem import Problem as Problem

if TYPE_CHECKING:
    from formulations.association import Association as Association
    from formulations.association import UserAssociation as UserAssociation
    from formulations.blocks import BlockSchedule as BlockSchedule
    from formulations.blocks import Schedule as Schedule
    from formulations.channels import ChannelAssignment as ChannelAssignment
    from formulations.channels import Channels as Channels
    from formulations.composition import compose as compose
    from formulations.forecast import LapForecast as LapForecast
    from formulations.forecast import PlacementPlan as PlacementPlan
    from formulations.move_list import Grants as Grants
    from formulations.move_list import MoveList as MoveList
    from formulations.placement import LapPlacement as LapPlacement
    from formulations.placement import Placement as Placement
    from formulations.power import Power as Power
    from formulations.power import PowerControl as PowerControl

_LATER = {
    "Association": "formulations.association",
    "UserAssociation": "formulations.association",
    "BlockSchedule": "formulations.blocks",
    "Schedule": "formulations.blocks",
    "ChannelAssignment": "formulations.channels",
    "Channels": "formulations.channels",
    "compose": "formulations.composition",
    "LapForecast": "formulations.forecast",
    "Grants": "formulations.move_list",
    "MoveList": "formulations.move_list",
    "LapPlacement": "formulations.placement",
    "Placement": "formulations.placement",
    "PlacementPlan": "formulations.forecast",
    "Power": "formulations.power",
    "PowerControl": "formulations.power",
}


def __getattr__(name: str) -> object:
    """What is loaded when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_importlib.import_module(_LATER[name]), name)

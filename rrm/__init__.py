"""The face of the engine: ``rrm.solve`` and what a controller needs around it.

Importing it loads numpy and nothing heavier; methods are looked for at first use, and
what only some callers need is loaded when they ask for it.
"""

import importlib as _importlib
import logging as _logging
from typing import TYPE_CHECKING

from rrm.argument import BySearch as BySearch
from rrm.budget import Budget as Budget
from rrm.engine import solve as solve
from rrm.incumbent import Incumbent as Incumbent
from rrm.registry import applicable as applicable
from rrm.registry import method as method
from rrm.solution import Certificate as Certificate
from rrm.solution import Solution as Solution
from rrm.solution import Status as Status
from rrm.solution import Stopped as Stopped
from rrm.warming import warm_up as warm_up
from twins.declaration import FieldError as FieldError

if TYPE_CHECKING:
    from rrm.asynchronous import asolve as asolve
    from rrm.confirmation import replay as replay
    from rrm.controller import Controller as Controller
    from rrm.link_admission import Admission as Admission
    from rrm.link_admission import admission as admission
    from rrm.pool import Pool as Pool
    from rrm.selector import Selector as Selector
    from rrm.tradeoffs import Axis as Axis
    from rrm.tradeoffs import tradeoff as tradeoff

_LATER = {
    "Pool": "rrm.pool",
    "Controller": "rrm.controller",
    "Selector": "rrm.selector",
    "Admission": "rrm.link_admission",
    "asolve": "rrm.asynchronous",
    "admission": "rrm.link_admission",
    "replay": "rrm.confirmation",
    "Axis": "rrm.tradeoffs",
    "tradeoff": "rrm.tradeoffs",
}


def __getattr__(name: str) -> object:
    """What is loaded when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_importlib.import_module(_LATER[name]), name)


_logging.getLogger(__name__).addHandler(_logging.NullHandler())

"""Network state: the snapshot that L1, L2 and L3 twins fill, and its files.

``TwinSnapshot`` is immutable and validated; ``example`` is the ray-traced Munich;
``Twins`` follows a network. They are loaded when they are asked for.
"""

import importlib as _importlib
from typing import TYPE_CHECKING

from twins.declaration import FieldError as FieldError
from twins.files import FileFormatError as FileFormatError

if TYPE_CHECKING:
    from twins.coupling import Twins as Twins
    from twins.coverage import Coverage as Coverage
    from twins.coverage import example as example
    from twins.coverage import example_coverage as example_coverage
    from twins.policy import PolicyRule as PolicyRule
    from twins.snapshot import TwinSnapshot as TwinSnapshot

_LATER = {
    "Coverage": "twins.coverage",
    "PolicyRule": "twins.policy",
    "TwinSnapshot": "twins.snapshot",
    "Twins": "twins.coupling",
    "example": "twins.coverage",
    "example_coverage": "twins.coverage",
}


def __getattr__(name: str) -> object:
    """What is loaded when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_importlib.import_module(_LATER[name]), name)

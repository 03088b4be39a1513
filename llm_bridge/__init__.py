"""Context reports: what a language model or an operator tells the engine.

``report`` reads a text. ``ContextReport`` is validated and versioned; importing it
loads pydantic, and the readers are loaded when they are asked for.
"""

import importlib as _importlib
from typing import TYPE_CHECKING

from llm_bridge.context_report import ContextItem as ContextItem
from llm_bridge.context_report import ContextReport as ContextReport
from llm_bridge.context_report import Kind as Kind
from llm_bridge.context_report import ReportError as ReportError
from llm_bridge.context_report import Source as Source
from llm_bridge.context_report import Target as Target
from llm_bridge.context_report import example as example

if TYPE_CHECKING:
    from llm_bridge.extraction import report as report

_LATER = {"report": "llm_bridge.extraction"}


def __getattr__(name: str) -> object:
    """What is loaded when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_importlib.import_module(_LATER[name]), name)

"""Context reports: what a language model or an operator tells the engine.

``ContextReport`` is validated and versioned; importing it loads pydantic.
"""

from llm_bridge.context_report import ContextItem as ContextItem
from llm_bridge.context_report import ContextReport as ContextReport
from llm_bridge.context_report import Kind as Kind
from llm_bridge.context_report import ReportError as ReportError
from llm_bridge.context_report import Source as Source
from llm_bridge.context_report import Target as Target
from llm_bridge.context_report import example as example

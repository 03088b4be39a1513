"""A context report that shows what a language model was told on the way."""

from functools import cache
from typing import TYPE_CHECKING

from pydantic import Field

from llm_bridge import extraction
from llm_bridge.context_report import ContextReport
from llm_bridge.informed import Informed, Told
from llm_bridge.providers import Model, checked, endpoint_from_environment
from llm_bridge.smollm2 import SMOLLM2, SmolLM2Server

if TYPE_CHECKING:
    from twins import TwinSnapshot


class InformedReport(ContextReport):
    """Report for which a model was asked; its JSON is that of any report.

    Attributes
    ----------
    told : tuple of Told
        By sentence that the model was asked about: changes and notes in its prompt.
    """

    told: tuple[Told, ...] = Field(default=(), exclude=True)


def report(
    text: str,
    snapshot: "TwinSnapshot",
    author: str,
    provider: str | Model = "grammar",
    before: "TwinSnapshot | None" = None,
) -> ContextReport:
    """Context report of what a text says about a network.

    Parameters
    ----------
    text : str
        Notes, mails, tickets: data, whatever they say.
    snapshot : TwinSnapshot
        The network the text is about; times of day are those of its day, UTC unless
        the text names a zone.
    author : str
        ``role/name`` with role ``regulator``, ``operator``, ``tenant``, ``user`` or
        ``device``. What a role may not ask is refused.
    provider : str or Model
        Who reads beside the grammar: one of ``llm_bridge.extraction.PROVIDERS``, or a
        model.
    before : TwinSnapshot or None
        An earlier state; a language model is told which loads changed since.

    Returns
    -------
    ContextReport
        Items that the text states, and what was refused with the reason; an
        :class:`InformedReport` where a language model was asked.

    Raises
    ------
    ValueError
        If ``text`` or ``author`` is no text, or ``provider`` is unknown.
    """
    model = _model(provider)
    if model is None:
        return extraction.report(text, snapshot, author, provider)
    informed = Informed(model, before, snapshot)
    found = extraction.report(text, snapshot, author, informed)
    if not informed.told:
        return found
    return InformedReport(**dict(found), told=tuple(informed.told))


def _model(provider: str | Model) -> Model | None:
    """Language model of a provider, or None for those that write no answers."""
    if provider == "openai":
        return endpoint_from_environment()
    if provider == SMOLLM2:
        return _served()
    return None if isinstance(provider, str) else checked(provider)


@cache
def _served() -> Model:
    """The language model in a process of our own, started once."""
    return SmolLM2Server().endpoint()

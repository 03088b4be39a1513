"""Cells in which a slice has its share: ``60% of the blocks in M1A``."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llm_bridge.context_report import Kind
from llm_bridge.proposal import Proposal
from llm_bridge.text_mentions import TextMention

_CELLS = r"(?:the )?(?:cells?|sites?|sectors?)? ?"
_OF = re.compile(
    r"(?:blocks?|prbs?|resources?|capacity|spectrum|bandwidth|carriers?|airtime|share|"
    rf"%|per ?cent)(?: time)? (?:of|in|on|at|within|for) {_CELLS}$"
)
_FIRST = re.compile(rf"(?:^|[.;:\n]) ?(?:in|on|at|within|for) {_CELLS}$")
"""What stands before the first of the cells."""
_AND = re.compile(r"(?:,| and| &| \+|, and|/) ?")


def with_share_cells(
    found: Iterable[Proposal], mentions: Sequence[TextMention], plain: str
) -> list[Proposal]:
    """Proposals, those of shares with the cells that their sentence places them in.

    Without cells a share is of every cell.
    """
    return [
        replace(one, cells=_cells(one.span, mentions, plain))
        if one.kind is Kind.SLICE_SHARE and not one.cells
        else one
        for one in found
    ]


def _cells(
    span: tuple[int, int], mentions: Sequence[TextMention], plain: str
) -> tuple[str, ...]:
    """Cells that a share within ``span`` is of."""
    low, high = span
    names: list[str] = []
    end = None  # of the last one that was taken
    for one in mentions:
        if one.type != "cell" or not low <= one.span[0] < high:
            continue
        before = plain[low : one.span[0]]
        is_next = end is not None and _AND.fullmatch(plain, end, one.span[0])
        if is_next or _OF.search(before) or _FIRST.search(before):
            names += one.names
            end = one.span[1]
    return tuple(dict.fromkeys(names))

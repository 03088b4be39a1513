"""A text as the grammar and a reader of whole texts read it, side by side."""

from llm_bridge.context_report import Kind
from llm_bridge.guard import Guard
from llm_bridge.mention_roles import LABELS, parted
from llm_bridge.plain_text import PlainText
from llm_bridge.proposal import Proposal, Refusal
from llm_bridge.share_cells import with_share_cells
from llm_bridge.text_mentions import TextMention
from llm_bridge.votes import Readings, is_refused
from llm_bridge.whole_reading import Reader, put_together


def both_readings(
    text: PlainText,
    mentions: list[TextMention],
    grammar: list[Proposal],
    refusals: list[Refusal],
    reader: Reader,
    guard: Guard,
    now: float,
) -> Readings | None:
    """What the grammar read and what a reader reads; None if the text is too long.

    Parameters
    ----------
    text : PlainText
        What was written.
    mentions : list of TextMention
        What stands in it.
    grammar : list of Proposal
        What the grammar proposes.
    refusals : list of Refusal
        What it refuses.
    reader : Reader
        Who judges the whole text.
    guard : Guard
        Who says what the author may ask.
    now : float
        s since epoch, UTC.
    """
    writer = guard.author
    judged = reader.judged(text, mentions, writer.role)
    if judged is None:
        return None
    others = put_together(text, mentions, judged, now, writer.own, reader.name)
    others, _ = with_share_cells(others, mentions, text.plain)
    kinds: dict[Kind, float] = {}
    for label, chance in zip(LABELS, judged.kinds, strict=True):
        kind, _ = parted(label)
        kinds[kind] = max(kinds.get(kind, 0.0), float(chance))
    return Readings(
        [one for one in grammar if not isinstance(guard.item(one), str)],
        [
            one
            for one in others
            if not is_refused(one, refusals) and not isinstance(guard.item(one), str)
        ],
        kinds,
        len({one.sentence for one in mentions}),
    )

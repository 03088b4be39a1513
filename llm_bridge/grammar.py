"""The floor: items of a text by rules, without any model, in milliseconds.

Sentences fall into clauses that say one thing each; a clause is read by the numbers and
words in it; what it leaves open (whom, when) comes from its neighbours. Where a clause
denies, doubts or asks, nothing is proposed. When unsure, it is left out.
"""

from dataclasses import replace

from llm_bridge.answered import without_answered
from llm_bridge.clause import clause
from llm_bridge.contrasts import without_contrasts
from llm_bridge.glued import without_glued
from llm_bridge.joined import read_joined
from llm_bridge.key_values import spelled_out
from llm_bridge.names import Names
from llm_bridge.parts import readings
from llm_bridge.plain_text import PlainText, read
from llm_bridge.preambles import without_preambles
from llm_bridge.proposal import Proposal, Refusal
from llm_bridge.quantities import quantities
from llm_bridge.read_so_far import Said
from llm_bridge.repeated import retold, together, unique
from llm_bridge.sentence_reading import add, read_sentence
from llm_bridge.sentences import LONGEST_SENTENCE, sentences
from llm_bridge.tables import Row, rows
from llm_bridge.told_apart import with_times_told_apart
from llm_bridge.visits import without_visits


def propose(
    text: PlainText, names: Names, now: float, own: tuple[str, ...] = ()
) -> tuple[list[Proposal], list[Refusal]]:
    """Items that a text states, and what it states not to hold.

    Parameters
    ----------
    text : PlainText
        What was written.
    names : Names
        Of the network.
    now : float
        s since epoch, UTC: when it was written.
    own : tuple of str
        Users or slices that "I" and "we" stand for.
    """
    text = without_preambles(spelled_out(without_answered(text)))
    text = without_contrasts(without_visits(text), names)
    said = Said()
    table = rows(text.original, text.plain)
    for row in table:
        _read_row(text, row, names, now, said)
    for span in sentences(text.plain):
        if any(low <= span[0] < high for low, high in (row.line for row in table)):
            continue
        if span[1] - span[0] > LONGEST_SENTENCE:
            reason = (
                f"a sentence of more than {LONGEST_SENTENCE} characters is not read"
            )
            said.refusals.append(Refusal(reason, span))
            continue
        known = len(said.proposals) + len(said.refusals)
        read_sentence(text, span, names, now, own, said)
        hidden = text.hidden_in(*span)
        if hidden is not None and known == len(said.proposals) + len(said.refusals):
            said.refusals.append(Refusal(hidden, span))
    if not table:
        read_joined(text, names, now, own, said)
    timed = with_times_told_apart(text, said, names, now)
    made = unique(retold(timed, now))
    return together(made, sentences(text.plain), names), said.refusals


def _read_row(text: PlainText, row: Row, names: Names, now: float, said: Said) -> None:
    """Read a row of a table by its headings; its items rest on both."""
    for words in row.sentences(_dimension):
        one = clause(without_glued(read(words), names), (0, len(words)), names)
        for reading in readings(one):
            inner = Said()
            add(one, None, reading, one.when(now), now, (), None, inner, names)
            said.proposals += [replace(made, span=row.span) for made in inner.proposals]
            said.refusals += [
                replace(refusal, span=row.span, proposal=None)
                for refusal in inner.refusals
            ]


def _dimension(words: str) -> str:
    """Dimension of the one number in a field of a table, or ``""``."""
    found = {q.dimension for q in quantities(words, read(words).plain)} - {"", "m"}
    return found.pop() if len(found) == 1 else ""

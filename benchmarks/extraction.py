"""What is read in operator texts: precision and recall per provider.

``python -m benchmarks.extraction [--provider NAME] [--corpus NAME]`` prints,
for texts with expected items, how many items were found, how many were wrong and how
many were refused, in total and by kind; and how many questions find their note among
the first five, by words, by meaning and by both.
"""

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import llm_bridge
import twins
from llm_bridge import ContextItem, ContextReport, retrieval
from llm_bridge.times import moment
from twins import TwinSnapshot

AUTHOR = "operator/corpus"
CORPORA = ("tuning", "held", "fresh", "plain", "chosen", "unseen", "kept")
"""Texts that rules were written for; kept apart; sets written one after another, each
before the rules saw it, and since then used to mend them; sets for readers of whole
texts to learn from, by half of which rules were mended, too;
sets by which confidences are chosen; and two files of sets that neither mended nor
taught anything. What each of ``fresh`` and ``kept`` scored when it was new is in
``first_scores.json``."""
SAME = 1e-3  # relative: values of a text are rounded in its expected items


@dataclass
class Score:
    """Counts over texts.

    Attributes
    ----------
    found, extra, missed : Counter
        By kind: items expected and found, not expected, expected and not found.
    remarks : list of str
        What was wrong, with the text.
    seconds : list of float
        Time per text.
    """

    found: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of the items that were expected."""
        given = self.found.total() + self.extra.total()
        return self.found.total() / given if given else 1.0

    @property
    def recall(self) -> float:
        """Share of the expected items that were found."""
        wanted = self.found.total() + self.missed.total()
        return self.found.total() / wanted if wanted else 1.0


def texts(corpus: str) -> Iterator[dict[str, Any]]:
    """Texts of a corpus with their expected items."""
    path = files("llm_bridge") / "data" / "corpus" / f"{corpus}.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def score(corpus: str, provider: str, snapshot: TwinSnapshot) -> Score:
    """Read all texts of a corpus and compare the items with the expected ones."""
    total = Score()
    for row in texts(corpus):
        start = time.perf_counter()
        report = llm_bridge.report(
            row["text"], snapshot, row.get("author", AUTHOR), provider
        )
        total.seconds.append(time.perf_counter() - start)
        count(total, row, report, snapshot.time)
    return total


def count(total: Score, row: dict[str, Any], report: ContextReport, now: float) -> None:
    """Add the items of one text to the counts."""
    left = list(report.items)
    for expected in row["items"]:
        place = next(
            (n for n, item in enumerate(left) if is_same(expected, item, now)), None
        )
        if place is None:
            total.missed[expected["kind"]] += 1
            total.remarks.append(f"missed {expected} in {row['text']!r}")
        else:
            total.found[expected["kind"]] += 1
            del left[place]
    for item in left:
        total.extra[str(item.kind)] += 1
        total.remarks.append(f"extra {item.kind} {item.value} in {row['text']!r}")


def is_same(expected: dict[str, Any], item: ContextItem, now: float) -> bool:
    """Whether an item says what was expected: whom, what, and when where it is told."""
    if expected["kind"] != item.kind or expected.get("bound") != item.bound:
        return False
    if set(expected.get("cells", [])) != set(item.target.cells):
        return False
    if set(expected.get("users", [])) != set(item.target.users):
        return False
    band = expected.get("band")
    if band is not None and not _close(band, item.target.band_hz):
        return False
    value = expected.get("value")
    if isinstance(value, str):
        return value == item.value
    if value is not None and not _close([value], [item.value]):
        return False
    return all(
        expected.get(name) is None or getattr(item, name) == at(expected[name], now)
        for name in ("start", "end")
    )


def _close(expected: Any, found: Any) -> bool:
    return found is not None and all(
        isinstance(two, float) and math.isclose(one, two, rel_tol=SAME)
        for one, two in zip(expected, found, strict=True)
    )


def at(text: str, now: float) -> datetime:
    """Time of ``14:05`` on the day of ``now``, or ``+1 02:00`` on the next."""
    days, _, clock = text.rpartition(" ")
    hour, minute, *second = map(int, clock.split(":"))
    midnight = moment(now - now % 86400)
    seconds = second[0] if second else 0
    return midnight + timedelta(
        days=int(days or 0), hours=hour, minutes=minute, seconds=seconds
    )


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", action="append")
    parser.add_argument("--corpus", action="append", choices=CORPORA)
    parser.add_argument("--remarks", action="store_true", help="say what was wrong")
    options = parser.parse_args()
    snapshot = twins.example()
    print("corpus  provider     texts  items  precision  recall  median ms")
    for corpus in options.corpus or CORPORA:
        for provider in options.provider or ["grammar"]:
            total = score(corpus, provider, snapshot)
            items = total.found.total() + total.missed.total()
            median = sorted(total.seconds)[len(total.seconds) // 2]
            print(
                f"{corpus:7} {provider:12} {len(total.seconds):5}  {items:5}  "
                f"{total.precision:9.3f}  {total.recall:6.3f}  {1e3 * median:9.2f}"
            )
            if options.remarks:
                print(*total.remarks, sep="\n")
    print("questions    count  recall@5 by words  by meaning  by both")
    for name in retrieval.QUESTIONS:
        found = [retrieval.recall(5, by, name) for by in ("words", "meaning", "both")]
        number = len(retrieval.rows(name))
        words, meaning, both = (f"{share:.3f}" for share in found)
        print(f"{name:11}  {number:5}  {words:>17}  {meaning:>10}  {both:>7}")


if __name__ == "__main__":
    main()

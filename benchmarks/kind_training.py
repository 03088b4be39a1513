"""Learn from the corpus which kind of item a sentence states.

``python -m benchmarks.kind_training`` writes ``llm_bridge/data/kinds``: the weights,
and a card with what they were learned from and how they do on sets they did not see.
Sets are left out whole: texts of one set have one writer.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import llm_bridge
import twins
from benchmarks.extraction import AUTHOR, SAME, is_same, texts
from llm_bridge.clause import Clause, clause
from llm_bridge.context_report import Kind
from llm_bridge.kind_features import features
from llm_bridge.learned_kinds import FILE, NOTHING, LearnedKinds, quantized
from llm_bridge.misspelled import corrected
from llm_bridge.names import Names
from llm_bridge.parts import clauses, readings
from llm_bridge.plain_text import read
from llm_bridge.sentences import sentences

CORPORA = ("tuning", "held", "fresh")
"""Texts to learn from; ``kept`` is for the end."""
REGULARIZATION = 30.0
FEWEST = 2
"""Sentences that a feature must be in."""
FOLDS = 8
THRESHOLDS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Example:
    """A sentence with the labels of its items, and the set it is from."""

    group: int
    one: Clause
    labels: frozenset[str]
    features: np.ndarray


def examples(corpora: Sequence[str] = CORPORA) -> list[Example]:
    """Sentences of the corpus; a text of several is parted by what the grammar reads.

    Sentences that may be what a lost item rests on are left out, and those that state
    something which the sentences around them take back.
    """
    snapshot = twins.example()
    names, now = Names(snapshot), snapshot.time
    found = []
    for name in corpora:
        for row in texts(name):
            plain = corrected(read(row["text"])).text
            parts = [clause(plain, span, names) for span in sentences(plain.plain)]
            labels, is_lost = _labels(row, parts, names, snapshot)
            found += [
                Example(row.get("set", 0), one, _joined(said), features(one, now))
                for one, said in zip(parts, labels, strict=True)
                if said or not (is_lost or (len(parts) > 1 and _kinds(one, names)))
            ]
    return found


def _labels(
    row: dict[str, Any], parts: list[Clause], names: Names, snapshot: twins.TwinSnapshot
) -> tuple[list[set[str]], bool]:
    """Labels of the sentences of a text, and whether an item has no sentence."""
    labels: list[set[str]] = [set() for _ in parts]
    if len(parts) == 1:
        labels[0] = {label(item, parts[0]) for item in row["items"]}
        return labels, False
    report = llm_bridge.report(row["text"], snapshot, row.get("author", AUTHOR))
    left, is_lost = list(report.items), False
    for expected in row["items"]:
        item = next((i for i in left if is_same(expected, i, snapshot.time)), None)
        if item is None:
            is_lost = True
            continue
        left.remove(item)
        low, high = item.source.span
        on = [n for n, p in enumerate(parts) if p.span[0] < high and low < p.span[1]]
        said = [n for n in on if item.kind in _kinds(parts[n], names)] or on
        for place in said[-1:]:
            labels[place].add(label(expected, parts[place]))
    return labels, is_lost


def _kinds(one: Clause, names: Names) -> set[Kind]:
    """Kinds that the grammar sees in a sentence."""
    parts = clauses(one.text, one.span, names)
    return {reading.kind for part in parts for reading in readings(part)}


def _joined(labels: set[str]) -> frozenset[str]:
    """Labels with spectrum that some give and others get as one move."""
    both = {f"{Kind.SPECTRUM_GRANT}:more", f"{Kind.SPECTRUM_GRANT}:less"}
    if both <= labels:
        return frozenset(labels - both | {f"{Kind.SPECTRUM_GRANT}:move"})
    return frozenset(labels)


def label(item: dict[str, Any], one: Clause) -> str:
    """Kind of an expected item, and which way its value goes."""
    kind, value = item["kind"], item.get("value")
    if kind == Kind.ASSOCIATION_PREFERENCE:
        return f"{kind}:{value}"
    if value is None:
        return kind
    if kind == Kind.SLICE_SHARE:
        return f"{kind}:{item['bound']}"
    if kind == Kind.SPECTRUM_GRANT:
        return f"{kind}:{'less' if value < 0 else 'more'}"
    parts = [abs(q.value) for q in one.of("%", "part")]
    is_part = any(abs(part - value) < SAME for part in parts)
    if kind == Kind.TRAFFIC_SURGE:
        return f"{kind}:{'to' if is_part else 'more' if value >= 1 else 'less'}"
    if kind == Kind.POWER_LIMIT:
        is_less = one.of("dB") or (parts and not is_part)
        return f"{kind}:{'less' if is_less and value < 1 else 'to'}"
    if kind == Kind.ENERGY_SAVING:
        return f"{kind}:{'to' if parts and not is_part and value < 1 else 'less'}"
    return kind


def learned(found: Sequence[Example]) -> LearnedKinds:
    """Kinds learned from sentences; one with several labels counts for each."""
    from sklearn.linear_model import LogisticRegression

    pairs = [(e, name) for e in found for name in sorted(e.labels) or [NOTHING]]
    counted = np.unique(np.concatenate([e.features for e in found]), return_counts=True)
    known = counted[0][counted[1] >= FEWEST]
    model = LogisticRegression(C=REGULARIZATION, max_iter=200, tol=1e-3)
    names = np.array([name for _, name in pairs])
    model.fit(_matrix([e for e, _ in pairs], known), names)
    return quantized(list(model.classes_), known, model.coef_, model.intercept_)


def _matrix(found: Sequence[Example], known: np.ndarray) -> Any:
    """Known features (N, F) of sentences, each of length one with the unknown ones."""
    from scipy.sparse import csr_array

    kept = [e.features[np.isin(e.features, known)] for e in found]
    sizes = np.array([len(columns) for columns in kept])
    lengths = np.array([len(e.features) for e in found])
    return csr_array(
        (
            np.repeat(1 / np.sqrt(lengths), sizes),
            np.searchsorted(known, np.concatenate(kept)),
            np.concatenate([[0], np.cumsum(sizes)]),
        ),
        shape=(len(found), len(known)),
    )


def left_out(found: Sequence[Example], now: float) -> list[str]:
    """Lines on how well sentences of sets that were left out are told, as a table."""
    groups = sorted({e.group for e in found})
    rows: list[tuple[str, float, frozenset[str]]] = []
    for fold in range(FOLDS):
        out = {*groups[fold::FOLDS]}
        model = learned([e for e in found if e.group not in out])
        for e in found:
            if e.group in out:
                chances = model.probabilities(e.one, now)
                del chances[NOTHING]
                best = max(chances, key=lambda name: chances[name])
                rows.append((best, chances[best], e.labels))
    stating = [row for row in rows if row[2]]
    kinds = np.mean([_kind(best) in map(_kind, said) for best, _, said in stating])
    ways = np.mean([best in said for best, _, said in stating])
    lines = [
        f"Of {len(stating)} sentences with an item, the likeliest kind is right in "
        f"{kinds:.3f}, kind and way in {ways:.3f}.",
        "",
        "| from probability | precision | recall |",
        "|---|---|---|",
    ]
    for threshold in THRESHOLDS:
        taken = [row for row in rows if row[1] >= threshold]
        right = sum(best in said for best, _, said in taken)
        lines.append(
            f"| {threshold} | {right / len(taken):.3f} | {right / len(stating):.3f} |"
        )
    return lines


def _kind(name: str) -> str:
    return name.partition(":")[0]


def main() -> None:
    """Write the weights and the card, and print the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(llm_bridge.__file__).parent / "data" / "kinds"
    parser.add_argument("--out", type=Path, default=default)
    out = parser.parse_args().out
    found = examples()
    out.mkdir(parents=True, exist_ok=True)
    model = learned(found)
    model.to_file(str(out / FILE))
    number = sum(bool(e.labels) for e in found)
    card = [
        "# Learned kinds",
        "",
        f"`{FILE}`: multinomial logistic regression (C = {REGULARIZATION:g}, no random "
        f"numbers), {len(model.labels)} labels, {len(model.known)} features, one byte a"
        " weight.",
        f"Learned from {len(found)} sentences of {', '.join(CORPORA)} "
        f"({number} with an item) by `python -m benchmarks.kind_training`.",
        "",
        f"Sets left out, {FOLDS} folds of whole sets:",
        "",
        *left_out(found, twins.example().time),
        "",
        "Texts are written for the example network, in English, and many to mislead.",
    ]
    text = "\n".join(card) + "\n"
    (out / "card.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

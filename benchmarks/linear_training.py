"""Learn from the corpus what the linear reader of whole texts judges by.

``python -m benchmarks.linear_training`` writes ``llm_bridge/data/reading/linear.npz``;
:mod:`benchmarks.reading_card` says how well it does. Whole sets are left out: texts of
one set have one writer.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import llm_bridge
from benchmarks.reading_examples import OPEN, VOTING, Example, examples
from llm_bridge.linear_reader import FILE, LinearReader, Scores, quantized
from llm_bridge.masked_text import (
    checksums,
    masked_text,
    role_features,
    text_features,
)
from llm_bridge.mention_roles import LABELS, ROLES, roles_of

REGULARIZATION = 30.0, 10.0
"""Inverse, of kinds and of roles."""
FEWEST = 2
"""Times that a feature must be seen."""
PLAIN_WEIGHT = 2.0
"""Of texts of recent sets, which are written as operators write, not to mislead."""
RECENT = 83
"""First of the recent sets."""


def learned(found: Sequence[Example]) -> LinearReader:
    """Reader learned from texts; needs the extra ``bench``."""
    masks = [masked_text(one.text, one.mentions) for one in found]
    weight = np.array([weight_of(one) for one in found])
    texts = [text_features(m, o.author) for m, o in zip(masks, found, strict=True)]
    said = np.array([[k in one.roles for k in range(len(LABELS))] for one in found])
    around, played = [], []
    for one, mask in zip(found, masks, strict=True):
        for label, roles in one.roles.items():
            for place, role in enumerate(roles or ()):
                name = LABELS[label]
                if role != OPEN and len(roles_of(name, one.mentions[place].type)) > 1:
                    around.append(role_features(mask, one.mentions, place, name))
                    played.append(role)
    return LinearReader(
        _scores(texts, said, REGULARIZATION[0], weight),
        _scores(around, np.array(played), REGULARIZATION[1], None),
    )


def weight_of(one: Example) -> float:
    """Weight of a text in what is learned."""
    return PLAIN_WEIGHT if one.row.get("set", 0) >= RECENT else 1.0


def _scores(
    features: list[set[str]], classes: np.ndarray, inverse: float, weight: Any
) -> Scores:
    """Scores of each column of classes (N, K), or of each role of classes (N,)."""
    from sklearn.linear_model import LogisticRegression

    sums = [checksums(one) for one in features]
    counted = np.unique(np.concatenate(sums), return_counts=True)
    known = counted[0][counted[1] >= FEWEST]
    matrix = _matrix(sums, known)
    several = classes.ndim == 2
    weights = np.zeros((len(LABELS) if several else len(ROLES), len(known)))
    offset = np.zeros(len(weights))
    if several:
        for place, column in enumerate(classes.T):
            one = LogisticRegression(C=inverse, max_iter=200, tol=1e-3)
            one.fit(matrix, column.astype(int), sample_weight=weight)
            weights[place], offset[place] = one.coef_[0], one.intercept_[0]
    else:
        one = LogisticRegression(C=inverse, max_iter=200, tol=1e-3)
        one.fit(matrix, classes)
        weights[one.classes_], offset[one.classes_] = one.coef_, one.intercept_
    return quantized(known, weights, offset)


def _matrix(sums: list[np.ndarray], known: np.ndarray) -> Any:
    """Known features (N, F), each row of length one with the unknown ones."""
    from scipy.sparse import csr_array

    lengths = np.array([len(one) for one in sums])
    row, every = np.repeat(np.arange(len(sums)), lengths), np.concatenate(sums)
    place = np.minimum(np.searchsorted(known, every), len(known) - 1)
    is_known = known[place] == every
    row, place = row[is_known], place[is_known]
    values = 1 / np.sqrt(lengths[row])
    return csr_array((values, (row, place)), shape=(len(sums), len(known)))


def main() -> None:
    """Write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(llm_bridge.__file__).parent / "data" / "reading"
    parser.add_argument("--out", type=Path, default=default)
    parser.add_argument("--without-voting", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    without = VOTING if options.without_voting else ()
    found = list(examples(without=without))
    learned(found).to_file(str(options.out / FILE))


if __name__ == "__main__":
    main()

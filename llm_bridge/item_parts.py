"""Which mentions of a text are parts of one item, where it has several of a kind."""

from dataclasses import dataclass

import numpy as np

from llm_bridge.context_report import Kind
from llm_bridge.mention_roles import ROLES, VALUE_TYPES, parted
from llm_bridge.text_mentions import TextMention

_NONE, _TARGET, _VALUE = (ROLES.index(role) for role in ("none", "target", "value"))
_ONCE = {ROLES.index(role) for role in ("start", "end", "length", "since")}
"""Roles that one mention of an item plays."""
_SURE = 0.5


@dataclass(frozen=True, eq=False)
class ItemParts:
    """Parts of one item.

    Attributes
    ----------
    roles : (M,) int
        Role of each mention of the text.
    is_own : (M,) bool
        Whether it is no part of another item alone.
    heads : tuple of int
        Mentions that tell the item from others.
    confidence : float
        Probability of all that it rests on.
    """

    roles: np.ndarray
    is_own: np.ndarray
    heads: tuple[int, ...]
    confidence: float


def item_parts(
    label: str,
    mentions: list[TextMention],
    chances: np.ndarray,
    together: np.ndarray | None,
) -> list[ItemParts]:
    """Parts of each item of a label.

    An item is told by its value, one without a value by whom it is about; every other
    part belongs to the items that it stands together with, and to one at least.

    Parameters
    ----------
    label : str
        Of :data:`~llm_bridge.mention_roles.LABELS`.
    mentions : list of TextMention
        What stands in the text.
    chances : (M, R)
        Probability of each role of each mention.
    together : (M, M) or None
        Probability that two mentions are parts of one item; None if all are.
    """
    likeliest = chances.argmax(axis=1)
    playing = np.flatnonzero(likeliest != _NONE)
    heads = _heads(label, mentions, likeliest)
    groups = [] if together is None else _groups(heads, together)
    if together is None or len(groups) < 2:
        heads = heads if len(heads) else playing
        return [_settled(chances, playing, np.arange(len(chances)), heads, 1.0)]
    heads = np.concatenate(groups)
    others = np.setdiff1d(playing, heads)
    near = np.array([together[others][:, group].mean(axis=1) for group in groups])
    joins = (near >= _SURE) | (near == near.max(axis=0, initial=0.0))
    apart = np.flatnonzero(likeliest == _NONE)
    found = []
    for group, own, chance in zip(groups, joins, near, strict=True):
        sure = np.prod(np.where(own, chance, 1 - chance))
        parts = np.concatenate([group, others[own]])
        rests_on = np.concatenate([parts, apart])
        found.append(_settled(chances, parts, rests_on, group, sure))
    return found


def _heads(
    label: str, mentions: list[TextMention], likeliest: np.ndarray
) -> np.ndarray:
    """Mentions that tell items of a label apart."""
    kind, _ = parted(label)
    values = np.flatnonzero(likeliest == _VALUE)
    if kind in VALUE_TYPES and len(values):
        return values
    targets = np.flatnonzero(likeliest == _TARGET)
    if kind is Kind.ASSOCIATION_PREFERENCE:
        return np.array([n for n in targets if mentions[n].type == "cell"], int)
    return targets


def _groups(heads: np.ndarray, together: np.ndarray) -> list[np.ndarray]:
    """Heads that stand together, in the order of the text."""
    groups: list[list[int]] = []
    for head in heads:
        for group in groups:
            if together[head, group].mean() >= _SURE:
                group.append(head)
                break
        else:
            groups.append([head])
    return [np.array(group) for group in groups]


def _settled(
    chances: np.ndarray,
    parts: np.ndarray,
    rests_on: np.ndarray,
    heads: np.ndarray,
    sure: float,
) -> ItemParts:
    """Parts of an item of which none plays a role that another plays likelier."""
    roles = np.full(len(chances), _NONE)
    odds = chances.copy()
    taken: set[int] = set()
    for place in sorted(parts, key=lambda one: -chances[one].max()):
        odds[place, list(taken)] = 0.0
        roles[place] = odds[place].argmax()
        taken |= _ONCE & {int(roles[place])}
    is_own = np.zeros(len(chances), bool)
    is_own[rests_on] = True
    rests = chances[np.arange(len(chances)), roles][is_own]
    confidence = float(sure * np.prod(rests))
    return ItemParts(roles, is_own, tuple(heads.tolist()), confidence)

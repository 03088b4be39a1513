"""What of all that was said is followed: the strongest first, user by user."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from formulations.composition import LEAST_SINR
from formulations.context import Network, asked_of, in_context
from formulations.precedence import (
    FLOORS,
    RULE_PRIORITY,
    Affected,
    Asked,
    contradict,
    least_rate,
    strongest_first,
)
from formulations.share_settlement import settled_shares
from formulations.slice_shares import Share, asked_shares
from rrm.controller.notes import HIGHEST
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport

NO_CELL = "no cell in reach could give that"
NO_SERVICE = "none of its cells is in service"
EXCLUDES = "cannot hold together with what is"
KINDS = (*FLOORS, "rate_cap", "association_preference")
"""What contradicts each other user by user."""
SHARE = "slice_share"
"""Kind that contradicts itself cell by cell."""


@dataclass(frozen=True)
class Unfollowed:
    """What was asked and is not followed, for whom, and why.

    Attributes
    ----------
    author, priority, kind, sentence : str
        Of the item, or of a rule of the twins' policy, which has only a kind.
    users : tuple of str
        For whom it does not hold; empty: for no user in particular.
    instead : str
        Sentence that holds instead, or kind of the rule, if it was said.
    reason : str
        Why.
    """

    author: str
    priority: str
    kind: str
    sentence: str
    users: tuple[str, ...]
    instead: str
    reason: str

    @classmethod
    def of(cls, item: Any, users: tuple[str, ...], instead: str, reason: str) -> Self:
        """Entry of an item, or of a rule, which counts as an SLA."""
        source = getattr(item, "source", None)
        return cls(
            author="" if source is None else f"{source.role}/{source.author}",
            priority=getattr(item, "priority", RULE_PRIORITY),
            kind=str(item.kind),
            sentence=sentence(item),
            users=users,
            instead=instead,
            reason=reason,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "users": list(self.users)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Entry of plain values."""
        return cls(**{**values, "users": tuple(values["users"])})


@dataclass(frozen=True)
class Settlement:
    """A report without what contradicts stronger items, and what that was.

    Attributes
    ----------
    report : ContextReport or None
        Items that can hold together; where one does not hold for all of its users, its
        target names the others.
    set_aside : tuple of Unfollowed
        The rest, and what no problem can take.
    """

    report: "ContextReport | None"
    set_aside: tuple[Unfollowed, ...] = ()


def settled(snapshot: TwinSnapshot, report: "ContextReport | None") -> Settlement:
    """Let the strongest items hold, and weaker ones as far as these leave it.

    The order is: higher priority, rules of the policy, who may ask more, FORBID, later
    in the report. An item is set aside for the users for whom a floor would be above a
    cap, or who would have a SHALL or a floor that no permitted cell in reach could
    keep. A bound on delay is a floor. A share of a slice is set aside in the cells in
    which stronger shares leave no room for it. Nothing is solved. Outages, limits of
    power and the like are taken as they are.

    Parameters
    ----------
    snapshot : TwinSnapshot
        With the policy, whose rules count as SLAs.
    report : ContextReport or None
        All that was said.
    """
    if report is None and not snapshot.policy:
        return Settlement(None)
    there = in_context(snapshot, _without_promises(report))
    promises = Promises(there)
    lost: dict[int, np.ndarray] = {}
    gone: list[Unfollowed] = []
    asked = asked_of(snapshot, report)
    for item, hit in strongest_first(_hard(asked), _role):
        for users, other in promises.take(item, hit):
            gone.append(unfollowed(item, users, other, snapshot))
            lost[id(item)] = np.append(lost.get(id(item), users[:0]), users)
    in_order = asked_shares(strongest_first(asked, _role), snapshot)
    shares, taken = settled_shares(in_order)
    gone += [_unshared(*one, snapshot) for one in taken]
    for item, hit in asked:
        if str(item.kind) == SHARE and not there.alive[hit.cells].any():
            behind = [one for b in hit.cells for one in there.by("alive", int(b))]
            other = next(iter(behind), None)
            gone.append(unfollowed(item, hit.users, other, snapshot, NO_SERVICE))
    if report is None:
        return Settlement(None, tuple(gone))
    if lost or taken:
        left: dict[int, list[Share]] = {id(lack.item): [] for lack, _, _ in taken}
        for share in shares:
            if id(share.item) in left:
                left[id(share.item)].append(share)
        report = _narrowed(snapshot, report, asked, lost, left)
    network = in_context(snapshot, report)
    known = {(one.sentence, one.users) for one in gone}
    for one in network.set_aside:
        found = unfollowed(one.item, one.users, one.to, snapshot, one.reason)
        if (found.sentence, found.users) not in known:
            gone.append(found)
    return Settlement(report, tuple(gone))


def _without_promises(report: "ContextReport | None") -> "ContextReport | None":
    """Report of outages, limits and the like, which are taken as they are."""
    if report is None:
        return None
    promises = (*KINDS, SHARE)
    kept = tuple(item for item in report.items if str(item.kind) not in promises)
    return report.model_copy(update={"items": kept})


def _hard(asked: Sequence[Asked]) -> list[Asked]:
    """Floors, caps, SHALLs and FORBIDs."""
    return [
        (item, hit)
        for item, hit in asked
        if str(item.kind) in KINDS and item.value not in ("PREFER", "AVOID")
    ]


def _role(item: Any) -> int:
    """Rank of the most that an item's author may ask; of an operator for a rule."""
    source = getattr(item, "source", None)
    return HIGHEST.get("operator" if source is None else source.role, -1)


class Promises:
    """What stronger items promised each user, and what that leaves.

    Parameters
    ----------
    network : Network
        With outages, limits and the like.
    """

    def __init__(self, network: Network) -> None:
        users, cells = network.snapshot.gain.shape
        self._rate = _rates(network)
        self._permitted = np.ones((users, cells), bool)
        self._floor, self._cap = np.zeros(users), np.full(users, np.inf)
        self._beyond = np.zeros(users)  # rate above the demand that keeps delays
        self._promised = np.zeros(users, bool)
        self._network = network
        self._said: list[tuple[Any, np.ndarray, np.ndarray]] = []

    def take(self, item: Any, hit: Affected) -> Iterator[tuple[np.ndarray, Any]]:
        """Take an item for those for whom it can hold.

        Yields
        ------
        users : (n,) int
            For whom it cannot.
        item
            Stronger one that is in its way, or None.
        """
        users = hit.users
        floor, cap = self._floor[users], self._cap[users]
        beyond = self._beyond[users]
        permitted, promised = self._permitted[users], self._promised[users].copy()
        if str(item.kind) == "rate_cap":
            cap = np.minimum(cap, item.value)
        elif str(item.kind) in FLOORS:
            floor = np.maximum(floor, least_rate(item))
            if str(item.kind) == "latency_bound":
                beyond = np.maximum(beyond, least_rate(item))
            promised[:] = True
        else:
            here = np.isin(np.arange(permitted.shape[1]), hit.cells)
            permitted = permitted & (here if item.value == "SHALL" else ~here)
            promised |= item.value == "SHALL"
        able = permitted & (self._rate[users] > 0)
        sent = np.minimum(self._network.demand[users] + beyond, cap)
        needed = np.maximum(floor, np.where(beyond > 0, sent, 0.0))
        able &= self._rate[users] >= needed[:, None]
        holds = (floor <= cap) & (able.any(axis=1) | ~promised)
        kept = users[holds]
        self._floor[kept], self._cap[kept] = floor[holds], cap[holds]
        self._beyond[kept] = beyond[holds]
        self._permitted[kept], self._promised[kept] = permitted[holds], promised[holds]
        left = users[~holds]
        for other, cells, whom in self._said:
            if left.size and _excludes(other, cells, item, hit.cells):
                stopped = np.intersect1d(left, whom)
                left = np.setdiff1d(left, stopped)
                if stopped.size:
                    yield stopped, other
        if left.size:
            yield left, self._behind(item, hit, int(left[0]))
        self._said.append((item, hit.cells, kept))

    def _behind(self, item: Any, hit: Affected, user: int) -> Any:
        """Quarantine or outage that leaves a user no cell, or None."""
        cells = hit.cells if item.value == "SHALL" else []
        found = self._network.by("admitted", user)
        found += [one for cell in cells for one in self._network.by("alive", cell)]
        return next(iter(found), None)


def _excludes(other: Any, others: np.ndarray, item: Any, cells: np.ndarray) -> bool:
    """Whether an item for some cells bears on what another one asks for others."""
    kinds = {str(item.kind), str(other.kind)}
    if "rate_cap" in kinds:
        return contradict(item, other)
    if kinds.intersection(FLOORS):
        return not kinds.issubset(FLOORS)
    if item.value == other.value == "FORBID":
        return True
    meet = np.intersect1d(others, cells).size > 0
    return meet != (item.value == other.value)


def _rates(network: Network) -> np.ndarray:
    """bit/s (U, B) of a whole cell at full power; 0 where a cell is out of reach."""
    snapshot = network.snapshot
    power = np.where(network.alive, network.p_max, 0.0) / snapshot.blocks
    received = snapshot.gain * power
    others = received.sum(axis=1, keepdims=True) - received
    sinr = received / (snapshot.noise[:, None] + np.maximum(others, 0.0))
    reached = (sinr >= LEAST_SINR) & network.admitted[:, None]
    return np.where(reached, network.bandwidth * np.log2(1 + sinr), 0.0)


def _narrowed(
    snapshot: TwinSnapshot,
    report: "ContextReport",
    asked: Sequence[Asked],
    lost: dict[int, np.ndarray],
    shares: dict[int, list[Share]],
) -> "ContextReport":
    """Report in which items name only users and cells for whom they hold.

    ``lost`` are users for whom items do not, ``shares`` what is left of some.
    """
    hits = {id(item): hit for item, hit in asked}
    items: list[ContextItem] = []
    for item in report.items:
        if id(item) in lost:
            left = np.setdiff1d(hits[id(item)].users, lost[id(item)])
            if left.size:
                items.append(_naming(item, users=snapshot.user_id[left].tolist()))
        elif id(item) in shares:
            names: dict[tuple[str, ...], list[str]] = {}  # with the same cells
            for share in shares[id(item)]:
                cells = tuple(snapshot.cell_id[share.cells].tolist())
                names.setdefault(cells, []).extend([share.name] if share.name else [])
            for cells, users in names.items():
                if cells:
                    items.append(_naming(item, cells=cells, users=users))
        else:
            items.append(item)
    return report.model_copy(update={"items": tuple(items)})


def _naming(item: "ContextItem", **names: Sequence[str]) -> "ContextItem":
    """An item about others than it names."""
    update = {field: tuple(chosen) for field, chosen in names.items()}
    target = item.target.model_copy(update=update)
    return item.model_copy(update={"target": target})


def _unshared(
    share: Share, cells: np.ndarray, to: Share, snapshot: TwinSnapshot
) -> Unfollowed:
    """Entry of a share that does not hold in some cells."""
    word = getattr(to.item, "priority", RULE_PRIORITY)
    where = ""
    if len(cells) < len(share.cells):
        where = " in " + ", ".join(snapshot.cell_id[cells].tolist())
    users, reason = np.flatnonzero(share.users), f"{EXCLUDES} {word}{where}"
    return unfollowed(share.item, users, to.item, snapshot, reason)


def unfollowed(
    item: Any,
    users: np.ndarray,
    other: Any,
    snapshot: TwinSnapshot,
    reason: str = "",
) -> Unfollowed:
    """Entry of what is not followed for some users, as another item is."""
    if not reason:
        reason = NO_CELL
        if other is not None:
            reason = f"{EXCLUDES} {getattr(other, 'priority', RULE_PRIORITY)}"
    names = tuple(snapshot.user_id[users].tolist())
    return Unfollowed.of(item, names, "" if other is None else sentence(other), reason)


def sentence(item: Any) -> str:
    """Words that an item rests on, or the kind of a rule."""
    source = getattr(item, "source", None)
    return f"rule on {item.kind}" if source is None else source.sentence

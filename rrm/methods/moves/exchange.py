"""Move lists by prices on protection, then by putting back and taking off again."""

import numpy as np

from formulations.kernels.aggregate import met, put_back, shift, take_off, totals
from formulations.move_bounds import Covering, ProtectionPrices
from formulations.move_list import Grants, MoveList
from rrm.incumbent import Incumbent
from rrm.registry import method

GRANTS_PER_CHUNK = 32  # taken off or put back between looks at the clock
PRICINGS = 12  # prices tried before the best list is improved
NOISE = 0.3  # of the logarithm of what each grant costs the receivers
RUIN = 0.1  # of the move list put back at once, at the most
LEAST = 1e-3  # of the highest price, so that no receiver is forgotten
HASTE = 0.7  # with which prices follow the percentiles


@method(
    MoveList,
    kind="heuristic",
    proves="a lower bound by prices on the draws in which receivers are protected",
    rank=10,
)
def exchange(problem: MoveList, incumbent: Incumbent) -> None:
    """Take grants off by what they cost at prices on protection; improve by ruin.

    With equal prices and one receiver the list is the one of WInnForum [1]_: the grants
    of most interference go. Prices rise where the percentile is at the limit [2]_. The
    best list is improved: some grants come back, others go in their place [3]_.

    Complexity: a list takes O(L log L) and O(D) for each grant and each receiver that
    hears it in D draws.

    References
    ----------
    .. [1] WInnForum, WINNF-TS-0112, R2-SGN-24.
    .. [2] M. L. Fisher, "The Lagrangian relaxation method for solving integer
       programming problems", Management Science 27(1), 1981.
       https://doi.org/10.1287/mnsc.27.1.1
    .. [3] G. Schrimpf et al., "Record breaking optimization results using the ruin and
       recreate principle", J. Comput. Phys. 159(2), 2000.
       https://doi.org/10.1006/jcph.1999.6413
    """
    search = _Search(problem, incumbent)
    if incumbent.expired():
        return
    covering = Covering(problem)
    price = covering.best_price
    argument = ProtectionPrices(price)
    incumbent.tighten(covering.value(price), argument)
    search.share = covering.part
    price = np.maximum(price, LEAST * price.max(initial=1.0))
    for turn in range(PRICINGS):
        search.load(np.ones(len(problem.weight), bool))
        if not search.complete(search.cost(price, NOISE if turn else 0.0)):
            return
        reached = search.percentiles()
        price *= np.where(reached > 0, reached, 0.1) ** HASTE
    price = search.best_price
    while not incumbent.expired():
        search.load(search.ruined())
        if not search.complete(search.cost(price, NOISE)):
            return


class _Search:
    """Grants kept, and what the receivers hear, kept up to date."""

    def __init__(self, problem: MoveList, incumbent: Incumbent) -> None:
        self.problem, self.incumbent = problem, incumbent
        self.random = np.random.default_rng(incumbent.seed)
        self.known = problem.levels
        self.share = np.zeros(problem.interference.shape)
        self.best, self.least = np.zeros(len(problem.weight), bool), np.inf
        self.best_price = self.price = np.ones(len(problem.limit))
        self.kept = self.best.copy()
        self.whole = np.zeros((len(problem.limit), problem.draws))
        self.heard, self.room = self.whole, self.known.room
        everything = np.ones(len(problem.weight), bool)
        self.whole = self._totals(everything)

    def _totals(self, kept: np.ndarray) -> np.ndarray:
        known = self.known
        return totals(
            kept, known.start, known.receiver, known.level, len(self.problem.limit)
        )

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        known = self.known
        return (known.start, known.receiver, known.level, known.faint, self.heard,
                self.room)  # fmt: skip

    def load(self, kept: np.ndarray) -> None:
        """Start from ``kept`` (L,): what changed since, or all, is summed anew."""
        changed = np.flatnonzero(kept != self.kept)
        if kept.all():
            self.heard, self.room = self.whole.copy(), self.known.room.copy()
            self.room -= self.known.faint.sum(axis=1)
        elif len(changed) > kept.sum():
            self.heard = self._totals(kept)
            self.room = self.known.room - self.known.faint @ kept
        else:
            for j in changed:
                shift(int(j), 1.0 if kept[j] else -1.0, *self._arrays)
        self.kept = kept.copy()

    def cost(self, price: np.ndarray, noise: float) -> np.ndarray:
        """What each grant (L,) costs the receivers by its weight, blurred."""
        self.price = price.copy()
        cost = price @ self.share / self.problem.weight
        return cost * np.exp(noise * self.random.standard_normal(len(cost)))

    def complete(self, cost: np.ndarray) -> bool:
        """Take off by falling cost, put back by rising; offer; whether in time."""
        order, needed = np.argsort(-cost, kind="stable"), self.problem.needed
        for first in range(0, len(order), GRANTS_PER_CHUNK):
            part = order[first : first + GRANTS_PER_CHUNK]
            take_off(part, needed, self.kept, *self._arrays)
            if self.incumbent.expired():
                return False
            if self._is_protected():
                break
        else:
            if not self._is_protected():  # faint pairs alone are too much
                self.load(np.zeros(len(order), bool))
        gone = order[~self.kept[order]][::-1]
        for first in range(0, len(gone), GRANTS_PER_CHUNK):
            part = gone[first : first + GRANTS_PER_CHUNK]
            put_back(part, needed, self.kept, *self._arrays)
            if self.incumbent.expired():
                break
        weight = float(self.problem.weight[~self.kept].sum())
        if weight <= self.least:
            if weight < self.least:
                self.incumbent.offer(Grants(self.kept.copy()))
            self.best, self.least = self.kept.copy(), weight
            self.best_price = self.price
        return not self.incumbent.expired()

    def _is_protected(self) -> bool:
        needed = self.problem.needed
        return all(
            met(m, self.heard, self.room, 0.0) >= needed for m in range(len(self.room))
        )

    def percentiles(self) -> np.ndarray:
        """What each receiver (M,) hears at the percentile, by its room."""
        rank = self.problem.needed - 1
        reached = np.partition(self.heard, rank, axis=1)[:, rank]
        return reached / np.maximum(self.room, 1e-9)

    def ruined(self) -> np.ndarray:
        """The best list with some grants back that the same receiver hears."""
        gone = np.flatnonzero(~self.best)
        kept = self.best.copy()
        if gone.size:
            receiver = self.random.integers(len(self.room))
            most = max(2, int(RUIN * gone.size))
            count = min(int(self.random.integers(1, most + 1)), gone.size)
            chance = self.share[receiver, gone] + 1e-9
            kept[self.random.choice(gone, count, False, chance / chance.sum())] = True
        return kept

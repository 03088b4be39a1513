"""Coaches with XR riders drive through town: carriers are moved before they come."""

from collections.abc import Callable

import numpy as np

import llm_bridge
import twins
from formulations.context import in_context
from llm_bridge import ContextReport
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot
from twins.coupling import CellLoads, MapGain
from twins.coupling.carried import carried
from twins.coupling.cell_loads import TRANSPORT
from twins.network.truth import RadioTruth

STOPS = ("M5C", "M4B", "M2B")  # cells whose users' middle they pass
SHOW, OTHER = "M2B", "M2A"
TEXT = (
    f"XR show for the coaches at {SHOW} from 08:03 to 08:05: expect 5 times the usual "
    f"traffic there."
)
RIDERS = 2  # slice of those in vehicles
STREAM, SPEED, LENGTH = 3e6, 9.0, 60.0  # bit/s, m/s, m of the row of coaches
PERIOD, PERIODS, LEAD = 10.0, 32, 3  # s; periods from an order to a carrier on air
OWN, CARRIER, SPARE = 20e6, 20e6, 3  # Hz, Hz, carriers that the cells of a site share
SPREAD, MEMORY = 0.5, 0.8  # of the logarithm of others' demand, from period to period
REACH = 40.0  # m over which what the map misses stays the same
WAYS_ON = (0.5, 0.75, 1.0)
"""Parts of the way to where the velocity leads: who turns or stops gets less far."""
FULL = 0.95  # share of its stream from which a rider is served


def tell(seed: int = 0) -> Story:
    """Carriers that stay, moved by the twins, a wrong text, the text, the truth."""
    world = _World(seed)
    report = llm_bridge.report(TEXT, world.start, author="operator/S. Lang")
    wrong, refused = altered(report, world.start, cells=(OTHER,))
    ways = {
        "static": world.driven(None),
        "without context": world.driven(lambda t: world.foreseen(t, None)),
        "wrong report": world.driven(lambda t: world.foreseen(t, wrong)),
        "context": world.driven(lambda t: world.foreseen(t, report)),
        "oracle": world.driven(lambda t: world.needed(min(t + LEAD, PERIODS - 1))),
    }
    indicators = (
        ("riders at their GFBR", "%"),
        ("demand served", "%"),
        ("cells above 100% PRB load", "%"),
    )
    return Story("Coaches with XR riders drive through town", TEXT, indicators, ways,
                 refused)  # fmt: skip


def _route(start: TwinSnapshot) -> np.ndarray:
    """Corners (n, 2) m of the way."""
    names = start.cell_id.tolist()
    return np.array(
        [
            start.user_position[start.previous == names.index(cell), :2].mean(axis=0)
            for cell in STOPS
        ]
    )


def _along(route: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Places (n, 2) m after ``way`` (n,) m; who has arrived stays there."""
    lengths = np.linalg.norm(np.diff(route, axis=0), axis=1)
    corners = np.concatenate(([0.0], np.cumsum(lengths)))
    return np.stack([np.interp(way, corners, axis) for axis in route.T], axis=1)


class _World:
    """What happens, the same for each way: places, demand, gains."""

    def __init__(self, seed: int) -> None:
        start, coverage = twins.example(), twins.example_coverage()
        self.start = start
        self.model = MapGain(coverage, start)
        self.truth = RadioTruth(coverage, start, seed)
        self.riders = start.slice == RIDERS
        draws = np.random.default_rng([seed, 10])
        count, riders = len(start.user_id), int(self.riders.sum())
        behind = draws.uniform(0.0, LENGTH, riders)
        self.place = np.tile(start.user_position, (PERIODS, 1, 1))
        self.velocity = np.zeros((PERIODS, count, 3))
        self.demand = np.empty((PERIODS, count))
        slow = draws.normal(0.0, SPREAD, count)
        route = _route(start)
        for period in range(PERIODS):
            way = np.maximum(SPEED * PERIOD * period - behind, 0.0)
            self.place[period, self.riders, :2] = _along(route, way)
            noise = draws.normal(0.0, SPREAD, count)
            slow = MEMORY * slow + np.sqrt(1 - MEMORY**2) * noise
            self.demand[period] = start.demand * np.exp(slow - SPREAD**2 / 2)
            self.demand[period, self.riders] = STREAM
        moved = np.diff(self.place, axis=0, prepend=self.place[:1])
        self.velocity = moved / PERIOD
        self.gain = np.array([10 ** (self.truth.at(one) / 10) for one in self.place])
        self.cell = (self.gain * start.p_max).argmax(axis=2)
        self._show()

    def _show(self) -> None:
        """Let riders who are there while it lasts stream more."""
        report = llm_bridge.report(TEXT, self.start, author="operator/S. Lang")
        for period in range(PERIODS):
            foreseen = in_context(self.state(period), report).demand
            more = foreseen / np.maximum(self.demand[period], 1e-9)
            self.demand[period, self.riders] *= more[self.riders]

    def state(self, period: int) -> TwinSnapshot:
        """What is reported of a period."""
        return self.start.derived(
            time=self.start.time + period * PERIOD,
            user_position=self.place[period],
            velocity=self.velocity[period],
            demand=self.demand[period],
            previous=self.cell[period],
        )

    def needed(self, period: int) -> np.ndarray:
        """Width (B,) Hz that would serve a period, as it is."""
        return self._widths(self.gain[period], self.demand[period], self.cell[period])

    def foreseen(self, period: int, report: ContextReport | None) -> np.ndarray:
        """Width (B,) Hz that would serve the period ``LEAD`` later, by the twins.

        Who moves is where the velocity leads, or on the way there: the mean over
        ``WAYS_ON``.
        """
        ways = [self._foreseen(period, report, part) for part in WAYS_ON]
        return np.mean(ways, axis=0)

    def _foreseen(
        self, period: int, report: ContextReport | None, part: float
    ) -> np.ndarray:
        """Width (B,) Hz that would serve, if all have made ``part`` of their way.

        Gains are those of the map as corrected by those of now; of who stays, the
        traffic of each cell is foretold. A text changes demand by what it foresees then
        over what it says of now.
        """
        now = self.state(period)
        place = now.user_position + part * LEAD * PERIOD * now.velocity
        cells = len(now.cell_id)
        off = 10 * np.log10(self.gain[period]) - self._modelled(now.user_position)
        near = np.exp(-np.linalg.norm(place - now.user_position, axis=1) / REACH)
        usual = off.mean(axis=0)
        level = self._modelled(place) + usual + near[:, None] * (off - usual)
        gain = 10 ** (level / 10)
        cell = (gain * now.p_max).argmax(axis=1)
        ahead = now.derived(time=now.time + LEAD * PERIOD, previous=cell)
        before = in_context(now, report).demand
        demand = in_context(ahead, report).demand * now.demand / np.maximum(before, 1.0)
        others = ~self.riders
        loads = CellLoads(cells)
        for past in range(period + 1):
            served = np.where(others, self.cell[past], -1)
            loads.observe(past * PERIOD, now.user_id, served, self.demand[past])
        if period:
            usual = loads.predict(LEAD)[0].backhaul / (1 + TRANSPORT)
            has = np.bincount(cell[others], now.demand[others], cells)
            factor = np.divide(usual, has, out=np.ones(cells), where=has > 0)
            demand = np.where(others, demand * factor[cell], demand)
        return self._widths(gain, demand, cell)

    def _modelled(self, place: np.ndarray) -> np.ndarray:
        """Gains (U, B) dB of the map at places (U, 3) m."""
        users, cells = len(place), len(self.start.cell_id)
        user, cell = np.indices((users, cells)).reshape(2, -1)
        return self.model.at(place[user], cell).reshape(users, cells)

    def _widths(
        self, gain: np.ndarray, demand: np.ndarray, cell: np.ndarray
    ) -> np.ndarray:
        """Width (B,) Hz that serves the demand of each cell's users."""
        start, cells = self.start, len(self.start.cell_id)
        width = np.full(cells, OWN + CARRIER)
        found = carried(gain, start.p_max, width, self._noise(width)[cell],
                        demand[None], cell)  # fmt: skip
        return found.wanted[0] * width

    def _noise(self, width: np.ndarray) -> np.ndarray:
        """Noise (B,) W over a width (B,) Hz."""
        per_hertz = self.start.noise[0] * self.start.blocks / self.start.bandwidth
        return per_hertz * width

    def driven(self, expected: Callable[[int], np.ndarray] | None) -> tuple[float, ...]:
        """Indicators of one way; ``expected`` gives what is needed ``LEAD`` later."""
        cells = len(self.start.cell_id)
        width = np.full((PERIODS + LEAD, cells), OWN + CARRIER)
        full, served, congested = [], [], []
        for period in range(PERIODS):
            if expected is not None:
                width[period + LEAD] = shared(expected(period))
            now, cell = width[period], self.cell[period]
            found = carried(self.gain[period], self.start.p_max, now,
                            self._noise(now)[cell], self.demand[period][None],
                            cell)  # fmt: skip
            rate, demand = found.rate[0], self.demand[period]
            full.append((rate >= FULL * demand)[self.riders].mean())
            served.append(rate.sum() / demand.sum())
            congested.append((found.wanted[0] > 1.0).mean())
        return tuple(100.0 * float(np.mean(row)) for row in (full, served, congested))


def shared(need: np.ndarray) -> np.ndarray:
    """Widths (B,) Hz: each carrier of a site to the sector that lacks most [1]_.

    What is served grows ever slower with the width, so that one carrier after the other
    serves most. Ties, and carriers that nobody lacks, go round.

    References
    ----------
    .. [1] B. Fox, "Discrete optimization via marginal analysis", Management Science
       13(3), 1966. https://doi.org/10.1287/mnsc.13.3.210
    """
    width = np.full(len(need), OWN)
    for site in range(0, len(need), SPARE):
        sectors = slice(site, site + SPARE)
        for _ in range(SPARE):
            lacks = np.clip(need[sectors] - width[sectors], 0.0, CARRIER)
            order = np.lexsort((width[sectors], -lacks))
            width[site + order[0]] += CARRIER
    return width

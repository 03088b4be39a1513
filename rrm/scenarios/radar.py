"""A radar sweeps the band for a quarter of an hour, and a text says so."""

import numpy as np

import llm_bridge
import twins
from llm_bridge import ContextReport
from rrm.confirmation import replay
from rrm.radar import RadarTrack, blanking, free_space, in_band
from rrm.scenarios.story import Story
from rrm.scenarios.wrong import altered
from twins import TwinSnapshot

TEXT = "Radar sweep north-east, 3410-3430 MHz, 14:05-14:20."
CARRIER, WIDTH, BLOCKS = 3.42e9, 40e6, 8  # Hz, Hz: the cells' carrier in this story
LIMIT = 3e-11  # W of interference that the radar accepts
STATE = (24e3, 24e3, 300.0, -43.0, -43.0, 0.0)  # m, m/s: at 14:05, and how it flies
SPREAD = (200.0, 200.0, 20.0, 1.0, 1.0, 0.2)  # m, m/s: standard deviation of the track
SHADOWING_DB = 1.0
"""Of the true gain to a radar 300 m up, in line of sight. 3GPP TR 36.777 V15.0.0, Table
B-3, has 4.64 exp(-0.0066 h) dB for UMa-AV, 0.64 dB at 300 m, where its range ends;
1 dB is on the safe side."""
PROBABILITY = 0.9995
FROM, UNTIL, SLOT = 14 * 3600.0, 14 * 3600.0 + 1500.0, 5.0  # s of the day


def tell(seed: int = 0, slot: float = SLOT) -> Story:
    """Blank the band never, always, wrongly, by text and track, and knowing all."""
    snapshot = _band(twins.example())
    midnight = snapshot.time - snapshot.time % 86400
    times = midnight + np.arange(FROM, UNTIL, slot) + slot / 2
    report = llm_bridge.report(TEXT, snapshot, author="operator/S. Lang")
    wrong, refused = altered(report, snapshot, band=(3.43e9, 3.45e9))
    truth = _Truth(snapshot, midnight + FROM + 300.0, seed)
    always = np.zeros((len(times), len(snapshot.cell_id), BLOCKS), bool)
    always[:] = _share(snapshot, (3.41e9, 3.43e9))[None] > 0
    ways = {
        "static": always,
        "without context": np.zeros_like(always),
        "wrong report": blanked(snapshot, wrong, times, seed),
        "context": blanked(snapshot, report, times, seed),
        "oracle": truth.least(times, always[0]),
    }
    return Story(
        "A radar passes, announced by a text",
        TEXT,
        (("DL throughput", "Gbit/s"), ("slots within the limit", "%")),
        {way: truth.judged(blocked, times) for way, blocked in ways.items()},
        refused,
    )


def blanked(
    snapshot: TwinSnapshot, report: ContextReport, times: np.ndarray, seed: int
) -> np.ndarray:
    """Blocks (T, B, N) that the twin blanks while the report's radar is there."""
    found = np.zeros((len(times), len(snapshot.cell_id), BLOCKS), bool)
    power = np.repeat(snapshot.p_max[:, None] / BLOCKS, BLOCKS, axis=1)
    for item in report.items:
        band = item.target.band_hz
        during = np.array([item.is_valid_at(time) for time in times])
        if item.kind != "radar_activity" or band is None or not during.any():
            continue
        track = RadarTrack(
            state=np.array(STATE),
            covariance=np.diag(np.array(SPREAD) ** 2),
            band=np.array(band),
            limit=LIMIT,
            time=item.start.timestamp(),
        )
        made = blanking(
            track,
            snapshot.cell_position,
            power,
            _share(snapshot, band),
            times[during],
            free_space(snapshot.carrier),
            spread_db=SHADOWING_DB,
            probability=PROBABILITY,
            draws=2000,
            seed=seed,
        )
        found[during] |= made.blocked
    return found


def _band(start: TwinSnapshot) -> TwinSnapshot:
    """The network on a carrier that the radar shares."""
    cells = len(start.cell_id)
    return start.derived(
        carrier=np.full(cells, CARRIER), bandwidth=np.full(cells, WIDTH)
    )


def _share(snapshot: TwinSnapshot, band: tuple[float, float]) -> np.ndarray:
    """Part (B, N) of each cell's blocks within a band."""
    edges = CARRIER - WIDTH / 2 + WIDTH / BLOCKS * np.arange(BLOCKS + 1)
    edges = np.tile(edges, (len(snapshot.cell_id), 1))
    track = RadarTrack(
        state=np.array(STATE), covariance=np.eye(6), band=np.array(band), limit=LIMIT
    )
    return in_band(track, edges[:, :-1], edges[:, 1:])


class _Truth:
    """Where the radar really is, what it hears, and what cells carry."""

    def __init__(self, snapshot: TwinSnapshot, start: float, seed: int) -> None:
        draws = np.random.default_rng([seed, 7])
        self.state = np.array(STATE) + draws.normal(0.0, SPREAD)
        self.start, self.snapshot = start, snapshot
        cells = len(snapshot.cell_id)
        self.shadow = 10 ** (draws.normal(0.0, SHADOWING_DB, cells) / 10)
        self.share = _share(snapshot, (3.41e9, 3.43e9))
        found = replay(snapshot, snapshot.previous, snapshot.p_max)
        self.rate = np.bincount(snapshot.previous, found.rate, cells)

    def heard(self, times: np.ndarray) -> np.ndarray:
        """Interference (T, B) W of each cell with the whole band; 0 when it is off."""
        ahead = times - self.start
        place = self.state[:3] + ahead[:, None] * self.state[3:]
        gain = free_space(self.snapshot.carrier)(place, self.snapshot.cell_position)
        is_on = (ahead >= 0) & (ahead < 900.0)
        block = self.snapshot.p_max / BLOCKS * self.share.sum(axis=1)
        return is_on[:, None] * gain * self.shadow * block

    def least(self, times: np.ndarray, band: np.ndarray) -> np.ndarray:
        """Blanking (T, B, N) that costs least by order of harm for worth."""
        heard = self.heard(times)
        blocked = np.zeros((len(times), *band.shape), bool)
        for slot, alone in enumerate(heard):
            left, total = np.argsort(-alone / self.rate, kind="stable"), alone.sum()
            for cell in left:
                if total <= LIMIT:
                    break
                blocked[slot, cell] = band[cell]
                total -= alone[cell]
        return blocked

    def judged(self, blocked: np.ndarray, times: np.ndarray) -> tuple[float, float]:
        """Mean throughput in Gbit/s, and the part of slots within the limit in %."""
        used = (~blocked * self.share).sum(axis=2) / self.share.sum(axis=1)
        within = (self.heard(times) * used).sum(axis=1) <= LIMIT * (1 + 1e-9)
        carried = ((~blocked).mean(axis=2) * self.rate).sum(axis=1)
        return float(carried.mean() / 1e9), 100.0 * float(within.mean())

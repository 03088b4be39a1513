"""A moving radar in the band: what must be silent before it arrives, or quieter."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from formulations.kernels.aggregate import put_back, take_off, totals
from formulations.power import PowerControl
from twins.declaration import FieldError, array, number
from twins.record import Record

DECIBEL = np.log(10.0) / 10.0
LIGHT = 299_792_458.0  # m/s


@dataclass(frozen=True, eq=False)
class RadarTrack(Record):
    """Where a radar is and where it is going, with uncertainty, and what it bears.

    Parameters
    ----------
    state : (6,)
        Position in m and velocity in m/s, east, north, up, at ``time``.
    covariance : (6, 6)
        Of the state, in m^2, m^2/s and m^2/s^2.
    band : (2,) Hz
        Lowest and highest frequency of its receiver.
    limit : float
        W, of the aggregate interference within the band.
    time : float
        s since epoch of the state.
    acceleration : float
        m^2/s^3, spectral density of what the velocity drifts by [1]_.

    Raises
    ------
    FieldError
        On a bad shape, NaN or infinity; names the field and first bad index.

    References
    ----------
    .. [1] Y. Bar-Shalom, X. R. Li, T. Kirubarajan, "Estimation with applications to
       tracking and navigation", 2001, section 6.2 (white noise acceleration).
    """

    state: np.ndarray = array("6")
    covariance: np.ndarray = array("6 6")
    band: np.ndarray = array("2", unit="Hz", low=0.0)
    limit: float = number(1e-13, unit="W", low=0.0, open_low=True)
    time: float = number(0.0, unit="s")
    acceleration: float = number(0.0, unit="m^2/s^3", low=0.0)

    def positions(
        self, time: float, draws: int, random: np.random.Generator
    ) -> np.ndarray:
        """Positions (D, 3) m at ``time``, drawn from the prediction."""
        ahead = time - self.time
        eye = np.eye(3)
        forward = np.block([[eye, ahead * eye], [np.zeros((3, 3)), eye]])
        drift = abs(ahead) ** 3 / 3 * self.acceleration
        mean = (forward @ self.state)[:3]
        spread = (forward @ self.covariance @ forward.T)[:3, :3] + drift * eye
        return random.multivariate_normal(mean, spread, draws, method="eigh")


@dataclass(frozen=True, eq=False)
class Blanking:
    """What is silent while a radar passes.

    Attributes
    ----------
    blocked : (T, B, N) bool
        Blocks that each cell leaves unused, slot by slot: ``BlockSchedule.blocked``.
    protected : (T,)
        Part of the draws in which the radar hears no more than its limit.
    percentile : (T,) W
        What it hears at the probability asked for.
    """

    blocked: np.ndarray
    protected: np.ndarray
    percentile: np.ndarray


def free_space(carrier: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Gain between isotropic antennas by Friis: the most that a cell can do.

    Parameters
    ----------
    carrier : (B,) Hz
        Of each cell.

    Returns
    -------
    callable
        Of positions (D, 3) m of the radar and (B, 3) m of the cells: gains (D, B).
    """

    def gain(radar: np.ndarray, cell: np.ndarray) -> np.ndarray:
        away = np.linalg.norm(radar[:, None] - cell[None], axis=2)
        return (LIGHT / carrier / (4 * np.pi * np.maximum(away, 1.0))) ** 2

    return gain


def in_band(track: RadarTrack, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Part (B, N) of each block's bandwidth that falls into the radar's band."""
    shared = np.minimum(high, track.band[1]) - np.maximum(low, track.band[0])
    return np.clip(shared / (high - low), 0.0, 1.0)


def blanking(
    track: RadarTrack,
    cell_position: np.ndarray,
    power: np.ndarray,
    share: np.ndarray,
    times: np.ndarray,
    gain: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    worth: np.ndarray | None = None,
    spread_db: float = 6.0,
    probability: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Blanking:
    """Blocks to blank in each slot so that the radar is protected with a probability.

    Position and shadowing are drawn together. Cells are blanked in the radar's band in
    the order of what the radar hears for what they are worth, until the limit holds in
    enough draws; then those are put back that do not matter.

    Parameters
    ----------
    track : RadarTrack
        Of the radar.
    cell_position : (B, 3) m
        Of each cell.
    power : (B, N) W
        Of each block when used.
    share : (B, N)
        Part of each block within the band, as of :func:`in_band`.
    times : (T,) s
        Middle of each slot, since epoch; ahead of the track.
    gain : callable
        Linear gains (D, B) at positions (D, 3) of the radar and (B, 3) of the cells.
    worth : (B,)
        What a cell's blocks in the band are worth; alike by default.
    spread_db : float
        Standard deviation of the shadowing.
    probability : float
        Of protection, in each slot.
    draws, seed : int
        Of positions and shadowing.

    Returns
    -------
    Blanking
        The masks, and how well they protect.
    """
    cells = len(cell_position)
    worth = np.ones(cells) if worth is None else np.asarray(worth, float)
    emitted = (power * share).sum(axis=1)
    needed = int(np.ceil(probability * draws))
    random = np.random.default_rng(seed)
    start, receiver = np.arange(cells + 1), np.zeros(cells, np.intp)
    faint = np.zeros((1, cells))
    blocked = np.zeros((len(times), *share.shape), bool)
    protected, reached = np.empty(len(times)), np.empty(len(times))
    for slot, time in enumerate(times):
        place = track.positions(float(time), draws, random)
        shadow = random.normal(0.0, DECIBEL * spread_db, (draws, cells))
        heard_alone = gain(place, cell_position) * np.exp(shadow) * emitted
        level = np.ascontiguousarray((heard_alone / track.limit).T.astype(np.float32))
        kept = np.ones(cells, bool)
        heard, room = totals(kept, start, receiver, level, 1), np.ones(1)
        cost = np.minimum(level, 1.0).mean(axis=1) / np.maximum(worth, 1e-300)
        order = np.argsort(-cost, kind="stable")
        arrays = start, receiver, level, faint, heard, room
        take_off(order, needed, kept, *arrays)
        put_back(order[::-1], needed, kept, *arrays)
        blocked[slot] = ~kept[:, None] & (share > 0)
        protected[slot] = (heard[0] <= 1.0).mean()
        reached[slot] = np.partition(heard[0], needed - 1)[needed - 1] * track.limit
    return Blanking(blocked, protected, reached)


def protected_power(
    problem: PowerControl,
    track: RadarTrack,
    time: float,
    position: np.ndarray,
    share: np.ndarray,
    gain: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    spread_db: float = 6.0,
    probability: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> PowerControl:
    """``problem`` with the radar as a protected receiver: lower power, do not blank.

    Each link counts with a percentile so high that all of them hold together with the
    probability (Bonferroni), whatever the powers. What the limit costs is the price of
    the new receiver, the last one, in the solution's certificate.

    Parameters
    ----------
    problem : PowerControl
        Links on one or several blocks.
    track, time, gain, spread_db, probability, draws, seed
        As of :func:`blanking`; at least ``L / (1 - probability)`` draws are made.
    position : (L, 3) m
        Of each transmitter.
    share : (N,)
        Part of each block within the band.

    Raises
    ------
    FieldError
        If the problem's other receivers are protected block by block.
    """
    links = len(position)
    draws = max(draws, int(np.ceil(2 * links / (1 - probability))))
    random = np.random.default_rng(seed)
    place = track.positions(float(time), draws, random)
    shadow = random.normal(0.0, DECIBEL * spread_db, (draws, links))
    drawn = gain(place, position) * np.exp(shadow)
    high = np.quantile(drawn, 1 - (1 - probability) / links, axis=0, method="higher")
    share = np.atleast_1d(share)
    if len(problem.shape) == 1:
        new = (high * share[0])[None]
    else:
        new = (high[:, None] * share)[None]
    known, limits = problem.protected_gain, problem.protected_limit
    if known.size and known.ndim < new.ndim:
        known = np.repeat(known[:, :, None], new.shape[2], axis=2)
    if limits.ndim > 1:
        shape = f"shape {limits.shape}"
        raise FieldError("PowerControl.protected_limit", None, shape, "of shape (M)")
    gains = np.concatenate((known, new)) if known.size else new
    return problem.replace(
        protected_gain=gains, protected_limit=np.append(limits, track.limit)
    )

"""What the forecast of throughput is held against: models of kept libraries.

None of them was better on drives that it had not seen, see ``docs/traffic_twin.md``;
:mod:`twins.l2.evaluate` prints them all.
"""

import warnings

import numpy as np

from twins.l1.drives import Drives
from twins.l1.radio_map import ridge
from twins.l2.rate import HORIZON, UNIT, Origins, learn_rate, origins

LEAST_SERIES = 10  # horizons of a drive that a smoothing level is fitted to
LEAST_SHARE = 1e-4  # of the weight, below which the past is left out
LEAVES, LEARNING_RATE, LEAST_IN_LEAF = 8, 0.05, 50
UNITS, DENSITY, RADIUS = 100, 0.1, 0.9
LEAKS = -2.0, 0.0  # log10 of the share of a unit's state that is new each second
RIDGE = 10.0


def exponential_smoothing(train: Drives, test: Drives) -> np.ndarray:
    """Mean rate (n,) Mbit/s of the next horizon at each origin of ``test``.

    Simple exponential smoothing of statsmodels: the level is fitted to the means over
    a horizon of each drive of ``train``, and averaged over drives by their length.
    """
    from statsmodels.tsa.api import SimpleExpSmoothing

    length = int(HORIZON)
    levels, weights = [0.5], [1e-6]  # where no drive is long enough
    for number in np.unique(train.drive):
        rate = np.nan_to_num(train.rate[train.drive == number]) / UNIT
        count = len(rate) // length
        means = rate[: count * length].reshape(count, length).mean(axis=1)
        if count < LEAST_SERIES or np.ptp(means) == 0:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no optimum inside: a level of 0 or 1
            fitted = SimpleExpSmoothing(means, "estimated").fit()
        levels.append(float(fitted.params["smoothing_level"]))
        weights.append(float(count))
    level = float(np.clip(np.average(levels, weights=weights), 0.01, 0.99))
    depth = int(np.ceil(np.log(LEAST_SHARE) / np.log1p(-level)))
    query, summed = origins(test), np.cumsum(np.nan_to_num(test.rate) / UNIT)
    first = np.searchsorted(test.drive, query.drive)  # of the drive
    total, weight = np.zeros(len(query)), np.zeros(len(query))
    for step in range(depth):
        last = query.row - step * length
        before = last - length
        there = before >= first - 1
        earlier = np.where(before >= 0, summed[np.maximum(before, 0)], 0.0)
        mean = (summed[np.maximum(last, 0)] - earlier) / length
        total += np.where(there, (1 - level) ** step * mean, 0.0)
        weight += np.where(there, (1 - level) ** step, 0.0)
    return np.where(weight > 0, total / np.maximum(weight, 1e-12), query.recent[:, 0])


def gradient_boosting(train: Drives, test: Drives) -> np.ndarray:
    """As :func:`exponential_smoothing`, by boosted trees of scikit-learn.

    They see what :class:`twins.l2.rate.RateForecast` sees.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    known, seen = learn_rate(train), origins(train)
    trees = HistGradientBoostingRegressor(
        max_leaf_nodes=LEAVES,
        learning_rate=LEARNING_RATE,
        min_samples_leaf=LEAST_IN_LEAF,
        random_state=0,
    )

    def table(query: Origins) -> np.ndarray:
        cell = known.rate_of_cell(query)
        return np.column_stack([query.recent, query.downloading, cell])

    trees.fit(table(seen), seen.ahead)
    return np.maximum(trees.predict(table(origins(test))), 0.0)


def recurrent(train: Drives, test: Drives, seed: int = 0) -> np.ndarray:
    """As :func:`exponential_smoothing`, by a small recurrent network.

    An echo state network [1]_: ``UNITS`` leaky units with drawn weights, of which only
    the read-out is learned.

    References
    ----------
    .. [1] M. Lukosevicius, H. Jaeger, "Reservoir computing approaches to recurrent
       neural network training", Computer Science Review 3(3), 2009.
       https://doi.org/10.1016/j.cosrev.2009.03.005
    """
    random = np.random.default_rng(seed)
    drawn = random.normal(size=(UNITS, UNITS))
    inner = np.where(random.random((UNITS, UNITS)) < DENSITY, drawn, 0.0)
    inner *= RADIUS / np.abs(np.linalg.eigvals(inner)).max()
    outer = random.uniform(-1, 1, (UNITS, 4))
    leak = 10 ** random.uniform(*LEAKS, UNITS)

    def table(drives: Drives) -> np.ndarray:
        query, rate = origins(drives), np.nan_to_num(drives.rate) / UNIT
        heard = np.column_stack([
            np.ones(len(rate)), np.log1p(rate) / 4, np.sqrt(rate) / 10,
            drives.downloading,
        ])  # fmt: skip
        states = np.zeros((len(rate), UNITS))
        for row, coming in enumerate(heard @ outer.T):
            goes_on = row > 0 and drives.drive[row] == drives.drive[row - 1]
            state = states[row - 1] if goes_on else np.zeros(UNITS)
            states[row] = (1 - leak) * state + leak * np.tanh(coming + inner @ state)
        ones = np.ones(len(query))
        return np.column_stack([ones, states[query.row], query.recent[:, 2]])

    ahead = origins(train).ahead
    weight = ridge(table(train), ahead, np.ones(len(ahead)), RIDGE)
    return np.maximum(table(test) @ weight, 0.0)

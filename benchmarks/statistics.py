"""Means, profiles and paired comparisons that do not flatter anybody.

A run without a verified answer counts at its limit everywhere.
"""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 4000
CONFIDENCE = 0.95
LEAST_EFFECT = 0.05
"""Relative difference below which nothing is reported, though noise may be smaller."""
NONE = "no difference seen"
BETTER = ("A better", "B better")


def shifted_mean(values: np.ndarray, shift: float) -> float:
    """Shifted geometric mean, ``exp(mean(log(values + shift))) - shift``.

    The shift keeps what is too short to matter from deciding; nan without values.
    """
    if not len(values):
        return np.nan
    return float(np.exp(np.log(np.asarray(values) + shift).mean()) - shift)


def profile(costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Performance profiles [1]_ of solvers with ``costs`` (problems, solvers).

    A cost of inf stands for a failure. A problem that nobody solves counts against
    all.

    Returns
    -------
    ratio : (points,)
        From 1 up, where any profile has a step.
    share : (points, solvers)
        Part of the problems on which a solver's cost is at most ``ratio`` times the
        least.

    References
    ----------
    .. [1] E. D. Dolan, J. J. Moré, "Benchmarking optimization software with performance
       profiles", Mathematical Programming 91, 2002.
       https://doi.org/10.1007/s101070100263
    """
    best = costs.min(axis=1, keepdims=True)
    relative = np.full(costs.shape, np.inf)
    np.divide(costs, best, out=relative, where=np.isfinite(costs) & (best > 0))
    relative[(costs == best) & np.isfinite(costs)] = 1.0
    ratio = np.unique(np.append(relative[np.isfinite(relative)], 1.0))
    share = (relative[None] <= ratio[:, None, None]).mean(axis=1)
    return ratio, share


def interval(differences: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Bootstrap interval of the median of paired ``differences`` (pairs,) [1]_.

    The median, as one run that was disturbed must not decide.

    References
    ----------
    .. [1] B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13
       (percentile intervals). https://doi.org/10.1201/9780429246593
    """
    from scipy.stats import bootstrap

    if len(differences) < 2 or not np.ptp(differences):
        middle = float(np.median(differences)) if len(differences) else np.nan
        return middle, middle
    found = bootstrap(
        (differences,),
        np.median,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def sign_test(differences: np.ndarray) -> float:
    """Two-sided p-value of as many positive as negative ``differences``; ties split.

    1 where nothing differs.
    """
    from scipy.stats import binomtest

    positive, negative = int((differences > 0).sum()), int((differences < 0).sum())
    if not positive + negative:
        return 1.0
    return float(binomtest(positive, positive + negative).pvalue)


def adjusted(p_values: np.ndarray) -> np.ndarray:
    """p-values (tests,) for many tests at once, by Holm's procedure [1]_.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure",
       Scandinavian Journal of Statistics 6(2), 1979. https://www.jstor.org/stable/4615733
    """
    order = np.argsort(p_values)
    count = len(p_values)
    raised = p_values[order] * (count - np.arange(count))
    result = np.empty(count)
    result[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return result


@dataclass(frozen=True)
class Difference:
    """Paired comparison of one quantity between two runs, as ratios B / A.

    Attributes
    ----------
    ratio, low, high : float
        Median of the ratios, and its bootstrap interval.
    pairs, fewer, more : int
        Pairs compared, and those where B takes less, and more.
    p : float
        Of the sign test, before it is adjusted for the number of tests.
    """

    ratio: float
    low: float
    high: float
    pairs: int
    fewer: int
    more: int
    p: float

    def seen(self, p: float) -> str:
        """``A better``, ``B better``, or ``no difference seen``; ``p`` is adjusted.

        Both the sign test and the interval must agree, and the difference must be
        larger than :data:`LEAST_EFFECT`.
        """
        if not p <= 1 - CONFIDENCE:
            return NONE
        if self.low > 1 + LEAST_EFFECT:
            return BETTER[0]
        if self.high < 1 / (1 + LEAST_EFFECT):
            return BETTER[1]
        return NONE


def compared(a: np.ndarray, b: np.ndarray) -> Difference:
    """Compare positive quantities (pairs,) where less is better."""
    logarithm = np.log(b) - np.log(a)
    low, high = interval(logarithm)
    return Difference(
        float(np.exp(np.median(logarithm))) if len(logarithm) else np.nan,
        float(np.exp(low)),
        float(np.exp(high)),
        len(logarithm),
        int((logarithm < 0).sum()),
        int((logarithm > 0).sum()),
        sign_test(logarithm),
    )

"""Where a model became worse than it was: errors on what arrives next, by domain.

Page's test [1]_ on squared errors in units of the usual: it sums what exceeds the
reference, and raises an event when the sum leaves its minimum by a threshold.

References
----------
.. [1] E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954, pp. 100-115.
   https://doi.org/10.1093/biomet/41.1-2.100
"""

from dataclasses import dataclass, field

import numpy as np

LEARN = 60  # errors of a domain that set what is usual
SLACK = 0.5  # of the usual squared error that may be exceeded for ever
THRESHOLD = 40.0  # usual squared errors in excess
MEMORY = 1000.0  # errors after which what is usual has followed
LARGEST = 9.0  # a single error counts at most as three standard deviations


@dataclass(frozen=True)
class DriftEvent:
    """A domain whose errors grew.

    Attributes
    ----------
    domain : tuple of str
        Band, cell, mobility class, or whatever the errors were filed under.
    time : float
        s, of the error that raised the event.
    rms_before, rms_now : float
        dB.
    """

    domain: tuple[str, ...]
    time: float
    rms_before: float
    rms_now: float


@dataclass(eq=False)
class _Domain:
    count: int = 0
    usual: float = 0.0
    excess: float = 0.0
    since: list[float] = field(default_factory=list)


@dataclass(eq=False)
class DriftMonitor:
    """Prequential errors of all domains; :meth:`update` returns the events."""

    _domains: dict[tuple[str, ...], _Domain] = field(default_factory=dict, repr=False)

    def update(
        self, domain: tuple[str, ...], time: float, error: float
    ) -> DriftEvent | None:
        """File ``error`` dB at ``time`` s; NaN (a refused measurement) is not filed.

        After an event the domain starts anew: what is usual is learned again.
        """
        if not np.isfinite(error):
            return None
        known = self._domains.setdefault(domain, _Domain())
        square = float(error) ** 2
        known.count += 1
        if known.count <= LEARN:
            known.usual += (square - known.usual) / known.count
            return None
        ratio = min(square / max(known.usual, 1e-12), LARGEST)
        known.usual += known.usual * (ratio - 1) / MEMORY
        known.excess = max(0.0, known.excess + ratio - 1 - SLACK)
        known.since = [*known.since, square] if known.excess else []
        if known.excess < THRESHOLD:
            return None
        now = float(np.sqrt(np.mean(known.since)))
        event = DriftEvent(domain, time, known.usual**0.5, now)
        self._domains[domain] = _Domain()
        return event

    def rms(self) -> dict[tuple[str, ...], float]:
        """Usual error of each domain in dB."""
        return {k: v.usual**0.5 for k, v in self._domains.items()}

"""Counters, gauges and times in the text format of Prometheus [1]_.

References
----------
.. [1] Prometheus, "Exposition formats", version 0.0.4.
   https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import threading
from bisect import bisect_left

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5)
"""Upper ends in s."""

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Named numbers; labels must come from a fixed set, so memory stays flat."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, dict[Labels, float]] = {}
        self._times: dict[str, dict[Labels, list[float]]] = {}
        self._kinds: dict[str, str] = {}

    def count(self, name: str, amount: float = 1.0, **labels: str) -> None:
        """Add to a counter."""
        with self._lock:
            self._kinds[name] = "counter"
            row = self._values.setdefault(name, {})
            key = tuple(sorted(labels.items()))
            row[key] = row.get(key, 0.0) + amount

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        with self._lock:
            self._kinds[name] = "gauge"
            self._values.setdefault(name, {})[tuple(sorted(labels.items()))] = value

    def time(self, name: str, seconds: float, **labels: str) -> None:
        """Note how long something took."""
        with self._lock:
            self._kinds[name] = "histogram"
            row = self._times.setdefault(name, {})
            empty = [0.0] * (len(BUCKETS) + 2)  # by bucket, above all of them, sum
            found = row.setdefault(tuple(sorted(labels.items())), empty)
            found[bisect_left(BUCKETS, seconds)] += 1
            found[-1] += seconds

    def value(self, name: str, **labels: str) -> float:
        """Counter or gauge; 0 where there is none."""
        with self._lock:
            row = self._values.get(name, {})
            return row.get(tuple(sorted(labels.items())), 0.0)

    def text(self) -> str:
        """All of them in the text format."""
        with self._lock:
            lines = []
            for name, row in sorted(self._values.items()):
                lines.append(f"# TYPE {name} {self._kinds[name]}")
                for labels, value in sorted(row.items()):
                    lines.append(f"{name}{_braced(labels)} {_number(value)}")
            for name, times in sorted(self._times.items()):
                lines.append(f"# TYPE {name} histogram")
                for labels, found in sorted(times.items()):
                    lines += _histogram(name, labels, found)
        return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Number as Prometheus writes it."""
    return f"{value:.17g}".replace("inf", "Inf").replace("nan", "NaN")


def _histogram(name: str, labels: Labels, found: list[float]) -> list[str]:
    """Cumulated buckets, sum and count."""
    lines, total = [], 0.0
    ends = [*(f"{end:g}" for end in BUCKETS), "+Inf"]
    for end, amount in zip(ends, found, strict=False):
        total += amount
        braces = _braced((*labels, ("le", end)))
        lines.append(f"{name}_bucket{braces} {total:.17g}")
    lines.append(f"{name}_sum{_braced(labels)} {found[-1]:.17g}")
    lines.append(f"{name}_count{_braced(labels)} {total:.17g}")
    return lines


def _braced(labels: Labels) -> str:
    """Labels in braces, with quotes, backslashes and line ends escaped."""
    if not labels:
        return ""
    parts = []
    for name, value in labels:
        escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        parts.append(f'{name}="{escaped}"')
    return "{" + ",".join(parts) + "}"

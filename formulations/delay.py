"""Rate that keeps a bound on the delay of packets."""

from math import inf, log

PACKET = 8 * 255.0
"""Bits that must come through within a bound: the default maximum data burst volume of
discrete automation (5QI 82, 3GPP TS 23.501, Table 5.7.4-1), as snapshots tell none."""
KEPT = 0.98
"""Part of the packets that come within a bound, as for a packet delay budget (3GPP
TS 23.501, clause 5.7.3.4)."""


def rate_beyond_demand(delay: float) -> float:
    """Rate in bit/s that a user needs above its demand for a delay of at most s.

    Packets of ``PACKET`` bits in the mean that arrive at random are an M/M/1 queue: at
    a demand ``d`` and a rate ``r`` their time in it is exponential with mean ``L / (r -
    d)`` [1]_. So ``r >= d + L ln(1 / (1 - KEPT)) / D`` keeps ``D`` for that part of
    them; ``r >= d + L / D``, a quarter of it, keeps it in the mean, and 37% of the
    packets are later than that. Constant sizes need less, see the effective bandwidth
    in [2]_; times of scheduling, retransmission and transport are the caller's to take
    off.

    References
    ----------
    .. [1] L. Kleinrock, "Queueing Systems", vol. 1, Wiley, 1975 (M/M/1).
    .. [2] C. She, C. Yang, T. Q. S. Quek, "Cross-layer optimization for ultra-reliable
       and low-latency radio access networks", 2017. https://arxiv.org/abs/1703.09575
    """
    extra = PACKET * log(1 / (1 - KEPT))
    return extra / delay if delay > 0 else inf

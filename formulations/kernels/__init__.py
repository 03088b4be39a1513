"""Compiled kernels; importing this package loads numba."""

from formulations.kernels.interference import sinr as sinr

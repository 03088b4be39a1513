"""Users who walk and drive, and what they want."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

WALK, DRIVE = 1.4, 9.0  # m/s
TURNS = np.deg2rad([0, 30, -30, 60, -60, 90, -90, 135, -135, 180])
DAY = 86_400.0
NIGHT = [0.35, 0.25, 0.2, 0.18, 0.2, 0.3, 0.5, 0.8]
MIDDAY = [1.0, 1.05, 1.1, 1.15, 1.2, 1.15, 1.1, 1.1]
EVENING = [1.2, 1.35, 1.5, 1.6, 1.6, 1.4, 1.0, 0.6]
HOURLY = np.array([*NIGHT, *MIDDAY, *EVENING])
"""Demand by hour of the day over its mean: a city's weekday as operators draw it."""


@dataclass(frozen=True)
class Habits:
    """How demand varies.

    Parameters
    ----------
    drivers : float
        Share of users in vehicles.
    burst : float
        Demand in a burst over that outside.
    burst_seconds, quiet_seconds : s
        Mean lengths of bursts and of the time between.
    spread : float
        Standard deviation of the logarithm of a user's slow variation.
    memory : s
        Time constant of the slow variation.
    """

    drivers: float = 0.3
    burst: float = 6.0
    burst_seconds: float = 20.0
    quiet_seconds: float = 100.0
    spread: float = 0.5
    memory: float = 900.0


class People:
    """Users of the simulated network.

    Parameters
    ----------
    position : (U, 3) m
        Where they start.
    demand : (U,) bit/s
        What they want on average.
    walkable : callable
        Whether positions (n, 3) are streets.
    draws : Generator
        Of all that is drawn.
    habits : Habits
        How demand varies.
    """

    def __init__(
        self,
        position: np.ndarray,
        demand: np.ndarray,
        walkable: Callable[[np.ndarray], np.ndarray],
        draws: np.random.Generator,
        habits: Habits | None = None,
    ) -> None:
        self.position = np.array(position, float)
        self._mean, self._walkable, self._draws = demand, walkable, draws
        self._habits = Habits() if habits is None else habits
        count = len(position)
        drives = draws.random(count) < self._habits.drivers
        self._speed = np.where(drives, DRIVE, WALK) * draws.uniform(0.7, 1.3, count)
        self._heading = draws.uniform(0, 2 * np.pi, count)
        self._bursts = np.zeros(count, bool)
        self._slow = draws.normal(0.0, self._habits.spread, count)
        self.velocity = np.zeros((count, 3))

    def step(self, seconds: float) -> None:
        """Move, and start or end bursts."""
        how, draws, count = self._habits, self._draws, len(self.position)
        self._heading += draws.normal(0.0, 0.15, count)
        before = self.position.copy()
        stays = np.ones(count, bool)
        for turn in TURNS:  # the first way that is free
            angle = self._heading[stays] + turn
            way = self._speed[stays, None] * seconds
            there = before[stays].copy()
            there[:, :2] += way * np.stack([np.cos(angle), np.sin(angle)], axis=1)
            free = self._walkable(there)
            who = np.flatnonzero(stays)[free]
            self.position[who] = there[free]
            self._heading[who] = angle[free]
            stays[who] = False
        self.velocity = (self.position - before) / seconds
        ends = draws.random(count) < 1 - np.exp(-seconds / how.burst_seconds)
        starts = draws.random(count) < 1 - np.exp(-seconds / how.quiet_seconds)
        self._bursts = np.where(self._bursts, ~ends, starts)
        keep = np.exp(-seconds / how.memory)
        noise = draws.normal(0.0, how.spread, count)
        self._slow = keep * self._slow + np.sqrt(1 - keep**2) * noise

    def demand(self, time: float) -> np.ndarray:
        """Demand (U,) bit/s at ``time`` s since epoch."""
        how = self._habits
        hour = time % DAY / 3600.0
        season = np.interp(hour, np.arange(25), np.append(HOURLY, HOURLY[0]))
        duty = how.burst_seconds / (how.burst_seconds + how.quiet_seconds)
        level = np.where(self._bursts, how.burst, 1.0) / (1 + duty * (how.burst - 1))
        slow = np.exp(self._slow - how.spread**2 / 2)
        return self._mean * season * level * slow

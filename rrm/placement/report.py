"""What an answer to a placement rests on: loads, binding constraints, and prices."""

import html
from dataclasses import dataclass

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_cases import SiteCases
from formulations.placement_prices import ServicePrices
from rrm.solution import Solution

BINDING = 1e-6  # relative room that counts as none


@dataclass(frozen=True)
class LapReport:
    """One platform of a placement.

    Attributes
    ----------
    site : int
        Where it flies.
    users : int
        Served from there, in whole or in part.
    load, capacity : float
        bit/s.
    value : float
        Served, less the opening cost.
    binding : str
        What keeps it from serving more: ``capacity``, ``backhaul``, or ``reach`` where
        nothing does.
    """

    site: int
    users: int
    load: float
    capacity: float
    value: float
    binding: str


@dataclass(frozen=True)
class PlacementReport:
    """Platforms of a placement, and what more of each resource would be worth.

    Prices are those of the bound, so each is an upper estimate of what the first
    small amount more gains: no more than that and the gap of the prices. Where cases
    of sites bound it, they are those before any site is decided. ``nan`` where the
    bound does not rest on prices.

    Attributes
    ----------
    laps : tuple of LapReport
        Platforms, by site.
    unserved : int
        Users who are not served, or not in full.
    next_lap : float
        Value of one more platform.
    backhaul : (G,) value per Mbit/s
        Of one more Mbit/s at each gateway.
    capacity : (S,) value per Mbit/s
        Of one more Mbit/s at each site.
    next_joule_site, next_joule : int, float
        Site out of reach of the battery that would be worth most, -1 if none; and its
        worth beyond the least platform now open, by joule that is missing.
    """

    laps: tuple[LapReport, ...]
    unserved: int
    next_lap: float
    backhaul: np.ndarray
    capacity: np.ndarray
    next_joule_site: int
    next_joule: float

    def __str__(self) -> str:
        """Return a few lines that a person can read."""
        lines = [
            f"site {lap.site}: {lap.users} users, {lap.load:.4g} bit/s of "
            f"{lap.capacity:.4g}, worth {lap.value:.4g}, limited by {lap.binding}"
            for lap in self.laps
        ]
        lines.append(f"not served in full: {self.unserved} users")
        lines.append(f"one more platform: {self.next_lap:.4g}")
        for gate, price in enumerate(self.backhaul):
            lines.append(f"one more Mbit/s at gateway {gate}: {price:.4g}")
        if self.next_joule_site >= 0:
            lines.append(
                f"one more joule: {self.next_joule:.4g}, towards site "
                f"{self.next_joule_site}"
            )
        return "\n".join(lines)


def placement_report(solution: Solution) -> PlacementReport:
    """Explain the answer to a :class:`LapPlacement`.

    Raises
    ------
    ValueError
        If the solution has no allocation or is of another problem.
    """
    problem, allocation = solution.problem, solution.allocation
    if not isinstance(problem, LapPlacement) or allocation is None:
        raise ValueError("needs a solved LapPlacement")
    user, site, share, value = problem.links(allocation)
    load, traffic = problem.carried(allocation)
    served = np.bincount(site, minlength=problem.sizes["S"])
    worth = np.bincount(site, share * value, problem.sizes["S"]) - problem.open_cost
    is_full = load >= problem.capacity * (1 - BINDING)
    gate_full = np.append(traffic >= problem.backhaul * (1 - BINDING), False)
    smallest = problem.demand[problem.demand > 0].min(initial=np.inf)
    if problem.single_source:  # room for less than the smallest user is no room
        is_full |= problem.capacity - load < smallest
        gate_full[:-1] |= problem.backhaul - traffic < smallest
    laps = tuple(
        LapReport(
            site=int(s),
            users=int(served[s]),
            load=float(load[s]),
            capacity=float(problem.capacity[s]),
            value=float(worth[s]),
            binding=_binding(bool(is_full[s]), bool(gate_full[problem.gateway[s]])),
        )
        for s in np.flatnonzero(allocation.open)
    )
    total = np.bincount(user, share, problem.sizes["U"])
    unserved = int((total < 1 - BINDING).sum())
    return PlacementReport(laps, unserved, *_prices(solution, problem, allocation.open))


def _binding(is_full: bool, gate_full: bool) -> str:
    if is_full:
        return "capacity"
    return "backhaul" if gate_full else "reach"


def _prices(
    solution: Solution, problem: LapPlacement, is_open: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, int, float]:
    """Worth of a platform, of backhaul and capacity, and where a joule leads."""
    proof = solution.certificate.proof
    if isinstance(proof, SiteCases):  # the first hold before any site is decided
        proof = proof.prices[0]
    gateways, sites = len(problem.backhaul), problem.sizes["S"]
    if not isinstance(proof, ServicePrices):
        unknown = np.full(gateways, np.nan), np.full(sites, np.nan)
        return np.nan, *unknown, -1, np.nan
    earned, _ = proof.earnings(problem, problem.reach.value, problem.open_cost)
    ranked = np.sort(earned[problem.usable & ~problem.fixed])[::-1]
    most = problem.most_laps - int(problem.fixed.sum())
    following = ranked[most:]
    next_lap = float(max(following[0], 0.0)) if following.size else 0.0
    least = ranked[most - 1] if 0 < most <= ranked.size else 0.0
    beyond = np.flatnonzero(~problem.usable)
    joule_site, joule = -1, 0.0
    if beyond.size:
        missing = problem.energy[beyond] - problem.battery
        gain = np.maximum(earned[beyond] - max(least, 0.0), 0.0) / missing
        best = int(np.argmax(gain))
        if gain[best] > 0:
            joule_site, joule = int(beyond[best]), float(gain[best])
    return next_lap, proof.gateway * 1e6, proof.site * 1e6, joule_site, joule


COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7a3e9d",
)  # fmt: skip
"""After M. Okabe, K. Ito, "Color Universal Design", 2008, yellow darkened."""
WIDTH, MARGIN = 720, 24


def placement_picture(
    solution: Solution, user_position: np.ndarray, site_position: np.ndarray
) -> str:
    """Map as SVG: users in the colour of their platform, sites open and not.

    Parameters
    ----------
    solution : Solution
        Of a :class:`LapPlacement`.
    user_position, site_position : (U, 2 or 3), (S, 2 or 3) m
        Where they are; seen from above.
    """
    problem, allocation = solution.problem, solution.allocation
    if not isinstance(problem, LapPlacement) or allocation is None:
        raise ValueError("needs a solved LapPlacement")
    everything = np.concatenate((user_position[:, :2], site_position[:, :2]))
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = (WIDTH - 2 * MARGIN) / max((high - low).max(), 1e-9)
    height = (high - low)[1] * scale + 2 * MARGIN

    def at(point: np.ndarray) -> tuple[float, float]:
        x, y = (point[:2] - low) * scale
        return x + MARGIN, height - MARGIN - y

    opened = np.flatnonzero(allocation.open)
    colour = {int(s): COLOURS[k % len(COLOURS)] for k, s in enumerate(opened)}
    home = np.full(problem.sizes["U"], -1)
    user, site, share, _ = problem.links(allocation)
    order = np.argsort(share, kind="stable")
    home[user[order]] = site[order]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        'role="img" aria-label="Map of platforms and the users they serve">',
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#f7f4ea"/>',
    ]
    for s in (-1, *opened):
        here = [at(user_position[u]) for u in np.flatnonzero(home == s)]
        dots = "".join(f"M{x:.1f} {y:.1f}h.01" for x, y in here)
        if dots:
            stroke = colour.get(int(s), "#a9a9a0")
            parts.append(
                f'<path d="{dots}" stroke="{stroke}" stroke-width="3" '
                'stroke-linecap="round" stroke-opacity=".7"/>'
            )
    for s in range(problem.sizes["S"]):
        x, y = at(site_position[s])
        if s not in colour:
            shade = "#8b8b83" if problem.usable[s] else "#d9a0a0"
            parts.append(
                f'<path d="M{x - 2:.1f} {y - 2:.1f}l4 4m0 -4l-4 4" stroke="{shade}" '
                'stroke-width=".8"/>'
            )
    for lap in placement_report(solution).laps:
        x, y = at(site_position[lap.site])
        title = html.escape(f"site {lap.site}: {lap.users} users, by {lap.binding}")
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{colour[lap.site]}" '
            f'stroke="#ffffff" stroke-width="2"><title>{title}</title></circle>'
        )
    parts.append("</svg>")
    return "\n".join(parts)

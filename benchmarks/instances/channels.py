"""Public frequency assignment problems: CALMA, DIMACS colouring, fixed spectrum."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from formulations.channels import ChannelAssignment

FOLDER = Path(__file__).parents[2].parent / "shared" / "instances" / "channels"
GRAPH_WEIGHTS = (1000.0, 100.0, 10.0, 1.0)  # of violations, where cst.txt has none
MOBILITY_FIXED = 0
OBJECTIVES = {"order": "min_order", "span": "min_span"}


def read_calma(folder: Path, objective: str) -> ChannelAssignment:
    """EUCLID CALMA problem [1]_, its pairs hard or (min_interference) weighted.

    References
    ----------
    .. [1] K. I. Aardal et al., "Models and solution techniques for frequency assignment
       problems", Annals of OR 153, 2007. https://doi.org/10.1007/s10479-007-0178-0
    """
    soft = objective == "min_interference"
    known = {int(row[0]): np.array(row[2:], int) for row in _rows(folder / "dom.txt")}
    weights, mobility = _weights(folder / "cst.txt")
    index, domains = {}, []
    preferred, cost = [], []
    for row in _rows(folder / "var.txt"):
        index[int(row[0])] = len(domains)
        domain, start, kind = known[int(row[1])], -1, 0
        if len(row) > 2:
            start, kind = int(row[2]), int(row[3])
            if kind == MOBILITY_FIXED:
                domain = np.array([start])
        domains.append(domain)
        preferred.append(start if soft else -1)
        cost.append(mobility[kind - 1] if soft and start >= 0 and kind > 0 else 0.0)
    pairs, separation, exact, penalty = [], [], [], []
    for row in _rows(folder / "ctr.txt"):
        pairs.append((index[int(row[0])], index[int(row[1])]))
        exact.append(row[3] == "=")
        separation.append(int(row[4]) + (row[3] == ">"))
        weight = int(row[5]) if len(row) > 5 else 0
        penalty.append(weights[weight - 1] if soft and weight else np.inf)
    return ChannelAssignment(
        domains,  # pyright: ignore[reportArgumentType]
        np.array(pairs),
        np.array(separation),
        exact=np.array(exact),
        penalty=np.array(penalty),
        preferred=np.array(preferred),
        preferred_cost=np.array(cost),
        objective=objective,
    )


def read_colouring(path: Path, colours: int) -> ChannelAssignment:
    """DIMACS graph: neighbours differ; the span is the number of colours less one."""
    edges, vertices = set(), 0
    for row in _rows(path):
        if row[0] == "p":
            vertices = int(row[2])
        elif row[0] == "e":
            edges.add(tuple(sorted((int(row[1]) - 1, int(row[2]) - 1))))
    pairs = np.array(sorted(edges))
    domain = np.arange(colours)
    return ChannelAssignment(
        (domain,) * vertices, pairs, np.ones(len(pairs), int), objective="min_span"
    )


def read_interference(path: Path, channels: int) -> ChannelAssignment:
    """Fixed spectrum: ``e i j d p`` costs p where channels differ by d or less."""
    rows = [row for row in _rows(path) if row[0] == "e"]
    pairs = np.array([[int(row[1]), int(row[2])] for row in rows])
    known, pairs = np.unique(pairs, return_inverse=True)
    return ChannelAssignment(
        (np.arange(channels),) * len(known),
        pairs.reshape(-1, 2),
        np.array([int(row[3]) + 1 for row in rows]),
        penalty=np.array([float(row[4]) for row in rows]),
        objective="min_interference",
    )


def philadelphia(name: str) -> ChannelAssignment:
    """Minimum span on 21 hexagonal cells with one transmitter per requested channel.

    References
    ----------
    .. [1] L. G. Anderson, "A simulation study of some dynamic channel assignment
       algorithms in a high capacity mobile telecommunications system", IEEE Trans.
       Commun. 21(11), 1973. https://doi.org/10.1109/TCOM.1973.1091559
    """
    demand, reuse, channels = PHILADELPHIA[name]
    rows = ((0.0, 5), (-1.5, 7), (-2.0, 6), (0.5, 3))
    cells = np.array(
        [
            (first + k, row * np.sqrt(3) / 2)
            for row, (first, count) in enumerate(rows)
            for k in range(count)
        ]
    )
    apart = np.linalg.norm(cells[:, None] - cells[None], axis=2)
    need = (apart[:, :, None] < np.array(reuse) - 1e-9).sum(axis=2)
    cell = np.repeat(np.arange(21), demand)
    first, second = np.triu_indices(len(cell), 1)
    gap = need[cell[first], cell[second]]
    return ChannelAssignment(
        (np.arange(channels),) * len(cell),
        np.stack([first, second], axis=1)[gap > 0],
        gap[gap > 0],
        objective="min_span",
    )


DEMANDS = {
    1: (8, 25, 8, 8, 8, 15, 18, 52, 77, 28, 13, 15, 31, 15, 36, 57, 28, 8, 10, 13, 8),
    2: (5, 5, 5, 8, 12, 25, 30, 25, 30, 40, 40, 45, 20, 30, 25, 15, 15, 30, 20, 20, 25),
    3: (20,) * 21,
}
REUSE_A = (2 * np.sqrt(3), np.sqrt(3), 1.0, 1.0, 1.0)
REUSE_B = (np.sqrt(7), np.sqrt(3), 1.0, 1.0, 1.0)
PHILADELPHIA = {
    "P1": (DEMANDS[1], REUSE_A, 600),
    "P2": (DEMANDS[1], REUSE_B, 600),
    "P3": (DEMANDS[2], REUSE_A, 400),
    "P5": (DEMANDS[3], REUSE_A, 400),
    "P6": (DEMANDS[3], REUSE_B, 400),
    "P7": (tuple(2 * d for d in DEMANDS[1]), REUSE_A, 1200),
}


def scattered(
    transmitters: int, neighbours: int, channels: int, seed: int = 0
) -> ChannelAssignment:
    """Transmitters in a square whose nearest must be 2, others near 1 channel apart."""
    from scipy.spatial import KDTree

    rng = np.random.default_rng(seed)
    place = rng.uniform(0, np.sqrt(transmitters), (transmitters, 2))
    radius = np.sqrt(neighbours / np.pi)
    pairs = KDTree(place).query_pairs(radius, output_type="ndarray")
    apart = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    return ChannelAssignment(
        (np.arange(channels),) * transmitters,
        pairs,
        np.where(apart < 0.5 * radius, 2, 1),
        objective="min_span",
    )


def _rows(path: Path) -> list[list[str]]:
    """Words of each line that has any."""
    lines = path.read_text().splitlines()
    return [line.split() for line in lines if line.strip()]


def _weights(path: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Weights of violations and of mobility; a file without them has the graphs'."""
    words = path.read_text().replace("=", " ").split() if path.exists() else []
    found = {}
    for name, value in pairwise(words):
        if name[0] in "ab" and name[1:].isdigit():
            found[name] = float(value.rstrip(","))
    violated = tuple(found.get(f"a{k}", GRAPH_WEIGHTS[k - 1]) for k in range(1, 5))
    moved = tuple(found.get(f"b{k}", 0.0) for k in range(1, 5))
    return violated, moved

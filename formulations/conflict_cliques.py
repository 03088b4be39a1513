"""Sets of sites in mutual conflict."""

import numpy as np


def conflict_cliques(
    conflicts: np.ndarray, sites: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cliques that cover all pairs of ``conflicts`` (C, 2), each grown greedily.

    Returns ``start`` (Q + 1,) and ``site``; clique q is from ``start[q]`` to
    ``start[q + 1]`` in ``site``.
    """
    near: list[set[int]] = [set() for _ in range(sites)]
    for a, b in conflicts.tolist():
        near[a].add(b)
        near[b].add(a)
    uncovered = [set(others) for others in near]
    start, member = [0], []
    for a in range(sites):
        while uncovered[a]:
            clique = {a}
            common = set(near[a])
            while common:
                fresh = {c: len(uncovered[c] & clique) for c in common}
                best = max(common, key=lambda c: (fresh[c], -c))
                clique.add(best)
                common &= near[best]
            for c in clique:
                uncovered[c] -= clique
            member += sorted(clique)
            start.append(len(member))
    return np.array(start, np.intp), np.array(member, np.intp)

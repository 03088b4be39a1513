"""Areas of intents: convex polygons in which the network has somebody.

TS 28.623 lists the corners of a ``convexGeoPolygon`` as latitudes and longitudes.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from llm_bridge.statements import number

if TYPE_CHECKING:
    from twins import TwinSnapshot

DEGREE = 111_195.0
"""m of a degree on the sphere: right to half a per cent, and nobody is told by it."""
Point = tuple[float, float]


def polygon(corners: Any) -> dict[str, Any]:
    """GeoJSON polygon of a list of corners.

    Raises
    ------
    ValueError
        If there are fewer than three corners or they enclose nothing; if they are not
        convex, with their hull as proposal.
    """
    ring = [_corner(one) for one in corners]
    hull = _hull(ring)
    if len(hull) < 3:
        raise ValueError("a polygon must have three corners that enclose an area")
    if not np.isclose(_area(ring), _area(hull), rtol=1e-9, atol=0.0):
        proposal = [{"longitude": x, "latitude": y} for x, y in hull]
        raise ValueError(f"the polygon is not convex, its hull {json.dumps(proposal)}")
    if ring[0] != ring[-1]:
        ring.append(ring[0])
    return {"type": "Polygon", "coordinates": [ring]}


def reason_outside(area: Mapping[str, Any], snapshot: "TwinSnapshot") -> str | None:
    """Why an area concerns nobody that is known, or None."""
    if not snapshot.origin.size or not snapshot.user_position.size:
        return "where users are is not known, so that no area tells them apart"
    latitude, longitude = snapshot.origin[:2]
    scale = DEGREE * np.array([np.cos(np.radians(latitude)), 1.0])
    ring = (np.array(area["coordinates"][0]) - [longitude, latitude]) * scale
    for positions in (snapshot.user_position, snapshot.cell_position):
        if positions.size and _has_any(ring, positions[:, :2]):
            return None
    return "no cell and no user is in the area"


def _corner(content: Any) -> Point:
    if isinstance(content, Mapping):
        x, y = number(content.get("longitude")), number(content.get("latitude"))
        if x is not None and y is not None and abs(x) <= 180 and abs(y) <= 90:
            return x, y
    raise ValueError(f"{content!r} must be a longitude and a latitude in degrees")


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the signed area of a triangle: positive if it turns left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _hull(points: list[Point]) -> list[Point]:
    """Corners of the convex hull, anticlockwise (Andrew's monotone chains)."""
    found: list[Point] = []
    ordered = sorted(set(points))
    for direction in (ordered, ordered[::-1]):
        chain: list[Point] = []
        for point in direction:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        found += chain[:-1]
    return found


def _area(ring: list[Point]) -> float:
    """Twice the area that a ring encloses, parts it goes round twice counted twice."""
    return abs(sum(_turn(ring[0], a, b) for a, b in pairwise(ring)))


def _has_any(ring: np.ndarray, points: np.ndarray) -> bool:
    """Whether one of points (n, 2) is on one side of all edges of a convex ring."""
    edges, ways = np.diff(ring, axis=0), points[:, None] - ring[:-1]
    sides = edges[:, 0] * ways[..., 1] - edges[:, 1] * ways[..., 0]
    same = (sides >= 0).all(axis=1) | (sides <= 0).all(axis=1)
    return bool(same.any())

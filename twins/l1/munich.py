"""Places cells, users and a protected receiver in the `munich` scene of Sionna RT.

Everything here is geometry on the scene's building meshes and draws from a seed; the
rays are traced in :mod:`twins.l1.raytracing`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

# Latitude, longitude (degrees), altitude (m) of the scene's zero: the Frauenkirche
# lies at (-163, 64) m, St. Peter at (17, -173) m; good to about 50 m.
ORIGIN = (48.1380, 11.5757, 519.0)

SITE_TARGETS = np.array([[-40.0, -80.0]] * 7)  # a hexagon around the built-up centre
SITE_TARGETS[1:] += 400.0 * np.stack(
    [np.cos(np.arange(6) * np.pi / 3), np.sin(np.arange(6) * np.pi / 3)], axis=1
)
SITE_REACH = 110.0  # m from its target at most
FLAT_AREA = 100.0  # m^2 of level roof at least
MAST = 4.0  # m of the antenna above its roof
AZIMUTHS = np.deg2rad([0.0, 120.0, 240.0])  # clockwise from north
DOWNTILT = np.deg2rad(8.0)

PROTECTED_TARGET = (-450.0, 250.0)
PROTECTED_MAST = 2.0  # m
# Its dish looks at the geostationary orbit due south, 34.7 degrees up in Munich.
DISH_AXIS = np.array([0.0, -np.cos(np.deg2rad(34.7)), np.sin(np.deg2rad(34.7))])

USER_AREA = (-640.0, -560.0, 560.0, 430.0)  # m: west, south, east, north
USER_HEIGHT = 1.5  # m
WALL_DISTANCE = 1.0  # m between a user and the next wall
GAP = 80.0  # m: half the widest square; what is more open lies outside the map data


@dataclass(frozen=True, eq=False)
class Building:
    """``triangles`` (T, 3, 3) m of one building; its ``footprint`` is a polygon."""

    name: str
    triangles: np.ndarray
    footprint: Any

    @property
    def height(self) -> float:
        """Highest point above ground in m."""
        return float(self.triangles[:, :, 2].max())


@dataclass(frozen=True, eq=False)
class Roof:
    """The level top of a building: ``corners`` (n, 3) m, ``centre`` (3,) m."""

    name: str
    corners: np.ndarray
    centre: np.ndarray


def buildings(meshes: dict[str, np.ndarray]) -> list[Building]:
    """Group ``meshes`` (name -> triangles (T, 3, 3) m) by building.

    Walls and roof of a building are two meshes, told apart by their material.
    """
    parts: dict[str, list[np.ndarray]] = {}
    for name, triangles in meshes.items():
        if name != "ground":
            parts.setdefault(name.split("-itu_")[0], []).append(triangles)
    joined = {name: np.concatenate(part) for name, part in parts.items()}
    return [Building(name, part, footprint(part)) for name, part in joined.items()]


def plan_area(triangles: np.ndarray) -> np.ndarray:
    """Area (T,) m^2 of ``triangles`` (T, 3, 3) seen from above."""
    side = triangles[:, 1:, :2] - triangles[:, :1, :2]
    cross = side[:, 0, 0] * side[:, 1, 1] - side[:, 0, 1] * side[:, 1, 0]
    return np.abs(cross) / 2


def footprint(triangles: np.ndarray) -> Any:
    """Polygon that ``triangles`` (T, 3, 3) m cover seen from above, to 0.3 m."""
    import shapely

    flat = triangles[plan_area(triangles) > 1e-3][:, :, :2]
    grown = shapely.buffer(shapely.polygons(flat), 0.02, join_style="mitre")
    return shapely.simplify(shapely.union_all(grown), 0.3)


def level_roof(building: Building) -> Roof | None:
    """Level top of ``building``, or None where it is too small for three antennas."""
    heights = building.triangles[:, :, 2]
    level = (np.ptp(heights, axis=1) < 0.05) & (heights.max(1) > building.height - 0.1)
    triangles = building.triangles[level]
    area = plan_area(triangles)
    if area.sum() < FLAT_AREA:
        return None
    centre = area @ triangles.mean(axis=1) / area.sum()
    return Roof(building.name, triangles.reshape(-1, 3), centre)


def roof_near(roofs: list[Roof], target: Any, taken: set[str]) -> Roof:
    """Best free roof near ``target`` (2,) m: high, and not far (1 m for 50 m)."""

    def merit(roof: Roof) -> float:
        away = float(np.hypot(*(roof.centre[:2] - target)))
        return float(roof.centre[2]) - away / 50 if away < SITE_REACH else -np.inf

    best = max((roof for roof in roofs if roof.name not in taken), key=merit)
    if merit(best) == -np.inf:
        raise ValueError(f"no level roof within {SITE_REACH} m of {target}")
    return best


def sector_positions(roof: Roof) -> np.ndarray:
    """Antenna positions (3, 3) m at the roof's edge that each azimuth looks over."""
    ahead = np.stack([np.sin(AZIMUTHS), np.cos(AZIMUTHS)])
    edge = roof.corners[np.argmax(roof.corners[:, :2] @ ahead, axis=0)]
    inward = roof.centre - edge
    edge = edge + inward / np.linalg.norm(inward, axis=1, keepdims=True)  # 1 m in
    return edge + np.array([0.0, 0.0, MAST])


def place_cells(city: list[Building]) -> dict[str, np.ndarray]:
    """Three sectors on each of seven roofs, and a protected receiver on another.

    Returns
    -------
    dict
        ``cell_id``, ``cell_position`` (B, 3) m, ``azimuth``, ``downtilt`` (B,) rad,
        ``roof`` (B,) names of the buildings, ``protected_position`` (1, 3) m,
        ``protected_roof`` (1,).
    """
    roofs = [roof for roof in map(level_roof, city) if roof is not None]
    taken: set[str] = set()
    sites = []
    for target in SITE_TARGETS:
        sites.append(roof_near(roofs, target, taken))
        taken.add(sites[-1].name)
    guest = roof_near(roofs, np.array(PROTECTED_TARGET), taken)
    count = len(AZIMUTHS)
    ids = [f"M{s + 1}{'ABC'[k]}" for s in range(len(sites)) for k in range(count)]
    return {
        "cell_id": np.array(ids),
        "cell_position": np.concatenate([sector_positions(site) for site in sites]),
        "azimuth": np.tile(AZIMUTHS, len(sites)),
        "downtilt": np.full(count * len(sites), DOWNTILT),
        "roof": np.repeat([site.name for site in sites], count),
        "protected_position": guest.centre[None] + np.array([0.0, 0.0, PROTECTED_MAST]),
        "protected_roof": np.array([guest.name]),
    }


def dish_gain(position: np.ndarray, cell_position: np.ndarray) -> np.ndarray:
    """Gain (M, B) of an earth station's dish towards cells (Recommendation S.465 [1]_).

    References
    ----------
    .. [1] ITU-R S.465-6, "Reference radiation pattern for earth station antennas in
       the fixed-satellite service", 2010: 32 - 25 log10(angle in degrees) dBi, from 48
       degrees on -10 dBi.
    """
    ahead = cell_position - position[:, None]
    cosine = ahead @ DISH_AXIS / np.linalg.norm(ahead, axis=2)
    angle = np.maximum(np.rad2deg(np.arccos(cosine)), 1.0)
    return 10 ** (np.maximum(32 - 25 * np.log10(angle), -10.0) / 10)


def place_users(
    city: list[Building], count: int, rng: np.random.Generator
) -> np.ndarray:
    """Positions (count, 3) m on streets, squares and yards, a metre from any building.

    Around the city the scene is an empty plane: users stay where buildings surround
    them, within the footprints' morphological closing by `GAP`.
    """
    import shapely

    west, south, east, north = USER_AREA
    built = shapely.union_all([building.footprint for building in city])
    town = shapely.buffer(shapely.buffer(built, GAP), -GAP)
    shapely.prepare([built, town])
    points = rng.uniform((west, south), (east, north), (8 * count, 2))
    spot = shapely.points(points)
    near = shapely.dwithin(built, spot, WALL_DISTANCE)
    free = points[shapely.contains(town, spot) & ~near]
    if len(free) < count:
        raise ValueError(f"only {len(free)} of {count} users found a free place")
    return np.column_stack([free[:count], np.full(count, USER_HEIGHT)])


def draw_demand(count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What no ray can tell: slices, demand, rate floors and velocities of users.

    Slice 0 is best effort, 1 has a floor of 1 Mbit/s, 2 are vehicles. Demand is
    lognormal with mean 5 Mbit/s and shape 0.8; pedestrians walk at 1.4 m/s (standard
    deviation 0.3), vehicles drive at 8.3 m/s (2.0), in any direction.
    """
    group = rng.choice(3, count, p=[0.55, 0.25, 0.20])
    shape = 0.8
    demand = rng.lognormal(np.log(5e6) - shape**2 / 2, shape, count)
    speed = np.where(group == 2, 8.3, 1.4) + rng.standard_normal(count) * np.where(
        group == 2, 2.0, 0.3
    )
    heading = rng.uniform(0, 2 * np.pi, count)
    speed = np.maximum(speed, 0.0)
    velocity = np.stack(
        [speed * np.sin(heading), speed * np.cos(heading), np.zeros(count)], axis=1
    )
    return {
        "slice": group,
        "demand": demand,
        "min_rate": np.where(group == 1, 1e6, 0.0),
        "velocity": velocity,
    }


def outline(city: list[Building]) -> dict[str, np.ndarray]:
    """Rings of all footprints for drawing.

    Returns
    -------
    dict
        ``building_vertices`` (n, 2) m, ``building_start`` (k + 1,) first vertex of each
        of k closed rings, ``building_index`` (k,) which building a ring belongs to (a
        later ring of a building may be a courtyard: fill by the even-odd rule), and
        ``building_height`` (buildings,) m.
    """
    import shapely

    shapes = np.array([building.footprint for building in city])
    polygons, owner = shapely.get_parts(shapes, return_index=True)
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    vertices, of_ring = shapely.get_coordinates(rings, return_index=True)
    counts = np.bincount(of_ring, minlength=len(rings))
    return {
        "building_vertices": vertices.astype(np.float32),
        "building_start": np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        "building_index": owner[of_polygon].astype(np.int32),
        "building_height": np.array([b.height for b in city], dtype=np.float32),
    }

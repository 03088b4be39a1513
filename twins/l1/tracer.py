"""Path gains and coverage maps of the `munich` scene by Sionna RT [1]_, on the CPU.

Rays start at the users, not at the cells: walls that a user sees are few, so nearly
every ray counts. Propagation is reciprocal, so the gains are those of the downlink.

References
----------
.. [1] J. Hoydis et al., "Sionna RT: Differentiable Ray Tracing for Radio Propagation
   Modeling", IEEE Globecom Workshops, 2023. https://arxiv.org/abs/2303.11103
.. [2] 3GPP TR 38.901 v17, "Study on channel model for frequencies from 0.5 to 100
   GHz", Table 7.3-1: the pattern of a sector antenna's element.
"""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twins.l1 import munich

logger = logging.getLogger(__name__)

CARRIER = 3.5e9  # Hz
ROWS = 8  # elements of a sector's vertical panel, half a wavelength apart
CELL = 5.0  # m, of the coverage map
SECTOR = ("cell_id", "cell_position", "azimuth", "downtilt")


@dataclass(frozen=True)
class Settings:
    """How rays are traced.

    Parameters
    ----------
    seed : int
        Of the rays and of all that is drawn.
    users : int
        How many users to place.
    depth : int
        Most interactions of a path.
    samples, map_samples : int
        Rays of a user for its gains, rays of a cell for its coverage map.
    scattering : float
        Scattering coefficient of all surfaces (part of the reflected field), with a
        Lambertian pattern; of the order that V. Degli-Esposti et al. fitted to
        buildings (IEEE Trans. Antennas Propag. 55(1), 2007,
        https://doi.org/10.1109/TAP.2006.888422).
    """

    seed: int = 1
    users: int = 200
    depth: int = 5
    samples: int = 400_000
    map_samples: int = 30_000_000
    scattering: float = 0.3


LLVM_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/opt/llvm@19")
LLVM_NAMES = ("libLLVM-19.so*", "libLLVM.so.19*", "libLLVM-19*.dylib")


def find_llvm() -> str | None:
    """Path of LLVM 19's library: the one the user has set, or the first found."""
    chosen = os.environ.get("DRJIT_LIBLLVM_PATH")
    if chosen:  # a bare name is for the loader to find
        return chosen if os.sep not in chosen or Path(chosen).exists() else None
    for folder in (*LLVM_FOLDERS, str(Path(sys.prefix) / "lib")):
        for below in ("", "*-linux-gnu/", "llvm-19/lib/", "lib/"):
            for name in LLVM_NAMES:
                found = sorted(Path(folder).glob(below + name))
                if found:
                    return str(found[0])
    return None


def load_tracer() -> Any:
    """Sionna RT on the CPU.

    Raises
    ------
    ImportError
        If Sionna RT, shapely or LLVM 19 is missing; says which and how to get it.
    """
    llvm = find_llvm()
    if llvm is None:
        raise ImportError(
            "ray tracing needs LLVM 19: install it (Debian: `apt-get install "
            "libllvm19`) or set DRJIT_LIBLLVM_PATH to its library"
        )
    os.environ["DRJIT_LIBLLVM_PATH"] = llvm
    try:
        import mitsuba
        import shapely  # noqa: F401 -- used by twins.l1.munich

        mitsuba.set_variant("llvm_ad_mono_polarized")
        import sionna.rt
    except ImportError as error:
        raise ImportError(
            'ray tracing needs `pip install "rrm-engine[raytracing]"` '
            f"(libllvm19 was found): {error}"
        ) from error
    return sionna.rt


def load_city(rt: Any) -> list[munich.Building]:
    """Buildings of the scene, from its meshes."""
    import mitsuba

    scene = rt.load_scene(rt.scene.munich, merge_shapes=False)
    meshes = {}
    for name, shape in scene.objects.items():
        mesh = mitsuba.traverse(shape.mi_mesh)
        vertices = np.array(mesh["vertex_positions"], dtype=float).reshape(-1, 3)
        meshes[name] = vertices[np.array(mesh["faces"]).reshape(-1, 3)]
    return munich.buildings(meshes)


def load_scene(rt: Any, settings: Settings) -> Any:
    """Scene at the carrier, with scattering surfaces."""
    scene = rt.load_scene(rt.scene.munich)
    scene.frequency = CARRIER
    for material in scene.radio_materials.values():
        material.scattering_coefficient = settings.scattering
    return scene


def panel(rt: Any) -> Any:
    """Antenna of a sector: a column of vertically polarized elements [2]_."""
    return rt.PlanarArray(
        num_rows=ROWS,
        num_cols=1,
        vertical_spacing=0.5,
        pattern="tr38901",
        polarization="V",
    )


def whole_field(rt: Any) -> Any:
    """Isotropic antenna that collects both polarizations, as coverage maps assume."""
    return rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="VH")


def device(
    kind: Any, name: str, position: np.ndarray, azimuth: float = 0, downtilt: float = 0
) -> Any:
    """Transmitter or receiver at ``position`` (3,) m; ``azimuth`` from north in rad."""
    turn = [float(np.pi / 2 - azimuth), float(downtilt), 0.0]  # yaw is from east
    return kind(name, position=[float(x) for x in position], orientation=turn)


def interactions(settings: Settings) -> dict[str, Any]:
    """What both solvers trace; no rays through buildings: they are not hollow."""
    return {
        "max_depth": settings.depth,
        "los": True,
        "specular_reflection": True,
        "diffuse_reflection": True,
        "refraction": False,
        "diffraction": True,
        "seed": settings.seed,
    }


def trace_gains(
    rt: Any,
    points: np.ndarray,
    cells: Mapping[str, np.ndarray],
    settings: Settings,
) -> np.ndarray:
    """Path gain (U, B) between ``points`` (U, 3) m and the sectors of ``cells``.

    The linear ratio of received to transmitted power, with the sector's antenna and an
    isotropic one at the point, summed over paths and polarizations. A point's gains do
    not depend on the other points, and hardly on the other cells (0.03 dB, seldom
    more); they are 0 where no path was found.
    """
    scene = load_scene(rt, settings)
    scene.tx_array, scene.rx_array = whole_field(rt), panel(rt)
    for sector in zip(*(cells[name] for name in SECTOR), strict=True):
        scene.add(device(rt.Receiver, *sector))
    solver = rt.PathSolver(deterministic=True)
    gain = np.empty((len(points), len(cells["cell_id"])))
    for index, point in enumerate(points):
        scene.add(device(rt.Transmitter, "point", point))
        paths = solver(
            scene,
            samples_per_src=settings.samples,
            max_num_paths_per_src=5 * settings.samples,
            **interactions(settings),
        )
        gain[index] = panel_gain(*(part.numpy() for part in paths.a))
        scene.remove("point")
        logger.info("point %d of %d", index + 1, len(points))
    return gain


def panel_gain(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    """Gain (B,) from coefficients (B, elements, 1, polarizations, paths).

    The elements of a panel are fed in phase with equal parts of the power.
    """
    field = real.astype(float).sum(axis=1) + 1j * imag.astype(float).sum(axis=1)
    return (np.abs(field) ** 2).sum(axis=(1, 2, 3)) / real.shape[1]


def trace_map(
    rt: Any, cells: Mapping[str, np.ndarray], settings: Settings
) -> np.ndarray:
    """Path gain (B, rows, columns) of the map's cells 1.5 m above ground; 0: none."""
    west, south, east, north = munich.USER_AREA
    solver = rt.RadioMapSolver()
    scene = load_scene(rt, settings)
    scene.tx_array = panel(rt)
    gains = []
    for sector in zip(*(cells[name] for name in SECTOR), strict=True):
        scene.add(device(rt.Transmitter, *sector))
        radio_map = solver(
            scene,
            center=[(west + east) / 2, (south + north) / 2, munich.USER_HEIGHT],
            orientation=[0.0, 0.0, 0.0],
            size=[east - west, north - south],
            cell_size=[CELL, CELL],
            samples_per_tx=settings.map_samples,
            **interactions(settings),
        )
        gains.append(radio_map.path_gain.numpy()[0])
        scene.remove(sector[0])
        logger.info("map of %s", sector[0])
    return np.array(gains)

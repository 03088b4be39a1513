"""Ray-traces the `munich` scene of Sionna RT into a snapshot and a coverage map.

``python -m twins.l1.raytracing --out twins/data --seed 1`` remakes the shipped files;
it needs ``pip install "rrm-engine[raytracing]"`` and LLVM 19 (Debian: ``libllvm19``).
"""

import argparse
import logging
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from twins.files import write_npz
from twins.l1 import munich
from twins.l1.tracer import (
    CARRIER,
    CELL,
    ROWS,
    Settings,
    load_city,
    load_tracer,
    trace_gains,
    trace_map,
)
from twins.snapshot import TwinSnapshot

SCENE = "munich"
BANDWIDTH = 100e6  # Hz
BLOCKS = 273  # 3GPP TS 38.101-1, Table 5.3.2-1: 100 MHz at 30 kHz
BLOCK_WIDTH = 360e3  # Hz: 12 subcarriers of 30 kHz
P_MAX = 40.0  # W (46 dBm) of a cell
NOISE_FIGURE = 10**0.7  # 7 dB
NOISE = 1.380649e-23 * 290.0 * BLOCK_WIDTH * NOISE_FIGURE  # W over one block
HEARD = NOISE * BLOCKS / P_MAX  # gain at which a block at full power has 0 dB of SNR
BACKHAUL = 10e9  # bit/s of a cell, assumed
TIME = 1780300800.0  # 2026-06-01T08:00:00Z, nominal

# Low-noise blocks hear 3.4-4.2 GHz and are blocked by -60 dBm in all (47 CFR 96.17).
PROTECTED_BAND = (3.4e9, 4.2e9)  # Hz
PROTECTED_LIMIT = 1e-9  # W

STEP_DB = 0.25  # of the coverage map, finer than its noise
COVERAGE_SCHEMA = "rrm.coverage/1"
PACKAGES = ("sionna-rt", "mitsuba", "drjit", "numpy", "shapely")
LICENCE = "Open Data Commons Open Database License (ODbL) 1.0"
ATTRIBUTION = (
    "Map data (c) OpenStreetMap contributors, https://www.openstreetmap.org/copyright; "
    "scene `munich` of Sionna RT (NVIDIA, Apache-2.0)"
)


def hear_users(
    rt: Any, city: list[munich.Building], cells: Mapping[str, Any], settings: Settings
) -> tuple[np.ndarray, np.ndarray, int]:
    """Users that hear a cell: positions (U, 3) m, gains (U, B), how many do not.

    A cell is heard where a block at full power reaches the noise (`HEARD`).
    """
    rng = np.random.default_rng(settings.seed)
    points = munich.place_users(city, settings.users * 3 // 2, rng)
    gain = np.empty((0, len(cells["cell_id"])))
    while (gain.max(axis=1, initial=0) >= HEARD).sum() < settings.users:
        if len(gain) == len(points):
            raise ValueError("too few places hear a cell")
        missing = settings.users - int((gain.max(axis=1, initial=0) >= HEARD).sum())
        more = points[len(gain) : len(gain) + missing]
        gain = np.concatenate([gain, trace_gains(rt, more, cells, settings)])
    heard = gain.max(axis=1) >= HEARD
    return points[: len(gain)][heard], gain[heard], int((~heard).sum())


def munich_snapshot(
    rt: Any, city: list[munich.Building], cells: Mapping[str, Any], settings: Settings
) -> TwinSnapshot:
    """Trace all pairs and draw the rest."""
    position, gain, silent = hear_users(rt, city, cells, settings)
    guest = cells["protected_position"]
    count, sectors = gain.shape
    drawn = munich.draw_demand(count, np.random.default_rng([settings.seed, 1]))
    values: dict[str, Any] = {
        "cell_id": cells["cell_id"],
        "cell_position": cells["cell_position"],
        "azimuth": cells["azimuth"],
        "downtilt": cells["downtilt"],
        "p_max": np.full(sectors, P_MAX),
        "carrier": np.full(sectors, CARRIER),
        "bandwidth": np.full(sectors, BANDWIDTH),
        "blocks": np.full(sectors, BLOCKS),
        "backhaul": np.full(sectors, BACKHAUL),
        "alive": np.ones(sectors, dtype=bool),
        "user_id": np.array([f"u{index:03d}" for index in range(count)]),
        "user_position": position,
        **drawn,
        "previous": gain.argmax(axis=1),
        "gain": gain,
        "noise": np.full(count, NOISE),
        "protected_id": np.array(["earth-station"]),
        "protected_position": guest,
        "protected_gain": trace_gains(rt, guest, cells, settings)
        * munich.dish_gain(guest, cells["cell_position"]),
        "protected_limit": np.array([PROTECTED_LIMIT]),
        "protected_band": np.array([PROTECTED_BAND]),
    }
    story = provenance(settings) | {
        "roofs": cells["roof"].tolist(),
        "protected_roof": str(cells["protected_roof"][0]),
        "zero_pairs": int((gain == 0).sum()),
        "places_without_service": silent,
        "fields": field_stories(values),
    }
    return TwinSnapshot(
        time=TIME, origin=np.array(munich.ORIGIN), provenance=story, **values
    )


TRACED = "ray traced"
PLACED = "placed on the scene's meshes"
SOURCES = {
    "gain": TRACED,
    "protected_gain": f"{TRACED}, times the sidelobes of a dish by ITU-R S.465-6",
    "previous": "strongest cell by the traced gain",
    "cell_position": PLACED,
    "user_position": f"drawn; {PLACED}, kept where a cell is heard at 0 dB of SNR",
    "protected_position": PLACED,
    "demand": "drawn: lognormal, mean 5 Mbit/s",
    "slice": "drawn: 0 best effort 55%, 1 floor of 1 Mbit/s 25%, 2 vehicles 20%",
    "min_rate": "by slice",
    "velocity": "drawn: pedestrians, and vehicles in slice 2",
    "noise": "k T 360 kHz at 290 K, noise figure 7 dB",
    "protected_limit": "assumed: blocking of an earth station, 47 CFR 96.17",
}


def field_stories(values: Mapping[str, Any]) -> dict[str, Any]:
    """Where each field comes from, and the range of its numbers."""
    stories = {}
    for name, value in values.items():
        stories[name] = {"source": SOURCES.get(name, "assumed")}
        if value.dtype.kind in "if":
            stories[name]["range"] = [float(value.min()), float(value.max())]
    return stories


def provenance(settings: Settings) -> dict[str, Any]:
    """What both files say about their making, as JSON values."""
    return {
        "model": "Sionna RT: line of sight, reflection, scattering, first-order "
        "diffraction; no rays through buildings",
        "scene": SCENE,
        "seed": settings.seed,
        "settings": asdict(settings),
        "versions": {name: version(name) for name in PACKAGES},
        "attribution": ATTRIBUTION,
        "licence": LICENCE,
        "command": f"python -m twins.l1.raytracing --out twins/data "
        f"--seed {settings.seed}",
        "antenna": f"3GPP TR 38.901 element, {ROWS} in a column, in phase",
        "origin": "latitude and longitude of the scene's zero to about 50 m, judged "
        "from two churches; altitude nominal",
    }


def write_coverage(
    path: Path,
    gain: np.ndarray,
    city: list[munich.Building],
    settings: Settings,
) -> None:
    """Write the coverage map (B, rows, columns) and the outlines of the buildings."""
    import shapely

    west, south, _, _ = munich.USER_AREA
    rows, columns = gain.shape[1:]
    x = west + CELL * (np.arange(columns) + 0.5)
    y = south + CELL * (np.arange(rows) + 0.5)
    built = shapely.union_all([building.footprint for building in city])
    shapely.prepare(built)
    indoors = shapely.contains_xy(built, *np.meshgrid(x, y))
    arrives = (gain > 0) & ~indoors
    gain_db = np.full(gain.shape, np.nan)
    gain_db[arrives] = 10 * np.log10(gain[arrives])
    arrays = {
        "gain_db": (np.round(gain_db / STEP_DB) * STEP_DB).astype(np.float16),
        "origin_m": np.array([west, south]),
        "cell_m": np.array(CELL),
        **munich.outline(city),
    }
    write_npz(path, {"schema": COVERAGE_SCHEMA, **provenance(settings)}, arrays)


def main(arguments: list[str] | None = None) -> None:
    """Remake the shipped files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("twins/data"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("snapshot", "coverage"))
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = Settings(seed=chosen.seed)
    rt = load_tracer()
    city = load_city(rt)
    cells = munich.place_cells(city)
    if chosen.only != "coverage":
        snapshot = munich_snapshot(rt, city, cells, settings)
        snapshot.to_file(chosen.out / f"{SCENE}.npz")
    if chosen.only != "snapshot":
        gain = trace_map(rt, cells, settings)
        write_coverage(chosen.out / f"{SCENE}_coverage.npz", gain, city, settings)


if __name__ == "__main__":
    main()

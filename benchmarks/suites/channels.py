"""Channel assignment: scattered transmitters, few channels, and colourings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.instances.channels import PHILADELPHIA, philadelphia, scattered
from benchmarks.suites import Instance, Suite
from formulations.channels import ChannelAssignment


def crowded(
    transmitters: int, neighbours: int, channels: int, seed: int
) -> ChannelAssignment:
    """Fewer channels than are needed: pairs may interfere at a price."""
    plain = scattered(transmitters, neighbours, channels, seed)
    rng = np.random.default_rng([transmitters, seed])
    price = rng.integers(1, 10, len(plain.pairs)).astype(float)
    return plain.replace(penalty=price, objective="min_interference")


def spectrum(
    transmitters: int, neighbours: int, channels: int, seed: int
) -> ChannelAssignment:
    """The fewest channels, for links of two ends an exact duplex distance apart."""
    plain = scattered(transmitters, neighbours, channels, seed)
    duplex = channels // 2
    ends = np.arange(0, transmitters - 1, 2)
    links = np.stack((ends, ends + 1), axis=1)
    keys = plain.pairs.min(axis=1) * transmitters + plain.pairs.max(axis=1)
    apart = ~np.isin(keys, links[:, 0] * transmitters + links[:, 1])
    pairs = np.concatenate((plain.pairs[apart], links))
    separation = np.concatenate((plain.separation[apart], np.full(len(links), duplex)))
    exact = np.arange(len(pairs)) >= apart.sum()
    return ChannelAssignment(
        plain.domains, pairs, separation, exact=exact, objective="min_order"
    )


def suites(folder: Path) -> list[Suite]:
    """The suites ``channels`` and ``philadelphia``."""
    del folder
    rows: list[tuple[str, str, Callable[[int], ChannelAssignment]]] = []
    for transmitters in (50, 200, 1000):
        spread = partial(scattered, transmitters, 8, 30)
        rows.append(("span", f"{transmitters}", spread))
        build = partial(crowded, transmitters, 10, 6)
        rows.append(("interference", f"{transmitters}", build))
    for transmitters in (30, 100):
        build = partial(spectrum, transmitters, 8, 40)
        rows.append(("order", f"{transmitters}", build))
    made = tuple(Instance("channels", *row) for row in rows)
    about = "ChannelAssignment: span, interference and order of scattered transmitters"
    known = {"P1": 426, "P2": 426, "P3": 257, "P5": 239, "P6": 179, "P7": 855}
    cells = tuple(
        Instance(
            "philadelphia",
            "philadelphia",
            name,
            partial(_philadelphia, name),
            float(known[name]),
            is_generated=False,
        )
        for name in PHILADELPHIA
    )
    return [
        Suite("channels", about, ("10ms", "100ms", "1s"), made),
        Suite(
            "philadelphia",
            "ChannelAssignment: 21 hexagonal cells, least span",
            ("1s", "10s"),
            cells,
        ),
    ]


def _philadelphia(name: str, seed: int) -> ChannelAssignment:
    del seed
    return philadelphia(name)

"""The command ``rrm plot``: a picture of what a file holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from formulations.problem import Problem
from rrm.commands import show
from rrm.drawing import draw
from twins import TwinSnapshot
from twins.files import FileFormatError

FORMATS = (".svg", ".png", ".pdf")


def plot(
    path: Path,
    out: Path,
    problem: Callable[[Path], Problem],
    on: Path | None = None,
) -> str:
    """Draw the problem, snapshot or solution of a file; the kind of it.

    Parameters
    ----------
    path : Path
        A ``.npz`` of a problem or snapshot, or what ``rrm solve --json`` printed.
    out : Path
        Picture to write; its ending says the format.
    problem : callable
        Reads a problem file, of whatever class it says.
    on : Path
        A ``.npz`` of the problem or snapshot that an answer is drawn on.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If the file holds nothing to draw, or the format is not known.
    """
    if out.suffix not in FORMATS:
        raise ValueError(f"out = {out}: must end with one of {', '.join(FORMATS)}")
    content = show.read(path, problem)
    thing = _thing(content, path, problem)
    ground = None if on is None else _thing(show.read(on, problem), on, problem)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    draw(thing, figure.subplots(), ground)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
    return content["kind"]


def _thing(
    content: dict[str, Any], path: Path, problem: Callable[[Path], Problem]
) -> Any:
    """What is drawn of a file."""
    if content["kind"] == "problem":
        return problem(path)
    if content["kind"] == "snapshot":
        return TwinSnapshot.from_file(path)
    if content["kind"] == "solution":
        return content["solution"].get("allocation") or {}
    raise FileFormatError(f"{path}: a {content['kind']} has no picture")

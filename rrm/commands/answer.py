"""An answer as JSON: what ``rrm solve`` prints and saves."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from rrm.solution import Solution


def solution_json(solution: Solution) -> dict[str, Any]:
    """Plain values of a solution; what is not finite is null."""

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    allocation = None
    if solution.allocation is not None:
        parts = vars(solution.allocation)
        allocation = {name: values.tolist() for name, values in parts.items()}
    return {
        "schema": "rrm.solution/1",
        "status": solution.status,
        "stopped": solution.stopped,
        "objective": number(solution.objective),
        "bound": number(solution.bound),
        "gap": number(solution.gap),
        "unit": solution.problem.objective_unit,
        "method": solution.method,
        "seconds": solution.seconds,
        "violations": dict(solution.certificate.violations),
        "bound_by": solution.certificate.bound_by,
        "argument": solution.certificate.argument,
        "allocation": allocation,
    }


def write_answer(solution: Solution, path: Path) -> None:
    """Write :func:`solution_json` to a file, which is whole or not there.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(solution_json(solution)) + "\n", encoding="utf-8")
    os.replace(part, path)

"""What a user does first, on an installed wheel outside the source tree."""

import sys
from importlib.metadata import files

import formulations
import rrm
from twins import TwinSnapshot

if __name__ == "__main__":
    own = {str(path).split("/")[0] for path in files("rrm-engine") or []}
    missing = {"rrm", "formulations", "twins", "llm_bridge", "benchmarks"} - own
    if missing:
        sys.exit(f"not from this distribution: {sorted(missing)}")
    rrm.warm_up()
    for problem in (
        formulations.PowerControl.example(),
        formulations.UserAssociation.example(),
    ):
        solution = rrm.solve(problem, 0.5)
        if solution.allocation is None:
            sys.exit(f"no answer: {solution}")
        print(solution)
    from importlib.resources import files as resources

    with resources("twins") as folder:
        snapshot = TwinSnapshot.from_file(folder / "data" / "munich.npz")
    print(snapshot.sizes)

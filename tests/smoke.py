"""What a user does first, on an installed wheel outside the source tree."""

import sys
from importlib.metadata import files

import formulations
import llm_bridge
import rrm
import twins

if __name__ == "__main__":
    own = {str(path).split("/")[0] for path in files("rrm-engine") or []}
    missing = {"rrm", "formulations", "twins", "llm_bridge", "benchmarks"} - own
    if missing:
        sys.exit(f"not from this distribution: {sorted(missing)}")
    rrm.warm_up(formulations.PowerControl, formulations.UserAssociation)
    for problem in (
        formulations.PowerControl.example(),
        formulations.UserAssociation.example(),
    ):
        solution = rrm.solve(problem, 0.5)
        if solution.allocation is None:
            sys.exit(f"no answer: {solution}")
        print(solution)
    snapshot = twins.example()
    report = llm_bridge.example()
    for kind in (formulations.UserAssociation, formulations.PowerControl):
        problem = formulations.compose(snapshot, report, kind)
        print(rrm.solve(problem, 0.2))

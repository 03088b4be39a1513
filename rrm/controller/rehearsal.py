"""One decision that nobody sees, so that the first turn finds everything loaded."""

from functools import cache

import llm_bridge
import twins
from rrm import engine
from rrm.controller.decision import METHODS, Question, answered, commanded, composed
from rrm.controller.safety import checked
from rrm.warming import load_methods

SECONDS = 60.0  # for what is compiled on the way


@cache
def rehearse() -> None:
    """Load what a turn takes: kernels of its methods, and all around them."""
    load_methods(*METHODS)
    snapshot, report = twins.example(), llm_bridge.example()
    question = Question("", snapshot, report, snapshot.p_max, seconds=SECONDS)
    answer = answered(question, composed(question), engine)
    checked(commanded(question, answer), snapshot, report, snapshot.p_max)

"""Learning in place: what methods reach in a user's own calls, and models with that."""

import fcntl
import logging
import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from formulations.problem import Problem
from rrm.budget import Budget
from rrm.planning import is_modelled
from rrm.registry import INSTANT
from rrm.solution import Solution, Stopped
from twins.declaration import FieldError

if TYPE_CHECKING:
    from rrm.selection.models import Model
    from rrm.selection.outcomes import Event, Outcome

logger = logging.getLogger(__name__)

LENGTH = 2000
"""Outcomes in the file, at the most; as many older ones are kept beside it."""
MOST_EVENTS = 1000
"""Improvements of a call that are looked at."""


class Selector:
    """Records what methods reach in calls of ``solve``, and chooses by it.

    Within ``with rrm.Selector(path):``, calls of this thread (and of ``rrm.asolve``
    from it) append a line each to the file, if their method is ``auto``, their budget
    one that models are asked for (3 ms to 1 s, no limit of work), and they have no
    start. What the file told when it was opened, or at :meth:`refit`, is among what
    models compare methods on: each outcome counts as much as an instance of the
    training. Without a selector nothing is recorded or refitted.

    Parameters
    ----------
    path : str or Path
        JSON lines, one for each call; made if there is none. Holds features and gaps,
        no problems. At most ``LENGTH`` lines, after which it becomes ``path`` +
        ``.old`` in place of the one before.

    Raises
    ------
    FieldError
        If ``path`` is no path of a file, there is no folder for it, or a line is not an
        outcome. A last line that a killed process has cut off is no error: the next
        call drops it.

    Examples
    --------
    >>> with rrm.Selector("site.jsonl") as selector:  # doctest: +SKIP
    ...     rrm.solve(problem, 0.1)
    ...     selector.refit()
    """

    def __init__(self, path: str | Path) -> None:
        is_path = isinstance(path, (str, os.PathLike))
        if not is_path or not Path(path).parent.is_dir() or Path(path).is_dir():
            allowed = "a file in a folder that exists"
            raise FieldError("path", None, repr(path), allowed)
        self.path = Path(path)
        self._models: dict[type[Problem], Model] = {}
        self._lines = 0
        self._token: Token[Selector | None] | None = None
        self.refit()

    def __enter__(self) -> Self:
        """Have ``solve`` choose by it, and record.

        Raises
        ------
        RuntimeError
            If it is entered already.
        """
        if self._token is not None:
            raise RuntimeError("the selector is entered already: leave it first")
        self._token = entered.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave ``solve`` as it was."""
        assert self._token is not None
        entered.reset(self._token)
        self._token = None

    @property
    def older(self) -> Path:
        """File of the outcomes before those in ``path``."""
        return self.path.with_name(self.path.name + ".old")

    def refit(self) -> dict[str, int]:
        """Choose by all that was recorded so far, by any process.

        Returns
        -------
        dict
            By problem class: how many outcomes count.
        """
        from rrm.selection.features import LOOKS
        from rrm.selection.models import model_of
        from rrm.selection.outcomes import read_outcomes
        from rrm.selection.refit import NEWEST, refitted

        files = [path for path in (self.older, self.path) if path.exists()]
        found = {path: read_outcomes(path) for path in files}
        self._lines = len(found.get(self.path, []))
        outcomes = [one for rows in found.values() for one in rows]
        models, counts = {}, {}
        for kind in LOOKS:
            model = model_of(kind)
            rows = [one for one in outcomes if one.problem == kind.__name__]
            if model is None:
                continue
            rows = [one for one in rows if tuple(one.features) == model.features]
            if rows:
                models[kind] = refitted(model, rows[-NEWEST:])
                counts[kind.__name__] = len(rows[-NEWEST:])
        self._models = models
        return counts

    def model_of(self, problem: type[Problem]) -> "Model | None":
        """Model of a problem class that knows the outcomes; None without any."""
        return self._models.get(problem)

    def append(self, outcome: "Outcome") -> None:
        """Write an outcome; one that cannot be written is logged and lost."""
        try:
            if self._lines >= LENGTH:
                os.replace(self.path, self.older)
                self._lines = 0
            with self.path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # other processes write here, too
                _drop_torn_line(file)
                file.write(outcome.line().encode())
            self._lines += 1
        except (OSError, ValueError) as error:
            logger.warning("%s: outcome not recorded: %s", self.path, error)


def _drop_torn_line(file: IO[bytes]) -> None:
    """Cut off a last line that a killed process has not written to its end."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - 1, 0))
    if file.read() not in (b"", b"\n"):
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


entered: ContextVar[Selector | None] = ContextVar("rrm_selector", default=None)
"""Selector that calls of this context choose by."""


class Recording:
    """What one call of ``solve`` comes to, for the selector of its context."""

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        self._events: list[Event] = []

    def listener(
        self, tell: Callable[[dict[str, Any]], None] | None
    ) -> Callable[[dict[str, Any]], None]:
        """What is called at each improvement: keeps it, and tells the caller."""
        from rrm.selection.outcomes import Event

        def hear(event: dict[str, Any]) -> None:
            if len(self._events) < MOST_EVENTS:
                self._events.append(Event(**{key: event[key] for key in Event._fields}))
            if tell is not None:
                tell(event)

        return hear

    def keep(self, solution: Solution, budget: Budget) -> None:
        """Give the outcome to the selector, unless the call was cancelled."""
        from rrm.selection.features import LOOKS, features_of
        from rrm.selection.outcomes import outcome_of

        problem = solution.problem
        if type(problem) not in LOOKS or solution.stopped is Stopped.CANCELLED:
            return
        is_answered = any(event.method == INSTANT for event in self._events)
        features = features_of(problem, is_answered)
        outcome = outcome_of(solution, self._events, budget.seconds, features)
        if outcome is not None:
            self._selector.append(outcome)


def recording(
    budget: Budget, method: str | Sequence[str], start: Any
) -> Recording | None:
    """Recording of a call, None where there is no selector or nothing to learn."""
    selector = entered.get()
    if selector is None or method != "auto":
        return None
    if start is not None or budget.work is not None or not is_modelled(budget):
        return None
    return Recording(selector)

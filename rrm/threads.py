"""Methods of the caller's own script: in a thread that is abandoned at its deadline."""

import logging
import threading
from typing import Any

from rrm.incumbent import Incumbent
from rrm.registry import Method

logger = logging.getLogger(__name__)

MOST_ABANDONED = 4  # threads of one method that may hang at the same time

_abandoned: dict[str, list[threading.Thread]] = {}


class Facade:
    """Incumbent as a method in another thread sees it; deaf once abandoned."""

    def __init__(self, incumbent: Incumbent, method: Method) -> None:
        self._incumbent, self._method = incumbent, method
        self.problem, self.seed = incumbent.problem, incumbent.seed
        self.budget = incumbent.budget
        self.abandoned = False

    @property
    def allocation(self) -> Any:
        """Best verified allocation."""
        return self._incumbent.allocation

    @property
    def objective(self) -> float:
        """Objective of the best allocation."""
        return self._incumbent.objective

    @property
    def bound(self) -> float:
        """Tightest bound that counts."""
        return self._incumbent.bound

    def offer(self, allocation: Any) -> bool:
        """See :meth:`Incumbent.offer`."""
        if self.abandoned:
            return False
        return self._incumbent.judge(allocation, self._method.name)

    def tighten(self, bound: float, argument: Any = None) -> bool:
        """See :meth:`Incumbent.tighten`."""
        if self.abandoned:
            return False
        name = self._method.name
        return self._incumbent.weigh(bound, argument, name, self._method)

    def expired(self, work: int = 1) -> bool:
        """See :meth:`Incumbent.expired`."""
        return self.abandoned or self._incumbent.expired(work)

    def now(self) -> float:
        """See :meth:`Incumbent.now`."""
        return self._incumbent.now()

    def remaining(self) -> float:
        """Seconds left."""
        return 0.0 if self.abandoned else self._incumbent.remaining()


def run_in_thread(method: Method, incumbent: Incumbent) -> str:
    """Run a method until it is done or its share is over, and tell how it ended."""
    hanging = [one for one in _abandoned.get(method.name, []) if one.is_alive()]
    if len(hanging) >= MOST_ABANDONED:
        return f"not started: {len(hanging)} earlier runs still hang"
    facade = Facade(incumbent, method)
    ended: list[str] = []
    thread = threading.Thread(
        target=_guarded, args=(method, facade, ended), name=method.name, daemon=True
    )
    thread.start()
    while thread.is_alive() and not incumbent.expired(0):
        thread.join(min(incumbent.remaining(), 0.01))
    facade.abandoned = True
    if thread.is_alive():
        thread.join(0.0)
    if thread.is_alive():
        _abandoned[method.name] = [*hanging, thread]
        return "abandoned at the end of its share"
    return ended[0] if ended else "returned"


def _guarded(method: Method, facade: Facade, ended: list[str]) -> None:
    try:
        method.function(facade.problem, facade)
    except BaseException as error:
        logger.warning("method %s raised", method.name, exc_info=True)
        ended.append(f"raised {type(error).__name__}: {error}")

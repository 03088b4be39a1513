"""What somebody else's code gives within a time, however it fails."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Given = TypeVar("Given")


def in_time(call: Callable[[], Given], seconds: float) -> Given:
    """What ``call`` returns; it runs in a thread, which is left behind when late.

    Parameters
    ----------
    call : callable
        Without arguments.
    seconds : float
        For all of it.

    Raises
    ------
    TimeoutError
        If it takes longer.
    Exception
        What it raises; an exit is a RuntimeError.
    """
    answer: Future[Given] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except Exception as error:
            answer.set_exception(error)
        except BaseException as error:  # an exit would end the caller, too
            answer.set_exception(RuntimeError(type(error).__name__))

    threading.Thread(target=run, name="rrm-answer", daemon=True).start()
    return answer.result(max(seconds, 0.0))

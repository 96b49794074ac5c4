"""A tracking server that does not answer for a while: what was asked of it is asked again."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

PATIENCE = 300.0  # seconds that one may be away
_PAUSES = (0.5, 15.0)  # seconds before it is asked again, the first and the longest time
_SQLITE, _LOCKED = "sqlite3.", "database is locked"  # for longer than SQLite waits; the rest does not pass
# As MLflow says it.
_UNANSWERED = re.compile(r"failed with (exception|timeout|error code (408|429|502|503|504))")
_UNAVAILABLE = (408, 429, 503)

R = TypeVar("R")


class Outage:
    """Calls a server until it answers, with growing pauses, for as long as there is hope.

    Args:
        where: Where it is, in words without secrets.
        patience: Seconds that it may be away; `PATIENCE` if None.

    Attributes:
        tell: Called with what the user should know, perhaps by another thread.
        pausing: Entered around each pause of the main thread.
        count: How often it was away.
        hopeless: Whether somebody was told that it stays away.
    """

    def __init__(self, where: str, patience: float | None = None) -> None:
        self._where, self._patience = where, PATIENCE if patience is None else patience
        self._away, self._called_off = threading.Event(), threading.Event()
        self.tell: Callable[[str], None] = lambda _text: None
        self.pausing: Callable[[], AbstractContextManager[None]] = nullcontext
        self.count = 0
        self.hopeless = False

    def is_away(self) -> bool:
        """Whether it is waited for."""
        return self._away.is_set()

    def give_up(self) -> None:
        """Wait no more, now and later: what fails has failed."""
        self._called_off.set()

    def endure(self, ask: Callable[[], R]) -> R:
        """Return what the server answers.

        Raises:
            Exception: Whatever the call raises, if it refuses, or has been away for too long.
        """
        try:
            return ask()
        except Exception as error:  # of MLflow, the network or a driver; what may pass is decided below
            if self._called_off.is_set() or not may_pass(error):
                raise
            first = error
        return self._ask_again(ask, first)

    def _ask_again(self, ask: Callable[[], R], error: Exception) -> R:
        self._begin()
        pause, end = _PAUSES[0], time.monotonic() + self._patience
        try:
            while time.monotonic() < end and not self._pause(pause):
                try:
                    found = ask()
                except Exception as again:  # likewise
                    if not may_pass(again):
                        raise
                    error = again
                else:
                    self.tell(f"MLflow at {self._where} answers again")
                    return found
                pause = min(2 * pause, _PAUSES[1])
            self.hopeless = True
            raise error
        finally:
            self._away.clear()

    def _pause(self, seconds: float) -> bool:
        """Wait; True if it is called off meanwhile."""
        main = threading.current_thread() is threading.main_thread()
        with self.pausing() if main else nullcontext():
            return self._called_off.wait(seconds)

    def _begin(self) -> None:
        self._away.set()
        self.count += 1
        self.tell(
            f"warning  MLflow at {self._where} does not answer; it is asked again for "
            f"{self._patience / 60:.0f} minutes, and what is trained meanwhile is kept"
        )


def may_pass(error: Exception) -> bool:
    """Whether the same call may succeed a little later: nobody answered, or somebody was too busy."""
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    if isinstance(error, RequestException):
        return error.response is None or error.response.status_code in (*_UNAVAILABLE, 502, 504)
    if not isinstance(error, MlflowException):
        return False
    if _SQLITE in str(error):
        return _LOCKED in str(error)
    return error.get_http_status_code() in _UNAVAILABLE or _UNANSWERED.search(str(error)) is not None

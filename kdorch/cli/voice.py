"""How much is said: ``--quiet`` and ``--verbose``, known to every command and to whoever reports an error."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal

Level = Literal["quiet", "normal", "verbose"]

_LEVEL: ContextVar[Level] = ContextVar("level", default="normal")


def choose(level: Level) -> None:
    """Decide how much this command says."""
    _LEVEL.set(level)


def is_quiet() -> bool:
    """Whether only errors and results are wanted."""
    return _LEVEL.get() == "quiet"


def is_verbose() -> bool:
    """Whether it matters where things are, how long they take and where errors come from."""
    return _LEVEL.get() == "verbose"

"""Commands as the user would type them, to say what comes next."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from kdorch.search import HOME

INTERRUPTED = 130  # the exit code after Ctrl-C


def command(home: Path, *words: str) -> str:
    """Return a command for this project directory."""
    place = [] if home == Path(HOME) else ["--home", str(home)]
    return shlex.join(["kdorch", *place, *words])


def same_again() -> str:
    """Return the command that is running, with all its options."""
    return shlex.join(["kdorch", *sys.argv[1:]])

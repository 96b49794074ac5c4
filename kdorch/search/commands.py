"""Commands as the user would type them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from kdorch.search import HOME


def command(home: Path, *words: str) -> str:
    """Return a command for this project directory."""
    place = [] if home == Path(HOME) else ["--home", str(home)]
    return shlex.join(["kdorch", *place, *words])


def run_again(home: Path, words: Sequence[str], *more: str) -> str:
    """Return the command that goes on with a study.

    Args:
        home: The project directory.
        words: The file and settings that it was run with, as its record holds them.
        more: Further options.
    """
    file, *settings = words or ("FILE",)
    place = Path(file)
    near = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
    return command(home, "study", "run", str(near), *settings, *more)

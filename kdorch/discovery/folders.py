"""Modules and plugins of the user's own, beside those that are installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def importable(folders: Iterable[str]) -> Iterator[None]:
    """Let Python find modules in these directories for the duration, after everything else.

    A study's folder may hold any file, and a ``random.py`` in it is not the one that a library asks for.
    Where a file stands among the directories, its plugins are found, too.
    """
    added = [folder for folder in folders if folder not in sys.path]
    sys.path += added
    try:
        yield
    finally:
        for folder in added:
            with suppress(ValueError):  # somebody else took it out
                sys.path.remove(folder)


def plugin_files() -> tuple[Path, ...]:
    """Return the files with plugins among the places to import from, which workers are told."""
    return tuple(Path(entry) for entry in sys.path if entry.endswith(".py") and Path(entry).is_file())

"""Directories with modules of the user's own, beside those that Python looks into anyway."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def importable(folders: Iterable[str]) -> Iterator[None]:
    """Let Python find modules in these directories for the duration, after everything else.

    A study's folder may hold any file, and a ``random.py`` in it is not the one that a library asks for.
    """
    added = [folder for folder in folders if folder not in sys.path]
    sys.path += added
    try:
        yield
    finally:
        for folder in added:
            with suppress(ValueError):  # somebody else took it out
                sys.path.remove(folder)

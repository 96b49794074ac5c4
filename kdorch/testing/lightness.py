"""Whether code imports torch: what runs before the first trial must not."""

from __future__ import annotations

import builtins
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@cache
def loads_torch(module: str) -> bool:
    """Say whether importing a module, in a process of its own, imports torch."""
    code = f"import sys; sys.path[:0] = {sys.path!r}; import {module}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)  # noqa: S603  our own
    return done.returncode != 0


@contextmanager
def imports() -> Iterator[set[str]]:
    """Note the top-level names of what is imported meanwhile, loaded before or not."""
    seen: set[str] = set()
    before = builtins.__import__

    def noting(name: str, *rest: Any, **options: Any) -> Any:
        seen.add(name.partition(".")[0])
        return before(name, *rest, **options)

    builtins.__import__ = noting
    try:
        yield seen
    finally:
        builtins.__import__ = before

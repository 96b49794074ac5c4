"""Run the command line in a process that kills itself: ``killing.py module:function before|after N WORDS…``."""

from __future__ import annotations

import os
import signal
import sys
from functools import wraps
from pkgutil import resolve_name
from typing import Any


def arm(target: str, when: str, count: int) -> None:
    """Replace a function by one whose call number ``count`` is the process's last."""
    place, _, name = target.rpartition("." if "." in target.partition(":")[2] else ":")
    owner = resolve_name(place)
    function, calls = getattr(owner, name), 0

    @wraps(function)
    def fatal(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, fatal)


if __name__ == "__main__":
    target, when, count, *words = sys.argv[1:]
    arm(target, when, int(count))
    sys.argv[1:] = words
    from kdorch.cli import main

    main()

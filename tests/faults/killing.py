"""Run the command line in a process that is killed at points of its own, or of its workers.

``killing.py POINTS WORDS…``; POINTS is a JSON list of `Point`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Literal, NamedTuple

POINTS = "KDORCH_TEST_KILLS"  # in the environment of workers
Who = Literal["coordinator", "worker"]


class Point(NamedTuple):
    """A call before or after which a process is killed.

    Attributes:
        target: ``module:function`` or ``module:Class.method``, where it is looked up.
        when: ``before`` or ``after`` the call.
        call: Which one, counted from 1 in each process.
        whose: Who makes the call.
        victim: Who is killed by it.
    """

    target: str
    when: str
    call: int
    whose: Who = "coordinator"
    victim: Who = "coordinator"


def arm(point: Point, kill: Callable[[], None]) -> None:
    """Replace a function by one during whose call something is killed."""
    place, _, name = point.target.rpartition("." if "." in point.target.partition(":")[2] else ":")
    owner = resolve_name(place)
    function, calls = getattr(owner, name), 0

    @wraps(function)
    def fatal(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        now = calls == point.call
        if now and point.when == "before":
            kill()
        result = function(*args, **kwargs)
        if now and point.when == "after":
            kill()
        return result

    setattr(owner, name, fatal)


def kill_this() -> None:
    """Die at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm_worker(number: int, point: Point, coordinator: int) -> None:
    """Arm a point in the process that workers are forked from: the first of them that comes there kills."""

    def kill() -> None:
        try:
            Path(f"killed-{number}").touch(exist_ok=False)
        except FileExistsError:
            return
        if point.victim == "worker":
            kill_this()
        os.kill(coordinator, signal.SIGKILL)
        signal.pause()  # go no further than this: whoever forked this process ends it now

    arm(point, kill)


def main() -> None:
    """Arm everything, and be ``kdorch``."""
    points, *words = sys.argv[1:]
    described = [Point(*each) for each in json.loads(points)]
    for point in described:
        if point.whose == "coordinator":
            arm(point, kill_this)
    if any(point.whose == "worker" for point in described):
        from kdorch.search import run

        os.environ[POINTS] = json.dumps([os.getpid(), described])
        run.PRELOAD += ("mined",)
    sys.argv[1:] = words
    from kdorch.cli import main as kdorch

    kdorch()


if __name__ == "__main__":
    main()

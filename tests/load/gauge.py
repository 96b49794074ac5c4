"""What processes use, looked at once a second while somebody waits for them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PAGE = 4096
MEGABYTE = 10**6


@dataclass
class Gauge:
    """Memory of a process and of all that it has started, in bytes that are their own, in MB.

    Attributes:
        own: Of the process itself, once a second.
        others: Of the largest of the others, once a second.
        all: Of all together.
        seconds: How long it took.
    """

    own: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def watch(self, process: subprocess.Popen[bytes]) -> int:
        """Look at a process until it ends; return its exit code."""
        began = time.monotonic()
        while True:
            try:
                code = process.wait(1.0)
            except subprocess.TimeoutExpired:
                self._look(process.pid)
            else:
                self.seconds = time.monotonic() - began
                return code

    def _look(self, pid: int) -> None:
        used = {each: _anonymous(each) for each in [pid, *descendants(pid)]}
        self.own.append(used.pop(pid))
        self.others.append(max(used.values(), default=0.0))
        self.all.append(self.own[-1] + sum(used.values()))

    def growth(self, values: Sequence[float]) -> float:
        """Return by how much the last tenth is above the second one, when all has been begun."""
        tenth = max(1, len(values) // 10)
        early, late = values[tenth : 2 * tenth], values[-tenth:]
        return sum(late) / len(late) - sum(early) / len(early)


def descendants(pid: int) -> list[int]:
    """Return all that a process has started, and they in turn."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []
    return children + [each for child in children for each in descendants(child)]


def _anonymous(pid: int) -> float:
    """Return the memory of a process that no file stands behind."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1024 / MEGABYTE for line in lines if line.startswith("RssAnon"))

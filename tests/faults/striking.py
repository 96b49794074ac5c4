"""Run a study whose processes are killed at random moments, until it comes to its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

from processes import family, outlive

RUN = ["-c", "from kdorch.cli import main; main()"]
Victim = Literal["coordinator", "worker", "fork server"]


def victims(folder: Path, coordinator: int, victim: Victim) -> list[int]:
    """Return the processes of a study that may be killed; workers share the session of what forks them."""
    if victim == "coordinator":
        return [coordinator]
    found = []
    for pid in family(folder):
        with contextlib.suppress(ProcessLookupError):
            session = os.getsid(pid)
            is_server = session == pid
            if pid != coordinator and session != os.getsid(coordinator):
                found += [pid] if is_server == (victim == "fork server") else []
    return found


@dataclass
class Striking:
    """Studies that are run again and again.

    Attributes:
        warm: What starts processes.
        environment: Of those.
        folder: Their working directory.
        random: Draws moments and victims.
    """

    warm: Any
    environment: Mapping[str, str]
    folder: Path
    random: Random

    def to_the_end(
        self,
        words: tuple[str | Path, ...],
        victim: Victim = "coordinator",
        most: int = 0,
        longest: float = 0.0,
    ) -> int:
        """Run ``kdorch WORDS`` until it is done, and return how many processes were killed on the way.

        Args:
            words: The command.
            victim: Who is killed; a coordinator once in each run, others again and again.
            most: How many.
            longest: Seconds until a kill, or between two, of which there is a third at least: who is killed
                thrice at the same work is given up.
        """
        killed, code = 0, -signal.SIGKILL
        while code:
            with (self.folder.parent / "output").open("w+") as output:
                process = self._start(words, output)
                wait = self.random.uniform(0, longest)
                while killed < most and not self._ended(process, wait):
                    killed += self._strike(process, victim)
                    wait = self.random.uniform(longest / 3, longest)
                code = process.wait()
                output.seek(0)
                assert code == 0 or (code, victim) == (-signal.SIGKILL, "coordinator"), output.read()
            assert outlive(self.folder), "a process of the study lives on"
        return killed

    def _start(self, words: tuple[str | Path, ...], output: Any) -> Any:
        streams = {"stdin": subprocess.DEVNULL, "stdout": output.fileno(), "stderr": output.fileno()}
        from warm import ADDRESS

        environment = {**self.environment, ADDRESS: self.warm.address}
        command = [sys.executable, *RUN, *map(str, words)]
        return self.warm.popen(command, env=environment, cwd=self.folder, **streams)

    @staticmethod
    def _ended(process: Any, seconds: float) -> bool:
        """Wait for the end of a process, not longer than this."""
        try:
            descriptor = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        try:
            return bool(poll.poll(1000 * seconds))
        finally:
            os.close(descriptor)

    def _strike(self, process: Any, victim: Victim) -> int:
        found = victims(self.folder, process.pid, victim)
        if not found:
            return 0
        try:
            os.kill(self.random.choice(found), signal.SIGKILL)
        except ProcessLookupError:
            return 0
        if victim == "coordinator":
            process.wait()
        return 1

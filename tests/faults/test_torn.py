"""What was told is torn off the journal by a lost machine; the locks of the dead are nobody's."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from killing import Point

pytestmark = pytest.mark.slow

HOLD = """
import os, signal, sys
from filelock import FileLock
held = [FileLock(path) for path in sys.argv[1:]]
for lock in held:
    lock.acquire()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_trial_whose_end_is_torn_off_is_told_again_and_locks_of_the_dead_hold_nobody_up(
    kill: Any, begin: Any, whole: Any, write: Any, home: Path, warm: Any, clean: dict[str, str]
) -> None:
    file = write(search={"trials": 3, "sampler": "random"})
    ended = Point("kdorch.tracking.mlflow_tracker:MlflowTracker.end", "after", 3)  # the teacher, two trials
    kill(ended, file)
    journal = home / "studies" / "tiny" / "optuna.journal"
    content = journal.read_bytes()
    last = content.rfind(b"\n", 0, -1) + 1
    assert b'"state":1' in content[last:], "the last record is not that of a trial that is told"
    os.truncate(journal, (last + len(content)) // 2)

    locks = [path for path in home.rglob("*lock") if path.is_file()]
    assert len(locks) >= 5
    assert warm.run("-c", HOLD, *map(str, locks), env=clean).returncode == -signal.SIGKILL
    for path in locks:
        FileLock(path, timeout=0).acquire().lock.release()

    done = begin(words=("study", "run", file, "--workers", "1"))
    assert (done.returncode, done.stderr) == (0, "")
    [kept] = journal.parent.glob("optuna.journal.backup-*")
    assert f"dropped, a copy is {kept.name}" in done.stdout
    assert re.search(
        "after an interruption: [12] salvaged, 0 to repeat", done.stdout
    )  # 2: the third had come home
    kept.unlink()
    whole(home).check(trials=3, confirmed=2)

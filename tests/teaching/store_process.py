"""A process that makes one entry of a store. It says what it does and waits to be told to go on."""

from __future__ import annotations

import sys
from pathlib import Path

from kdorch.teaching.store import Store


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def write(folder):
    (folder / "first.txt").write_text("half")
    (folder / "garbage.txt").write_text("of a writer that may be killed")
    say("writing")
    sys.stdin.readline()
    (folder / "garbage.txt").unlink()
    (folder / "first.txt").write_text("whole")
    return {"answer": 42}


say("ready")
sys.stdin.readline()
entry = Store(Path(sys.argv[1])).make("thing", {"key": 1}, write)
say("made" if entry.made else "found")

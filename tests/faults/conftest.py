"""Studies whose processes are killed at named points."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))

from killing import Point
from processes import outlive

SIGKILL = -9


@pytest.fixture
def begin(home: Path, warm: Any, clean: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Run ``kdorch WORDS`` to its end with points armed; nothing of it lives on."""
    folder = tmp_path / "here"  # which tells the processes of the study from all others
    folder.mkdir()

    def run(*points: Point, words: tuple[str | Path, ...], at: Path = home) -> Any:
        for mark in folder.glob("killed-*"):
            mark.unlink()
        script = Path(__file__).with_name("killing.py")
        every = (script, json.dumps(points), "--home", at, *words)
        done = warm.run(*map(str, every), env=clean, cwd=folder)
        assert outlive(folder), "a process of the study lives on"
        done.killed = [mark.name for mark in folder.glob("killed-*")]
        return done

    return run


@pytest.fixture
def kill(begin: Callable[..., Any]) -> Callable[..., None]:
    """Run a study whose coordinator is killed at a point; other words run something else."""

    def run(point: Point, file: Path, *words: str | Path, **options: Any) -> None:
        done = begin(point, words=words or ("study", "run", file, "--workers", "1"), **options)
        assert done.returncode == SIGKILL, f"it was not killed:\n{done.stdout}{done.stderr}"

    return run

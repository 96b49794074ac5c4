"""How far each study is: read from its record and its journal, without torch and without MLflow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kdorch.api.results import Results
from kdorch.errors import KdorchError, reason
from kdorch.search.home import Folder, Home
from kdorch.search.record import begun

State = Literal["preparing", "running", "interrupted", "complete", "no result", "broken"]


@dataclass(frozen=True)
class Overview:
    """One study at a glance.

    Attributes:
        name: The study.
        state: What goes on with it.
        holder: The process that runs it, in words.
        done: Trials that count.
        total: Trials that were asked for.
        scratch: Of the search without the teacher; None where there is none.
        front: Students on the front.
        confirmed: Students that were confirmed.
        metric: The first objective.
        best: Its best value on the front.
        active: When it last got on, in seconds since 1970.
        tracked: Where its runs are, in words.
        words: The file and settings it was run with; empty if it was written in Python.
        problem: Why it is broken.
    """

    name: str
    state: State
    holder: str | None = None
    done: int = 0
    total: int | None = None
    scratch: int | None = None
    front: int = 0
    confirmed: int = 0
    metric: str | None = None
    best: float | None = None
    active: float | None = None
    tracked: str | None = None
    words: tuple[str, ...] = ()
    problem: str | None = None


def overviews(home: Path) -> list[Overview]:
    """Return every study of a project directory, whatever has become of it."""
    return [_guarded(name, home) for name in Home(home).studies()]


def _guarded(name: str, home: Path) -> Overview:
    try:
        return overview(Results(name, home))
    except (KdorchError, LookupError, TypeError, ValueError) as error:  # a record or a journal of any content
        folder = Home(home).study(name)
        why = str(error) if isinstance(error, KdorchError) else reason(error)
        return Overview(name, "broken", holder=folder.holder(), active=_active(folder), problem=why)


def overview(results: Results) -> Overview:
    """Return one study. Nothing is written, so it may be running."""
    record, folder = results.record, results.folder
    searched = results.searched if "search" in begun(results.journal) else None
    done = searched.counted if searched else 0
    scratched = results.scratched if results.study.confirm.searched else None
    front = len(results.front)
    holder = folder.holder()
    return Overview(
        name=results.name,
        state=_state(results, holder),
        holder=holder,
        done=done,
        total=max(record.get("trials", results.study.search.trials), done),
        scratch=scratched.counted if scratched else None,
        front=front,
        confirmed=len(set(results.confirmed["candidate"])),
        metric=results.quality,
        best=results.best if front else None,
        active=_active(folder),
        tracked=record.get("tracking"),
        words=tuple(record.get("words", ())),
    )


def _state(results: Results, holder: str | None) -> State:
    if holder:
        return "running" if "teacher" in results.record else "preparing"
    if not len(results.trials):
        return "no result"
    return "complete" if results.record.get("concluded") else "interrupted"


def _active(folder: Folder) -> float | None:
    """Return when the journal last grew, or the record was last written."""
    times = [file.stat().st_mtime for file in (folder.journal, folder.path / "study.json") if file.exists()]
    return max(times, default=None)

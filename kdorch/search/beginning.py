"""Begin a study, or make sure that the one that was begun is this one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from kdorch.errors import KdorchError
from kdorch.search import prepare
from kdorch.search.frames import open_trials
from kdorch.search.home import Folder
from kdorch.search.journal import Journal
from kdorch.search.logbook import place, same_place
from kdorch.search.record import Record, begun
from kdorch.stopwatch import part
from kdorch.study import Study


@part("start-up")
def begin(
    study: Study, folder: Folder, journal: Journal, *, uri: str | None, folders: Sequence[str], trials: int
) -> dict[str, Any]:
    """Return what is known about a study, written down before anything is done for it.

    A study without any result may change in every way: it is begun anew. References may always change, as no
    trial depends on them; then there is something left to do even in a study that was complete.

    Args:
        study: As it is now.
        folder: Its directory, held by this process.
        journal: Of its trials; cleared if it is begun anew.
        uri: The tracking server, or None for the project's own database.
        folders: Directories whose modules it may name.
        trials: How many trials are wanted.

    Raises:
        StudyError: If there are results, and new ones could not be compared with them.
        TrackingError: If there are results, and they are tracked elsewhere.
    """
    known = folder.read() or {}
    search = open_trials(journal, study) if "search" in begun(journal) else None
    if known and not (search and (search.complete() or _has_kept(folder, search))):
        left = trials - (search.counted if search else 0)
        known = _anew(study, journal, known, uri, left)
    elif known:
        _check_same(study, known, uri)
    now = {
        "study": study.tree(),
        "sources": prepare.sources(study),
        "tracking": place(uri),
        "folders": list(folders),
        "trials": trials,
        "words": study.words,
    }
    fresh = {} if "commit" in known else {"commit": _commit(folders)}  # the one that it was begun from
    open_again = {} if _references(known) == _references(now) else {"references": {}, "concluded": False}
    record = {"identity": uuid4().hex, "concluded": False} | fresh | known | now | open_again
    folder.write(record)
    return record


def _references(record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a study's references, and what is behind them."""
    sources = record.get("sources", {}).items()
    behind = {path: digest for path, digest in sources if path.startswith("references.")}
    return record.get("study", {}).get("references", {}), behind


def _has_kept(folder: Folder, search: Record) -> bool:
    """Whether there are results that are still to be written down."""
    return bool(search.running()) and any(folder.spool.glob("*/*.json"))


def _check_same(study: Study, known: dict[str, Any], uri: str | None) -> None:
    same_place(study.name, known["tracking"], uri)
    prepare.same(study, known["study"])
    prepare.same_sources(study, known["sources"])


def _anew(
    study: Study, journal: Journal, known: dict[str, Any], uri: str | None, left: int
) -> dict[str, Any]:
    """Forget trials that all failed, if the study has changed since, or none is left to try."""
    try:
        _check_same(study, known, uri)
    except KdorchError:
        pass
    else:
        if left > 0:
            return known
    journal.clear()
    return {"identity": known["identity"]}  # its runs in MLflow stay its runs


def _commit(folders: Sequence[str]) -> str | None:
    """Return the git commit that the study is run from, if it is in a repository."""
    words = ["git", "-C", *folders[:1], "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()

"""Before the first trial: data ready, and the study the same as before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from kdorch import errors
from kdorch.discovery import installed
from kdorch.discovery.code import digest
from kdorch.errors import Problem, StudyError
from kdorch.execution import Executor
from kdorch.execution.memory import machine
from kdorch.kinds import Task
from kdorch.search.calling import Wait, call, ignore
from kdorch.search.home import Home
from kdorch.spec import answer
from kdorch.study import Study
from kdorch.study.check import misfits
from kdorch.study.space import whole
from kdorch.study.storing import unkept

Change = tuple[str, Any, Any]  # the path of something, what it was, and is; None where it is not there

# What may change between runs of one study; of what is in plugins, the code behind the parts tells.
_FREE = ("name", "references", "plugins", "search", "confirm", "store.disk")
_BEGUN = (
    "was begun with other {}, and its trials cannot be compared with new ones. Put these back{}, or give the "
    "study a new name:"
)


def same(study: Study, before: Mapping[str, Any]) -> None:
    """Make sure that new trials can be compared with those that are there.

    Raises:
        StudyError: With every difference that would mix incomparable trials.
    """
    now = study.tree()
    changed = [Problem(path, _told(old, new)) for path, old, new in changes(study, before)]
    if list(before["objectives"]) != list(now["objectives"]):
        order = ", ".join(before["objectives"])
        changed.append(Problem("objectives", f"their order was {order}; the first chooses the best epoch."))
    if changed:
        raise StudyError(
            sorted(changed, key=str),
            f"study {study.name!r}",
            _BEGUN.format("settings", ", in its file or with --set"),
        )


def changes(study: Study, before: Mapping[str, Any]) -> list[Change]:
    """Return each setting that results depend on and that is another than before."""
    now, free = study.tree(), {*_FREE, *_files(study)}
    return [
        found
        for section in now.keys() - free
        for found in _differences(section, before.get(section), now[section])
        if found[0] not in free
    ]


def same_sources(study: Study, before: Mapping[str, str]) -> None:
    """Make sure that versions, code and files behind the parts are those that the study began with.

    Raises:
        StudyError: With every part that is not.
    """
    what = "the code, file or version behind it has changed."
    changed = [Problem(path, what) for path, _old, _new in changed_sources(study, before)]
    if changed:
        raise StudyError(changed, f"study {study.name!r}", _BEGUN.format("code or files", ""))


def changed_sources(study: Study, before: Mapping[str, str]) -> list[Change]:
    """Return each part that results depend on and behind which there is something else than before."""
    now = sources(study)
    return [
        (path, old, now.get(path))
        for path, old in before.items()
        if now.get(path) != old and path.partition(".")[0] not in _FREE
    ]


def sources(study: Study) -> dict[str, str]:
    """Return what is behind each part of the study, by its path: origin, code and files."""
    plugins = installed()
    found = {
        path: f"{plugins.origins(part)} {answer(part, 'fingerprint', str)}".strip()
        for path, part in whole(dict(study))
    }
    own = study.augment.target
    return found | ({"augment.target": digest(own.partition(":")[0])} if own else {})


def _files(study: Study) -> Iterator[str]:
    """Yield the keys that name a file: where it lies does not matter, and what is in it is a source."""
    for path, part in whole(dict(study)):
        for below, spec in part.nested_parts():
            yield from (".".join(filter(None, (path, below, field))) for field in spec.named_files())


def _differences(path: str, old: Any, new: Any) -> list[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(old.keys() | new.keys())
        return [found for key in keys for found in _differences(f"{path}.{key}", old.get(key), new.get(key))]
    return [] if old == new else [(path, old, new)]


def _told(old: Any, new: Any) -> str:
    if old is None:
        return f"was not there, is now {new!r}."
    return f"was {old!r}, is no longer there." if new is None else f"was {old!r}, is now {new!r}."


def unchanged(study: Study, before: Mapping[str, Any], what: str, digest: str) -> None:
    """Make sure that the rows (``data``) or the ``teacher`` are those that the study began with.

    Raises:
        DataError: If they are not.
    """
    if before[what]["digest"] != digest:
        part = {"data": study.data, "teacher": study.teacher}[what]
        raise errors.DataError(
            f"The {part.kind} {part.name!r}, or the version of what offers it, has changed since study "
            f"{study.name!r} began, so its trials cannot be compared with new ones. Bring the old one back, "
            "or give the study a new name."
        )


def data(study: Study, home: Home, executor: Executor, wait: Wait = ignore) -> dict[str, Any]:
    """Prepare the dataset, or find it in the store."""
    tree = study.tree()
    spec = {"store": str(home.store.resolve()), "data": tree["data"], "split": tree["split"]}
    return call(executor, "kdorch.teaching.jobs:data", spec, wait)


def fits(study: Study, task: Mapping[str, Any]) -> None:
    """Make sure that the losses suit the task whose number of outputs the dataset has told.

    Raises:
        StudyError: If they do not; every trial would fail.
    """
    found: Task = installed().part("task", dict(task))
    wrong = [*misfits(dict(study), type(found), found.outputs), *unkept(study.store.top, found)]
    if wrong:
        raise StudyError(wrong, f"study {study.name!r}")


def score(study: Study) -> tuple[str, str]:
    """Return the task's score that chooses the best epoch, and which way is better."""
    metric, direction = next(iter(study.objectives.items()))
    return metric.removeprefix("val/"), direction


def budget(workers: int) -> int:
    """Return how many bytes of rows each worker may hold: together, a quarter of the machine's memory."""
    return memory() // (4 * workers)


def memory() -> int:
    """Return the bytes of memory that the machine has, or the container that this runs in."""
    return machine()


def cores() -> int:
    """Return how many cores this process may use; not every system limits that."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""What the student is shown of the training rows, and what the teacher says of it, before the first trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.filesize import decimal

from kdorch.discovery import installed
from kdorch.errors import PluginError, Problem, StudyError
from kdorch.execution import Executor
from kdorch.search import features, prepare
from kdorch.search.calling import call
from kdorch.search.home import Home
from kdorch.search.observer import Observer
from kdorch.search.where import Where
from kdorch.study import Augment, Study, Transfer
from kdorch.study.showing import unshown


def showable(study: Study, executor: Executor, data: Mapping[str, Any]) -> None:
    """Make sure that it can be made of the data that were prepared: a function of the study's own is tried.

    Raises:
        StudyError: If it cannot.
    """
    facts = data["facts"]
    inputs = np.load(Path(data["path"], "train", "inputs.npy"), mmap_mode="r")
    task = installed().part("task", facts["task"])
    labelled = facts["rows"]["train"] - facts["unlabelled"]
    wrong = list(unshown(study, task, labelled, inputs))
    if study.augment.target and not wrong:
        spec = {"data": data["path"], "augment": study.tree()["augment"], "seed": study.seed}
        try:
            call(executor, "kdorch.teaching.jobs:augment", spec)
        except PluginError as error:
            wrong.append(Problem("augment.target", str(error)))
    if wrong:
        raise StudyError(wrong, f"study {study.name!r}")


def transfer(
    study: Study, home: Home, executor: Executor, data: str, wait: Callable[[float], None]
) -> dict[str, Any] | None:
    """Choose rows and make views, or find them in the store; None if the student is shown all as it is."""
    if (study.transfer, study.augment) == (Transfer(), Augment()):
        return None
    tree = study.tree()
    spec = {
        "store": str(home.store.resolve()),
        "data": data,
        "transfer": tree["transfer"],
        "augment": tree["augment"],
        "seed": study.seed,
    }
    return call(executor, "kdorch.teaching.jobs:transfer", spec, wait)


def lessons(
    study: Study,
    home: Home,
    executor: Executor,
    entries: tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any] | None],
    where: Where,
    observer: Observer,
) -> dict[str, Any]:
    """Return where a training finds its rows and what the teacher says of them, once that is all there.

    Args:
        study: The study.
        home: Project directory.
        executor: Who has workers, to have the teacher answer views.
        entries: The stored data, the teacher, and what the student is shown, if that is not all.
        where: Where jobs compute.
        observer: Who watches.
    """
    data, teacher, shown = entries
    found: dict[str, Any] = {"data": data["path"], "teacher": teacher["path"]}
    waiting = partial(observer.wait, "features")
    source, told = features.ready(study, home, executor, entries, where, waiting)
    if source:
        found["features"] = source
        observer.say(f"features {told}")
    if shown is None:
        return found
    found["transfer"] = shown["path"]
    if shown["facts"]["views"] == 1:
        return found
    spec = {
        "store": str(home.store.resolve()),
        "teacher": study.tree()["teacher"],
        "entry": teacher["path"],
        "transfer": shown["path"],
        "data": data["path"],
        "top": study.store.top,
        **where.spec(),
    }
    job, waiting = "kdorch.teaching.jobs:teacher_views", partial(observer.wait, "views")
    views = call(executor, job, spec, waiting, threads=prepare.cores())
    if views["made"]:
        observer.say(f"views    answered by the teacher, {views['facts']['rows_evaluated']:,} rows")
    return found | {"answers": views["path"]}


def said(study: Study, shown: Mapping[str, Any] | None) -> str:
    """Return in words what the student is shown, to follow the rows of the splits."""
    if shown is None:
        return ""
    facts, words = shown["facts"], []
    if facts["omitted"]:
        words.append(f"{facts['omitted']:,} rows omitted")
    if study.transfer.labels is not None:
        words.append(f"{facts['labels']:,} labels kept, {facts['rows'] - facts['labels']:,} rows without")
    if facts["views"] > 1:
        words.append(f"{facts['views']} views ({decimal(facts['bytes'])})")
    return "".join(f"; {word}" for word in words)

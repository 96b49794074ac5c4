"""The teacher's features before the first trial: which are read, and whether they fit the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.filesize import decimal

from kdorch.execution import Executor
from kdorch.kinds import Loss
from kdorch.kinds.loss import features_read
from kdorch.search.calling import call
from kdorch.search.home import Home
from kdorch.search.prepare import cores
from kdorch.search.where import Where
from kdorch.spec import Choice
from kdorch.study import Study
from kdorch.study.paths import locate
from kdorch.study.space import space, specs

_PRECISION = 4  # bytes of a stored number
_JOB = "kdorch.teaching.jobs:teacher_features"


def ready(
    study: Study,
    home: Home,
    executor: Executor,
    entries: tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any] | None],
    where: Where,
    wait: Callable[[float], None],
) -> tuple[dict[str, Any] | None, str]:
    """Store the features that the study's losses read, if they fit.

    Args:
        study: The study.
        home: Project directory.
        executor: Who has workers.
        entries: The stored data, the teacher, and what the student is shown, if that is not all.
        where: Where jobs compute.
        wait: Told now and then for how many seconds it has been going on.

    Returns:
        Where trials find the features, and the same in words; None and nothing if no loss reads any.
    """
    data, teacher, shown = entries
    names = read_by(study)
    if names == []:
        return None, ""
    tree, disk = study.tree(), study.store.disk
    views = shown["facts"]["bytes"] if shown and shown["facts"]["views"] > 1 else 0
    spec = {
        "store": str(home.store.resolve()),
        "teacher": tree["teacher"],
        "dataset": tree["data"],
        "entry": teacher["path"],
        "data": data["path"],
        "transfer": shown["path"] if shown else None,
        "names": names,
        "disk": disk - views,
        **where.spec(),
    }
    kept = call(executor, _JOB, spec, wait, threads=cores())
    layers, size = len(kept["names"]), decimal(kept["bytes"])
    if kept["path"]:
        count = "1 layer" if layers == 1 else f"{layers} layers"
        told = f"of {count} stored, {size}"
        if kept["made"]:
            told += f", for which the teacher ran again: {kept['facts']['rows_evaluated']:,} rows"
        return {"stored": kept["path"]}, told
    beside = f" beside views of {decimal(views)}" if views else ""
    told = f"are recomputed in each trial: {size} would not fit store.disk {decimal(disk)}{beside}"
    return asked(study, teacher["path"]), told


def asked(study: Study, teacher: str) -> dict[str, Any]:
    """Return how a worker asks the teacher whose state lies in a directory."""
    return {"teacher": study.tree()["teacher"], "state": f"{teacher}/state.safetensors"}


def read_by(study: Study) -> list[str] | None:
    """Return the teacher's features that some trial may read; None if it may be any."""
    names = features_read(_losses(study))
    return None if names is None else sorted(names)


def room(study: Study, rows: Mapping[str, int], shown: Mapping[str, int]) -> int:
    """Return how many bytes of features will be stored, views aside.

    Args:
        study: The study.
        rows: Of each split.
        shown: How many numbers each of the teacher's features has for one row.
    """
    names = read_by(study)
    each = sum(shown.get(name, 0) for name in (shown if names is None else names))
    size = _PRECISION * each * (rows["train"] + rows["validation"])
    return size if size <= study.store.disk else 0


def _losses(study: Study) -> Iterator[Loss]:
    """Yield every loss, also with each option of what is tuned in it."""
    sections = dict(study)
    yield from (part for _, part in specs(sections) if isinstance(part, Loss))
    for each in space(study):
        place = locate(each.path, sections) if each.path in study.tune else None
        if place and isinstance(place.owner, Loss) and isinstance(each.mark, Choice):
            for option in each.mark.options:
                value: Any = option
                if place.keys:
                    value = {**getattr(place.owner, place.field), place.keys[0]: option}
                yield place.owner.model_copy(update={place.field: value})

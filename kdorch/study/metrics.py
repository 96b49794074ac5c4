"""What a study measures, which way is better, and what it asks for that nobody measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from kdorch.discovery import Plugins
from kdorch.errors import PluginError, Problem, did_you_mean
from kdorch.kinds import Dataset, Direction, Measure, Task
from kdorch.study.limits import Limit
from kdorch.study.model import ALWAYS, Study
from kdorch.tasks.metrics import named


def unmeasured(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Yield metrics that do not exist, or are used in a way that makes no sense."""
    try:
        known = directions(sections, plugins)
    except PluginError as error:
        yield Problem("data", str(error))
        return
    if not known:
        return
    task = task_of(sections["data"], plugins)
    yield from _strange(sections.get("metrics") or (), task)
    objectives = sections.get("objectives") or {}
    for section in ("objectives", "limits"):
        for metric in sections.get(section) or {}:
            if metric not in known:
                losses = sections.get("losses") or {}
                yield _unmeasured(f"{section}.{metric}", metric, task, losses, known)
    for metric, direction in objectives.items():
        if direction and known.get(metric, direction) != direction:
            better = "higher" if known[metric] == "max" else "lower"
            what = f"{better} is better, so it cannot be {direction!r}."
            yield Problem(f"objectives.{metric}", what, f"Write {known[metric]}.")
    scores = {f"val/{name}" for name in (*task.directions, *(sections.get("metrics") or ()))}
    first = next(iter(objectives), None)
    if first in known and first not in scores:
        what = "the first objective chooses the best epoch, so it must be a score of the task."
        yield Problem(f"objectives.{first}", what, f"Begin with {' or '.join(sorted(scores))}.")
    search = sections.get("search")
    if search is not None and search.pruner != "none":
        measures = sections.get("measures") or ()
        yield from _too_late(list(objectives)[1:], measured(task, plugins, measures, before_training=True))


def _too_late(others: Iterable[str], early: Iterable[str]) -> Iterator[Problem]:
    """Yield objectives for which nobody could be given up: they are unknown until the end."""
    for metric in others:
        if metric not in early:
            what = f"no training can be given up early, as the objective {metric} is measured after it."
            yield Problem("search.pruner", what, f"Leave the pruner out, or make {metric} a limit.")


def _strange(metrics: Iterable[str], task: type[Task]) -> Iterator[Problem]:
    known = named(task) if metrics else {}
    for index, metric in enumerate(metrics):
        if metric in task.directions:
            yield Problem(f"metrics.{index}", f"{metric!r} is measured anyway.", "Remove it.")
        elif metric not in known:
            what = f"torchmetrics has no {metric!r} for {task.name}."
            yield Problem(f"metrics.{index}", what, did_you_mean(metric, known))


def _unmeasured(
    where: str, metric: str, task: type[Task], losses: Iterable[str], known: Mapping[str, Direction]
) -> Problem:
    if metric.startswith("test/"):
        hint = (
            f"Write val/{metric.removeprefix('test/')}: test rows stay locked until a student is confirmed."
        )
        return Problem(where, "a search may not see the test rows.", hint)
    if metric.startswith("val/") and (name := metric.removeprefix("val/")) in named(task):
        return Problem(where, "is measured only if asked for.", f"Write metrics: [{name}], too.")
    if metric not in {f"{rows}/loss/{label}" for rows in ("train", "val") for label in losses}:
        return Problem(where, "nobody measures this.", did_you_mean(metric, known))
    # It would fail each baseline, and a trial whose weight is 0; and the search would only make it easy.
    what = (
        "students cannot be compared by the value of a loss: what is tuned in it changes its meaning, and "
        "those that are trained without the teacher have none."
    )
    scores = ", ".join(name for name in known if name.startswith("val/"))
    return Problem(where, what, f"Use {scores}, or a measure of your own.")


def directions(sections: Mapping[str, Any], plugins: Plugins) -> dict[str, Direction]:
    """Return every metric that a trial of this study measures, and which way is better."""
    dataset = sections.get("data")
    if dataset is None or not dataset.tasks:
        return {}
    task = task_of(dataset, plugins)
    found = measured(task, plugins, sections.get("measures") or ())
    metrics = sections.get("metrics") or ()
    further = named(task) if metrics else {}
    return found | {f"val/{name}": further[name] for name in metrics if name in further}


def measured(
    task: type[Task], plugins: Plugins, further: Iterable[Measure] = (), *, before_training: bool = False
) -> dict[str, Direction]:
    """Return what every trial of a task measures, and further measures do, and which way is better.

    Args:
        task: What is learnt.
        plugins: Where measures are found.
        further: Measures beside those that are always taken.
        before_training: Only what is known by then.
    """
    always = [cast("Measure", plugins.find("measure", name)()) for name in ALWAYS]
    found: dict[str, Direction] = {}
    for measure in [*always, *further]:
        if measure.before_training or not before_training:
            found |= measure.produces(task)
    return found


def limits(study: Study, plugins: Plugins) -> list[Limit]:
    """Return the limits of a study that has been checked."""
    known = directions({name: getattr(study, name) for name in type(study).model_fields}, plugins)
    return [Limit(metric, bound, known[metric]) for metric, bound in study.limits.items()]


def task_of(dataset: Dataset, plugins: Plugins) -> type[Task]:
    """Return the class of a dataset's task."""
    return cast("type[Task]", plugins.find("task", dataset.task_name()))

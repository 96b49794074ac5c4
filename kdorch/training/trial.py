"""One trial, from plain values to plain values: what a worker runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import nn

from kdorch.discovery import Plugins, installed
from kdorch.kinds import Batch, Loss, Measure, Student, Subject, Task, Teacher
from kdorch.study.limits import Limit
from kdorch.study.model import ALWAYS
from kdorch.study.settings import Train
from kdorch.training.asking import Asked, features_of
from kdorch.training.building import SAMPLE, answer, build, seed
from kdorch.training.evaluate import evaluate, mean_losses
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.rows import Recall, Rows, open_rows
from kdorch.training.top import widened
from kdorch.training.views import open_views, view_folders
from kdorch.training.weights import storable


def run(spec: Mapping[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train and measure one student.

    Args:
        spec: ``data`` and ``teacher`` (stored directories; no teacher for a baseline), ``task``, ``student``,
            ``losses``, ``train``, ``seed``, ``score`` (name, direction), ``measures``, ``limits`` (metric,
            bound, direction), ``weights`` (file to write), ``budget`` (bytes of rows to hold in memory);
            where there are such, also ``transfer`` and ``answers`` (stored directories: what the student is
            shown of the training rows, what the teacher says of their views), ``recall``, a teacher with
            fields that act in each trial, ``features`` (see `features_of`), and ``sample``: whether to return
            something to look at.
        report: Called with ``{"known": metrics}`` before training.

    Returns:
        ``metrics``, ``curves``, ``epoch``, the ``digest`` of the weights, and perhaps a ``sample``; or
        ``infeasible`` with the limits that the untrained student already breaks.

    Raises:
        TrainingError: If the parts do not fit each other, or training diverges.
    """
    plugins = installed()
    task: Task = plugins.part("task", spec["task"])
    student: Student = plugins.part("student", spec["student"])
    losses = {label: plugins.part("loss", loss) for label, loss in spec["losses"].items()}
    train, validation = _rows(spec, plugins, task, losses.values())
    settings = Train(**spec["train"])
    measures = _measures(spec, plugins)
    with _repeatable(deterministic=settings.deterministic):
        batch, told = next(validation.batches(SAMPLE))
        seed(spec["seed"])
        network, shown = build(student, task, batch)
        untrained = Subject(network, task, batch.inputs)
        known = _measure((measure for measure in measures if measure.before_training), untrained)
        broken = _broken(known, (Limit(*limit) for limit in spec["limits"]))
        if broken:
            return {"infeasible": broken, "metrics": known}
        report({"known": known})
        objective = Objective(losses, task, shown, told and widened(told, shown.logits))
        fitted = fit(
            network, objective, train, validation, task, settings, seed=spec["seed"], score=spec["score"]
        )
        network.eval()
        answers = evaluate(network, validation, task, objective, settings.batch)
        trained = replace(
            untrained,
            logits=answers.logits,
            targets=answers.targets,
            teacher=answers.teacher,
            train_seconds=fitted.seconds,
        )
        metrics = known | _measure((measure for measure in measures if not measure.before_training), trained)
        metrics |= {f"val/loss/{label}": value for label, value in answers.losses.items()}
        learnt = mean_losses(network, train[0], task, objective, settings.batch)
        metrics |= {f"train/loss/{label}": value for label, value in learnt.items()}
    digest = _write(network, Path(spec["weights"]))
    found = {"metrics": metrics, "curves": fitted.curves, "epoch": fitted.epoch, "digest": digest}
    return found | ({"sample": _sample(network, task, batch)} if spec.get("sample") else {})


@torch.no_grad()
def _sample(network: nn.Module, task: Task, batch: Batch) -> str:
    return task.sample(lambda inputs: answer(network, replace(batch, inputs=inputs)).logits, batch)


def _rows(
    spec: Mapping[str, Any], plugins: Plugins, task: Task, losses: Iterable[Loss]
) -> tuple[list[Rows], Rows]:
    """Return the training rows in all their views, and the validation rows."""
    others = (spec.get(what) for what in ("teacher", "transfer", "answers"))
    teacher, transfer, answers = (Path(path) if path else None for path in others)
    data, budget, recall = Path(spec["data"]), spec["budget"], _recall(spec, plugins, task)
    train = open_views(data, teacher, transfer, answers, budget=budget, recall=recall)
    validation = open_rows(data, "validation", teacher, budget=budget, recall=recall)
    features = features_of(spec, plugins, task, losses)
    if features is None:
        return train, validation
    folders = ["train", *(view.name for view in view_folders(transfer))] if transfer else ["train"]
    views: list[Rows] = [Asked(rows, features(folder)) for rows, folder in zip(train, folders, strict=True)]
    return views, Asked(validation, features("validation"))


def evaluate_split(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, float]:
    """Return the task's scores of stored weights on one split; what a worker runs to read the test."""
    plugins = installed()
    task: Task = plugins.part("task", spec["task"])
    rows = open_rows(Path(spec["data"]), spec["split"], None, budget=spec["budget"])
    batch, _told = next(rows.batches(SAMPLE))
    network, _shown = build(plugins.part("student", spec["student"]), task, batch)
    network.load_state_dict(load_file(spec["weights"]))
    answers = evaluate(network, rows, task)
    names = (*task.directions, *task.metrics)
    return {name: task.score(name, answers.logits, answers.targets) for name in names}


def _recall(spec: Mapping[str, Any], plugins: Plugins, task: Task) -> Recall | None:
    if spec.get("recall") is None:
        return None
    teacher: Teacher = plugins.part("teacher", spec["recall"])
    return partial(teacher.recall, task)


def _measures(spec: Mapping[str, Any], plugins: Plugins) -> list[Measure]:
    parts = [{"use": name} for name in ALWAYS] + list(spec["measures"])
    return [plugins.part("measure", part) for part in parts]


def _measure(measures: Iterable[Measure], subject: Subject) -> dict[str, float]:
    return {metric: value for measure in measures for metric, value in measure(subject).items()}


def _broken(metrics: Mapping[str, float], limits: Iterable[Limit]) -> dict[str, float]:
    """Return how far each known metric is beyond its limit, for those that are."""
    excess = {
        limit.metric: limit.excess(metrics[limit.metric]) for limit in limits if limit.metric in metrics
    }
    return {metric: value for metric, value in excess.items() if value > 0}


def _write(network: nn.Module, path: Path) -> str:
    """Write the weights and return their digest."""
    content = save(storable(network.state_dict()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256(content).hexdigest()


@contextmanager
def _repeatable(*, deterministic: bool) -> Iterator[None]:
    """Insist on deterministic algorithms for the duration, when asked to."""
    before = torch.get_deterministic_debug_mode()
    torch.use_deterministic_algorithms(deterministic)
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)

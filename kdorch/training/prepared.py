"""A trial before its training, and after it: what it is built of, and what is measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from kdorch.discovery import installed
from kdorch.kinds import Batch, Direction, Loss, Measure, Student, Subject, Task, Teacher
from kdorch.kinds.loss import features_read
from kdorch.stopwatch import part
from kdorch.study.limits import Limit
from kdorch.study.model import ALWAYS
from kdorch.study.pruning import Stop, stop
from kdorch.study.settings import Train
from kdorch.training.asking import Asked, features_of
from kdorch.training.building import SAMPLE, answer, build, seed
from kdorch.training.course import Course, Fitted
from kdorch.training.device import home, rows_there, there
from kdorch.training.evaluate import evaluate, mean_losses
from kdorch.training.numerics import Numerics, settle
from kdorch.training.objective import Objective
from kdorch.training.rows import Recall, Rows, open_rows, spread
from kdorch.training.supposed import Supposed
from kdorch.training.top import widened
from kdorch.training.views import open_views, view_folders
from kdorch.training.weights import storable


@dataclass
class Prepared:
    """A trial whose student is built and fits the limits.

    Attributes:
        name: Of the trial.
        seed: Order of the rows, and the initial weights.
        subject: The untrained network.
        known: What was measured before training.
        objective: What to minimise.
        train: Training rows in all their views.
        validation: Validation rows.
        settings: Epochs, batch, learning rate.
        numerics: How the training is computed.
        score: Chooses the best epoch, and which way is better.
        stop: Whether to give up, asked after each epoch.
        course: Who sees it on its way, and from where it goes on.
        weights: File to write.
        sample: Rows of which to make something to look at; None if nobody will.
    """

    name: str
    seed: int
    subject: Subject
    known: dict[str, float]
    objective: Objective
    train: list[Rows]
    validation: Rows
    settings: Train
    numerics: Numerics
    score: tuple[str, Direction]
    stop: Stop
    course: Course
    weights: Path
    sample: Batch | None

    @property
    def network(self) -> nn.Module:
        """The student."""
        return self.subject.network

    @property
    def task(self) -> Task:
        """What is learnt."""
        return self.subject.task


Report = Callable[[dict[str, Any]], None]


class Infeasible(Exception):  # noqa: N818  no error: it never leaves this package
    """The untrained student breaks limits.

    Attributes:
        result: ``infeasible``, how far each metric is beyond its limit, and ``metrics``.
    """

    def __init__(self, broken: Mapping[str, float], known: Mapping[str, float]) -> None:
        super().__init__(", ".join(broken))
        self.result = {"infeasible": dict(broken), "metrics": dict(known)}


class Bench:
    """What the trials of one job share: the task, the measures, and rows that are opened once.

    Args:
        spec: As `kdorch.training.trial.run` takes it.
        report: Takes the curves of long trainings while they run.
    """

    def __init__(self, spec: Mapping[str, Any], report: Report | None = None) -> None:
        self._spec, self._plugins, self._report = spec, installed(), report
        self._task: Task = self._plugins.part("task", spec["task"])
        parts = [{"use": name} for name in ALWAYS] + list(spec["measures"])
        self._measures: list[Measure] = [self._plugins.part("measure", part) for part in parts]
        self._limits = [Limit(*limit) for limit in spec["limits"]]
        self._opened: dict[str, tuple[list[Rows], Rows]] = {}

    @part("building")
    def prepare(self, trial: Mapping[str, Any]) -> Prepared:
        """Build the student and the losses of one trial, under its seed.

        Raises:
            TrainingError: If they do not fit each other.
            Infeasible: If the student breaks a limit.
        """
        student: Student = self._plugins.part("student", trial["student"])
        losses: dict[str, Loss] = {
            label: self._plugins.part("loss", loss) for label, loss in trial["losses"].items()
        }
        train, validation = self._rows(trial, losses.values())
        batch, told = home(next(validation.batches(SAMPLE)))
        seed(trial["seed"])
        network, shown = build(student, self._task, batch)
        untrained = Subject(network, self._task, batch.inputs)
        known = _measure((measure for measure in self._measures if measure.before_training), untrained)
        broken = _broken(known, self._limits)
        if broken:
            raise Infeasible(broken, known)
        settings = Train(**trial["train"])
        measured = trial.get("numerics", self._spec.get("numerics", {}))
        numerics = settle(settings, measured, network, batch.inputs)
        objective = Objective(losses, self._task, shown, told and widened(told, shown.logits))
        there(network)
        return Prepared(
            name=trial["name"],
            seed=trial["seed"],
            subject=untrained,
            known=known,
            objective=objective,
            train=train,
            validation=validation,
            settings=settings,
            numerics=numerics,
            score=tuple(self._spec["score"]),
            stop=stop(trial.get("bar"), known, trial.get("until")),
            course=self._course(trial),
            weights=Path(trial["weights"]),
            sample=batch if trial.get("sample") else None,
        )

    def _course(self, trial: Mapping[str, Any]) -> Course:
        report = self._report
        if report is None or "every" not in self._spec:
            return Course()
        return Course(
            Path(trial["checkpoint"]),
            lambda curves: report({"trial": trial["name"], "curves": curves}),
            every=tuple(self._spec["every"]),
        )

    def _rows(self, trial: Mapping[str, Any], losses: Iterable[Loss]) -> tuple[list[Rows], Rows]:
        """Return the training rows in all their views, and the validation rows."""
        names = features_read(losses)
        key = json.dumps([trial.get("recall"), None if names is None else sorted(names)])
        if key not in self._opened:
            train, validation = self._open(trial, losses)
            self._opened[key] = [rows_there(view) for view in train], rows_there(validation)
        return self._opened[key]

    @part("reading")
    def _open(self, trial: Mapping[str, Any], losses: Iterable[Loss]) -> tuple[list[Rows], Rows]:
        spec, budget = self._spec, self._spec["budget"]
        others = (spec.get(what) for what in ("teacher", "transfer", "answers"))
        teacher, transfer, answers = (Path(path) if path else None for path in others)
        data, recall = Path(spec["data"]), self._recall(trial)
        train = open_views(data, teacher, transfer, answers, budget=budget, recall=recall)
        validation = open_rows(data, "validation", teacher, budget=budget, recall=recall)
        if spec.get("supposed"):
            return [Supposed(view, self._task) for view in train], Supposed(validation, self._task)
        features = features_of(spec, self._plugins, self._task, losses)
        if features is None:
            return train, validation
        folders = ["train", *(view.name for view in view_folders(transfer))] if transfer else ["train"]
        views: list[Rows] = [
            Asked(rows, features(folder)) for rows, folder in zip(train, folders, strict=True)
        ]
        return views, Asked(validation, features("validation"))

    def _recall(self, trial: Mapping[str, Any]) -> Recall | None:
        if trial.get("recall") is None:
            return None
        teacher: Teacher = self._plugins.part("teacher", trial["recall"])
        return partial(teacher.recall, self._task)

    @part("measuring")
    def finish(self, trial: Prepared, fitted: Fitted) -> dict[str, Any]:
        """Measure a trained student and write its weights; of one that was given up, tell what is known.

        What it has learnt of the training rows is measured on as many of them as there are to validate on.
        """
        if fitted.pruned:
            return {"pruned": fitted.pruned, "curves": fitted.curves, "metrics": trial.known}
        network, task, batch = trial.network.eval(), self._task, trial.settings.batch
        answers = fitted.answers if trial.numerics == Numerics() else None  # else they are as it was trained
        answers = answers or evaluate(network, trial.validation, task, trial.objective, batch)
        seen = spread(trial.train[0], len(trial.validation))
        learnt = mean_losses(network, seen, task, trial.objective, batch)
        home(network)
        trained = replace(
            trial.subject,
            logits=answers.logits,
            targets=answers.targets,
            teacher=answers.teacher,
            train_seconds=fitted.seconds,
        )
        late = (measure for measure in self._measures if not measure.before_training)
        metrics = trial.known | _measure(late, trained)
        metrics |= {f"val/loss/{label}": value for label, value in answers.losses.items()}
        metrics |= {f"train/loss/{label}": value for label, value in learnt.items()}
        digest = _write(network, trial.weights)
        found = {"metrics": metrics, "curves": fitted.curves, "epoch": fitted.epoch, "digest": digest}
        return found | ({} if trial.sample is None else {"sample": _sample(network, task, trial.sample)})


@torch.no_grad()
def _sample(network: nn.Module, task: Task, batch: Batch) -> str:
    return task.sample(lambda inputs: answer(network, replace(batch, inputs=inputs)).logits, batch)


@part("measuring")
def _measure(measures: Iterable[Measure], subject: Subject) -> dict[str, float]:
    return {metric: value for measure in measures for metric, value in measure(subject).items()}


def _broken(metrics: Mapping[str, float], limits: Iterable[Limit]) -> dict[str, float]:
    """Return how far each known metric is beyond its limit, for those that are."""
    excess = {
        limit.metric: limit.excess(metrics[limit.metric]) for limit in limits if limit.metric in metrics
    }
    return {metric: value for metric, value in excess.items() if value > 0}


@part("writing")
def _write(network: nn.Module, path: Path) -> str:
    """Write the weights and return their digest."""
    content = save(storable(network.state_dict()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256(content).hexdigest()

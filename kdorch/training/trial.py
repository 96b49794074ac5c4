"""One trial, from plain values to plain values: what a worker runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from kdorch.discovery import Plugins, installed
from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Measure, Output, Student, Subject, Task
from kdorch.measuring.size import Cost, Size
from kdorch.study import Train
from kdorch.training.evaluate import answer, evaluate
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.rows import open_rows

_SAMPLE = 2  # rows to read shapes from; more than one, as BatchNorm insists on it in training mode


def run(spec: Mapping[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train and measure one student.

    Args:
        spec: ``data`` and ``teacher`` (stored directories; no teacher for a baseline), ``task``, ``student``,
            ``losses``, ``train``, ``seed``, ``score`` (name, direction), ``measures``, ``limits`` (metric,
            bound, direction), ``weights`` (file to write), ``budget`` (bytes of rows to hold in memory).
        report: Called with ``{"known": metrics}`` before training.

    Returns:
        ``metrics``, ``curves``, ``epoch``, and the ``digest`` of the weights; or ``infeasible`` with the
        limits that the untrained student already breaks.

    Raises:
        TrainingError: If the parts do not fit each other, or training diverges.
    """
    plugins = installed()
    task: Task = plugins.part("task", spec["task"])
    student: Student = plugins.part("student", spec["student"])
    data, teacher = Path(spec["data"]), Path(spec["teacher"]) if spec["teacher"] else None
    train = open_rows(data, "train", teacher, budget=spec["budget"])
    validation = open_rows(data, "validation", teacher, budget=spec["budget"])
    settings = Train(**spec["train"])
    with _repeatable(deterministic=settings.deterministic):
        torch.manual_seed(spec["seed"])
        batch, told = next(validation.batches(_SAMPLE))
        network, shown = _build(student, task, batch)
        measures = _measures(spec, plugins)
        untrained = Subject(network.eval(), task, batch.inputs)
        known = {k: v for m in measures if m.before_training for k, v in m(untrained).items()}
        broken = broken_limits(known, spec["limits"])
        if broken:
            return {"infeasible": broken, "metrics": known}
        report({"known": known})
        losses = {label: plugins.part("loss", loss) for label, loss in spec["losses"].items()}
        objective = Objective(losses, task, shown, told)
        fitted = fit(
            network, objective, train, validation, task, settings, seed=spec["seed"], score=spec["score"]
        )
        answers = evaluate(network, validation, objective)
        subject = replace(
            untrained,
            logits=answers.logits,
            targets=answers.targets,
            teacher=answers.teacher,
            train_seconds=fitted.seconds,
        )
        network.eval()
        metrics = known | {k: v for m in measures if not m.before_training for k, v in m(subject).items()}
        metrics |= {f"val/loss/{label}": value for label, value in answers.losses.items()}
        metrics |= {f"train/loss/{k}": v for k, v in evaluate(network, train, objective).losses.items()}
    digest = _write(network, Path(spec["weights"]))
    return {"metrics": metrics, "curves": fitted.curves, "epoch": fitted.epoch, "digest": digest}


def evaluate_split(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, float]:
    """Return the task's scores of stored weights on one split; what a worker runs to read the test."""
    from safetensors.torch import load_file

    plugins = installed()
    task: Task = plugins.part("task", spec["task"])
    network = plugins.part("student", spec["student"]).build(task)
    rows = open_rows(Path(spec["data"]), spec["split"], None, budget=spec["budget"])
    network.eval()(next(rows.batches(_SAMPLE))[0].inputs)  # lets lazy layers take their shape
    network.load_state_dict(load_file(spec["weights"]))
    answers = evaluate(network, rows)
    return {name: task.score(name, answers.logits, answers.targets) for name in task.directions}


def broken_limits(metrics: Mapping[str, float], limits: list[tuple[str, float, str]]) -> dict[str, float]:
    """Return how far each known metric is beyond its limit, for those that are."""
    excess = {
        metric: (bound - metrics[metric] if direction == "max" else metrics[metric] - bound)
        for metric, bound, direction in limits
        if metric in metrics
    }
    return {metric: value for metric, value in excess.items() if value > 0}


def _build(student: Student, task: Task, batch: Batch) -> tuple[nn.Module, Output]:
    """Build the network and let it answer a few rows, which lets lazy layers take their shape."""
    try:
        network = student.build(task).eval()
        with torch.no_grad():
            shown = answer(network, batch)
    except Exception as error:
        what = f"student {student.name!r} cannot take inputs of shape {task.input_shape}"
        raise TrainingError(f"{what}: {error}") from error
    got = tuple(getattr(shown.logits, "shape", ()))
    if got != (len(batch.rows), task.outputs):
        needs = f"the task needs logits of shape (rows, {task.outputs})"
        raise TrainingError(
            f"student {student.name!r} answers {len(batch.rows)} rows with shape {got}, but {needs}."
        )
    return network, shown


def _measures(spec: Mapping[str, Any], plugins: Plugins) -> list[Measure]:
    always = [plugins.find("measure", name)() for name in ("quality", "fidelity", "calibration")]
    return [*always, Size(), Cost(), *(plugins.part("measure", part) for part in spec["measures"])]


def _write(network: nn.Module, path: Path) -> str:
    """Write the weights and return their digest."""
    # Tied weights share memory, which safetensors refuses; a copy of each is what loading expects.
    content = save({name: tensor.clone() for name, tensor in network.state_dict().items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256(content).hexdigest()


@contextmanager
def _repeatable(*, deterministic: bool) -> Iterator[None]:
    """Insist on deterministic algorithms for the duration, when asked to."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(deterministic)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)

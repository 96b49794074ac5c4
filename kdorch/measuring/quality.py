"""How good the answers on the validation rows are."""

from __future__ import annotations

from collections.abc import Mapping

from kdorch.kinds import Direction, Measure, Subject, Task


class Quality(Measure, name="quality"):
    """The task's scores on the validation rows: ``val/accuracy``, ``val/loss`` and so on."""

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return the task's scores."""
        return {f"val/{name}": direction for name, direction in task.directions.items()}

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Return each score."""
        assert subject.logits is not None  # noqa: S101  given after training
        assert subject.targets is not None  # noqa: S101
        task = subject.task
        names = (*task.directions, *task.metrics)
        return {f"val/{name}": task.score(name, subject.logits, subject.targets) for name in names}


class Fidelity(Measure, name="fidelity"):
    """How closely the student follows the teacher on the validation rows."""

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return what the task compares."""
        return {f"val/{name}": direction for name, direction in task.likeness.items()}

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Return them, or nothing where there is no teacher."""
        student, teacher, targets = subject.logits, subject.teacher, subject.targets
        if student is None or teacher is None:
            return {}
        counted = None if targets is None else subject.task.mask(targets.numpy())
        if counted is not None:
            student, teacher = student[counted], teacher[counted]
        found = subject.task.fidelity(student, teacher)
        return {f"val/{name}": value for name, value in found.items()}


class Calibration(Measure, name="calibration"):
    """How honest the predicted confidences are on the validation rows."""

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return what the task checks."""
        return {f"val/{name}": direction for name, direction in task.honesty.items()}

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Return what the task defines."""
        assert subject.logits is not None  # noqa: S101  given after training
        assert subject.targets is not None  # noqa: S101
        found = subject.task.calibration(subject.logits, subject.targets)
        return {f"val/{name}": value for name, value in found.items()}

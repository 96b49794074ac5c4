"""The kinds of plugin, and the values that pass between them."""

from __future__ import annotations

from kdorch.kinds.loss import Loss, Term
from kdorch.kinds.measure import Measure, Subject
from kdorch.kinds.parts import Dataset, Lessons, Student, Teacher
from kdorch.kinds.schedule import Schedule
from kdorch.kinds.task import Task
from kdorch.kinds.values import Batch, Columns, Direction, Mixed, Output
from kdorch.spec import Spec

__all__ = [
    "KINDS", "Batch", "Columns", "Dataset", "Direction", "Lessons", "Loss", "Measure", "Mixed", "Output",
    "Schedule", "Student", "Subject", "Task", "Teacher", "Term",
]  # fmt: skip

KINDS: dict[str, type[Spec]] = {kind.kind: kind for kind in (Dataset, Teacher, Student, Loss, Task, Measure)}

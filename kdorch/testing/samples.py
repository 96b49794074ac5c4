"""Small made-up tasks, rows and outputs to try plugins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kdorch.discovery import installed
from kdorch.kinds import Batch, Output, Task

TASKS = {"classification": 5, "multilabel": 4, "regression": 3}  # and how many outputs
TOKENS = {"tokens": 5}  # of which losses are told by checks of their own
FEWEST = {"classification": 2, "multilabel": 1, "regression": 1}


@cache
def make_task(name: str, outputs: int, input_shape: tuple[int, ...] = (1, 8, 8)) -> Task:
    """Return a task with labels ``a``, ``b`` and so on, fitted to made-up labels."""
    labels = [chr(ord("a") + number) for number in range(outputs)]
    task: Task = installed().part("task", {"use": name, "labels": labels, "input_shape": input_shape})
    return task.fitted(raw_targets(task, 4 * outputs))


def raw_targets(task: Task, rows: int, seed: int = 0) -> np.ndarray:
    """Return labels as a dataset ships them; every class is there if the rows are as many."""
    generator = np.random.default_rng(seed)
    if task.name == "classification":
        return np.arange(rows) % task.outputs
    if task.name == "tokens":
        return generator.integers(task.outputs, size=(rows, *task.input_shape[:1]))
    if task.name == "multilabel":
        return (np.arange(rows)[:, None] + np.arange(task.outputs)) % 2
    return generator.normal(size=(rows, task.outputs)) * 3 + 1


@dataclass(frozen=True)
class Sample:
    """What a loss is given for one batch, and what it was built for."""

    task: Task
    student: Output
    teacher: Output
    batch: Batch

    def leaves(self) -> list[Tensor]:
        """Return the student's tensors, which want a gradient."""
        return [self.student.logits, *self.student.features.values()]

    def __getitem__(self, rows: Any) -> Sample:
        """Return some of the rows; the student's are leaves again."""
        return replace(
            self,
            student=leaf(_chosen(self.student, rows)),
            teacher=_chosen(self.teacher, rows),
            batch=chosen(self.batch, rows),
        )


def make_sample(
    task: Task,
    rows: int = 8,
    *,
    pairs: Mapping[str, str],
    shape: tuple[int, ...],
    targets: np.ndarray,
    student_shape: tuple[int, ...] = (),
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> Sample:
    """Return outputs that disagree.

    Args:
        task: What is learnt.
        rows: How many.
        pairs: Student's feature to teacher's feature.
        shape: Of one row of a feature.
        targets: Labels, as a dataset ships them.
        student_shape: Of the student's, if it is another.
        dtype: Of logits and features.
        seed: Of the numbers.
    """
    random = torch.Generator().manual_seed(seed)

    def numbers(*sizes: int) -> Tensor:
        return torch.randn(rows, *sizes, generator=random).to(dtype)

    labels = torch.from_numpy(task.encode(targets))
    batch = Batch(numbers(4), labels.to(dtype) if labels.is_floating_point() else labels, torch.arange(rows))
    logits = task.output_shape
    student = Output(2 * numbers(*logits), {name: numbers(*(student_shape or shape)) for name in pairs})
    teacher = Output(3 * numbers(*logits), {name: numbers(*shape) for name in pairs.values()})
    return Sample(task, leaf(student), teacher, batch)


def agreeing(sample: Sample, pairs: Mapping[str, str]) -> Sample:
    """Return the sample with a student that says what the teacher says."""
    features = {name: sample.teacher.features[told] for name, told in pairs.items()}
    return replace(sample, student=leaf(Output(sample.teacher.logits, features)))


def chosen(batch: Batch, rows: Any) -> Batch:
    """Return some rows of a batch, as copies."""
    columns = {name: column for name, column in vars(batch).items() if column is not None}
    return replace(batch, **{name: column[rows].clone() for name, column in columns.items()})


def leaf(output: Output) -> Output:
    """Return a copy that wants gradients."""
    return _mapped(output, lambda tensor: tensor.detach().clone().requires_grad_())


def in_a_graph(sample: Sample) -> Sample:
    """Return the sample with a student whose tensors were computed, as a network's are."""
    return replace(sample, student=_mapped(leaf(sample.student), lambda tensor: tensor * 1))


def bare(output: Output) -> Output:
    """Return a copy without gradients."""
    return _mapped(output, lambda tensor: tensor.detach().clone())


def _chosen(output: Output, rows: Any) -> Output:
    return _mapped(output, lambda tensor: tensor.detach()[rows])


def _mapped(output: Output, change: Any) -> Output:
    return Output(change(output.logits), {name: change(value) for name, value in output.features.items()})

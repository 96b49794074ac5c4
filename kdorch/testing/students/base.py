"""What the checks of students are made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Output, Student, Task
from kdorch.testing.contract import Contract
from kdorch.testing.process import seed, watched
from kdorch.testing.samples import TASKS, TOKENS, make_task
from kdorch.testing.says import ContractError, skip
from kdorch.training.building import SAMPLE, answer, build

SIZES = (1, 2, 7)  # batches that a shipped model is verified with


class StudentChecks(Contract):
    """Names one student; the checks are in the classes made of this one.

    Class attributes:
        student: The student.
        input_shape: Of one row that it takes.
    """

    kind: ClassVar[str] = "student"
    student: Student
    input_shape: ClassVar[tuple[int, ...]] = (1, 8, 8)

    def inputs(self, rows: int) -> Tensor:
        """Return made-up rows; override it for networks that take something else than real numbers."""
        return torch.randn(rows, *self.input_shape, generator=torch.Generator().manual_seed(rows))

    def tasks(self) -> Iterator[Task]:
        """Yield a task of each kind that it is declared for; override it for a task of your own."""
        declared = self.spec.tasks or TASKS.keys()  # not just any network has an answer for each token
        for name, outputs in (TASKS | TOKENS).items():
            if name in declared:
                yield make_task(name, outputs, self.input_shape)

    @property
    def task(self) -> Task:
        """One task that it is declared for."""
        return next(self.tasks(), None) or skip("it suits none of the tasks that rows can be made for")

    @property
    def _student(self) -> Student:
        assert isinstance(self.spec, Student)  # noqa: S101  that is what `spec` makes sure of
        return self.spec

    def built(self, number: int = 0, task: Task | None = None, student: Student | None = None) -> nn.Module:
        """Return the network in evaluation mode, built as the core does, after this seed was set."""
        seed(number)
        batch = self.batch(SAMPLE)
        try:
            with watched():
                network, _ = build(student or self._student, task or self.task, batch)
        except TrainingError as error:
            why = "a study could not begin its first trial."
            do = "mend it; if it takes other rows, set input_shape in the test, or override inputs(rows)."
            raise ContractError(f"{error}\nWhy it matters: {why}\nWhat to do: {do}") from error
        return network

    def batch(self, rows: int) -> Batch:
        """Return made-up rows as a batch."""
        return Batch(self.inputs(rows), torch.zeros(rows), torch.arange(rows))

    def ask(self, network: nn.Module, inputs: Tensor) -> Output:
        """Return what the network answers, without a graph."""
        with torch.no_grad():
            return answer(network, Batch(inputs, torch.zeros(len(inputs)), torch.arange(len(inputs))))

    @property
    def offers_features(self) -> bool:
        """Whether it says that it has features."""
        return "features" in self._student.offers()


def tensors(network: nn.Module) -> dict[str, Any]:
    """Return the weights and buffers by name."""
    return dict(network.state_dict(keep_vars=True))


def close(one: Tensor, other: Tensor) -> bool:
    """Say whether answers are the same but for rounding: other batch sizes use other kernels."""
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-4, atol=1e-5)

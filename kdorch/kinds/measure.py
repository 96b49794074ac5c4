"""Numbers about a student."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kdorch.kinds.task import Task
from kdorch.kinds.values import Direction
from kdorch.spec import Spec

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Subject:
    """A network to be measured, on the CPU wherever it is trained: its duration alone is that of a GPU.

    Attributes:
        network: In evaluation mode.
        task: What it was built for.
        inputs: A few prepared rows to run it on.
        logits: Its answers on the validation rows; None before training.
        targets: The labels of the validation rows.
        teacher: The teacher's logits on the same rows; None without a teacher.
        train_seconds: Time that training took.
    """

    network: nn.Module
    task: Task
    inputs: Tensor
    logits: Tensor | None = None
    targets: Tensor | None = None
    teacher: Tensor | None = None
    train_seconds: float = 0.0


class Measure(Spec):
    """Numbers about a student, under metric names such as ``size/params``."""

    kind: ClassVar[str] = "measure"
    before_training: ClassVar[bool] = False

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return each metric's name and which way is better."""
        raise NotImplementedError

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Return the metrics. With ``before_training`` it may use the network and inputs only."""
        raise NotImplementedError

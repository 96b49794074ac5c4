"""Losses that no training could use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import kdorch

if TYPE_CHECKING:
    from torch import Tensor


class Each(kdorch.Loss, name="each"):
    """Forgets to average."""

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return (student.logits - teacher.logits).square().mean(-1)


class Root(kdorch.Loss, name="root"):
    """The root of what is negative."""

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return -((student.logits - teacher.logits).square().mean().neg().sqrt())


class Agreement(kdorch.Loss, name="agreement"):
    """A share has no gradient."""

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return (student.logits.argmax(-1) != teacher.logits.argmax(-1)).float().mean()


class Greedy(kdorch.Loss, name="greedy"):
    """Divides the logits where they are, for all who come after."""

    temperature: float = 4.0

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return (student.logits.div_(self.temperature) - teacher.logits).square().mean()


class Crossed(kdorch.Loss, name="crossed"):
    """Takes the labels for logits."""

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return (student.logits - batch.targets).square().mean()


class Cornered(kdorch.Loss, name="cornered"):
    """0, where its derivative is infinite."""

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return (student.logits * 0).sum().sqrt()


class Short(kdorch.Loss, name="short"):
    """Its closed form is that of another term."""

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return (student.logits - teacher.logits).mean()

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return (student.logits - teacher.logits).mean(-1)


class Choosy(kdorch.Loss, name="choosy"):
    """Says which of its fields does not suit."""

    classes: int = 3

    def build(self, task: Any, student: kdorch.Output, teacher: kdorch.Output | None) -> kdorch.Loss:
        raise ValueError(f"classes: there are {task.outputs}")


@kdorch.hookimpl
def register_losses(register: Callable[..., None]) -> None:
    for loss in (Each, Root, Agreement, Greedy, Crossed, Cornered, Short, Choosy):
        register(loss)

"""The task's own loss, on the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor

# None is 0: in a batch of that class alone there would be nothing to divide by.
_Weights = Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=2)]


class Supervised(kdorch.Loss, name="task", needs={"targets"}):
    """The task's own supervised loss on the labels: cross-entropy, or the squared error of a regression.

    Attributes:
        class_weights: ``balanced`` gives every class the same part in the loss, however few rows it has;
            a list gives the weight of a row of each class. For classification.
    """

    zero_at_agreement: ClassVar[bool] = False  # it asks the labels, not the teacher

    class_weights: Literal["balanced"] | _Weights | None = None

    def misfits(self, task: type[kdorch.Task], outputs: int | None = None) -> dict[str, str]:
        """Return that classes are weighted where there are none, or not as many."""
        weights = self.class_weights
        if weights is None:
            return {}
        if not issubclass(task, kdorch.Classification):
            return {"class_weights": f"only classification has classes to weight, not {task.name}."}
        if weights == "balanced" or outputs in {None, len(weights)}:
            return {}
        what = f"{len(weights)} weights for {outputs} classes. Write one for each, or balanced."
        return {"class_weights": what}

    def build(
        self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None
    ) -> SupervisedTerm:
        """Return the term for this task.

        Raises:
            ValueError: If classes are weighted where there are none, or not as many.
        """
        for field, what in self.misfits(type(task), task.outputs).items():
            raise ValueError(f"{field}: {what}")
        return SupervisedTerm(task, self._weights(task))

    def _weights(self, task: kdorch.Task) -> Tensor | None:
        import torch

        if self.class_weights is None:
            return None
        if self.class_weights == "balanced":
            counts = torch.tensor(cast("kdorch.Classification", task).counts, dtype=torch.float32)
            return counts.sum() / (len(counts) * counts.clamp(min=1))
        return torch.tensor(self.class_weights, dtype=torch.float32)


class SupervisedTerm:
    """The supervised loss of one task, over the rows that have a label."""

    def __init__(self, task: kdorch.Task, weights: Tensor | None = None) -> None:
        self.task, self.weights = task, weights

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the loss, averaged over the labelled rows; 0 if there are none.

        The loss of a mixed row is that of both its labels, each by its share.
        """
        logits, targets, mixed = _labelled(student.logits, batch)
        if not len(targets):
            return logits.sum()
        return self.task.loss(*self._compared(logits, targets, mixed))

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor | None:
        """Return its derivative with respect to the logits, if the task knows it."""
        logits, targets, mixed = _labelled(student.logits, batch)
        if batch.labelled is None:
            return self._gradient(logits, targets, mixed)
        everything = student.logits.new_zeros(student.logits.shape)
        if len(targets):
            found = self._gradient(logits, targets, mixed)
            if found is None:
                return None
            everything[batch.labelled] = found
        return everything

    def averaged(self, batch: kdorch.Batch) -> int:
        """Return over how many rows the loss of a batch is averaged."""
        return len(batch.rows) if batch.labelled is None else int(batch.labelled.sum())

    def _gradient(self, logits: Tensor, targets: Tensor, mixed: kdorch.Mixed | None) -> Tensor | None:
        found = self.task.loss_gradient(*self._compared(logits, targets, mixed))
        if found is None or mixed is None:
            return found
        own, others = found.chunk(2)
        return own + others

    def _compared(
        self, logits: Tensor, targets: Tensor, mixed: kdorch.Mixed | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return logits, labels and weights; a mixed row stands there twice, once with each of its labels."""
        if mixed is None:
            return logits, targets, self._of_rows(targets, logits)
        import torch

        logits, targets = torch.cat([logits, logits]), torch.cat([targets, mixed.targets])
        shares = torch.cat([mixed.shares, 1 - mixed.shares]).to(logits.dtype)
        weights = self._of_rows(targets, logits)
        return logits, targets, shares if weights is None else shares * weights

    def _of_rows(self, targets: Tensor, logits: Tensor) -> Tensor | None:
        return None if self.weights is None else self.weights.to(logits)[targets]


def _labelled(logits: Tensor, batch: kdorch.Batch) -> tuple[Tensor, Tensor, kdorch.Mixed | None]:
    known, mixed = batch.labelled, batch.mixed
    if known is None:
        return logits, batch.targets, mixed
    if mixed is not None:
        mixed = kdorch.Mixed(mixed.targets[known], mixed.shares[known])
    return logits[known], batch.targets[known], mixed

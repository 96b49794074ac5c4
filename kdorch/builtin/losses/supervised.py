"""The task's own loss, on the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor

# None is 0: in a batch of that class alone there would be nothing to divide by.
_Weights = Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=2)]


class Supervised(kdorch.Loss, name="task"):
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
        """Return the loss, averaged over the labelled rows; 0 if there are none."""
        logits, targets = student.logits, batch.targets
        if batch.labelled is not None:
            logits, targets = logits[batch.labelled], targets[batch.labelled]
            if not len(targets):
                return logits.sum()
        return self.task.loss(logits, targets, self._of_rows(targets, logits))

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor | None:
        """Return its derivative with respect to the logits, if the task knows it."""
        logits, targets = student.logits, batch.targets
        if batch.labelled is None:
            return self.task.loss_gradient(logits, targets, self._of_rows(targets, logits))
        known, everything = batch.labelled, logits.new_zeros(logits.shape)
        if known.any():
            logits, targets = logits[known], targets[known]
            found = self.task.loss_gradient(logits, targets, self._of_rows(targets, logits))
            if found is None:
                return None
            everything[known] = found
        return everything

    def _of_rows(self, targets: Tensor, logits: Tensor) -> Tensor | None:
        return None if self.weights is None else self.weights[targets].to(logits.dtype)

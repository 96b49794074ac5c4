"""One label per row, out of two or more classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from kdorch.kinds import Direction, Task

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class Classification(Task, name="classification"):
    """Choose one of two or more classes; logits have shape (rows, classes), targets (rows,) int64.

    Attributes:
        labels: Class names, in the order of the outputs.
    """

    directions: ClassVar[Mapping[str, Direction]] = {"accuracy": "max", "f1": "max", "loss": "min"}

    labels: Annotated[tuple[str, ...], Field(min_length=2)]

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return len(self.labels)

    def complaint(self, targets: np.ndarray) -> str:
        """Return what is wrong if targets are not positions in ``labels``."""
        if targets.ndim != 1 or targets.dtype.kind not in "iub":
            return f"targets must be one whole number per row, not {targets.dtype} of shape {targets.shape}."
        wrong = targets[(targets < 0) | (targets >= self.outputs)]
        last = self.outputs - 1
        return (
            f"target {wrong[0]} is not one of the {self.outputs} classes, 0 to {last}." if len(wrong) else ""
        )

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy in nats."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, targets)

    def loss_gradient(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return (softmax - one-hot) / rows."""
        gradient = logits.softmax(-1)
        gradient.scatter_add_(1, targets.unsqueeze(1), gradient.new_full((len(targets), 1), -1.0))
        return gradient.div_(len(targets))

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return the accuracy, the macro-averaged F1 score, or the cross-entropy."""
        from torchmetrics.functional.classification import multiclass_accuracy, multiclass_f1_score

        if name == "loss":
            return float(self.loss(logits, targets))
        if name == "accuracy":
            return float(
                multiclass_accuracy(logits, targets, self.outputs, average="micro", validate_args=False)
            )
        return float(multiclass_f1_score(logits, targets, self.outputs, average="macro", validate_args=False))

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return the share of rows with the same answer, and KL(teacher || student) in nats."""
        from torch.nn.functional import kl_div

        same = (student.argmax(-1) == teacher.argmax(-1)).float().mean().item()
        ours, theirs = student.log_softmax(-1), teacher.log_softmax(-1)
        divergence = kl_div(ours, theirs, reduction="batchmean", log_target=True)
        return {"agreement": same, "kl": divergence.item()}

    def calibration(self, logits: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the expected calibration error over 15 equal bins (Guo et al., ICML 2017)."""
        from torchmetrics.functional.classification import multiclass_calibration_error

        error = multiclass_calibration_error(
            logits.softmax(-1), targets, self.outputs, n_bins=15, validate_args=False
        )
        return {"ece": error.item()}

"""One label per row, out of two or more classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from kdorch.kinds import Direction, Task

if TYPE_CHECKING:
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
        from torchmetrics.functional import classification

        if name == "loss":
            return self.loss(logits, targets).item()
        compute = {"accuracy": classification.multiclass_accuracy, "f1": classification.multiclass_f1_score}[name]
        average = {"accuracy": "micro", "f1": "macro"}[name]
        return compute(logits, targets, self.outputs, average=average, validate_args=False).item()

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return the share of rows with the same answer, and KL(teacher || student) in nats."""
        from torch.nn.functional import kl_div

        same = (student.argmax(-1) == teacher.argmax(-1)).float().mean().item()
        divergence = kl_div(student.log_softmax(-1), teacher.log_softmax(-1), reduction="batchmean", log_target=True)
        return {"agreement": same, "kl": divergence.item()}

    def calibration(self, logits: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the expected calibration error over 15 equal bins (Guo et al., ICML 2017)."""
        from torchmetrics.functional.classification import multiclass_calibration_error

        error = multiclass_calibration_error(logits.softmax(-1), targets, self.outputs, n_bins=15, validate_args=False)
        return {"ece": error.item()}

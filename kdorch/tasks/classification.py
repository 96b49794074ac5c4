"""One label per row, out of two or more classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field

from kdorch.kinds import Direction, Task
from kdorch.kinds.distributions import log_softmax, softmax
from kdorch.tasks.counting import calibration_error, macro_f1, shares_by_class
from kdorch.tasks.metrics import compute

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class Classification(Task, name="classification"):
    """Choose one of two or more classes; logits have shape (rows, classes), targets (rows,) int64.

    Attributes:
        labels: Class names, in the order of the outputs.
        counts: Training rows of each class; the core fills them in.
    """

    directions: ClassVar[Mapping[str, Direction]] = {"accuracy": "max", "f1": "max", "loss": "min"}
    likeness: ClassVar[Mapping[str, Direction]] = {"agreement": "max", "kl": "min"}
    honesty: ClassVar[Mapping[str, Direction]] = {"ece": "min"}
    library: ClassVar[tuple[str, str]] = ("torchmetrics.classification", "Multiclass")
    exclusive: ClassVar[bool] = True
    answers: ClassVar[str] = "Logits; their softmax gives probabilities."

    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    counts: tuple[int, ...] = ()

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

    def fitted(self, targets: np.ndarray) -> Self:
        """Return the task with the training rows of each class."""
        counts = [int((targets == label).sum()) for label in range(self.outputs)]
        return self.model_copy(update={"counts": tuple(counts)})

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """Return the classes."""
        return targets

    def loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the cross-entropy in nats."""
        from torch.nn.functional import nll_loss

        if weights is None:
            return nll_loss(log_softmax(logits), targets)
        return nll_loss(log_softmax(logits), targets, reduction="none") @ weights / weights.sum()

    def loss_gradient(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return (softmax - one-hot) / rows, or each row by its share of the weights."""
        gradient = softmax(logits)
        gradient.scatter_(1, targets.unsqueeze(1), -1.0, reduce="add")
        if weights is None:
            return gradient.div_(len(targets))
        return gradient.mul_((weights / weights.sum()).unsqueeze(1))

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return the accuracy, the mean F1 score of the classes there are, the loss, or a further score."""
        if name == "loss":
            return float(self.loss(logits, targets))
        if name == "accuracy":
            return (logits.argmax(-1) == targets).float().mean().item()
        if name == "f1":
            said = logits.argmax(-1)
            rows = [each.bincount(minlength=self.outputs) for each in (said[said == targets], said, targets)]
            there = rows[1] + rows[2] > 0
            return macro_f1(*(each[there] for each in rows))
        return compute(self, name, softmax(logits), targets)

    def row_scores(self, name: str, logits: Tensor, targets: Tensor) -> Tensor | None:
        """Return 1 for each right row and 0 for each wrong one, or their cross-entropies."""
        from torch.nn.functional import nll_loss

        if name == "accuracy":
            return (logits.argmax(-1) == targets).float()
        return nll_loss(log_softmax(logits), targets, reduction="none") if name == "loss" else None

    def by_class(self, logits: Tensor, targets: Tensor) -> dict[str, dict[str, float]]:
        """Return what the rows of each class are taken for."""
        from torch.nn.functional import one_hot

        said, right = one_hot(logits.argmax(-1), self.outputs), one_hot(targets, self.outputs)
        return shares_by_class(self.labels, said.bool(), right.bool())

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return the share of rows with the same answer, and KL(teacher || student) in nats."""
        from torch.nn.functional import kl_div

        same = (student.argmax(-1) == teacher.argmax(-1)).float().mean().item()
        ours, theirs = log_softmax(student), log_softmax(teacher)
        divergence = kl_div(ours, theirs, reduction="batchmean", log_target=True)
        return {"agreement": same, "kl": divergence.item()}

    def calibration(self, logits: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the expected calibration error over 15 equal bins (Guo et al., ICML 2017)."""
        confidence, said = softmax(logits).max(-1)
        return {"ece": calibration_error(confidence, said == targets)}

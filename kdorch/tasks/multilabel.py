"""Any number of labels per row, each there or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field

from kdorch.kinds import Direction, Task
from kdorch.tasks.counting import calibration_error, macro_f1, shares_by_class
from kdorch.tasks.metrics import compute

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class Multilabel(Task, name="multilabel"):
    """Say of each label whether it is there; logits and targets have shape (rows, labels).

    Attributes:
        labels: Names, in the order of the outputs.
        counts: Training rows that have each label; the core fills them in.
    """

    directions: ClassVar[Mapping[str, Direction]] = {
        "accuracy": "max",
        "f1": "max",
        "exact_match": "max",
        "loss": "min",
    }
    likeness: ClassVar[Mapping[str, Direction]] = {"agreement": "max", "kl": "min"}
    honesty: ClassVar[Mapping[str, Direction]] = {"ece": "min"}
    library: ClassVar[tuple[str, str]] = ("torchmetrics.classification", "Multilabel")
    answers: ClassVar[str] = "Logits; the sigmoid of each gives the probability that its label is there."

    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    counts: tuple[int, ...] = ()

    @property
    def outputs(self) -> int:
        """Number of labels."""
        return len(self.labels)

    def complaint(self, targets: np.ndarray) -> str:
        """Return what is wrong if targets are not 0 or 1 for each row and label."""
        if targets.shape[1:] != (self.outputs,):
            return f"targets have shape {targets.shape}, not (rows, {self.outputs}): one column per label."
        wrong = targets[(targets != 0) & (targets != 1)]
        return f"a label is there (1) or not (0); one target is {wrong[0]}." if len(wrong) else ""

    def fitted(self, targets: np.ndarray) -> Self:
        """Return the task with the training rows that have each label."""
        return self.model_copy(update={"counts": tuple(int(count) for count in targets.sum(0))})

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return the labels as 32-bit floats."""
        return targets.astype("float32")

    def loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the binary cross-entropy in nats, averaged over the labels too."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        if weights is None:
            return binary_cross_entropy_with_logits(logits, targets)
        each = binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(-1)
        return each @ weights / weights.sum()

    def loss_gradient(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return (sigmoid - target) / (rows x labels), or each row by its share of the weights."""
        gradient = logits.sigmoid().sub_(targets)
        if weights is None:
            return gradient.div_(targets.numel())
        return gradient.mul_((weights / weights.sum()).unsqueeze(1)).div_(self.outputs)

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return the share of right decisions or rows, macro F1, the loss, or a further score."""
        if name == "loss":
            return float(self.loss(logits, targets))
        said, right = logits > 0, targets.bool()
        if name == "accuracy":
            return float((said == right).float().mean())
        if name == "exact_match":
            return float((said == right).all(-1).float().mean())
        if name == "f1":
            return macro_f1((said & right).sum(0), said.sum(0), right.sum(0))
        return compute(self, name, logits.sigmoid(), targets.long())

    def row_scores(self, name: str, logits: Tensor, targets: Tensor) -> Tensor | None:
        """Return the share of right decisions about each row, whether all are, or its cross-entropy."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        right = (logits > 0) == targets.bool()
        if name == "accuracy":
            return right.float().mean(-1)
        if name == "exact_match":
            return right.all(-1).float()
        if name == "loss":
            return binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(-1)
        return None

    def by_class(self, logits: Tensor, targets: Tensor) -> dict[str, dict[str, float]]:
        """Return how the decisions on each label turn out."""
        return shares_by_class(self.labels, logits > 0, targets.bool())

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return the share of equal decisions, and KL(teacher || student) in nats per label."""
        from torch.nn.functional import logsigmoid

        same = ((student > 0) == (teacher > 0)).float().mean().item()
        yes = teacher.sigmoid() * (logsigmoid(teacher) - logsigmoid(student))
        no = (-teacher).sigmoid() * (logsigmoid(-teacher) - logsigmoid(-student))
        return {"agreement": same, "kl": (yes + no).mean().item()}

    def calibration(self, logits: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the expected calibration error over 15 equal bins, of all decisions together."""
        return {"ece": calibration_error(logits.sigmoid().flatten(), targets.flatten())}

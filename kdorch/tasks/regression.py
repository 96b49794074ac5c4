"""One number or more per row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field

from kdorch.kinds import Direction, Task
from kdorch.tasks.metrics import compute

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

_ROUNDING = 1e-12
_LARGEST = 1e18  # a target: errors are squared in single precision


class Regression(Task, name="regression"):
    """Predict numbers; logits and encoded targets have shape (rows, numbers) and unit scale.

    Networks and losses see numbers of zero mean and unit deviation over the training rows, so that learning
    rates and losses mean the same for every dataset. Scores and the shipped model keep to the units of the
    dataset.

    Attributes:
        labels: What each number is, in the order of the outputs.
        mean: Of each number over the training rows; the core fills it in.
        deviation: Likewise, the standard deviation.
    """

    directions: ClassVar[Mapping[str, Direction]] = {"r2": "max", "mae": "min", "rmse": "min", "loss": "min"}
    likeness: ClassVar[Mapping[str, Direction]] = {"teacher_mae": "min"}
    library: ClassVar[tuple[str, str]] = ("torchmetrics.regression", "")
    answers: ClassVar[str] = "Numbers, in the units of the dataset."

    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    @property
    def outputs(self) -> int:
        """How many numbers."""
        return len(self.labels)

    def complaint(self, targets: np.ndarray) -> str:
        """Return what is wrong if there is not one number for each row and label, or one is too large."""
        shapes = ((self.outputs,), ()) if self.outputs == 1 else ((self.outputs,),)
        if targets.shape[1:] in shapes:
            largest = abs(targets.astype("float64")).max(initial=0)
            if largest < _LARGEST:
                return ""
            return f"a target is {largest:.3g}, whose square no 32-bit float holds. Take a larger unit."
        return f"targets have shape {targets.shape}, not (rows, {self.outputs}): one column per number."

    def fitted(self, targets: np.ndarray) -> Self:
        """Return the task with mean and deviation of the training rows."""
        columns = targets.reshape(len(targets), -1).astype("float64")
        mean, deviation = columns.mean(0), columns.std(0)
        # What varies by no more than rounding is a constant, and stays at zero.
        deviation[deviation <= _ROUNDING * abs(mean)] = 1.0
        return self.model_copy(update={"mean": tuple(mean.tolist()), "deviation": tuple(deviation.tolist())})

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return numbers of zero mean and unit deviation, 32-bit floats of shape (rows, numbers)."""
        scaled = (targets.reshape(len(targets), self.outputs) - list(self.mean)) / list(self.deviation)
        return scaled.astype("float32")

    def decoder(self) -> nn.Module:
        """Return what brings logits into the dataset's own units."""
        from kdorch.tasks.units import Units

        return Units(self.mean, self.deviation)

    def loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the mean squared error, in squared deviations."""
        from torch.nn.functional import mse_loss

        if weights is None:
            return mse_loss(logits, targets)
        return (logits - targets).square().mean(-1) @ weights / weights.sum()

    def loss_gradient(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return 2 (logit - target) / (rows x numbers), or each row by its share of the weights."""
        if weights is None:
            return (logits - targets).mul_(2 / targets.numel())
        share = (weights / weights.sum()).unsqueeze(1)
        return (logits - targets).mul_(2 / self.outputs).mul_(share)

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return R squared, mean absolute and root mean squared error, the loss, or a further score.

        All but the loss are in the dataset's own units, of several numbers the mean.
        """
        if name == "loss":
            return float(self.loss(logits, targets))
        # Of the differences, not of the numbers: those may be too large to be told apart in single precision.
        errors = logits - targets
        if name == "r2":
            return float((1 - errors.square().mean(0) / targets.var(0, correction=0)).mean())
        if name == "mae":
            return float(self._in_units(errors).abs().mean())
        if name == "rmse":
            return float(self._in_units(errors).square().mean(0).sqrt().mean())
        decode = self.decoder()
        return compute(self, name, decode(logits).squeeze(-1), decode(targets).squeeze(-1))

    def row_scores(self, name: str, logits: Tensor, targets: Tensor) -> Tensor | None:
        """Return each row's mean absolute or squared error, as ``mae`` and the loss have it."""
        errors = logits - targets
        if name == "mae":
            return self._in_units(errors).abs().mean(-1)
        return errors.square().mean(-1) if name == "loss" else None

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return the mean absolute difference to the teacher, in the dataset's own units."""
        return {"teacher_mae": float(self._in_units(student - teacher).abs().mean())}

    def _in_units(self, differences: Tensor) -> Tensor:
        return differences * differences.new_tensor(self.deviation)

"""The fixture of the reference values, other lessons, and every loss on logits in its usual and other settings."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

import kdorch
from kdorch.builtin import losses
from kdorch.builtin.losses.labelled import LabelledLoss

CLASSES = 10
TASK = kdorch.Classification(labels=tuple("abcdefghij"))
FLAGS = kdorch.Multilabel(labels=tuple("abcdefghij"))

CASES: dict[str, kdorch.Loss] = {
    "hinton": losses.Hinton(),
    "hinton-0.5": losses.Hinton(temperature=0.5),
    "dkd": losses.Dkd(),
    "dkd-other": losses.Dkd(alpha=0.3, beta=2.0, temperature=1.5),
    "dist": losses.Dist(),
    "dist-other": losses.Dist(beta=0.5, gamma=3.0, temperature=4.0),
    "logit_standardization": losses.LogitStandardization(),
    "nkd": losses.Nkd(),
    "nkd-other": losses.Nkd(gamma=3.5, temperature=3.0),
    "logit_mse": losses.LogitMse(),
    "soft_cross_entropy": losses.SoftCrossEntropy(),
    "forward_kl": losses.ForwardKl(),
    "reverse_kl": losses.ReverseKl(),
    "jsd": losses.Jsd(),
    "jsd-other": losses.Jsd(beta=0.1),
    "skew_kl": losses.SkewKl(),
    "skew_reverse_kl": losses.SkewReverseKl(alpha=0.3),
    "uld": losses.Uld(),
}
LABELLED = {name: loss for name, loss in CASES.items() if isinstance(loss, LabelledLoss)}
BY_LABEL = {name: loss for name, loss in CASES.items() if "multilabel" in loss.tasks}


class Lesson:
    """Some rows, the teacher's logits on them, and the student's, which are a leaf."""

    def __init__(
        self,
        student: Tensor,
        teacher: Tensor,
        targets: Tensor,
        labelled: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> None:
        self.student = kdorch.Output(student.detach().clone().requires_grad_())
        self.teacher = kdorch.Output(teacher)
        self.batch = kdorch.Batch(student.detach(), targets, torch.arange(len(targets)), labelled, mask)

    @property
    def args(self) -> tuple[kdorch.Output, kdorch.Output, kdorch.Batch]:
        return self.student, self.teacher, self.batch

    def only(self, chosen: Any) -> Lesson:
        """Return the lesson of some rows alone, without a word on labels and masks."""
        parts = (self.student.logits, self.teacher.logits, self.batch.targets)
        return Lesson(*(part[chosen] for part in parts))


def lesson(rows: int = 8, seed: int = 0, scale: float = 1.0, **beside: Tensor) -> Lesson:
    """Return the fixture that the reference values were computed on, or one like it."""
    random = np.random.RandomState(seed)
    student, teacher = random.randn(rows, CLASSES) * 2, random.randn(rows, CLASSES) * 3
    targets = random.randint(0, CLASSES, size=rows)
    return Lesson(
        torch.tensor(student * scale), torch.tensor(teacher * scale), torch.tensor(targets), **beside
    )


def sequences(mask: Tensor | None, seed: int = 0) -> Lesson:
    """Return four rows of five tokens each."""
    random = np.random.RandomState(seed)
    student, teacher = torch.tensor(random.randn(4, 5, CLASSES)), torch.tensor(random.randn(4, 5, CLASSES))
    return Lesson(student, teacher, torch.tensor(random.randint(0, CLASSES, size=(4, 5))), mask=mask)


def value(term: Any, given: Lesson) -> float:
    return float(term(*given.args).item())


def both_ways(term: Any, given: Lesson) -> tuple[Tensor, Tensor]:
    """Return the gradient in closed form and by autograd."""
    [expected] = torch.autograd.grad(term(*given.args), given.student.logits)
    return term.gradient(kdorch.Output(given.student.logits.detach()), *given.args[1:]), expected

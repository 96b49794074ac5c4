"""The divergence, taken apart into the labelled class and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.distributions import divergence
from kdorch.builtin.losses.labelled import LabelledLoss, against_the_rest

if TYPE_CHECKING:
    from torch import Tensor


class Dkd(
    LabelledLoss,
    name="dkd",
    reference="Zhao et al. 2022, Decoupled Knowledge Distillation, CVPR, arXiv:2203.08679",
):
    """T^2 (alpha TCKD + beta NCKD), mean over labelled rows: hinton's divergence at T, taken apart.

    TCKD is the divergence of (label, all others together), NCKD that of the other classes among themselves.
    Logits (rows, classes) and targets (rows,), or both with tokens behind the rows. Usual weight: 1, beside 1
    for the labels, warmed up: ``weight: {from: 0, to: 1, epochs: 20}``.

    Not for 2 classes, nor for teachers that are often wrong: their favourite among the others gets all of
    beta.

    Attributes:
        alpha: Of the labelled class; hinton's is 1.
        beta: Of the others, which hinton counts the less the surer the teacher is.
        temperature: Softens both distributions.
    """

    undefined: ClassVar[str] = (
        "beside the label there is one class, so the others have no distribution (NCKD)."
    )

    alpha: Annotated[float, Field(ge=0), kdorch.Range(0.1, 4.0, log=True)] = 1.0
    beta: Annotated[float, Field(ge=0), kdorch.Range(0.5, 16.0, log=True)] = 8.0
    temperature: Annotated[float, Field(gt=0), kdorch.Range(1.0, 20.0, log=True)] = 4.0

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return T^2 (alpha TCKD + beta NCKD)."""
        ours, theirs = student / self.temperature, teacher / self.temperature
        label = _between(against_the_rest(ours), against_the_rest(theirs))
        others = _between(ours[:, 1:], theirs[:, 1:])
        return self.temperature**2 * (self.alpha * label + self.beta * others)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return T / rows times differences of probabilities; what pulls the label up pulls others down."""
        import torch

        ours, theirs = student / self.temperature, teacher / self.temperature
        label = against_the_rest(ours).softmax(-1)[:, :1] - against_the_rest(theirs).softmax(-1)[:, :1]
        q, p = ours[:, 1:].softmax(-1), theirs[:, 1:].softmax(-1)
        others = self.beta * (q - p) - self.alpha * label * q
        return torch.cat((self.alpha * label, others), dim=-1).mul_(self.temperature / len(student))


def _between(student: Tensor, teacher: Tensor) -> Tensor:
    return divergence(kdorch.log_softmax(teacher), kdorch.log_softmax(student))

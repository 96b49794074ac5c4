"""The label as the teacher believes in it, and the other classes normalised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.labelled import LabelledLoss

if TYPE_CHECKING:
    from torch import Tensor


class Nkd(
    LabelledLoss,
    name="nkd",
    reference="Yang et al. 2023, From Knowledge Distillation to Self-Knowledge Distillation, ICCV, "
    "arXiv:2303.13005",
):
    """-p_y log q_y - gamma T^2 sum p' log q', mean over labelled rows: the label, and the others normalised.

    p_y and q_y are the probabilities of the label at temperature 1, p' and q' those of the other classes
    among themselves at T. Logits (rows, classes) and targets (rows,), or both with tokens behind the rows.
    Usual weight: 1, beside 1 for the labels.

    Not for 2 classes, nor for reading off how near the student is: like any cross-entropy it is not 0 at
    agreement, and even its gradient is not, as the label pulls in any case.

    Attributes:
        gamma: Of the other classes.
        temperature: Softens the distribution of the other classes.
    """

    zero_at_agreement: ClassVar[bool] = False
    undefined: ClassVar[str] = "beside the label there is one class, so the others have no distribution."

    gamma: Annotated[float, Field(ge=0), kdorch.Range(0.1, 5.0, log=True)] = 1.5
    temperature: Annotated[float, Field(gt=0), kdorch.Range(1.0, 5.0)] = 1.0

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return -p_y log q_y - gamma T^2 sum p' log q'."""
        label = -kdorch.softmax(teacher)[:, 0] * kdorch.log_softmax(student)[:, 0]
        theirs = (teacher[:, 1:] / self.temperature).softmax(-1)
        others = -(theirs * (student[:, 1:] / self.temperature).log_softmax(-1)).sum(-1)
        return label + self.gamma * self.temperature**2 * others

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return [p_y (q - label) + gamma T (q' - p')] / rows."""
        label = kdorch.softmax(teacher)[:, :1]
        slope = label * kdorch.softmax(student)
        slope[:, :1] -= label
        ours, theirs = ((logits[:, 1:] / self.temperature).softmax(-1) for logits in (student, teacher))
        slope[:, 1:] += self.gamma * self.temperature * (ours - theirs)
        return slope.div_(len(student))

"""Where each channel is active."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor


class Cwd(
    FeatureLoss,
    name="cwd",
    reference="Shu et al. 2021, Channel-wise Knowledge Distillation for Dense Prediction, arXiv:2011.13256",
):
    """T^2 KL(teacher at T || student at T) over positions, averaged over rows and channels.

    A softmax over all positions makes each channel a distribution. Sequences or maps; maps are averaged
    down to the smaller size, and a trained projection gives the student the teacher's channels. Usual
    weight: 3 on maps of logits, 50 on others.

    Not for classification with small maps: it was made for segmentation and detection, where places matter.

    Attributes:
        temperature: T; the lower, the more the strongest position decides. Published with 4, too.
    """

    positions: ClassVar[bool] = True
    channels: ClassVar[bool] = True

    temperature: Annotated[float, Field(gt=0), kdorch.Range(0.5, 8.0, log=True)] = 1.0

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the divergence, in nats."""
        from torch.nn.functional import kl_div

        ours, theirs = (
            (feature.flatten(2) / self.temperature).log_softmax(2).flatten(0, 1)
            for feature in (student, teacher)
        )
        return self.temperature**2 * kl_div(ours, theirs, reduction="batchmean", log_target=True)

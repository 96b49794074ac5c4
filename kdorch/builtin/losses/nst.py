"""Which patterns the channels see, whichever channel sees which."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor


class Nst(
    FeatureLoss,
    name="nst",
    reference="Huang, Wang 2017, Like What You Like: Knowledge Distill via Neuron Selectivity Transfer, "
    "arXiv:1707.01219",
):
    """mean k(t, t') + mean k(s, s') - 2 mean k(s, t): the maximum mean discrepancy of the channels' patterns.

    k(x, y) = (x'y)^2, a channel's pattern being its activations over all positions at unit length; the
    means are over rows and pairs of channels. Sequences or maps; maps are averaged down to the smaller
    size, and the numbers of channels may differ. Usual weight: 50.

    Not for maps of a few positions, in which any two patterns are alike, nor for layers of thousands of
    channels, as all pairs of them are compared.
    """

    positions: ClassVar[bool] = True

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the discrepancy, averaged over rows."""
        from torch.nn.functional import normalize

        ours, theirs = (normalize(feature.flatten(2), dim=2) for feature in (student, teacher))
        return _kernel(theirs, theirs) + _kernel(ours, ours) - 2 * _kernel(ours, theirs)


def _kernel(one: Tensor, other: Tensor) -> Tensor:
    return (one @ other.transpose(1, 2)).square().mean()

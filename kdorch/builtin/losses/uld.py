"""The distance of two distributions over different words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdorch.builtin.losses.logits import LogitLoss

if TYPE_CHECKING:
    from torch import Tensor


class Uld(
    LogitLoss,
    name="uld",
    tasks={"classification", "tokens"},
    reference="Boizard et al. 2024, Towards Cross-Tokenizer Distillation, arXiv:2402.12030",
):
    """sum |sort p - sort q|, mean over tokens that count: for two vocabularies.

    p = softmax(teacher) and q = softmax(student). Both are sorted downwards, and the shorter one is filled up
    with zeros. Logits (rows, tokens, vocabulary) with ``Batch.mask``, or (rows, classes); the last dimensions
    of student and teacher may differ. Usual weight: 1.5, beside 1 for the labels.

    Not where both share a vocabulary, and never alone: it teaches how sure to be, not of what.
    """

    def compare(self, student: tuple[int, ...], teacher: tuple[int, ...]) -> None:
        """Make sure that both answer the same tokens, over any two vocabularies.

        Raises:
            ValueError: If they do not.
        """
        super().compare(student, (*teacher[:-1], *student[-1:]))

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the sum of |sort p - sort q|."""
        ours, theirs = (logits.softmax(-1).sort(descending=True).values for logits in (student, teacher))
        return _gap(ours, theirs).abs().sum(-1)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the sign of each gap, taken through the softmax and back to the student's own order."""
        ours, order = student.softmax(-1).sort(descending=True)
        theirs = teacher.softmax(-1).sort(descending=True).values
        push = ours * _gap(ours, theirs)[:, : ours.shape[-1]].sign()
        slope = (push - ours * push.sum(-1, keepdim=True)).div_(len(student))
        return slope.new_zeros(slope.shape).scatter_(-1, order, slope)


def _gap(student: Tensor, teacher: Tensor) -> Tensor:
    from torch.nn.functional import pad

    width = max(student.shape[-1], teacher.shape[-1])
    ours, theirs = (pad(each, (0, width - each.shape[-1])) for each in (student, teacher))
    return ours - theirs

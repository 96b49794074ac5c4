"""The Hellinger distance between what the teacher and the student expect.

Every `kdorch` command loads this module, so torch is imported inside methods, where they need it at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import kdorch
from pydantic import Field

if TYPE_CHECKING:
    from torch import Tensor


class Placeholder(kdorch.Loss, name="placeholder", tasks={"classification"}):
    """T^2 / 2 * |sqrt(p) - sqrt(q)|^2 for the teacher's p and the student's q at T, averaged over rows.

    At most T^2 for a row: one that the student gets all wrong cannot drown the others, as in a divergence.
    For the same reason not where such rows matter most.

    Attributes:
        temperature: T softens both distributions; the factor T^2 keeps gradients of one size.
    """

    # In one line: the type, what is allowed, what `auto` searches, and the default.
    temperature: Annotated[float, Field(gt=0), kdorch.Range(1.0, 20.0, log=True)] = 4.0

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the term, a scalar, for logits of shape (rows, classes)."""
        difference = self._roots(student.logits) - self._roots(teacher.logits)
        return self.temperature**2 / 2 * difference.square().sum(-1).mean()

    def _roots(self, logits: Tensor) -> Tensor:
        # By the logarithm: a square root itself has an infinite slope where a probability is 0.
        return ((logits / self.temperature).log_softmax(-1) / 2).exp()


@kdorch.hookimpl
def register_losses(register: Callable[..., None]) -> None:
    """Offer the loss; the entry point in pyproject.toml leads here."""
    register(Placeholder)

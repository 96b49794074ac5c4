"""The sum of weighted losses, and the short way to its gradient."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn, zeros

from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Loss, Output, Task, Term


class Objective:
    """What a student minimises in one trial.

    Where every term offers ``gradient``, its closed-form derivative in the logits, autograd only runs through
    the network: the loss's own graph, which costs as much as a small network does, is never built.

    Raises:
        TrainingError: If every weight is 0.
    """

    def __init__(
        self, losses: Mapping[str, Loss], task: Task, student: Output, teacher: Output | None
    ) -> None:
        self.weights = {label: loss.weight for label, loss in losses.items()}
        self.terms: dict[str, Term] = {
            label: loss.build(task, student, teacher) for label, loss in losses.items() if loss.weight > 0
        }
        if not self.terms:
            raise TrainingError(f"every loss ({', '.join(losses)}) has weight 0: there is nothing to learn.")
        # A trainable part needs the derivative in its own parameters too, which only autograd knows.
        self.closed = not self.parts() and all(hasattr(term, "gradient") for term in self.terms.values())

    def parts(self) -> list[nn.Module]:
        """Return the trainable parts that losses brought along."""
        return [term for term in self.terms.values() if isinstance(term, nn.Module)]

    def backward(self, student: Output, teacher: Output | None, batch: Batch) -> None:
        """Add the gradient of the weighted sum to the parameters."""
        gradient = self._gradient(student, teacher, batch) if self.closed else None
        if gradient is None:
            self.total(student, teacher, batch).backward()
        else:
            student.logits.backward(gradient)

    def _gradient(self, student: Output, teacher: Output | None, batch: Batch) -> Tensor | None:
        answer, total = Output(student.logits.detach()), None
        for label, term in self.terms.items():
            gradient = term.gradient(answer, teacher, batch)  # type: ignore[attr-defined]
            if gradient is None:
                self.closed = False
                return None
            weight = self.weights[label]
            total = gradient * weight if total is None else total.add_(gradient, alpha=weight)
        return total

    def values(self, student: Output, teacher: Output | None, batch: Batch) -> dict[str, Tensor]:
        """Return each term, unweighted."""
        return {label: term(student, teacher, batch) for label, term in self.terms.items()}  # type: ignore[arg-type]

    def total(self, student: Output, teacher: Output | None, batch: Batch) -> Tensor:
        """Return the weighted sum."""
        values = self.values(student, teacher, batch)
        return sum((self.weights[label] * value for label, value in values.items()), zeros(()))

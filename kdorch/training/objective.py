"""The sum of weighted losses, and the short way to its gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Loss, Output, Schedule, Task, Term
from kdorch.kinds.schedule import highest, weight_at
from kdorch.training.device import there


class Objective:
    """What a student minimises in one trial.

    Attributes:
        losses: As they are set, by label.
        terms: The same, built; without those whose weight is always 0.
        weights: Of this epoch, by label.
        across_rows: Whether a term compares rows with each other.
        closed: Whether every term has a closed-form gradient.

    Where every term offers ``gradient``, its closed-form derivative in the logits, autograd only runs through
    the network: the loss's own graph, which costs as much as a small network does, is never built.

    Raises:
        TrainingError: If every weight is 0.
    """

    def __init__(
        self, losses: Mapping[str, Loss], task: Task, student: Output, teacher: Output | None
    ) -> None:
        self.losses = losses
        self.terms: dict[str, Term] = {
            label: loss.build(task, student, teacher)
            for label, loss in losses.items()
            if highest(loss.weight) > 0
        }
        if not self.terms:
            raise TrainingError(f"every loss ({', '.join(losses)}) has weight 0: there is nothing to learn.")
        self.across_rows = any(losses[label].across_rows for label in self.terms)
        for part in self.parts():
            there(part)
        # A trainable part needs the derivative in its own parameters too, which only autograd knows.
        self.closed = not self.parts() and all(hasattr(term, "gradient") for term in self.terms.values())
        self.begin(1)

    def parts(self) -> list[nn.Module]:
        """Return the trainable parts that losses brought along."""
        return [term for term in self.terms.values() if isinstance(term, nn.Module)]

    def begin(self, epoch: int) -> dict[str, float]:
        """Set the weights of an epoch, counted from 1; return those that a schedule gives."""
        self.weights = {label: weight_at(self.losses[label].weight, epoch) for label in self.terms}
        self._active = {label: term for label, term in self.terms.items() if self.weights[label]}
        return {
            label: weight
            for label, weight in self.weights.items()
            if isinstance(self.losses[label].weight, Schedule)
        }

    def backward(self, student: Output, teacher: Output | None, batch: Batch) -> None:
        """Add the gradient of the weighted sum to the parameters."""
        self._backward(self._active, student, teacher, batch)

    def measure(
        self, student: Output, teacher: Output | None, batch: Batch, parameters: Sequence[nn.Parameter]
    ) -> dict[str, float]:
        """Set the gradient of the weighted sum, one term after the other, where there is none yet.

        Args:
            student: The student's output.
            teacher: The teacher's.
            batch: The rows.
            parameters: The student's.

        Returns:
            The Euclidean norm of the gradient of each weighted term in these parameters, by label; 0 where
            the weight is.
        """
        norms, sums = dict.fromkeys(self.terms, 0.0), list[Tensor | None]([None] * len(parameters))
        for place, (label, term) in enumerate(self._active.items(), start=1):
            self._backward({label: term}, student, teacher, batch, keep=place < len(self._active))
            norms[label] = math.hypot(
                *(each.grad.norm().item() for each in parameters if each.grad is not None)
            )
            sums = [_plus(known, each.grad) for known, each in zip(sums, parameters, strict=True)]
            for each in parameters:  # those of trainable parts belong to one term each, and stay
                each.grad = None
        for each, gradient in zip(parameters, sums, strict=True):
            each.grad = gradient
        return norms

    def _backward(
        self,
        terms: Mapping[str, Term],
        student: Output,
        teacher: Output | None,
        batch: Batch,
        *,
        keep: bool = False,
    ) -> None:
        gradient = self._gradient(terms, student, teacher, batch) if self.closed else None
        if gradient is not None:
            student.logits.backward(gradient, retain_graph=keep)
        elif terms:
            self._sum(terms, student, teacher, batch).backward(retain_graph=keep)

    def _gradient(
        self, terms: Mapping[str, Term], student: Output, teacher: Output | None, batch: Batch
    ) -> Tensor | None:
        answer, total = Output(student.logits.detach()), None
        for label, term in terms.items():
            gradient = term.gradient(answer, teacher, batch)  # type: ignore[attr-defined]
            if gradient is None:
                self.closed = False
                return None
            weight = self.weights[label]
            total = gradient * weight if total is None else total.add_(gradient, alpha=weight)
        return total

    def total(self, student: Output, teacher: Output | None, batch: Batch) -> Tensor:
        """Return the weighted sum."""
        return self._sum(self._active, student, teacher, batch)

    def _sum(
        self, terms: Mapping[str, Term], student: Output, teacher: Output | None, batch: Batch
    ) -> Tensor:
        values = (self.weights[label] * term(student, teacher, batch) for label, term in terms.items())  # type: ignore[arg-type]
        return sum(values, torch.zeros(()))

    def values(self, student: Output, teacher: Output | None, batch: Batch) -> dict[str, Tensor]:
        """Return each term, unweighted."""
        return {label: term(student, teacher, batch) for label, term in self.terms.items()}  # type: ignore[arg-type]

    def averaged(self, label: str, batch: Batch) -> int:
        """Return over how many rows a term's value is averaged: all, unless the term says otherwise."""
        averaged = getattr(self.terms[label], "averaged", None)
        return len(batch.rows) if averaged is None else averaged(batch)


def _plus(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one.add_(other)

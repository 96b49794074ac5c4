"""The objectives of K trials, computed together where that gives the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

import torch
from torch import Tensor

from kdorch.kinds import Batch, Loss, Mixed, Output, Term
from kdorch.training.objective import Objective
from kdorch.training.stack.layers import Unstackable

_CLOSE = 1e-5  # of the largest entry


@dataclass
class Lanes:
    """The rows of one step.

    Attributes:
        shown: A batch and what the teacher says of it, for each order of the rows.
        order: Which of them each trial is shown, shape (K,).
    """

    shown: Sequence[tuple[Batch, Output | None]]
    order: Sequence[int]
    _together: dict[tuple[int, ...], tuple[Batch, Output | None]] = field(default_factory=dict)

    def of(self, trial: int) -> tuple[Batch, Output | None]:
        """Return what a trial is shown."""
        return self.shown[self.order[trial]]

    def inputs(self) -> Tensor:
        """Return the inputs, shape (rows, units) if all trials are shown the same, else (K, rows, units)."""
        if len(self.shown) == 1:
            return self.shown[0][0].inputs.flatten(1)
        return torch.stack([batch.inputs.flatten(1) for batch, _ in self.shown])[list(self.order)]

    def even(self) -> bool:
        """Whether each trial's mean is over the same number of rows."""
        return len(self.shown) == 1 or all(
            batch.labelled is None and batch.mixed is None for batch, _ in self.shown
        )

    def as_rows(self, trials: Sequence[int]) -> tuple[Batch, Output | None]:
        """Return the rows of several trials as one batch, trial by trial; without the inputs."""
        key = tuple(trials)
        if key not in self._together:
            self._together[key] = self._join(trials)
        return self._together[key]

    def _join(self, trials: Sequence[int]) -> tuple[Batch, Output | None]:
        batches, told = zip(*(self.of(trial) for trial in trials), strict=True)
        targets, ids = (torch.cat([getattr(each, name) for each in batches]) for name in ("targets", "rows"))
        labelled, mask = (_joined([getattr(each, name) for each in batches]) for name in ("labelled", "mask"))
        whole = Batch(batches[0].inputs, targets, ids, labelled, mask)
        if batches[0].mixed is not None:
            parts = [each.mixed for each in batches]
            others, shares = (
                torch.cat([getattr(each, name) for each in parts]) for name in ("targets", "shares")
            )
            whole.mixed = Mixed(others, shares)
        return whole, told[0] and Output(torch.cat([each.logits for each in told]))


def _joined(columns: Sequence[Tensor | None]) -> Tensor | None:
    present = [column for column in columns if column is not None]
    return torch.cat(present) if present else None


class StackedTerm:
    """One loss of several trials.

    As a rule a loss computes row by row, so that the rows of K trials may be given to it as the rows of one,
    with its settings as columns. Whether it does is not asked but tried, on the first step: it must give what
    the losses give one by one, which is the other way to compute it.

    Args:
        members: Which of the K trials have it.
        losses: Theirs, as they are set.
        terms: The same, built.
    """

    def __init__(self, members: Sequence[int], losses: Sequence[Loss], terms: Sequence[Term]) -> None:
        self.members, self._terms = members, terms
        self._places = torch.tensor(members)
        self._in_columns = None if losses[0].across_rows else _columns(losses, terms)
        self._tried = False

    def gradient(self, logits: Tensor, lanes: Lanes) -> Tensor:
        """Return the gradient of each mean in the logits, shape (K, rows, outputs); 0 where it is not theirs.

        Raises:
            Unstackable: If the loss has no closed form after all.
        """
        if self._in_columns is None or not lanes.even():
            return self._each(logits, lanes)
        if self._tried:
            return self._together(logits, lanes)
        self._tried, found = True, self._each(logits, lanes)
        if not self._agrees(found, logits, lanes):
            self._in_columns = None
        return found

    def _agrees(self, wanted: Tensor, logits: Tensor, lanes: Lanes) -> bool:
        try:
            found = self._together(logits, lanes)
        except Exception:  # noqa: BLE001  a loss may fail in any way where it is given columns
            return False
        return bool((found - wanted).abs().max() <= _CLOSE * wanted.abs().max())

    def _each(self, logits: Tensor, lanes: Lanes) -> Tensor:
        found = torch.zeros_like(logits)
        for trial, term in zip(self.members, self._terms, strict=True):
            batch, told = lanes.of(trial)
            own = Output(logits[trial].contiguous())
            slope = term.gradient(own, told, batch)  # type: ignore[attr-defined]
            if slope is None:
                raise Unstackable("one of its losses has no closed-form gradient")
            found[trial] = slope
        return found

    def _together(self, logits: Tensor, lanes: Lanes) -> Tensor:
        everybody = len(self.members) == len(logits)
        ours = logits if everybody else logits[self._places]
        count, rows, outputs = ours.shape
        batch, told = lanes.as_rows(self.members)
        assert self._in_columns is not None  # noqa: S101  for mypy
        term = self._in_columns(rows)
        slope = term.gradient(Output(ours.reshape(count * rows, outputs)), told, batch)  # type: ignore[attr-defined]
        # Each is a mean over its own rows, not over all that were given.
        found: Tensor = slope.view(count, rows, outputs) * count
        return found if everybody else torch.zeros_like(logits).index_copy_(0, self._places, found)


def _columns(losses: Sequence[Loss], terms: Sequence[Term]) -> Callable[[int], Term] | None:
    """Return what makes one term of several, given the rows of each; None if nothing can."""
    settings = [loss.model_dump(exclude={"weight"}) for loss in losses]
    first = settings[0]
    differing = {name for name in first if any(each[name] != first[name] for each in settings)}
    if not differing:
        return lambda _: terms[0]
    numbers = {name: [getattr(loss, name) for loss in losses] for name in differing}
    if any(type(value) is not float for values in numbers.values() for value in values):
        return None
    if any(term is not loss for term, loss in zip(terms, losses, strict=True)):
        return None
    return cache(partial(_with_columns, losses[0], numbers))


def _with_columns(loss: Loss, numbers: Mapping[str, Sequence[float]], rows: int) -> Term:
    columns = {
        name: torch.tensor(values).repeat_interleave(rows)[:, None] for name, values in numbers.items()
    }
    return loss.model_copy(update=columns)


def stacked_terms(objectives: Sequence[Objective]) -> dict[str, StackedTerm]:
    """Return each loss that any of K trials has."""
    found = {}
    for label in dict.fromkeys(label for each in objectives for label in each.terms):
        members = [place for place, each in enumerate(objectives) if label in each.terms]
        having = [objectives[place] for place in members]
        found[label] = StackedTerm(
            members, [each.losses[label] for each in having], [each.terms[label] for each in having]
        )
    return found

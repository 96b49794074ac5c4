"""Checks on the value of a loss: its scale, its zero, what it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isfinite

import torch
from torch import Tensor

from kdorch.kinds import Batch, Output
from kdorch.testing.losses.base import CLOSE, LossChecks, compute, gradient
from kdorch.testing.samples import Sample, agreeing, in_a_graph
from kdorch.testing.says import expect, skip


class ValueChecks(LossChecks):
    """What a loss says of a batch."""

    def test_is_one_finite_number(self) -> None:
        """It returns a scalar tensor, neither NaN nor infinite."""
        for sample in self.samples():
            found = compute(self.term(sample), sample)
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            expect(
                shape == () and torch.isfinite(found),
                f"{self.who} returns {found} of shape {shape} for {sample.task.name}.",
                why="terms are weighted and added up to the one number that is minimised.",
                do="average over the batch, and return a tensor of no dimensions.",
            )

    def test_gives_the_same_twice(self) -> None:
        """The same batch gives the same value again."""
        for sample in self.samples():
            term = self.term(sample)
            first, second = (compute(term, sample).item() for _ in range(2))
            expect(
                first == second,
                f"{self.who} gives {first}, then {second} for the same batch of {sample.task.name}.",
                why="a study that is run again has to come to the same numbers.",
                do="draw random numbers in `build`, once, not in each call.",
            )

    def test_is_zero_at_agreement(self) -> None:
        """Where the student agrees with the teacher, value and gradient are 0, unless declared otherwise."""
        if not self._loss.zero_at_agreement:
            skip("it declares zero_at_agreement = False")
        for sample in self.samples():
            same = agreeing(sample, self.pairs())
            term = self.term(sample)
            value, slope = compute(term, same).item(), gradient(term, same).abs().max().item()
            expect(
                abs(value) < CLOSE and slope < CLOSE,
                f"{self.who} is {value:g} with gradients up to {slope:g} where student and teacher agree "
                f"({sample.task.name}).",
                why="it would pull a student away from a teacher that it has matched already.",
                do="mend the formula, or declare zero_at_agreement: ClassVar[bool] = False.",
            )

    def test_is_least_at_agreement(self) -> None:
        """A student that disagrees is never told a smaller loss than one that agrees."""
        if not self._loss.zero_at_agreement:
            skip("it declares zero_at_agreement = False")
        for start in range(3):
            for sample in self.samples(seed=start):
                value = compute(self.term(sample), sample).item()
                expect(
                    value > -CLOSE,
                    f"{self.who} is {value:g}, below 0, where student and teacher disagree.",
                    why="minimised, it would drive them apart.",
                    do="look for a sign, or for student and teacher in the wrong order.",
                )

    def test_does_not_grow_with_the_batch(self) -> None:
        """A batch with every row twice has the same loss, unless it compares rows with each other."""
        self._skip_across_rows()
        for sample in self.samples():
            term, count = self.term(sample), len(sample.batch.rows)
            once = compute(term, sample).item()
            twice = compute(term, sample[list(range(count)) * 2]).item()
            expect(
                abs(once - twice) <= CLOSE * abs(once),
                f"{self.who} is {once:g} for {count} rows and {twice:g} for each of them twice "
                f"({sample.task.name}).",
                why="its weight would mean something else for every train.batch.",
                do="average over the rows: reduction='batchmean' for kl_div, 'mean' is over classes too.",
            )

    def test_rows_do_not_mix(self) -> None:
        """A row's gradient does not depend on the rows beside it, so that batches can be accumulated."""
        self._skip_across_rows()
        for sample in self.samples():
            term, count = self.term(sample), len(sample.batch.rows)
            whole = gradient(term, sample)
            halves = (sample[: count // 2], sample[count // 2 :])
            apart = torch.cat([gradient(term, half) for half in halves])
            scale = (whole * apart).sum() / apart.square().sum().clamp(min=1e-30)
            expect(
                torch.allclose(whole, scale * apart, rtol=1e-3, atol=CLOSE * whole.abs().max().item()),
                f"{self.who}: the gradient of a row changes with the rows that share its batch.",
                why="half a batch at a time would teach something else, and nobody would know.",
                do="compute each row by itself, or declare across_rows: ClassVar[bool] = True.",
            )

    def _skip_across_rows(self) -> None:
        if self._loss.across_rows:
            skip("it declares across_rows = True")

    def test_leaves_its_weight_to_the_study(self) -> None:
        """Its own field weight does not change its value."""
        for sample in self.samples():
            heavy = self._loss.model_copy(update={"weight": 3.0})
            one, other = (compute(self.term(sample, loss), sample).item() for loss in (self._loss, heavy))
            expect(
                abs(one - other) <= CLOSE * abs(one),
                f"{self.who} is {one:g}, and {other:g} with weight 3.",
                why="the core multiplies by the weight; it would count twice.",
                do="return the plain term.",
            )

    def test_modifies_nothing(self) -> None:
        """What it is given is the same afterwards, also where it offers its gradient in closed form."""
        for given in self.samples():
            term, sample = self.term(given), in_a_graph(given)
            before = _copies(sample)
            compute(term, sample)
            if hasattr(term, "gradient"):
                term.gradient(Output(sample.student.logits.detach()), sample.teacher, sample.batch)
            changed = [name for name, tensor in _tensors(sample) if not torch.equal(tensor, before[name])]
            expect(
                not changed,
                f"{self.who} modifies {', '.join(changed)} in place.",
                why="other losses get the same tensors, and the teacher's are shared by all epochs.",
                do="write x = x + 1 in place of x += 1, and no method that ends in _ on what you are given.",
            )

    def test_looks_at_features_only_if_it_needs_them(self) -> None:
        """It declares needs={"features"} exactly if it uses features."""
        sample, seen = next(self.samples()), [False]
        watched = replace(
            sample,
            student=Output(sample.student.logits, _Watched(sample.student.features, seen)),
            teacher=Output(sample.teacher.logits, _Watched(sample.teacher.features, seen)),
        )
        compute(self.term(sample), watched)
        declared = "features" in self._loss.needs
        verb = "uses features and does not declare it" if seen[0] else "declares features and uses none"
        expect(
            declared == seen[0],
            f"{self.who} {verb}.",
            why="features are stored, and asked of both networks, only for losses that need them.",
            do='write class Mine(kdorch.Loss, name="mine", needs={"features"}), or leave needs away.',
        )

    def test_ignores_labels_that_are_not_there(self) -> None:
        """Of rows without a label it does not read the target, which is a filler; all may be such rows."""
        for sample in self.samples():
            rows = len(sample.batch.rows)
            half = torch.arange(rows) % 2 == 0
            term = self.term(sample)
            one, other, none = (
                compute(term, replace(sample, batch=_relabelled(sample.batch, labelled, roll))).item()
                for labelled, roll in ((half, 0), (half, 1), (torch.zeros(rows, dtype=torch.bool), 0))
            )
            expect(
                abs(one - other) <= CLOSE * abs(one) and isfinite(none),
                f"{self.who} is {one:g}, {other:g} with other fillers, {none:g} where no row has a label.",
                why="rows without a label teach what the teacher says of them; their targets mean nothing.",
                do="use batch.targets[batch.labelled] only, and no mean of nothing: it is NaN.",
            )


class _Watched(Mapping[str, Tensor]):
    """Features that notice being looked at."""

    def __init__(self, features: Mapping[str, Tensor], seen: list[bool]) -> None:
        self._features, self._seen = features, seen

    def __getitem__(self, name: str) -> Tensor:
        self._seen[0] = True
        return self._features[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._features)

    def __len__(self) -> int:
        return len(self._features)


def _relabelled(batch: Batch, labelled: Tensor, roll: int) -> Batch:
    targets = torch.where(
        labelled.reshape(-1, *[1] * (batch.targets.ndim - 1)), batch.targets, batch.targets.roll(roll, 0)
    )
    return replace(batch, targets=targets, labelled=labelled)


def _tensors(sample: Sample) -> Iterator[tuple[str, Tensor]]:
    for who, output in (("student", sample.student), ("teacher", sample.teacher)):
        yield f"{who}.logits", output.logits
        yield from ((f"{who}.features[{name!r}]", value) for name, value in output.features.items())
    yield from ((f"batch.{name}", value) for name, value in vars(sample.batch).items() if value is not None)


def _copies(sample: Sample) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in _tensors(sample)}

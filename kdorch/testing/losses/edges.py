"""Checks where losses break: few rows, few classes, certainty, zeros, half precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from kdorch.discovery import installed
from kdorch.errors import KdorchError
from kdorch.kinds import Output
from kdorch.testing.lightness import imports
from kdorch.testing.losses.base import LossChecks, compute, gradient
from kdorch.testing.process import watched
from kdorch.testing.samples import Sample, leaf
from kdorch.testing.says import expect, explained, skip

_HALVES = (torch.float16, torch.bfloat16)


class EdgeChecks(LossChecks):
    """What real studies bring sooner or later."""

    def _stays_finite(self, sample: Sample, what: str, do: str) -> None:
        __tracebackhide__ = True
        why = "one NaN in one batch ends the training of a student."
        with explained(f"{self.who} fails {what}", why=why, do=do):
            term = self.term(sample)
            value, slope = compute(term, sample), gradient(term, sample)
        finite = torch.isfinite(value).all()
        found = "its gradient is not finite" if finite else f"it is {value.tolist()}"
        expect(finite and torch.isfinite(slope).all(), f"{self.who} {what}: {found}.", why=why, do=do)

    def test_takes_a_single_row(self) -> None:
        """One row in a batch gives a finite value and gradient."""
        for sample in self.samples():
            self._stays_finite(
                sample[:1],
                f"for a single row ({sample.task.name})",
                "use no unbiased deviation or correlation over rows, and divide by no count that may be 0.",
            )

    def test_takes_the_fewest_outputs(self) -> None:
        """Two classes, one label or one number are learnt from, or refused by `misfits`."""
        usual_tasks = {task.name: task for task in self.tasks()}
        for task in self.tasks(fewest=True):
            sample = self.sample(task)
            what = f"for {task.name} with {task.outputs} outputs"
            do = "return from `misfits(task, outputs)` why it has no meaning there, or mend the formula."
            self._stays_finite(sample, what, do)
            usual = self.sample(usual_tasks[task.name])
            expect(
                gradient(self.term(sample), sample).any() or not gradient(self.term(usual), usual).any(),
                f"{self.who} teaches nothing {what}: its gradient is 0.",
                why="every trial of such a study would be spent on nothing.",
                do=do,
            )

    def test_takes_half_precision(self) -> None:
        """In float16 and bfloat16 value and gradient stay finite."""
        for dtype in _HALVES:
            for sample in self.samples(dtype=dtype):
                try:
                    self._stays_finite(
                        sample,
                        f"in {dtype}",
                        "use log_softmax, not log(softmax), eps above 1e-4, and means, not sums.",
                    )
                except AssertionError as error:
                    if "not implemented for" not in str(error):  # torch's own gaps, on this processor
                        raise

    def test_takes_certainty(self) -> None:
        """A teacher and a student that are certain, of different things, give a finite value and gradient."""
        for sample in self.samples():
            sure, other = (_certain(sample, shift) for shift in (0, 1))
            certain = replace(
                sample,
                student=leaf(Output(sure, sample.student.features)),
                teacher=Output(other, sample.teacher.features),
            )
            self._stays_finite(
                certain,
                f"where student and teacher are certain of different things ({sample.task.name})",
                "compute in logarithms: log_softmax, kl_div(..., log_target=True), torch.xlogy for p log p.",
            )

    def test_takes_zeros(self) -> None:
        """Features and logits that are all 0, as after dead units, give a finite value and gradient."""
        for sample in self.samples():
            self._stays_finite(
                replace(sample, student=_zeros(sample.student)),
                f"where everything that the student says is 0 ({sample.task.name})",
                "add eps inside roots and norms: sqrt and norm have no derivative at 0.",
            )

    def test_takes_equal_rows(self) -> None:
        """Rows that are copies of each other give a finite value and gradient."""
        for sample in self.samples():
            self._stays_finite(
                sample[[0] * len(sample.batch.rows)],
                f"where all rows are the same ({sample.task.name})",
                "add eps where rows are compared: a distance of 0 has no derivative.",
            )

    def test_says_so_where_shapes_differ(self) -> None:
        """Features of another shape than the teacher's are resolved, or refused when it is built."""
        if "features" not in self._loss.needs:
            skip("it needs no features")
        channels, *rest = self.shape
        for sample in self.samples(student_shape=(channels + 2, *(size + 2 for size in rest))):
            try:
                self.build(sample)
            except (ValueError, KdorchError) as error:
                expect(
                    str(error).strip(),
                    f"{self.who} refuses features of other shapes without a word.",
                    why="who reads it has to know which feature of which network to change.",
                    do="name both features and their shapes in the ValueError.",
                )
                return
            self._stays_finite(
                sample,
                "for features of another shape than the teacher's, which `build` accepted",
                "project or resize in `build`, or raise a ValueError there that names both shapes.",
            )

    def test_answers_for_every_task(self) -> None:
        """`misfits` answers for every task, before and after the outputs are known, in sentences by field."""
        for name in installed().names("task"):
            task = installed().find("task", name)
            for outputs in (None, 1, 2, 10):
                with explained(f"{self.who}: misfits({name}, {outputs}) fails", **_MISFITS):
                    found = self._loss.misfits(task, outputs)  # type: ignore[arg-type]
                right = isinstance(found, Mapping) and all(
                    isinstance(word, str) and word for pair in found.items() for word in pair
                )
                expect(right, f"{self.who}: misfits({name}, {outputs}) is {found!r}.", **_MISFITS)

    def test_is_checked_without_torch(self) -> None:
        """`misfits` and `complaints` do not import torch."""
        with imports() as seen:
            for name in installed().names("task"):
                self._loss.misfits(installed().find("task", name), 2)  # type: ignore[arg-type]
            self._loss.complaints()
        expect(
            "torch" not in seen,
            f"{self.who} imports torch to say whether it suits a task.",
            why="`kdorch study check` answers in a tenth of a second, and torch takes seconds.",
            do="compare numbers and words there; import torch in `build` or `__call__`.",
        )

    def test_leaves_the_process_as_it_was(self) -> None:
        """It changes no global setting, and its call draws no random numbers."""
        for sample in self.samples():
            with watched() as changed:
                term = self.build(sample)
                with watched(draws=True) as drawn:
                    compute(term, sample)
            changed += drawn
            expect(
                not changed,
                f"{self.who} changes {', '.join(changed)}.",
                why="the next trial runs in the same process; dropout and order would depend on this loss.",
                do="put settings back, and draw random numbers in `build`.",
            )


_MISFITS = {
    "why": "`kdorch study check` shows it, before anything is spent.",
    "do": "return a mapping from a field to a sentence, empty where all is well.",
}


def _certain(sample: Sample, shift: int) -> Tensor:
    """Return logits that are certain of one output for each row, and for each place in it."""
    outputs, logits = sample.task.outputs, sample.student.logits
    places = torch.arange(logits[0].numel()).view(1, *logits.shape[1:])
    rows = torch.arange(len(logits)).view(-1, *[1] * (logits.ndim - 1))
    return torch.where(places % outputs == (rows + shift) % outputs, 200.0, -200.0)


def _zeros(output: Output) -> Output:
    features = {name: torch.zeros_like(value) for name, value in output.features.items()}
    return leaf(Output(torch.zeros_like(output.logits), features))

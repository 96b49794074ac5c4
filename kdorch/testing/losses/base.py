"""What the checks of losses are made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from kdorch.discovery import installed
from kdorch.kinds import Loss, Output, Task, Term
from kdorch.testing.contract import Contract
from kdorch.testing.process import seed, watched
from kdorch.testing.samples import FEWEST, TASKS, Sample, bare, make_sample, make_task, raw_targets
from kdorch.testing.says import explained, skip
from kdorch.training.building import SAMPLE

CLOSE = 1e-4  # relative, of single precision and sums in another order


class LossChecks(Contract):
    """Names one loss; the checks are in the classes made of this one.

    Class attributes:
        loss: The loss.
        shape: Of one row of each feature, channels first, for losses on features.
    """

    kind: ClassVar[str] = "loss"
    loss: Loss
    shape: ClassVar[tuple[int, ...]] = (8, 4, 4)

    def pairs(self) -> Mapping[str, str]:
        """Return the features it compares, student's to teacher's: its field ``layers``, if it has one."""
        layers = getattr(self.spec, "layers", None)
        return layers if isinstance(layers, Mapping) else {"early": "early", "late": "late"}

    def tasks(self, *, fewest: bool = False) -> Iterator[Task]:
        """Yield a task of each kind that it suits, with few outputs, or the fewest that there can be.

        Override it for a task of your own, and `targets` with it.
        """
        loss, known = self._loss, installed()
        for name, outputs in (FEWEST if fewest else TASKS).items():
            declared = not loss.tasks or name in loss.tasks
            if declared and not loss.misfits(known.find("task", name), outputs):  # type: ignore[arg-type]
                yield make_task(name, outputs)

    def targets(self, task: Task, rows: int) -> np.ndarray:
        """Return made-up labels, as a dataset ships them."""
        return raw_targets(task, rows)

    def samples(self, rows: int = 8, **settings: Any) -> Iterator[Sample]:
        """Yield outputs that disagree, for each task that it suits."""
        tasks = list(self.tasks())
        if not tasks:
            skip("it suits none of the tasks that samples can be made for")
        for task in tasks:
            yield self.sample(task, rows, **settings)

    def sample(self, task: Task, rows: int = 8, **settings: Any) -> Sample:
        """Return outputs that disagree."""
        usual = {"pairs": self.pairs(), "shape": self.shape, "targets": self.targets(task, rows)}
        return make_sample(task, rows, **(usual | settings))

    @property
    def _loss(self) -> Loss:
        assert isinstance(self.spec, Loss)  # noqa: S101  that is what `spec` makes sure of
        return self.spec

    def term(self, sample: Sample, loss: Loss | None = None) -> Term:
        """Return the term for a trial; what its making changes in the process is put back."""
        with explained(f"{self.who} cannot be built for {sample.task.name}", **_BUILT), watched():
            built = self.build(sample, loss)
        if isinstance(built, nn.Module):
            built.to(sample.student.logits.dtype)
        return built

    def build(self, sample: Sample, loss: Loss | None = None) -> Term:
        """Build the term as the core does: from a few rows, after the seed was set."""
        few = sample[:SAMPLE]
        seed(0)
        return (loss or self._loss).build(sample.task, bare(few.student), few.teacher)


_BUILT = {
    "why": "a study that `kdorch study check` found right would fail in its first trial.",
    "do": "refuse what does not suit with `misfits`, or with a ValueError that names the shapes.",
}


def compute(term: Term, sample: Sample) -> Tensor:
    """Return the term's value."""
    return term(sample.student, sample.teacher, sample.batch)


def gradient(term: Term, sample: Sample) -> Tensor:
    """Return the gradient in all that the student says, one line a row."""
    rows = len(sample.batch.rows)
    value = compute(term, sample)
    if not value.requires_grad:
        return torch.zeros(rows, 1)
    found = torch.autograd.grad(value, sample.leaves(), allow_unused=True)
    parts = [each.reshape(rows, -1) for each in found if each is not None]
    return torch.cat(parts, 1) if parts else torch.zeros(rows, 1)


def detached(output: Output) -> Output:
    """Return the output as the closed form of a gradient gets it: logits alone, without a graph."""
    return Output(output.logits.detach().clone())

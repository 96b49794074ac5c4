"""For each check where losses break, a loss with one defect that it alone catches."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from mutants import Mutants, check_alone
from sound_losses import Sound, SoundFeatures, distance

from kdorch.testing import checks
from kdorch.testing.contract import Contract
from kdorch.testing.losses.edges import EdgeChecks

MUTANTS = Mutants()
caught_by = MUTANTS.caught_by


@caught_by("test_takes_a_single_row")
class Unbiased(Sound, name="unbiased"):
    """It divides by one row less."""

    def __call__(self, student, teacher, batch):
        rows = torch.tensor(float(len(student.logits)))
        return distance(student, teacher) / (rows - 1) * (rows - 1)


@caught_by("test_takes_the_fewest_outputs")
class OtherClasses(Sound, name="other-classes", tasks={"classification"}):
    """It divides by the entropy of the other classes, which is 0 for two."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher) / torch.tensor(student.logits.shape[-1] - 1.0).log()


@caught_by("test_takes_half_precision")
class Overflowing(Sound, name="overflowing"):
    """Its squares are too large for half precision."""

    def __call__(self, student, teacher, batch):
        return (1000 * (student.logits - teacher.logits)).square().mean() / 1e6


@caught_by("test_takes_certainty")
class Naive(Sound, name="naive", tasks={"classification"}):
    """It takes the logarithm of a softmax."""

    def __call__(self, student, teacher, batch):
        ours, theirs = (output.logits.float().softmax(-1) for output in (student, teacher))
        return (theirs * (theirs.log() - ours.log())).sum(-1).mean()


@caught_by("test_takes_zeros")
class Rooted(Sound, name="rooted"):
    """It takes the root of what may be 0."""

    def __call__(self, student, teacher, batch):
        ours, theirs = (output.logits.abs().sqrt() for output in (student, teacher))
        return (ours - theirs).square().mean()


@caught_by("test_takes_equal_rows")
class Relative(Sound, name="relative"):
    """It divides by the teacher's mean distance of rows, which may be 0."""

    across_rows: ClassVar[bool] = True

    def __call__(self, student, teacher, batch):
        if len(student.logits) == 1:
            return 0 * student.logits.sum()
        ours, theirs = (
            (output.logits[1:] - output.logits[:-1]).square().sum(-1) for output in (student, teacher)
        )
        return ((ours - theirs) / theirs.mean()).square().mean()


@caught_by("test_says_so_where_shapes_differ")
class Unequal(SoundFeatures, name="unequal", needs={"features"}):
    """It needs equal shapes without saying so."""

    def build(self, task, student, teacher):
        return self


@caught_by("test_answers_for_every_task")
class Mute(Sound, name="mute"):
    """It answers no mapping."""

    def misfits(self, task, outputs=None):
        return ""


@caught_by("test_is_checked_without_torch")
class Heavy(Sound, name="heavy"):
    """It imports torch to say that all is well."""

    def misfits(self, task, outputs=None):
        import torch.nn  # noqa: F401

        return {}


@caught_by("test_leaves_the_process_as_it_was")
class Drawing(Sound, name="drawing"):
    """It draws from the global generator, and does nothing with it."""

    def __call__(self, student, teacher, batch):
        torch.rand(1)
        return distance(student, teacher)


@caught_by("test_leaves_the_process_as_it_was")
class Switching(Sound, name="switching"):
    """It switches gradients off while it is built."""

    def build(self, task, student, teacher):
        torch.use_deterministic_algorithms(True)
        return self


@pytest.mark.parametrize(("check", "loss"), MUTANTS.cases())
def test_one_check_alone_catches_the_mutant(check, loss):
    check_alone(check, loss)


def test_every_check_has_a_mutant():
    assert MUTANTS.keys() == set(checks(EdgeChecks)) - set(checks(Contract))

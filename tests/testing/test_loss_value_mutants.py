"""For each check on the value of a loss, one with a defect that it alone catches."""

from __future__ import annotations

from typing import ClassVar

import pytest
from mutants import Mutants, check_alone, drawn
from sound_losses import Sound, SoundFeatures, distance
from torch.nn.functional import cross_entropy

from kdorch.testing import checks
from kdorch.testing.contract import Contract
from kdorch.testing.losses.tokens import TokenChecks
from kdorch.testing.losses.values import ValueChecks

MUTANTS = Mutants()
caught_by = MUTANTS.caught_by


@caught_by("test_is_one_finite_number")
class Line(Sound, name="line"):
    """It has a dimension."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher).reshape(1)


@caught_by("test_gives_the_same_twice")
class Noisy(Sound, name="noisy"):
    """It draws numbers in each call."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher) * (1 + 1e-5 * drawn())


@caught_by("test_is_zero_at_agreement")
class Restless(Sound, name="restless"):
    """It pulls at a student that agrees."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher) + 0.01 * student.logits.square().mean()


@caught_by("test_is_least_at_agreement")
class Signed(Sound, name="signed"):
    """Its sign is wrong."""

    def __call__(self, student, teacher, batch):
        return -distance(student, teacher)


@caught_by("test_does_not_grow_with_the_batch")
class Summed(Sound, name="summed"):
    """It sums over rows."""

    def __call__(self, student, teacher, batch):
        return (student.logits - teacher.logits).square().mean(-1).sum()


@caught_by("test_rows_do_not_mix")
class Mixing(Sound, name="mixing"):
    """It compares with the mean of the batch and does not say so."""

    def __call__(self, student, teacher, batch):
        one, other = (output.logits - output.logits.mean(0) for output in (student, teacher))
        return (one - other).square().mean()


@caught_by("test_leaves_its_weight_to_the_study")
class Weighted(Sound, name="weighted"):
    """It multiplies by its own weight."""

    def __call__(self, student, teacher, batch):
        return float(self.weight) * distance(student, teacher)


@caught_by("test_modifies_nothing")
class Overwriting(Sound, name="overwriting"):
    """It normalises the batch in place."""

    def __call__(self, student, teacher, batch):
        batch.inputs.sub_(1.0)
        return distance(student, teacher)


@caught_by("test_modifies_nothing")
class OverwritingGradient(Sound, name="overwriting-gradient"):
    """Its closed form works in the student's logits."""

    def gradient(self, student, teacher, batch):
        return student.logits.sub_(teacher.logits).mul_(2 / student.logits.numel())


@caught_by("test_looks_at_features_only_if_it_needs_them")
class Secretive(Sound, name="secretive"):
    """It uses features and does not say so."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher) + SoundFeatures.__call__(self, student, teacher, batch)


@caught_by("test_looks_at_features_only_if_it_needs_them")
class Boastful(Sound, name="boastful", needs={"features"}):
    """It asks for features and uses none."""


@caught_by("test_ignores_labels_that_are_not_there")
class Labelled(Sound, name="labelled", tasks={"classification"}):
    """It takes fillers for labels."""

    zero_at_agreement: ClassVar[bool] = False

    def __call__(self, student, teacher, batch):
        return cross_entropy(student.logits, batch.targets)


@caught_by("test_counts_no_masked_tokens")
class Padded(Sound, name="padded", tasks={"classification"}):
    """It divides by all tokens, padding too."""

    def __call__(self, student, teacher, batch):
        each = (student.logits - teacher.logits).square().mean(-1)
        return each.mean() if batch.mask is None else each[batch.mask].sum() / batch.mask.numel()


@caught_by("test_counts_no_masked_tokens")
class EmptyMean(Sound, name="empty-mean", tasks={"classification"}):
    """Where all is padding, it is the mean of nothing."""

    def __call__(self, student, teacher, batch):
        each = (student.logits - teacher.logits).square().mean(-1)
        return each.mean() if batch.mask is None else each[batch.mask].mean()


@caught_by("test_counts_no_masked_tokens")
class Unmasked(Sound, name="unmasked", tasks={"classification", "tokens"}):
    """It is for tokens, and does not ask which of them count."""


@caught_by("test_takes_all_but_the_largest_entries_as_one")
class Modest(Sound, name="modest", tasks={"classification"}, needs=()):
    """It compares entry by entry, and says that it need not."""


@pytest.mark.parametrize(("check", "loss"), MUTANTS.cases())
def test_one_check_alone_catches_the_mutant(check, loss):
    check_alone(check, loss)


def test_every_check_has_a_mutant():
    own = {*checks(ValueChecks), *checks(TokenChecks)} - set(checks(Contract))
    assert MUTANTS.keys() == own

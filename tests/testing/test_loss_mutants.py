"""For each check of losses, and each that all kinds share, a loss with one defect that it alone catches."""

from __future__ import annotations

import threading
from collections import defaultdict
from functools import partial
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import ConfigDict, Field, PrivateAttr
from torch import nn
from torch.nn.functional import cross_entropy, kl_div

import kdorch
from kdorch.testing import LossContract, checks

MUTANTS: dict[str, list[kdorch.Loss]] = defaultdict(list)


def caught_by(check, **fields):
    """Plant a mutant: one check alone has to find it."""

    def plant(loss):
        MUTANTS[check].append(loss(**fields))
        return loss

    return plant


def distance(student, teacher):
    return (student.logits - teacher.logits).square().mean()


class Sound(kdorch.Loss, name="sound"):
    """The mean squared difference."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher)


class SoundPart(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, student, teacher, batch):
        return self.scale.square() * distance(student, teacher)


class SoundParts(kdorch.Loss, name="sound-parts"):
    """The mean squared difference, with a trained factor."""

    part: ClassVar[Any] = SoundPart

    def build(self, task, student, teacher):
        return self.part()


class SoundFeatures(kdorch.Loss, name="sound-features", needs={"features"}):
    """The mean squared difference of one pair of features."""

    def build(self, task, student, teacher):
        if student.features["late"].shape != teacher.features["late"].shape:
            raise ValueError("late: the student's has another shape than the teacher's")
        return self

    def __call__(self, student, teacher, batch):
        return (student.features["late"] - teacher.features["late"]).square().mean()


@pytest.mark.parametrize("loss", [Sound(), SoundParts(), SoundFeatures()], ids=lambda loss: loss.name)
def test_a_sound_loss_passes(loss, caught):
    assert not caught(loss)


# What all kinds share.


@caught_by("test_can_be_registered")
class Unnameable(Sound, name="un nameable"):
    """It has a space in its name."""


@caught_by("test_says_what_it_is")
class Silent(Sound, name="silent"):
    pass


@caught_by("test_tasks_are_known")
class Misspelt(Sound, name="misspelt", tasks={"clasification"}):
    """It is for a task that nobody offers."""


@caught_by("test_survives_a_study_file")
class Unwritable(Sound, name="unwritable"):
    """Its field holds a tuple, which comes back as a list."""

    what: Any = (1, 2)


@caught_by("test_pickles")
class Unpicklable(Sound, name="unpicklable"):
    """It holds a lambda."""

    _hidden: Any = PrivateAttr(default=lambda: 0)


@caught_by("test_is_equal_to_one_made_alike")
class Unlike(Sound, name="unlike"):
    """Its hash is that of the object."""

    __hash__ = object.__hash__


@caught_by("test_is_frozen")
class Melted(Sound, name="melted"):
    """Its fields can be set."""

    model_config = ConfigDict(frozen=False)


@caught_by("test_defaults_are_allowed", power=1.0)
class BadDefault(Sound, name="bad-default"):
    """Its default is refused by its field."""

    power: Annotated[float, Field(gt=0)] = 0.0


@caught_by("test_ranges_are_allowed")
class BadRange(Sound, name="bad-range"):
    """Its range begins where its field does not."""

    power: Annotated[float, Field(gt=0), kdorch.Range(0.0, 1.0)] = 0.5


# Its value.


@caught_by("test_is_one_finite_number")
class Line(Sound, name="line"):
    """It has a dimension."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher).reshape(1)


@caught_by("test_gives_the_same_twice")
class Noisy(Sound, name="noisy"):
    """It draws numbers in each call."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher) * (1 + 1e-5 * np.random.default_rng().random())


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


# Its gradient, and its parts.


@caught_by("test_gradient_reaches_the_student")
class Detached(Sound, name="detached"):
    """It cuts the student off."""

    def __call__(self, student, teacher, batch):
        return (student.logits.detach() - teacher.logits).square().mean()


@caught_by("test_asks_nothing_of_the_teacher")
class Demanding(Sound, name="demanding"):
    """It asks for a gradient of the teacher."""

    def __call__(self, student, teacher, batch):
        teacher.logits.requires_grad_()
        return distance(student, teacher)


@caught_by("test_every_part_learns")
class IdlePart(SoundParts, name="idle-part"):
    """It has a layer that it does not use."""

    class part(SoundPart):  # noqa: N801
        def __init__(self):
            super().__init__()
            self.spare = nn.Linear(2, 2)


@caught_by("test_parts_reach_the_optimiser")
class HiddenPart(Sound, name="hidden-part"):
    """Its part is in no module."""

    def build(self, task, student, teacher):
        part = SoundPart()
        return partial(part)


@caught_by("test_parts_reach_the_optimiser")
class ListedPart(SoundParts, name="listed-part"):
    """Its module keeps layers in a list."""

    class part(SoundPart):  # noqa: N801
        def __init__(self):
            super().__init__()
            self.more = [nn.Parameter(torch.ones(()))]

        def forward(self, student, teacher, batch):
            return super().forward(student, teacher, batch) * self.more[0].square()


@caught_by("test_parts_follow_the_seed")
class Unseeded(SoundParts, name="unseeded"):
    """Its part begins anywhere."""

    class part(SoundPart):  # noqa: N801
        def __init__(self):
            super().__init__()
            self.scale.data.add_(1e-5 * np.random.default_rng().random())


@caught_by("test_parts_belong_to_one_trial")
class SharedPart(SoundParts, name="shared-part"):
    """All trials learn in one part."""

    only: ClassVar[Any] = SoundPart()

    def build(self, task, student, teacher):
        return self.only


@caught_by("test_parts_can_be_copied")
class Locked(SoundParts, name="locked"):
    """Its part holds a lock."""

    class part(SoundPart):  # noqa: N801
        def __init__(self):
            super().__init__()
            self.lock = threading.Lock()


@caught_by("test_works_in_both_modes")
class OnlyTraining(SoundParts, name="only-training"):
    """It has nothing to say in evaluation mode."""

    class part(SoundPart):  # noqa: N801
        def forward(self, student, teacher, batch):
            if self.training:
                self_found = super().forward(student, teacher, batch)
            return self_found


@caught_by("test_can_be_measured_without_gradients")
class Inner(Sound, name="inner"):
    """It asks for a gradient inside."""

    def __call__(self, student, teacher, batch):
        value = distance(student, teacher)
        (slope,) = torch.autograd.grad(value, [student.logits], create_graph=True)
        return value + slope.square().sum() * 0


@caught_by("test_closed_form_is_its_gradient")
class Halved(Sound, name="halved"):
    """Its closed form forgets the 2."""

    def gradient(self, student, teacher, batch):
        return (student.logits - teacher.logits) / student.logits.numel()


@caught_by("test_temperature_leaves_the_size_of_gradients")
class Fading(Sound, name="fading", tasks={"classification"}):
    """It forgets the square of the temperature."""

    temperature: float = 4.0

    def __call__(self, student, teacher, batch):
        ours, theirs = ((output.logits / self.temperature).log_softmax(-1) for output in (student, teacher))
        return kl_div(ours, theirs, reduction="batchmean", log_target=True)


# What real studies bring.


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


CASES = [pytest.param(check, loss, id=loss.name) for check, losses in MUTANTS.items() for loss in losses]


@pytest.mark.parametrize(("check", "loss"), CASES)
def test_one_check_alone_catches_the_mutant(check, loss, caught):
    found = caught(loss)
    assert list(found) == [check], found
    assert loss.name in found[check]
    assert "Why it matters: " in found[check]
    assert "What to do: " in found[check]


def test_every_check_has_a_mutant():
    elsewhere = {"test_is_listed_without_torch"}  # needs an installed plugin: test_installed.py
    assert set(MUTANTS) == set(checks(LossContract)) - elsewhere

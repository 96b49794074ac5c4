"""For each check on the gradient of a loss and on its parts, one with a defect that it alone catches."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any, ClassVar

import pytest
import torch
from mutants import Mutants, check_alone, drawn
from sound_losses import Sound, SoundPart, SoundParts, distance
from torch import nn
from torch.nn.functional import kl_div

from kdorch.testing import checks
from kdorch.testing.contract import Contract
from kdorch.testing.losses.gradients import GradientChecks

MUTANTS = Mutants()
caught_by = MUTANTS.caught_by


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
            self.scale.data.add_(1e-5 * drawn())


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


@pytest.mark.parametrize(("check", "loss"), MUTANTS.cases())
def test_one_check_alone_catches_the_mutant(check, loss):
    check_alone(check, loss)


def test_every_check_has_a_mutant():
    assert MUTANTS.keys() == set(checks(GradientChecks)) - set(checks(Contract))

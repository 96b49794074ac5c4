"""For each check of students, one with a defect that it alone catches."""

from __future__ import annotations

from itertools import count
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
import torch
from mutants import Mutants, caught, check_alone
from torch import nn

import kdorch
from kdorch.testing import StudentContract, checks
from kdorch.testing.contract import Contract

MUTANTS = Mutants()
caught_by = MUTANTS.caught_by


class Network(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.hidden = nn.Linear(64, 6)
        self.head = nn.Linear(6, task.outputs)

    def forward(self, inputs):
        return self.head(self.hidden(inputs.flatten(1)).relu())


class Sound(kdorch.Student, name="sound"):
    """A small network."""

    network: ClassVar[Any] = Network

    def build(self, task):
        return self.network(task)


class SoundFeatures(Sound, name="sound-features", provides={"features"}):
    """A small network that shows its hidden layer."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            late = self.hidden(inputs.flatten(1)).relu()
            return kdorch.Output(self.head(late), {"late": late})


@pytest.mark.parametrize("student", [Sound(), SoundFeatures()], ids=lambda student: student.name)
def test_a_sound_student_passes(student):
    assert not caught(student)


@caught_by("test_builds_for_every_task")
class OneTask(Sound, name="one-task"):
    """It cannot answer numbers, and does not say so."""

    def build(self, task):
        if task.name == "regression":
            raise ValueError("no classes")
        return Network(task)


@caught_by("test_builds_at_both_ends_of_its_ranges")
class Indivisible(Sound, name="indivisible"):
    """Its range holds a number that it cannot be built with."""

    heads: Annotated[int, kdorch.Range(1, 4)] = 2

    def build(self, task):
        if 6 % self.heads:
            raise ValueError("6 units cannot be divided so")
        return Network(task)


@caught_by("test_answers_any_number_of_rows")
class Squeezing(Sound, name="squeezing"):
    """It loses the rows where there is one."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            return super().forward(inputs).squeeze(0)


@caught_by("test_answers_finite_single_precision")
class Double(Sound, name="double"):
    """It answers in double precision."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            return super().forward(inputs).double()


@caught_by("test_rows_do_not_mix")
class Mixing(Sound, name="mixing"):
    """It normalises over the batch."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            return super().forward(inputs - inputs.mean(0))


@caught_by("test_answers_the_same_twice")
class Noisy(Sound, name="noisy"):
    """It answers a little more every other time."""

    calls: ClassVar[Any] = count()

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            return super().forward(inputs) + 3e-6 * (next(Noisy.calls) % 2)


@caught_by("test_follows_the_seed")
class Unseeded(Sound, name="unseeded"):
    """Its weights begin anywhere."""

    class network(Network):  # noqa: N801
        def __init__(self, task):
            super().__init__(task)
            self.head.bias.data.add_(float(np.random.default_rng().random()))


@caught_by("test_other_seeds_give_other_weights")
class Reseeding(Sound, name="reseeding"):
    """It sets a seed of its own."""

    def build(self, task):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return Network(task)


@caught_by("test_networks_share_nothing")
class Sharing(Sound, name="sharing"):
    """All its networks have one hidden layer."""

    layer: ClassVar[Any] = nn.Linear(64, 6)

    class network(Network):  # noqa: N801
        def __init__(self, task):
            super().__init__(task)
            self.hidden = Sharing.layer


@caught_by("test_leaves_the_process_as_it_was")
class Drawing(Sound, name="drawing"):
    """It draws from the global generator, and does nothing with it."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            torch.rand(1)
            return super().forward(inputs)


@caught_by("test_leaves_the_process_as_it_was")
class Threading(Sound, name="threading"):
    """It takes more threads."""

    def build(self, task):
        torch.set_num_threads(torch.get_num_threads() + 1)
        return Network(task)


@caught_by("test_modifies_no_inputs")
class Overwriting(Sound, name="overwriting"):
    """It clips its inputs in place."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            return super().forward(inputs.clamp_(-1, 1))


@caught_by("test_every_parameter_learns")
class Idle(Sound, name="idle"):
    """It has a layer that it does not use."""

    class network(Network):  # noqa: N801
        def __init__(self, task):
            super().__init__(task)
            self.spare = nn.Linear(2, 2)


@caught_by("test_survives_storage")
class Unregistered(Sound, name="unregistered"):
    """What it adds is no buffer."""

    class network(Network):  # noqa: N801
        def __init__(self, task):
            super().__init__(task)
            self.shift = torch.randn(task.outputs)

        def forward(self, inputs):
            return super().forward(inputs) + self.shift


@caught_by("test_can_be_copied")
class Closed(Sound, name="closed"):
    """Its hook is bound to one layer; that of a copy is not asked."""

    class network(Network):  # noqa: N801
        def __init__(self, task):
            super().__init__(task)
            hidden = self.hidden
            self.head.register_forward_hook(lambda module, given, found: found + hidden.bias.sum())


@caught_by("test_keeps_nothing_of_a_batch")
class Hoarding(Sound, name="hoarding"):
    """It remembers what it has answered."""

    last: ClassVar[list[Any]] = []

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            found = super().forward(inputs)
            Hoarding.last[:] = [found]
            return found


@caught_by("test_offers_the_features_it_has")
class Boastful(Sound, name="boastful", provides={"features"}):
    """It offers features and has none."""


@caught_by("test_offers_the_features_it_has")
class Secretive(SoundFeatures, name="secretive", provides=set()):
    """It has features and does not say so."""


@caught_by("test_offers_the_features_it_has")
class Sideways(SoundFeatures, name="sideways"):
    """Its features have the rows last."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            late = self.hidden(inputs.flatten(1)).relu()
            return kdorch.Output(self.head(late), {"late": late.T})


@caught_by("test_features_can_be_learnt")
class CutOff(SoundFeatures, name="cut-off"):
    """Its features are cut off from its weights."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            late = self.hidden(inputs.flatten(1)).relu()
            return kdorch.Output(self.head(late), {"late": late.detach()})


@caught_by("test_can_be_exported")
class Branching(Sound, name="branching"):
    """It branches on a value."""

    class network(Network):  # noqa: N801
        def forward(self, inputs):
            found = super().forward(inputs)
            return -found if inputs.sum() > 1e9 else found


@pytest.mark.parametrize(("check", "student"), MUTANTS.cases())
def test_one_check_alone_catches_the_mutant(check, student):
    check_alone(check, student)


def test_every_check_has_a_mutant():
    assert MUTANTS.keys() == set(checks(StudentContract)) - set(checks(Contract))  # for those, see losses

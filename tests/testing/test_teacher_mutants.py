"""For each check of teachers, one with a defect that it alone catches."""

from __future__ import annotations

from itertools import count
from typing import Any, ClassVar

import pytest
import torch
from mutants import Mutants, caught, check_alone

import kdorch
from kdorch.builtin.networks import Mlp
from kdorch.testing import TeacherContract, checks
from kdorch.testing.contract import Contract

MUTANTS = Mutants()
caught_by = MUTANTS.caught_by


class Sound(kdorch.Teacher, name="sound", tasks={"classification"}):
    """The mean image of each class, as weights."""

    def fit(self, lessons):
        inputs, targets = self.known(lessons.train)
        means = torch.stack([inputs[targets == label].mean(0) for label in range(lessons.task.outputs)])
        return {"weights": means.T.contiguous()}

    def known(self, train):
        rows = slice(None) if train.labelled is None else train.labelled
        return train.inputs.flatten(1)[rows], train.targets[rows]

    def build(self, task, state):
        def answer(batch):
            return kdorch.Output(self.logits(batch.inputs.flatten(1), state))

        return answer

    def logits(self, inputs, state):
        return inputs @ state["weights"]


class SoundFeatures(Sound, name="sound-features", provides={"features"}):
    """It shows its inputs as features, and has them stored."""

    def build(self, task, state):
        def answer(batch):
            return kdorch.Output(
                self.logits(batch.inputs.flatten(1), state), {"late": batch.inputs.flatten(1)}
            )

        return answer

    def keeps(self):
        return frozenset({"late"})


class SoundFolds(Sound, name="sound-folds"):
    """It answers training rows out of fold."""

    def folds(self):
        return 2


@pytest.mark.parametrize(
    "teacher", [Sound(), SoundFeatures(), SoundFolds()], ids=lambda teacher: teacher.name
)
def test_a_sound_teacher_passes(teacher):
    assert not caught(teacher)


# How it is made ready.


@caught_by("test_follows_the_seed")
class Unseeded(Sound, name="unseeded"):
    """It begins anywhere."""

    def fit(self, lessons):
        state = super().fit(lessons)
        return {"weights": state["weights"] + torch.randn(64, 3)}


@caught_by("test_fit_modifies_no_rows")
class Overwriting(Sound, name="overwriting"):
    """It clips the training rows in place."""

    def fit(self, lessons):
        lessons.train.inputs.clamp_(-1, 1)
        return super().fit(lessons)


@caught_by("test_state_is_kept_as_it_is")
class Counting(Sound, name="counting"):
    """It counts its answers in its state."""

    def fit(self, lessons):
        return super().fit(lessons) | {"answers": torch.zeros(())}

    def logits(self, inputs, state):
        state["answers"] += 1
        return super().logits(inputs, state)


@caught_by("test_says_what_it_trains")
class Idle(Sound, name="idle"):
    """It announces a training that it does not do."""

    def homework(self):
        return [(Mlp(), {"epochs": 3, "batch": 8, "lr": 0.1})]


@caught_by("test_counts_its_parameters")
class Vague(Sound, name="vague"):
    """It says how large it is in words."""

    def parameters(self, task, state):
        return "many"


@caught_by("test_leaves_the_process_as_it_was")
class Switching(Sound, name="switching"):
    """It switches gradients off for everybody."""

    def fit(self, lessons):
        torch.set_grad_enabled(False)
        return super().fit(lessons)


@caught_by("test_folds_are_sound")
class OneFold(Sound, name="one-fold"):
    """It asks for a single fold."""

    def folds(self):
        return 1


@caught_by("test_ignores_labels_that_are_not_there")
class Credulous(Sound, name="credulous"):
    """It takes what fills a missing label's place for a label."""

    def known(self, train):
        return train.inputs.flatten(1), train.targets


@caught_by("test_folds_are_sound")
class Peeking(SoundFolds, name="peeking"):
    """It learns from rows that it is not shown."""

    def fit(self, lessons):
        return super().fit(lessons.showing(None))


@caught_by("test_recalls_by_fields_it_has")
class Misspelt(Sound, name="misspelt"):
    """It recalls by a field that it does not have."""

    recalled: ClassVar[frozenset[str]] = frozenset({"wieght"})


# What it says.


@caught_by("test_answers_a_line_of_numbers_for_each_row")
class Whole(Sound, name="whole"):
    """It answers whole numbers."""

    def logits(self, inputs, state):
        return (super().logits(inputs, state) * 10).long()


@caught_by("test_answers_finite_numbers")
class Dividing(Sound, name="dividing"):
    """It divides by what may be 0."""

    def fit(self, lessons):
        return super().fit(lessons) | {"most": lessons.train.inputs.max()}

    def logits(self, inputs, state):
        return super().logits(inputs, state) / (state["most"] - inputs.amax(1, keepdim=True))


@caught_by("test_answers_logits")
class Probable(Sound, name="probable"):
    """It answers probabilities."""

    def logits(self, inputs, state):
        return super().logits(inputs, state).softmax(-1)


@caught_by("test_answers_the_same_twice")
class Noisy(Sound, name="noisy"):
    """It answers a little more every other time."""

    calls: ClassVar[Any] = count()

    def logits(self, inputs, state):
        return super().logits(inputs, state) * (1 + 3e-6 * (next(Noisy.calls) % 3))


@caught_by("test_rows_do_not_mix")
class Mixing(Sound, name="mixing"):
    """It normalises over the batch."""

    def logits(self, inputs, state):
        return super().logits(inputs - inputs.mean(0), state)


@caught_by("test_is_made_of_its_state_alone")
class Remembering(Sound, name="remembering"):
    """It keeps what it has learnt on its class."""

    learnt: ClassVar[dict[str, torch.Tensor]] = {}

    def fit(self, lessons):
        Remembering.learnt.update(super().fit(lessons))
        return {}

    def logits(self, inputs, state):
        return super().logits(inputs, self.learnt)


@caught_by("test_answers_without_a_graph")
class Recording(Sound, name="recording"):
    """It records a graph though it was asked not to."""

    def logits(self, inputs, state):
        with torch.enable_grad():
            return inputs @ state["weights"].clone().requires_grad_()


@caught_by("test_modifies_no_rows")
class Clipping(Sound, name="clipping"):
    """It clips what it is asked about in place."""

    def logits(self, inputs, state):
        return super().logits(inputs.clamp_(-1, 1), state)


@caught_by("test_offers_the_features_it_has")
class Boastful(Sound, name="boastful", provides={"features"}):
    """It offers features and has none."""


@caught_by("test_keeps_features_it_has")
class Wishful(SoundFeatures, name="wishful"):
    """It has features stored that it does not answer."""

    def keeps(self):
        return frozenset({"late", "later"})


@caught_by("test_recalls_without_a_change")
class Rewriting(Sound, name="rewriting"):
    """It changes what was stored."""

    def recall(self, task, told):
        told.logits.mul_(2)
        return told


@pytest.mark.parametrize(("check", "teacher"), MUTANTS.cases())
def test_one_check_alone_catches_the_mutant(check, teacher):
    check_alone(check, teacher)


def test_every_check_has_a_mutant():
    assert MUTANTS.keys() == set(checks(TeacherContract)) - set(checks(Contract))  # for those, see losses

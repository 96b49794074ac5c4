"""For each check of datasets, one with a defect that it alone catches."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from mutants import Mutants, caught, check_alone, drawn
from torch import nn

import kdorch
from kdorch.testing import DatasetContract, checks
from kdorch.testing.contract import Contract

MUTANTS = Mutants()
caught_by = MUTANTS.caught_by
ROWS = 120


class Scale(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.register_buffer("mean", inputs.mean(0))

    def forward(self, inputs):
        return (inputs - self.mean).float()


class Sound(kdorch.Dataset, name="sound", tasks={"classification"}):
    """A small table."""

    scale: ClassVar[Any] = Scale

    def columns(self):
        inputs = np.random.default_rng(0).normal(size=(ROWS, 4)) + 5
        return {"inputs": inputs, "targets": np.arange(ROWS) % 3}

    usage: ClassVar[str] = "def encode(numbers):\n    return numbers"

    def load(self):
        task = kdorch.Classification(labels=["a", "b", "c"])
        return kdorch.Columns(**{"task": task, "usage": self.usage, **self.columns()})

    def preprocess(self, inputs):
        return self.scale(inputs)


def test_a_sound_dataset_passes():
    assert not caught(Sound())


@caught_by("test_columns_are_of_one_length")
class Uneven(Sound, name="uneven"):
    """A row has no id."""

    def columns(self):
        return super().columns() | {"rows": np.arange(ROWS - 1)}


@caught_by("test_row_ids_are_unique")
class Repeating(Sound, name="repeating"):
    """Two rows have one id."""

    def columns(self):
        return super().columns() | {"rows": np.arange(ROWS) % (ROWS - 1)}


@caught_by("test_usage_ends_with_encode")
class Demonstrated(Sound, name="demonstrated"):
    """Who imports the code that makes rows runs an example, too."""

    usage: ClassVar[str] = f"{Sound.usage}\n\n\nrows = encode(open('new.csv'))"


@caught_by("test_usage_ends_with_encode")
class Renamed(Sound, name="renamed"):
    """Who imports what the card names finds another function."""

    usage: ClassVar[str] = "def make_rows(numbers):\n    return numbers"


@caught_by("test_usage_ends_with_encode")
class Garbled(Sound, name="garbled"):
    """What should make rows is not Python."""

    usage: ClassVar[str] = "def encode(numbers) return numbers"


@caught_by("test_loads_the_same_twice")
class Shuffled(Sound, name="shuffled"):
    """Its rows come in any order."""

    def columns(self):
        order = np.random.default_rng().permutation(ROWS)
        return {name: column[order] for name, column in super().columns().items()}


@caught_by("test_comes_with_the_task_it_declares")
class Misdeclared(Sound, name="misdeclared", tasks={"multilabel"}):
    """It is declared for another task."""


@caught_by("test_targets_fit_the_task")
class Beyond(Sound, name="beyond"):
    """It has labels of a class that there is not."""

    def columns(self):
        return super().columns() | {"targets": np.arange(ROWS) % 4}


@caught_by("test_every_class_is_in_every_split")
class Absent(Sound, name="absent"):
    """A class has no rows."""

    def columns(self):
        return super().columns() | {"task": kdorch.Classification(labels=["a", "b", "c", "d"])}


@caught_by("test_splits_have_no_row_in_common")
class Doubled(Sound, name="doubled"):
    """Each row is there twice."""

    def columns(self):
        return super().columns() | {"inputs": np.repeat(super().columns()["inputs"][::2], 2, axis=0)}


@caught_by("test_leaves_the_process_as_it_was")
class Seeding(Sound, name="seeding"):
    """It seeds numpy's global generator."""

    def columns(self):
        np.random.seed(0)
        return super().columns()


@caught_by("test_prepares_finite_numbers")
class Logarithm(Sound, name="logarithm"):
    """It takes the logarithm of what may be 0."""

    class scale(Scale):  # noqa: N801
        def forward(self, inputs):
            return (inputs - inputs.min(1, keepdim=True).values).log().float()


@caught_by("test_prepares_finite_numbers")
class Double(Sound, name="double"):
    """It ends in double precision."""

    class scale(Scale):  # noqa: N801
        def forward(self, inputs):
            return inputs - self.mean


@caught_by("test_prepares_row_by_row")
class Mixing(Sound, name="mixing"):
    """It takes away the mean of the batch."""

    class scale(Scale):  # noqa: N801
        def forward(self, inputs):
            return (inputs - inputs.mean(0)).float()


@caught_by("test_prepares_the_same_twice")
class Noisy(Sound, name="noisy"):
    """It adds noise."""

    class scale(Scale):  # noqa: N801
        def forward(self, inputs):
            return super().forward(inputs) * (1 + 3e-6 * drawn())


@caught_by("test_modifies_no_raw_rows")
class Overwriting(Sound, name="overwriting"):
    """It clips raw rows in place."""

    class scale(Scale):  # noqa: N801
        def forward(self, inputs):
            return super().forward(inputs.clamp_(4, 6))


@caught_by("test_learns_in_buffers_only")
class Unregistered(Sound, name="unregistered"):
    """What it learns is no buffer."""

    class scale(nn.Module):  # noqa: N801
        def __init__(self, inputs):
            super().__init__()
            self.mean = inputs.mean(0)

        forward = Scale.forward


@caught_by("test_has_nothing_to_train")
class Trainable(Sound, name="trainable"):
    """It has a parameter."""

    class scale(Scale):  # noqa: N801
        def __init__(self, inputs):
            super().__init__(inputs)
            self.factor = nn.Parameter(torch.ones(()))


@caught_by("test_can_be_exported")
class Branching(Sound, name="branching"):
    """It branches on a value."""

    class scale(Scale):  # noqa: N801
        def forward(self, inputs):
            found = super().forward(inputs)
            return -found if inputs.sum() > 1e9 else found


@pytest.mark.parametrize(("check", "dataset"), MUTANTS.cases())
def test_one_check_alone_catches_the_mutant(check, dataset):
    check_alone(check, dataset)


def test_every_check_has_a_mutant():
    assert MUTANTS.keys() == set(checks(DatasetContract)) - set(checks(Contract))  # for those, see losses

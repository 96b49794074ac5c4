"""For each check that all kinds share, a loss with one defect that it alone catches."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from mutants import Mutants, caught, check_alone
from pydantic import ConfigDict, Field, PrivateAttr
from sound_losses import Sound, SoundFeatures, SoundParts

import kdorch
from kdorch.testing import checks
from kdorch.testing.contract import Contract

MUTANTS = Mutants()
caught_by = MUTANTS.caught_by


@pytest.mark.parametrize("loss", [Sound(), SoundParts(), SoundFeatures()], ids=lambda loss: loss.name)
def test_a_sound_loss_passes(loss):
    assert not caught(loss)


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


@pytest.mark.parametrize(("check", "loss"), MUTANTS.cases())
def test_one_check_alone_catches_the_mutant(check, loss):
    check_alone(check, loss)


def test_every_check_has_a_mutant():
    elsewhere = {"test_is_listed_without_torch"}  # needs an installed plugin: test_installed.py
    assert MUTANTS.keys() == set(checks(Contract)) - elsewhere

"""A teacher whose training takes long goes on where it was killed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from teaching_toys import ready, stored

from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Trained
from kdorch.teaching.store import Store
from kdorch.training.course import Course


class Killed(BaseException):
    """What a process is at any moment."""


@pytest.fixture
def fatal(monkeypatch):
    """Return a function that decides after which epoch of each training its process is killed, if at all.

    What it returns is filled with the epochs that trainings go on from.
    """
    begun = []

    def decide(last):
        class Fatal(Course):
            def __init__(self, file):
                super().__init__(file, every=(math.inf, 0))

            def resume(self, moving):
                begun.append(super().resume(moving).epoch)
                return super().resume(moving)

            def note(self, standing, moving):
                super().note(standing, moving)
                if standing.epoch == last:
                    raise Killed

        monkeypatch.setattr("kdorch.teaching.classroom.Course", Fatal)
        return begun

    return decide


def test_it_goes_on_as_if_nothing_had_happened(store, data, tmp_path, fatal):
    teacher = Trained(network=Module(target="teaching_toys:Noisy"), epochs=5, batch=16, lr=0.02)
    fatal(3)
    with pytest.raises(Killed):
        ready(store, teacher, data)
    begun = fatal(None)
    entry = ready(store, teacher, data)
    assert begun == [0, 3]
    undisturbed = ready(Store(tmp_path / "other"), teacher, data)
    for split in ("train", "validation"):
        found = [stored(each.path, split, "logits") for each in (entry, undisturbed)]
        np.testing.assert_array_equal(*found)
    assert list((store.root / "checkpoints").iterdir()) == []


@pytest.mark.parametrize("change", [{"seed": 1}, {"origin": "toys 1"}, {"network": Mlp(width=5)}], ids=str)
def test_another_training_begins_anew(store, data, fatal, change):
    network = {"network": Mlp(width=4)} | {key: change.pop(key) for key in ("network",) if key in change}
    fatal(1)
    with pytest.raises(Killed):
        ready(store, Trained(network=Mlp(width=4), epochs=2), data)
    begun = fatal(None)
    ready(store, Trained(**network, epochs=2), data, **change)
    assert begun == [0, 0]


def test_each_fold_has_a_checkpoint_of_its_own(store, data, fatal):
    teacher = Trained(network=Mlp(width=4), epochs=2, cross_fit=3)
    fatal(1)
    with pytest.raises(Killed):
        ready(store, teacher, data)
    begun = fatal(None)
    ready(store, teacher, data)
    assert begun == [0, 1, 0, 0, 0]

"""A teacher whose weights come as a file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from teaching_toys import FEATURES, LABELS, ready, stored

from kdorch import Classification
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Checkpoint
from kdorch.errors import DataError
from kdorch.teaching.teacher import stored_task


@pytest.fixture
def weights(tmp_path):
    """A file with the weights of an `Mlp(width=8)`."""
    torch.manual_seed(3)
    path = tmp_path / "weights.safetensors"
    task = Classification(labels=LABELS, input_shape=(FEATURES,))
    save_file(Mlp(width=8).build(task).state_dict(), path)
    return path


def test_a_checkpoint_answers_with_its_own_weights(store, data, weights):
    entry = ready(store, Checkpoint(network=Mlp(width=8), weights=weights), data)
    network = Mlp(width=8).build(stored_task(data))
    network.load_state_dict(load_file(weights))
    with torch.no_grad():
        answers = network(torch.from_numpy(stored(data, "train", "inputs"))).logits
    torch.testing.assert_close(torch.from_numpy(stored(entry.path, "train", "logits")), answers)
    assert entry.facts["epochs_trained"] == 0


def test_a_changed_file_is_another_teacher(store, data, weights):
    teacher = Checkpoint(network=Mlp(width=8), weights=weights)
    before = ready(store, teacher, data)
    assert not ready(store, teacher, data).made
    save_file({name: 2 * tensor for name, tensor in load_file(weights).items()}, weights)
    after = ready(store, teacher, data)
    assert after.made
    assert not np.array_equal(*(stored(entry.path, "train", "logits") for entry in (before, after)))


def test_a_file_that_was_moved_is_the_same_teacher(store, data, weights, tmp_path):
    before = ready(store, Checkpoint(network=Mlp(width=8), weights=weights), data)
    moved = weights.rename(tmp_path / "moved.safetensors")
    after = ready(store, Checkpoint(network=Mlp(width=8), weights=moved), data)
    assert (after.made, after.path) == (False, before.path)


def test_a_file_that_is_not_safetensors_is_refused(store, data, weights):
    weights.write_bytes(b"PK\x03\x04 a pickle, perhaps")
    with pytest.raises(DataError, match=r"weights\.safetensors cannot be read as safetensors"):
        ready(store, Checkpoint(network=Mlp(width=8), weights=weights), data)


def test_a_missing_file_is_refused(store, data, tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*nowhere\.safetensors"):
        ready(store, Checkpoint(network=Mlp(), weights=tmp_path / "nowhere.safetensors"), data)


def test_weights_of_another_network_are_refused(store, data, weights):
    with pytest.raises(DataError, match=r"(?s)do not fit the teacher's network 'mlp'.*size mismatch"):
        ready(store, Checkpoint(network=Mlp(width=9), weights=weights), data)

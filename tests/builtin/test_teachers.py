"""Teachers with a network: from lessons or a file to answers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import kdorch
from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Checkpoint, Trained

TASK = kdorch.Classification(labels=("a", "b", "c"), input_shape=(4,))
BATCH = kdorch.Batch(torch.arange(8.0).reshape(2, 4), torch.tensor([0, 1]), torch.arange(2))


def weights(seed: int = 0, width: int = 5) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return dict(Mlp(width=width).build(TASK).state_dict())


def test_a_trained_teacher_learns_its_network_from_the_lessons() -> None:
    asked: dict[str, Any] = {}

    def fit(network: kdorch.Student, **settings: Any) -> dict[str, torch.Tensor]:
        asked.update(settings, network=network)
        return weights()

    teacher = Trained(network=Mlp(width=5), epochs=3, batch=16, lr=1e-2)
    state = teacher.fit(SimpleNamespace(fit=fit))  # type: ignore[arg-type]
    assert asked == {"network": Mlp(width=5), "epochs": 3, "batch": 16, "lr": 1e-2}
    network = Mlp(width=5).build(TASK)
    network.load_state_dict(weights())
    assert torch.equal(teacher.build(TASK, state)(BATCH).logits, network(BATCH.inputs).logits)


def test_a_checkpoint_answers_with_the_weights_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "best.safetensors"
    save_file(weights(), file)
    teacher = Checkpoint(network=Mlp(width=5), weights=file)
    state = teacher.fit(SimpleNamespace())  # type: ignore[arg-type]
    assert torch.equal(
        teacher.build(TASK, state)(BATCH).logits,
        Trained(network=Mlp(width=5)).build(TASK, weights())(BATCH).logits,
    )


def test_a_checkpoint_speaks_in_the_units_of_the_dataset_and_is_heard_at_unit_scale(tmp_path: Path) -> None:
    fields = {"labels": ("a", "b", "c"), "input_shape": (4,)}
    task = kdorch.Regression(**fields, mean=(100.0, 0.0, -1.0), deviation=(10.0, 1.0, 0.5))
    said = Trained(network=Mlp(width=5)).build(task, weights())(BATCH).logits
    heard = Checkpoint(network=Mlp(width=5), weights=tmp_path).build(task, weights())(BATCH).logits
    torch.testing.assert_close(task.decoder()(heard), said)


def test_other_weights_make_another_teacher(tmp_path: Path) -> None:
    file = tmp_path / "best.safetensors"
    teacher = Checkpoint(network=Mlp(width=5), weights=file)
    prints = [teacher.fingerprint()]
    for seed in (0, 1, 0):
        save_file(weights(seed), file)
        prints.append(teacher.fingerprint())
    assert prints[1] == prints[3]
    assert len(set(prints)) == 3


def test_a_checkpoint_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("hello, this is not a tensor")
    told = {
        "none.safetensors": "there is no file .*none.safetensors",
        "text.safetensors": "text.safetensors cannot",
    }
    for name, what in told.items():
        teacher = Checkpoint(network=Mlp(), weights=tmp_path / name)
        with pytest.raises(kdorch.DataError, match=f"teacher.weights: .*{what}"):
            teacher.fit(SimpleNamespace())  # type: ignore[arg-type]


def test_weights_of_another_network_are_explained() -> None:
    with pytest.raises(kdorch.DataError, match=r"do not fit the teacher's network 'mlp'(?s:.*)size mismatch"):
        Trained(network=Mlp(width=6)).build(TASK, weights(width=5))


def test_a_teacher_offers_what_its_network_does(tmp_path: Path) -> None:
    class Seeing(kdorch.Student, name="seeing", provides={"features"}):
        pass

    for network, offered in ((Seeing(), {"features"}), (Mlp(depth=0), set())):
        assert Trained(network=network).offers() == offered
        assert Checkpoint(network=network, weights=tmp_path).offers() == offered


def test_a_teacher_has_as_many_parameters_as_its_network_and_buffers_are_none(tmp_path: Path) -> None:
    network = Module(target="torch.nn:BatchNorm1d", args={"num_features": 4})
    state = dict(network.build(TASK).state_dict())
    assert sum(tensor.numel() for tensor in state.values()) > 8
    for teacher in (Trained(network=network), Checkpoint(network=network, weights=tmp_path)):
        assert teacher.parameters(TASK, state) == 8  # a factor and an offset for each of four features

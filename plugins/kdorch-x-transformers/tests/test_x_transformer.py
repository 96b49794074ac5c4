"""The contract of students, and what is special about this one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from kdorch_x_transformers import XTransformer

import kdorch
from kdorch.testing import StudentContract

STUDY = Path(__file__).parents[1] / "digits_transformer.yaml"


class TestXTransformer(StudentContract):
    student = XTransformer(width=16, depth=2, heads=2, patch=2)


class TestSmallest(StudentContract):
    """One block, so that ``early`` and ``late`` are the same; as many heads as there may be; three colours."""

    student = XTransformer(width=8, depth=1, heads=8)
    input_shape = (3, 16, 16)


def build(shape: tuple[int, ...] = (1, 8, 8), **fields: int) -> torch.nn.Module:
    torch.manual_seed(0)
    task = kdorch.Classification(labels=("a", "b", "c"), input_shape=shape)
    return XTransformer(**fields).build(task).eval()


def test_features_are_maps_of_the_patches() -> None:
    features = build((1, 8, 8), width=16, depth=3, patch=2)(torch.randn(5, 1, 8, 8)).features
    assert {name: tuple(value.shape) for name, value in features.items()} == {
        "early": (5, 16, 4, 4),
        "late": (5, 16, 4, 4),
    }


def test_a_map_has_each_patch_where_it_is_in_the_image() -> None:
    """Attention spreads a change everywhere, but most of it stays where it was made."""
    network, image = build(width=16, depth=1, patch=4), torch.randn(1, 1, 8, 8)
    changed = image.clone()
    changed[0, 0, :4, 4:] += torch.randn(4, 4)  # upper right
    before, after = (network(each).features["early"] for each in (image, changed))
    moved = (after - before).abs().sum(dim=1)[0]
    assert moved.argmax().item() == 1


def test_late_comes_after_the_last_block() -> None:
    """The mean of its normalised tokens is what the head sees."""
    network, images = build(width=16, depth=2), torch.randn(5, 1, 8, 8)
    found = network(images)
    tokens = network.network.attn_layers.final_norm(found.features["late"].flatten(2).transpose(1, 2))
    assert torch.allclose(network.network.mlp_head(tokens.mean(1)), found.logits, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "fields", "told"),
    [
        ((30,), {}, r"takes square images \(channels, height, width\), not inputs of shape \(30,\)"),
        ((1, 8, 12), {}, r"takes square images"),
        ((1, 8, 8), {"patch": 3}, r"patches of 3 pixels do not divide images of 8; set patch"),
    ],
)
def test_what_it_cannot_take_is_refused(shape: tuple[int, ...], fields: dict[str, int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        build(shape, **fields)


def test_the_study_is_sound_and_says_what_it_gives() -> None:
    assert kdorch.Study.load(STUDY).name == STUDY.stem
    header = [line for line in STUDY.read_text().splitlines() if line.startswith("#")]
    assert any(f"kdorch study run plugins/kdorch-x-transformers/{STUDY.name}" in line for line in header)
    assert any("on 2 cores" in line for line in header)
    assert any("test" in line and "±" in line for line in header)


@pytest.mark.slow
def test_a_study_with_it_as_teacher_and_student_ends_in_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded where neither kdorch nor x-transformers is asked for: `promote` compares it there."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    small = ["search.trials=1", "confirm.top=0", "train.epochs=1", "teacher.epochs=1"]
    results = kdorch.run(kdorch.Study.load(STUDY, small), home=tmp_path, workers=1)
    assert len(results.trials) == 1
    assert kdorch.promote(results, model="transformer", unconfirmed=True).version == 1

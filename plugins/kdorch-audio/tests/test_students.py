"""What is special about networks that read frames in the order of time."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from kdorch_audio.students import FrameCnn, Gru

import kdorch

BOTH = pytest.mark.parametrize("student", [Gru, FrameCnn])


def build(student: type[kdorch.Student], outputs: int, frames: int = 16, **fields: object) -> torch.nn.Module:
    torch.manual_seed(0)
    labels = [str(output) for output in range(outputs)]
    task = kdorch.Multilabel(labels=labels, input_shape=(1, 8, frames))
    return student(**fields).build(task).eval()


@BOTH
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_no_answer_depends_on_later_frames(student: type[kdorch.Student], stride: int) -> None:
    network, frames = build(student, 4, per="frame", stride=stride), torch.randn(1, 1, 8, 16)
    later = frames.clone()
    later[..., 8:] = 0
    same = (network(frames).logits == network(later).logits)[0]
    assert same.tolist() == [True, True, False, False]


@BOTH
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_an_answer_hears_the_last_frame_of_its_moment(student: type[kdorch.Student], stride: int) -> None:
    network, frames = build(student, 4, per="frame", stride=stride), torch.randn(1, 1, 8, 16)
    other = frames.clone()
    other[..., 7] += 1
    changed = (network(frames).logits != network(other).logits)[0]
    assert changed.tolist()[:2] == [False, True]


@BOTH
def test_features_are_sequences_of_steps(student: type[kdorch.Student]) -> None:
    features = build(student, 3, width=12, stride=4, depth=2)(torch.randn(5, 1, 8, 16)).features
    assert {name: tuple(each.shape) for name, each in features.items()} == {
        "early": (5, 4, 12),
        "late": (5, 4, 12),
    }


@BOTH
def test_frames_that_make_no_step_are_not_heard(student: type[kdorch.Student]) -> None:
    network, frames = build(student, 3, frames=18, stride=4), torch.randn(2, 1, 8, 18)
    assert torch.equal(network(frames).logits, network(frames[..., :16]).logits)


def test_a_convolution_hears_as_far_back_as_it_says() -> None:
    network, frames = build(FrameCnn, 64, frames=64, per="frame", stride=1, depth=3), torch.randn(1, 1, 8, 64)
    other = frames.clone()
    other[..., 0] += 1
    changed = (network(frames).logits != network(other).logits)[0].nonzero().flatten()
    assert changed.max().item() == 4 * (2**3 - 1) + 4  # and the first convolution's own


@BOTH
@pytest.mark.parametrize(
    ("shape", "outputs", "fields", "told"),
    [
        ((8, 8), 3, {}, r"takes log-mel frames \(1, mels, frames\), not inputs of shape \(8, 8\)"),
        ((3, 8, 8), 3, {}, r"takes log-mel frames"),
        (
            (1, 8, 16),
            3,
            {"per": "frame"},
            r"cannot share 8 steps out among 3 outputs; set stride, or write per",
        ),
        ((1, 8, 16), 3, {"stride": 17}, r"makes a step of 17 frames, and rows have 16; set a smaller stride"),
    ],
)
def test_what_it_cannot_take_is_refused(
    student: type[kdorch.Student], shape: tuple[int, ...], outputs: int, fields: dict[str, Any], told: str
) -> None:
    task = kdorch.Multilabel(labels=[str(output) for output in range(outputs)], input_shape=shape)
    with pytest.raises(ValueError, match=told):
        student(**fields).build(task)

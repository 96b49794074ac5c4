"""The contract of students, and what is special about these."""

from __future__ import annotations

import pytest
import torch
from kdorch_vision.efficientnet import EfficientNetLite0
from kdorch_vision.networks import Conv, Depthwise, ResNet, Staged
from kdorch_vision.pretrained import Pretrained
from torch.func import functional_call, stack_module_state, vmap

import kdorch
from kdorch.testing import StudentContract

KINDS = (Conv, Depthwise, ResNet)


class TestConv(StudentContract):
    student = Conv(width=4)


class TestDepthwise(StudentContract):
    """Two blocks a stage, at full size."""

    student = Depthwise(width=8, depth=2, stride=1)


class TestResNet(StudentContract):
    """Pictures in colour, wider than high."""

    student = ResNet(width=4, stride=4)
    input_shape = (3, 40, 48)


def build(student: Staged, shape: tuple[int, ...] = (1, 28, 28)) -> torch.nn.Module:
    torch.manual_seed(0)
    task = kdorch.Classification(labels=tuple("abcdefghij"), input_shape=shape)
    return student.build(task)


def parameters(student: Staged) -> int:
    return sum(parameter.numel() for parameter in build(student).parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_stages_end_with_half_the_side_and_twice_the_channels(kind: type[Staged]) -> None:
    found = build(kind(width=6)).eval()(torch.randn(2, 1, 28, 28)).features
    assert {name: tuple(value.shape[1:]) for name, value in found.items()} == {
        "early": (6, 14, 14),
        "middle": (12, 7, 7),
        "late": (24, 4, 4),
    }


def test_they_reach_from_two_thousand_parameters_to_sixty_thousand_and_more() -> None:
    sizes = [parameters(kind(width=4)) for kind in KINDS]
    assert sizes == [1_702, 554, 5_142]
    assert parameters(Conv(width=25)) == 57_835
    assert parameters(ResNet(width=16, depth=3)) == 272_186


@pytest.mark.parametrize("part", [*KINDS, EfficientNetLite0, Pretrained])
def test_they_do_not_offer_themselves_for_boxes_or_tokens(part: type[kdorch.Spec]) -> None:
    assert part.tasks == {"classification", "multilabel", "regression"}


def test_plain_networks_count_their_first_convolution_as_a_block() -> None:
    layers = [
        sum(isinstance(each, torch.nn.Conv2d) for each in build(Conv(depth=depth)).modules())
        for depth in (1, 3)
    ]
    assert layers == [3, 9]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_image_is_refused(kind: type[Staged]) -> None:
    with pytest.raises(
        ValueError, match=rf"{kind.name} takes images \(channels, height, width\), not inputs of"
    ):
        build(kind(), (30,))


@pytest.mark.parametrize("kind", KINDS)
def test_several_can_be_stacked_and_each_keeps_its_own_statistics(kind: type[Staged]) -> None:
    """In training, too: a stack answers as its networks do one by one, and so do their batch norms."""
    networks = [build(kind(width=4)) for _ in range(2)]
    for parameter in networks[1].parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    inputs = torch.randn(8, 1, 28, 28)
    weights, buffers = stack_module_state(networks)

    def call(weights: dict[str, torch.Tensor], buffers: dict[str, torch.Tensor]) -> torch.Tensor:
        return functional_call(networks[0], (weights, buffers), (inputs,)).logits

    stacked = vmap(call, randomness="different")(weights, buffers)
    alone = torch.stack([network(inputs).logits for network in networks])
    assert torch.allclose(stacked, alone, atol=1e-4)
    for name, buffer in buffers.items():
        own = torch.stack([dict(network.named_buffers())[name] for network in networks])
        assert torch.allclose(buffer.float(), own.float(), atol=1e-4), name

"""Networks against their formulas, and anybody's module."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

import kdorch
from kdorch.builtin.networks import Cnn, Mlp, Module
from kdorch.builtin.teachers import Trained


def task(*shape: int, classes: int = 10) -> kdorch.Classification:
    return kdorch.Classification(labels=[str(label) for label in range(classes)], input_shape=shape)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (32, 1), (16, 3), (16, 0)])
def test_mlp_has_the_parameters_of_its_formula(width: int, depth: int) -> None:
    hidden = 64 * width + width + (depth - 1) * (width * width + width) if depth else 0
    last = (width if depth else 64) * 10 + 10
    assert parameters(Mlp(width=width, depth=depth).build(task(1, 8, 8))) == hidden + last


@pytest.mark.parametrize(("channels", "width"), [(1, 8), (3, 2)])
def test_cnn_has_the_parameters_of_its_formula(channels: int, width: int) -> None:
    first = 9 * channels * width + width
    second = 9 * width * 2 * width + 2 * width
    assert parameters(Cnn(width=width).build(task(channels, 8, 8))) == first + second + 2 * width * 10 + 10


@pytest.mark.parametrize("shape", [(30,), (1, 8, 8), (2, 3, 4, 5)])
def test_mlp_takes_inputs_of_any_shape(shape: tuple[int, ...]) -> None:
    assert Mlp().build(task(*shape, classes=3))(torch.zeros(5, *shape)).logits.shape == (5, 3)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 20)])
def test_cnn_takes_images_of_any_size(shape: tuple[int, ...]) -> None:
    assert Cnn().build(task(*shape, classes=3))(torch.zeros(5, *shape)).logits.shape == (5, 3)


def test_mlp_of_depth_zero_is_linear() -> None:
    network = Mlp(depth=0).build(task(4))
    a, b = torch.randn(2, 1, 4, dtype=torch.float32)
    zero = network(torch.zeros(1, 4))
    torch.testing.assert_close(network(a + b) - zero, network(a) - zero + network(b) - zero)


def test_cnn_refuses_what_is_no_image() -> None:
    with pytest.raises(
        ValueError, match=r"cnn takes images \(channels, height, width\), not inputs of shape \(30,\)"
    ):
        Cnn().build(task(30))


def test_the_seed_decides_the_weights() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return torch.cat([parameter.flatten() for parameter in Mlp().build(task(4)).parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


# ---------------------------------------------------------------- anybody's module

NET = """
from torch import nn

class Net(nn.Linear):
    def __init__(self, width=3):
        super().__init__(width, 10)

class Outer:
    Inner = Net

def number(**args):
    return 3

def needs_torchvision():
    import no_such_torchvision
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "their_net.py").write_text(NET)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "their_net", raising=False)
    return "their_net"


@pytest.mark.parametrize("path", ["Net", "Outer.Inner"])
def test_a_module_is_built_with_its_arguments(net: str, path: str) -> None:
    network = Module(target=f"{net}:{path}", args={"width": 7}).build(task(7))
    assert network(torch.zeros(2, 7)).shape == (2, 10)


@pytest.mark.parametrize(
    ("target", "args", "expected"),
    [
        ("no_such_net:Net", {}, "no_such_net:Net with {}: No module named 'no_such_net'"),
        ("their_net:Nett", {}, "their_net:Nett with {}: module 'their_net' has no attribute 'Nett'"),
        (
            "their_net:Net",
            {"wdth": 3},
            "with {'wdth': 3}: there is no argument 'wdth'. Did you mean 'width'?",
        ),
        ("their_net:number", {}, "their_net:number makes a int, not a torch.nn.Module"),
        ("their_net:needs_torchvision", {}, "No module named 'no_such_torchvision'"),
    ],
)
def test_a_module_that_cannot_be_built_is_explained(
    net: str, target: str, args: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ValueError, match="net") as error:
        Module(target=target, args=args).build(task(7))
    assert expected in str(error.value)


@pytest.mark.parametrize(
    "target", ["my_net.Net", "my_net", "my net:Net", ":Net", "my_net:", "..:Net", "my..net:Net"]
)
def test_a_target_is_a_module_and_a_class(target: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(f"write package.module:Class, not '{target}'")):
        Module(target=target)


def test_a_target_is_not_in_the_script_that_runs() -> None:
    with pytest.raises(
        ValidationError, match="workers never run the script again, so move what '__main__:Net'"
    ):
        Module(target="__main__:Net")


def test_the_code_of_a_target_is_told_to_the_core(net: str) -> None:
    """What a store keeps of a teacher must not outlive the code that made it."""
    module = Module(target=f"{net}:Net")
    assert [path for _, part in Trained(network=module).nested_parts() for path in part.import_paths()] == [
        f"{net}:Net"
    ]

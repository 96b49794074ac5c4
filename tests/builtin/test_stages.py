"""Networks in stages: what they show, and that showing it costs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import kdorch
from kdorch.builtin.networks import Cnn, Mlp
from kdorch.shipping.wrapping import wrap

TASK = kdorch.Classification(labels=("a", "b", "c"), input_shape=(1, 8, 8))
IMAGES = torch.randn(4, 1, 8, 8)


class Computed(TorchDispatchMode):
    """Notes what is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def flat(network: nn.Module) -> nn.Sequential:
    """Return the same layers without stages."""
    return nn.Sequential(*(part for part in network.modules() if not list(part.children())))


def test_features_are_what_the_stages_answer() -> None:
    first, second, head = nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)
    rows = torch.randn(5, 4)
    output = kdorch.Stages(early=first, late=second, head=head)(rows)
    assert list(output.features) == ["early", "late"]
    assert torch.equal(output.features["early"], first(rows))
    assert torch.equal(output.features["late"], first(rows).relu())
    assert torch.equal(output.logits, head(first(rows).relu()))


def test_a_stage_may_be_used_twice() -> None:
    again = nn.Linear(4, 4)
    rows = torch.randn(5, 4)
    output = kdorch.Stages(once=again, twice=again)(rows)
    assert torch.equal(output.logits, again(again(rows)))
    assert list(output.features) == ["once"]


def test_one_stage_has_no_features_and_none_is_refused() -> None:
    assert kdorch.Stages(head=nn.Linear(4, 2))(torch.zeros(1, 4)).features == {}
    with pytest.raises(ValueError, match="needs at least one stage"):
        kdorch.Stages()


@pytest.mark.parametrize(
    ("student", "shapes"),
    [
        (Mlp(width=5, depth=1), {"late": (4, 5)}),
        (Mlp(width=5, depth=3), {"hidden1": (4, 5), "hidden2": (4, 5), "late": (4, 5)}),
        (Cnn(width=6), {"early": (4, 6, 4, 4), "late": (4, 12, 4, 4)}),
    ],
    ids=["mlp", "deep", "cnn"],
)
def test_built_in_networks_show_their_hidden_layers(
    student: kdorch.Student, shapes: dict[str, tuple[int, ...]]
) -> None:
    output = student.build(TASK)(IMAGES)
    assert student.offers() == {"features"}
    assert {name: tuple(feature.shape) for name, feature in output.features.items()} == shapes
    assert list(output.features) == list(shapes)


def test_a_linear_model_has_nothing_to_show() -> None:
    linear = Mlp(depth=0)
    assert linear.offers() == frozenset()
    assert isinstance(linear.build(TASK)(IMAGES), Tensor)


@pytest.mark.parametrize("student", [Mlp(depth=2), Cnn()], ids=["mlp", "cnn"])
def test_nothing_more_is_computed_than_without_stages(student: kdorch.Student) -> None:
    """Forward and backward; the features themselves are the tensors that the next stage takes."""
    network = student.build(TASK)
    noted = []
    for each in (network, flat(network)):
        network.zero_grad()
        with Computed() as computed:
            output = each(IMAGES)
            getattr(output, "logits", output).sum().backward()
        noted.append(computed.names)
    assert noted[0] == noted[1]


@pytest.mark.parametrize("student", [Mlp(depth=2), Cnn()], ids=["mlp", "cnn"])
def test_what_is_exported_answers_logits_and_has_no_trace_of_features(student: kdorch.Student) -> None:
    network = student.build(TASK).eval()
    rows = ({0: torch.export.Dim("rows")},)
    exported = torch.export.export(wrap(nn.Identity(), network), (IMAGES,), dynamic_shapes=rows)
    assert len(exported.graph_signature.user_outputs) == 1
    torch.testing.assert_close(exported.module()(IMAGES), network(IMAGES).logits)


@pytest.mark.slow
def test_stages_are_public_and_torch_waits_until_they_are_used() -> None:
    code = "import json, sys, kdorch; before = 'torch' in sys.modules; kdorch.Stages; "
    code += "print(json.dumps([before, 'torch' in sys.modules]))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == [False, True]

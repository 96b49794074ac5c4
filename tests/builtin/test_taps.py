"""Features of anybody's network, by the paths of its modules: what they are, and what they cost."""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import kdorch
from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Trained
from kdorch.errors import TrainingError
from kdorch.shipping.wrapping import wrap
from kdorch.training.building import build

TASK = kdorch.Classification(labels=("a", "b", "c"), input_shape=(4,))
BATCH = kdorch.Batch(torch.randn(2, 4), torch.tensor([0, 1]), torch.arange(2))
NET = """
import kdorch
from torch import nn

class Net(nn.Module):
    def __init__(self, own=False):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8))
        self.memory, self.head, self.unused = Memory(8, 6), nn.Linear(6, 3), nn.Linear(1, 1)
        self.pair = Pair()
        self.own = own

    def forward(self, inputs):
        early = self.pair(self.encoder(inputs))["early"]
        logits = self.head(self.memory(early)[0])
        return kdorch.Output(logits, {"mine": early}) if self.own else logits

class Memory(nn.Linear):
    def forward(self, inputs):
        state = super().forward(inputs)
        return state, state[:1]

class Pair(nn.Module):
    def forward(self, inputs):
        return {"early": inputs}
"""
ALL = {"first": "encoder.0", "late": "encoder", "state": "memory"}


@pytest.fixture(autouse=True)
def _net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tapped_net.py").write_text(NET)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "tapped_net", raising=False)


def module(features: dict[str, str] | None = None, **args: object) -> Module:
    return Module(target="tapped_net:Net", args=args, features=features or {})


def same(features: dict[str, str], **args: object) -> tuple[nn.Module, nn.Module]:
    """Return the network with taps and, with the same weights, without."""
    tapped, plain = (module(named, **args).build(TASK).eval() for named in (features, {}))
    plain.load_state_dict(tapped.state_dict())
    return tapped, plain


def hooks(network: nn.Module) -> int:
    return sum(len(part._forward_hooks) for part in network.modules())


def test_features_are_the_outputs_of_the_modules() -> None:
    tapped, plain = same(ALL)
    output = tapped(BATCH.inputs)
    first = plain.encoder[0](BATCH.inputs)
    late = plain.encoder(BATCH.inputs)
    assert output.features.keys() == ALL.keys()
    assert torch.equal(output.logits, plain(BATCH.inputs))
    assert torch.equal(output.features["first"], first)
    assert torch.equal(output.features["late"], late)
    assert torch.equal(output.features["state"], plain.memory(late)[0])  # of a pair, the first


def test_features_of_the_network_s_own_stay() -> None:
    output = same({"late": "encoder"}, own=True)[0](BATCH.inputs)
    assert set(output.features) == {"mine", "late"}


def test_gradients_flow_through_features() -> None:
    tapped, _ = same(ALL)
    tapped(BATCH.inputs).features["first"].sum().backward()
    assert tapped.encoder[0].weight.grad.abs().sum() > 0


def test_unnamed_they_cost_nothing() -> None:
    network = module().build(TASK)
    assert hooks(network) == 0
    assert isinstance(network(BATCH.inputs), Tensor)


def test_nothing_is_held_beyond_its_batch() -> None:
    tapped, _ = same(ALL)
    tapped(BATCH.inputs)
    (give,) = tapped._forward_hooks.values()
    assert give.__self__.seen == {}


def test_a_copy_sees_its_own_features() -> None:
    tapped, _ = same(ALL)
    copy = deepcopy(tapped)
    with torch.no_grad():
        copy.encoder[0].weight.zero_()
    assert not torch.equal(copy(BATCH.inputs).features["first"], tapped(BATCH.inputs).features["first"])
    assert hooks(copy) == hooks(tapped) == len(ALL) + 1


def test_what_is_shipped_has_no_trace_of_them() -> None:
    tapped, plain = same(ALL)
    shapes = ({0: torch.export.Dim("rows")},)
    exported = [
        torch.export.export(wrap(nn.Identity(), network), (BATCH.inputs,), dynamic_shapes=shapes)
        for network in (tapped, plain)
    ]
    assert exported[0].graph_module.code == exported[1].graph_module.code
    answer = exported[0].module()(torch.ones(5, 4))
    assert isinstance(answer, Tensor)
    torch.testing.assert_close(answer, plain(torch.ones(5, 4)))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            {"late": "encoder.layers"},
            "features.late: the network has no module 'encoder.layers'. Did you mean 'encoder.2'? Its modules: encoder",
        ),
        (
            {"late": "x"},
            "'x'. Its modules: encoder, encoder.0, encoder.1, encoder.2, memory, head, unused, pair",
        ),
        ({"late": ""}, "features.late: the network has no module ''. Its modules: encoder, encoder.0,"),
        ({"late": "unused"}, "features.late: 'unused' is a module that forward does not call"),
        ({"late": "pair"}, "features.late: 'pair' answers a dict, not a tensor"),
    ],
)
def test_a_path_that_leads_nowhere_is_explained(features: dict[str, str], message: str) -> None:
    with pytest.raises(TrainingError, match=re.escape(message)):
        build(module(features), TASK, BATCH)


def test_many_modules_are_not_all_listed() -> None:
    large = {"d_model": 4, "nhead": 2, "batch_first": True}
    deep = Module(target="torch.nn:Transformer", args=large, features={"late": "encodr"})
    with pytest.raises(
        ValueError, match=r"Did you mean 'encoder'\? Its modules: encoder, .* and \d\d+ more$"
    ):
        deep.build(TASK)


def test_what_is_offered_depends_on_what_is_named() -> None:
    assert module().offers() == frozenset() == Mlp(depth=0).offers()
    assert module(ALL).offers() == {"features"}


def test_a_teacher_of_such_a_network_answers_with_features() -> None:
    tapped, _ = same(ALL)
    answers = Trained(network=module(ALL)).build(TASK, tapped.state_dict())
    torch.testing.assert_close(answers(BATCH).features["late"], tapped(BATCH.inputs).features["late"])

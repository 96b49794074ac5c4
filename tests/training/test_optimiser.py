"""Our step against torch's own class: the same digits, now and after a pause."""

from __future__ import annotations

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from kdorch.training.optimiser import AdamW

_RATES = (0.01, 0.02, 0.005, 0.001)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(12, 4), nn.Linear(4, 2))


def gradients(each: nn.Module, seed: int, *, without: int | None = None) -> None:
    generator = torch.Generator().manual_seed(seed)
    for place, parameter in enumerate(each.parameters()):
        parameter.grad = torch.randn(parameter.shape, generator=generator)
        if place == without:
            parameter.grad = None


def equal(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(mine, theirs) for mine, theirs in pairs)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_takes_the_steps_of_torch_to_the_last_digit(layout: torch.memory_format) -> None:
    ours, theirs = network().to(memory_format=layout), network().to(memory_format=layout)  # type: ignore[call-overload]
    mine = AdamW(ours.parameters(), 0.1)
    torchs = torch.optim.AdamW(theirs.parameters(), weight_decay=0.1, fused=True)
    for seed, rate in enumerate(_RATES):
        for each in (ours, theirs):
            gradients(each, seed, without=seed if seed < 2 else None)  # some begin later than others
        mine.step(rate)
        torchs.param_groups[0]["lr"] = rate
        torchs.step()
        assert equal(ours, theirs)
    assert not equal(ours, network())


def test_goes_on_where_it_was_kept(tmp_path) -> None:
    whole, halved = network(), network()
    one, other = AdamW(whole.parameters(), 0.1), AdamW(halved.parameters(), 0.1)
    for seed, rate in enumerate(_RATES):
        if seed == 2:
            torch.save(other.state_dict(), tmp_path / "kept")
            other = AdamW(halved.parameters(), 0.1)
            other.load_state_dict(torch.load(tmp_path / "kept", weights_only=True))
        for each, optimiser in ((whole, one), (halved, other)):
            gradients(each, seed)
            optimiser.step(rate)
    assert equal(whole, halved)


def test_goes_on_from_what_torchs_own_class_has_kept() -> None:
    ours, theirs = network(), network()
    torchs = torch.optim.AdamW(theirs.parameters(), 0.01, weight_decay=0.1, fused=True)
    gradients(theirs, 0)
    torchs.step()
    ours.load_state_dict(theirs.state_dict())
    mine = AdamW(ours.parameters(), 0.1)
    mine.load_state_dict(copy.deepcopy(torchs.state_dict()))
    for each, step in ((theirs, torchs.step), (ours, lambda: mine.step(0.01))):
        gradients(each, 1)
        step()
    assert equal(ours, theirs)


def test_nothing_to_move_is_no_error() -> None:
    each = network()
    AdamW(each.parameters(), 0.1).step(0.1)
    assert equal(each, network())


@pytest.mark.slow
def test_a_training_imports_neither_torchs_compiler_nor_a_plotting_library() -> None:
    code = """
import sys
import torch
import kdorch.training.trial
from kdorch.builtin.losses import Supervised
from kdorch.kinds import Batch, Output, Subject
from kdorch.measuring.size import Flops
from kdorch.tasks.classification import Classification
from kdorch.training.objective import Objective
from kdorch.training.optimiser import AdamW

task = Classification(labels=("a", "b"))
network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2))
batch = Batch(torch.randn(4, 2), torch.tensor([0, 1, 0, 1]), torch.arange(4))
output = Output(network(batch.inputs))
objective = Objective({"task": Supervised()}, task, output, None)
objective.backward(output, None, batch)
AdamW(network.parameters(), 0.1).step(0.1)
for name in task.directions:
    task.score(name, output.logits.detach(), batch.targets)
task.calibration(output.logits.detach(), batch.targets)
Flops()(Subject(network, task, batch.inputs))
print(*sorted({"torch._dynamo", "torchmetrics", "matplotlib", "scipy", "sklearn"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

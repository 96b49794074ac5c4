"""Our step against torch's own class: the same digits, now and after a pause."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from kdorch.training.optimiser import AdamW

_RATES = (0.01, 0.02, 0.005, 0.001)


def network(layout: torch.memory_format = torch.contiguous_format) -> nn.Module:
    torch.manual_seed(0)
    whole = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(12, 4), nn.Linear(4, 2))
    return whole.to(memory_format=layout)


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
    ours, theirs = network(layout), network(layout)
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

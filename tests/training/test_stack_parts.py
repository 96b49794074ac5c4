"""What stacks are made of: layers, padded weights, their optimiser, losses in columns, lots."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

import kdorch
from kdorch.builtin.losses.supervised import Supervised
from kdorch.training.stack import lots
from kdorch.training.stack.layers import Unstackable, layers_of
from kdorch.training.stack.network import StackedMlp
from kdorch.training.stack.objectives import Lanes, StackedTerm
from kdorch.training.stack.optimiser import FlatAdamW


@pytest.mark.parametrize(
    ("network", "why"),
    [
        (nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1), nn.Linear(4, 2)), "it has a Dropout"),
        (nn.Sequential(nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2)), "it has a Sigmoid"),
        (nn.Sequential(nn.ReLU(), nn.Linear(4, 2)), "it has a ReLU"),
        (nn.Sequential(nn.Flatten(2), nn.Linear(4, 2)), "it has a Flatten"),
        (nn.Flatten(), "it has no linear layer"),
    ],
)
def test_layers_that_would_not_stay_padded_are_refused(network, why):
    with pytest.raises(Unstackable, match=why):
        layers_of(network, (4,))


def test_a_layer_used_twice_frozen_or_hooked_is_refused():
    layer = nn.Linear(4, 4)
    with pytest.raises(Unstackable, match="twice"):
        layers_of(nn.Sequential(layer, nn.ReLU(), layer), (4,))
    hooked = nn.Sequential(nn.Linear(4, 2))
    hooked.register_forward_hook(lambda *_: None)
    with pytest.raises(Unstackable, match="hooks"):
        layers_of(hooked, (4,))
    layer.weight.requires_grad_(False)
    with pytest.raises(Unstackable, match="frozen"):
        layers_of(nn.Sequential(layer), (4,))
    with pytest.raises(Unstackable, match="flatten"):
        layers_of(nn.Sequential(nn.Linear(4, 2)), (3, 4))
    assert len(layers_of(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), (3, 4))) == 1


def test_padding_stays_zero_under_training():
    torch.manual_seed(0)
    networks = [nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 2)) for width in (2, 5)]
    stack = StackedMlp.of([layers_of(each, (4,)) for each in networks])
    rates = torch.full_like(stack.flat, 0.1)
    optimiser = FlatAdamW(stack.flat, stack.gradient, rates, rates)
    for _ in range(5):
        stack.backward(2 * stack(torch.randn(7, 4)))
        optimiser.step(1.0)
    first = stack.flat[: 2 * 5 * 4].view(2, 5, 4)
    assert not first[0, 2:].any()
    assert first[1].all()


def test_whoever_leaves_takes_its_numbers_along():
    torch.manual_seed(0)
    networks = [nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 2)) for width in (2, 5, 3)]
    stack = StackedMlp.of([layers_of(each, (4,)) for each in networks])
    rest, inputs = stack.keep([0, 2]), torch.randn(7, 4)
    assert torch.allclose(rest(inputs), stack(inputs)[[0, 2]], atol=1e-6)
    assert len(rest.flat) * 3 == len(stack.flat) * 2
    rest.backward(torch.ones_like(rest(inputs)))
    assert rest.norms().shape == (2,)
    assert not stack.gradient.any()


def test_the_optimiser_is_torchs():
    torch.manual_seed(0)
    networks = [nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)) for _ in range(2)]
    copies, settings = copy.deepcopy(networks), [(0.1, 0.5), (0.02, 0.0)]
    stack = StackedMlp.of([layers_of(each, (4,)) for each in networks])
    rates, decays = (torch.tensor([each[i] for each in settings])[stack.lanes] for i in (0, 1))
    ours = FlatAdamW(stack.flat, stack.gradient, rates, decays)
    theirs = [
        torch.optim.AdamW(each.parameters(), lr, weight_decay=decay)
        for each, (lr, decay) in zip(copies, settings, strict=True)
    ]
    for _ in range(4):
        inputs = torch.randn(9, 4)
        logits = stack(inputs)
        stack.backward(2 * logits / logits[0].numel())
        ours.step(1.0)
        for network, optimiser in zip(copies, theirs, strict=True):
            optimiser.zero_grad()
            network(inputs).square().mean().backward()
            optimiser.step()
    stack.unload(stack.flat)
    for one, other in zip(networks, copies, strict=True):
        for mine, right in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.allclose(mine, right, atol=1e-6)


class Skewed(kdorch.Loss):
    """A loss whose gradient is another one where its setting is a column."""

    strength: float = 1.0

    def __call__(self, student, teacher, batch):
        raise NotImplementedError

    def gradient(self, student, teacher, batch):
        factor = self.strength if isinstance(self.strength, float) else 0.5
        return student.logits * factor / len(student.logits)


def test_a_loss_that_takes_no_columns_is_computed_one_by_one():
    both = [Skewed(strength=1.0), Skewed(strength=3.0)]
    term = StackedTerm([0, 1], both, both)
    batch = kdorch.Batch(torch.zeros(4, 1), torch.zeros(4), torch.arange(4))
    lanes, logits = Lanes([(batch, None)], [0, 0]), torch.randn(2, 4, 3)
    for _ in range(2):
        found = term.gradient(logits, lanes)
        assert torch.allclose(found, logits * torch.tensor([1.0, 3.0])[:, None, None] / 4)


def test_a_loss_that_takes_columns_is_computed_at_once():
    calls = []

    class Counted(Skewed):
        """Counts its calls."""

        def gradient(self, student, teacher, batch):
            calls.append(student.logits.shape)
            return student.logits * self.strength / len(student.logits)

    both = [Counted(strength=1.0), Counted(strength=3.0)]
    term = StackedTerm([0, 1], both, both)
    batch = kdorch.Batch(torch.zeros(4, 1), torch.zeros(4), torch.arange(4))
    lanes = Lanes([(batch, None)], [0, 0])
    for _ in range(3):
        logits = torch.randn(2, 4, 3)
        found = term.gradient(logits, lanes)
        assert torch.allclose(found, logits * torch.tensor([1.0, 3.0])[:, None, None] / 4)
    assert calls == [(4, 3), (4, 3), (8, 3), (8, 3), (8, 3)]  # tried once, then at once


def test_few_labels_are_averaged_over_those_that_are_there():
    logits = torch.randn(2, 6, 3)
    labelled = torch.tensor([True, False, True, False, False, True])
    batch = kdorch.Batch(torch.zeros(6, 1), torch.arange(6) % 3, torch.arange(6), labelled)
    loss, task = Supervised(), kdorch.Classification(labels=["a", "b", "c"], input_shape=(1,))
    terms = [loss.build(task, None, None) for _ in range(2)]
    stacked, lanes = StackedTerm([0, 1], [loss, loss], terms), Lanes([(batch, None)], [0, 0])
    for _ in range(2):  # one by one, then at once
        found = stacked.gradient(logits, lanes)
        for own, one in zip(found, logits, strict=True):
            assert torch.allclose(own, terms[0].gradient(kdorch.Output(one), None, batch), atol=1e-6)


class Sized:
    """Stands for a trial of which only the size matters."""

    def __init__(self, width, batch=64):
        self.network, self.settings = nn.Linear(width, width), kdorch.Train(batch=batch)


def sizes(*widths):
    return [[each.network.in_features for each in lot] for lot in lots([Sized(width) for width in widths])]


def test_alike_sizes_share_a_stack():
    assert sizes(9, 8, 10, 8) == [[8, 8, 9, 10]]


def test_one_that_is_much_wider_makes_no_others_wide():
    assert sizes(8, 200, 9, 8, 10) == [[8, 8, 9, 10], [200]]

"""The weighted sum of the losses, and the short way to its gradient."""

from __future__ import annotations

import pytest
import torch
from training_toys import TASK, Constant, Poisoned, Projected, Shy, plain, rows

from kdorch.builtin.losses import Hinton, LogitMse, Supervised
from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Output, Schedule
from kdorch.training.device import computing_on
from kdorch.training.evaluate import evaluate, mean_losses, rows_at_once
from kdorch.training.objective import Objective
from kdorch.training.rows import InMemory

SHOWN = Output(torch.zeros(2, 3))


def objective(*losses):
    return Objective({str(place): loss for place, loss in enumerate(losses)}, TASK, SHOWN, SHOWN)


def gradients(network, wanted, stored):
    """The gradient of each parameter on two batches, one after the other."""
    network.zero_grad()
    for batch, told in rows(stored, "train").batches(64):
        wanted.backward(Output(network(batch.inputs)), told, batch)
    return [parameter.grad.clone() for parameter in network.parameters()]


@pytest.mark.parametrize(
    "losses",
    [
        [Supervised(weight=0.25)],
        [Hinton(weight=2.0, temperature=7.0)],
        [LogitMse(weight=0.5)],
        [Supervised(weight=0.1), Hinton(weight=0.9), LogitMse(weight=0.3)],
    ],
    ids=lambda losses: "+".join(loss.name for loss in losses),
)
def test_the_closed_form_is_the_gradient_of_the_sum(stored, losses):
    network = plain()
    closed, autograd = objective(*losses), objective(*losses)
    autograd.closed = False
    assert closed.closed
    torch.testing.assert_close(gradients(network, closed, stored), gradients(network, autograd, stored))
    assert closed.closed


def test_a_gradient_belongs_to_its_loss(stored):
    network, wanted = plain(), objective(Constant(weight=0.5), Supervised())
    first = gradients(network, wanted, stored)
    torch.testing.assert_close(gradients(network, wanted, stored), first)


def test_a_loss_without_a_closed_form_takes_the_long_way(stored):
    network, wanted = plain(), objective(Supervised(), Shy(weight=2.0))
    found = gradients(network, wanted, stored)
    assert not wanted.closed
    network.zero_grad()
    for batch, _ in rows(stored, "train").batches(64):
        logits = network(batch.inputs)
        (TASK.loss(logits, batch.targets) + 2 * logits.square().mean()).backward()
    torch.testing.assert_close(found, [parameter.grad for parameter in network.parameters()])


def test_a_trainable_part_gets_its_own_gradient(stored):
    wanted = objective(Projected())
    gradients(plain(), wanted, stored)
    assert all(parameter.grad.abs().sum() > 0 for parameter in wanted.parts()[0].parameters())


MIXTURES = {
    "closed form": [Supervised(weight=0.1), Hinton(weight=0.9), LogitMse(weight=0.3)],
    "autograd": [Supervised(weight=0.1), Shy(weight=0.9)],
    "trainable": [Projected(weight=0.5), Hinton(weight=0.2), Projected(weight=0.0), Projected(weight=2.0)],
}


@pytest.mark.parametrize("losses", MIXTURES.values(), ids=MIXTURES)
def test_measuring_takes_the_same_step_and_tells_the_norm_of_each_term(stored, losses):
    torch.manual_seed(0)
    network, wanted = plain(), objective(*losses)
    batch, told = next(rows(stored, "train").batches(64))
    parameters = list(network.parameters())
    everything = [*parameters, *(each for part in wanted.parts() for each in part.parameters())]

    def taken(terms):
        for each in everything:
            each.grad = None
        student, weights = Output(network(batch.inputs)), wanted.weights
        sum(weights[label] * wanted.terms[label](student, told, batch) for label in terms).backward()
        return [each.grad for each in everything]

    expected = taken(wanted.terms)
    alone = {label: taken([label])[: len(parameters)] for label in wanted.terms}
    for each in everything:
        each.grad = None
    norms = wanted.measure(Output(network(batch.inputs)), told, batch, parameters)
    torch.testing.assert_close([each.grad for each in everything], expected)
    by_hand = {label: torch.cat([each.flatten() for each in found]).norm() for label, found in alone.items()}
    assert norms == pytest.approx({label: norm.item() for label, norm in by_hand.items()}, rel=1e-5)
    assert min(norms.values()) > 0


def test_a_weight_of_zero_has_no_gradient_until_its_schedule_raises_it(stored):
    network = plain()
    wanted = objective(Supervised(weight=Schedule(from_=2, to=0, epochs=1)), Hinton(weight=0.5))
    batch, told = next(rows(stored, "train").batches(64))
    found = []
    for epoch in (1, 2, 1):
        assert wanted.begin(epoch) == {"0": 2.0 if epoch == 1 else 0.0}
        network.zero_grad()
        output = Output(network(batch.inputs))
        found.append(wanted.measure(output, told, batch, list(network.parameters())))
    assert found[0] == found[2] == {"0": pytest.approx(found[0]["0"]), "1": found[1]["1"]}
    assert found[1]["0"] == 0 < found[0]["0"]


def test_an_epoch_in_which_nothing_weighs_moves_nothing(stored):
    network, wanted = plain(), objective(Hinton(weight=Schedule(from_=0, to=1, epochs=1)))
    batch, told = next(rows(stored, "train").batches(64))
    wanted.backward(Output(network(batch.inputs)), told, batch)
    assert {parameter.grad for parameter in network.parameters()} == {None}


def test_a_loss_of_weight_zero_is_left_out(stored):
    wanted = objective(Supervised(), Poisoned(weight=0))
    assert list(wanted.terms) == ["0"]


def test_nothing_to_learn_is_an_error():
    with pytest.raises(TrainingError, match=r"every loss \(0, 1\) has weight 0"):
        objective(Supervised(weight=0), Hinton(weight=0))


def test_losses_are_averaged_over_rows_whatever_the_batches():
    count = 1500  # more than one batch of an evaluation, the last one smaller
    inputs, targets = torch.randn(count, 6), torch.arange(count) % 3
    teacher = torch.randn(count, 3)
    columns = {"inputs": inputs, "targets": targets, "rows": torch.arange(count), "logits": teacher}
    network, wanted = plain(), objective(Supervised(weight=0.2), Hinton(weight=0.8))
    found = evaluate(network, InMemory(columns), TASK, wanted)
    with torch.no_grad():
        whole = wanted.values(Output(network(inputs)), Output(teacher), Batch(inputs, targets, targets))
    assert found.losses == pytest.approx({label: value.item() for label, value in whole.items()}, rel=1e-5)
    assert torch.equal(found.targets, targets)
    assert torch.equal(found.teacher, teacher)


@pytest.mark.parametrize(("across", "expected"), [(True, [32, 32, 32, 4]), (False, [100])])
def test_rows_are_compared_in_batches_as_large_as_in_training(across, expected):
    seen = []

    class Counting(Constant, name="counting"):
        across_rows = across

        def build(self, task, student, teacher):
            return lambda student, teacher, batch: seen.append(len(batch.rows)) or student.logits.sum()

    count = 100
    columns = {
        "inputs": torch.randn(count, 6),
        "targets": torch.arange(count) % 3,
        "rows": torch.arange(count),
    }
    evaluate(plain(), InMemory(columns), TASK, objective(Counting()), 32)
    assert seen == expected


def test_large_rows_and_large_answers_are_asked_about_a_few_at_a_time():
    images = TASK.model_copy(update={"input_shape": (3, 224, 224)})
    small = TASK.model_copy(update={"input_shape": (1, 28, 28)})
    many = TASK.model_copy(update={"labels": tuple(map(str, range(5000)))})
    tasks = TASK, small, images, many
    assert [rows_at_once(task) for task in tasks] == [1024, 167, 6, 209]
    with computing_on("cuda"):
        assert [rows_at_once(task) for task in tasks] == [1024, 1024, 6, 209]
    seen = []

    class Counting(Constant, name="counting"):
        def build(self, task, student, teacher):
            return lambda student, teacher, batch: seen.append(len(batch.rows)) or student.logits.mean()

    columns = {"inputs": torch.randn(16, 6), "targets": torch.zeros(16).long(), "rows": torch.arange(16)}
    network = plain()
    found = mean_losses(network, InMemory(columns), images, objective(Counting()))
    assert seen == [6, 6, 4]
    assert found == pytest.approx(evaluate(network, InMemory(columns), TASK, objective(Counting())).losses)

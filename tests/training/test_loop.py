"""The loop against one written by hand with nothing but PyTorch, and which epoch it keeps."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch.nn.functional import cross_entropy
from training_toys import (
    SEEN,
    TASK,
    TRAIN,
    VALIDATION,
    Normed,
    Projected,
    Scripted,
    Watching,
    plain,
    rows,
)

import kdorch
from kdorch.builtin.losses import Hinton, Supervised
from kdorch.errors import TrainingError
from kdorch.kinds import Output
from kdorch.study import Train
from kdorch.study.pruning import never
from kdorch.training.evaluate import evaluate
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.optimiser import AdamW

SETTINGS = Train(epochs=5, batch=32, lr=0.02, weight_decay=0.1)
TEMPERATURE = 3.0
SHOWN = Output(torch.zeros(2, 3))


def distillation(task=TASK):
    losses = {"task": Supervised(weight=0.3), "kd": Hinton(weight=0.7, temperature=TEMPERATURE)}
    return Objective(losses, task, SHOWN, SHOWN)


def train(
    network,
    objective,
    stored,
    *,
    task=TASK,
    seed=7,
    score=("loss", "min"),
    budget=2**40,
    stop=never,
    **settings,
):
    known, unseen = (rows(stored, split, budget=budget) for split in ("train", "validation"))
    return fit(
        network,
        objective,
        [known],
        unseen,
        task,
        SETTINGS.model_copy(update=settings),
        seed=seed,
        score=score,
        stop=stop,
    )


def whole(stored, split):
    """All rows of a split as plain tensors: inputs, targets, the teacher's logits."""
    batch, told = next(rows(stored, split).batches(10_000))
    return batch.inputs, batch.targets, told.logits


def by_hand(network, stored, seed):
    """Train as a textbook would; return the weights and the validation loss after each epoch."""
    inputs, targets, teacher = whole(stored, "train")
    unseen, labels, _ = whole(stored, "validation")
    optimizer = torch.optim.AdamW(network.parameters(), SETTINGS.lr, weight_decay=SETTINGS.weight_decay)
    steps = SETTINGS.epochs * math.ceil(len(inputs) / SETTINGS.batch)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    generator = torch.Generator().manual_seed(seed)
    states, losses = [], []
    for _ in range(SETTINGS.epochs):
        order = torch.randperm(len(inputs), generator=generator)
        for start in range(0, len(inputs), SETTINGS.batch):
            chosen = order[start : start + SETTINGS.batch]
            logits = network(inputs[chosen])
            expected = (teacher[chosen] / TEMPERATURE).softmax(-1)
            divergence = (expected * (expected.log() - (logits / TEMPERATURE).log_softmax(-1))).sum(-1)
            loss = 0.3 * cross_entropy(logits, targets[chosen]) + 0.7 * TEMPERATURE**2 * divergence.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
        states.append(copy.deepcopy(network.state_dict()))
        with torch.no_grad():
            losses.append(cross_entropy(network(unseen), labels).item())
    return states, losses


def assert_same(found, expected):
    torch.testing.assert_close(dict(found), dict(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("closed", [True, False], ids=["closed form", "autograd"])
def test_equals_a_loop_written_by_hand(stored, closed):
    torch.manual_seed(0)
    network = plain()
    states, losses = by_hand(copy.deepcopy(network), stored, seed=7)
    objective = distillation()
    assert objective.closed
    objective.closed = closed
    fitted = train(network, objective, stored)
    assert fitted.curves["val/loss"] == pytest.approx(losses, abs=1e-5)
    assert fitted.epoch == 1 + losses.index(min(losses))
    assert_same(network.state_dict(), states[fitted.epoch - 1])


@pytest.mark.parametrize(
    ("direction", "script", "best"),
    [("max", (1, 3, 5, 4, 2), 3), ("min", (5, 2, 1, 3, 4), 3), ("max", (2, 2, 1, 2, 1), 1)],
    ids=["up then down", "down then up", "the first of equals"],
)
def test_keeps_the_best_epoch_by_validation(stored, direction, script, best):
    torch.manual_seed(0)
    network = plain()
    states, _ = by_hand(copy.deepcopy(network), stored, seed=7)
    task = Scripted(labels=TASK.labels, script=script)
    fitted = train(network, distillation(), stored, task=task, score=("accuracy", direction))
    assert fitted.epoch == best
    assert fitted.curves["val/accuracy"] == list(script)
    assert_same(network.state_dict(), states[best - 1])


@pytest.mark.parametrize("script", [(1, 2, 3, 4, 5), (1, 2, 5, 4, 3)], ids=["the last", "one before"])
def test_hands_over_the_answers_of_the_last_epoch_where_it_is_the_best(stored, script):
    network, task = plain(), Scripted(labels=TASK.labels, script=script)
    fitted = train(network, distillation(), stored, task=task, score=("accuracy", "max"))
    inputs, _, teacher = whole(stored, "validation")
    assert (fitted.answers is None) == (fitted.epoch < SETTINGS.epochs)
    if fitted.answers:
        with torch.no_grad():
            assert torch.equal(fitted.answers.logits, network(inputs))
        assert torch.equal(fitted.answers.teacher, teacher)


@pytest.mark.parametrize(("direction", "best"), [("max", [1, 3, 3, 5]), ("min", [1, 1, 1, 1])])
def test_is_asked_after_each_epoch_with_the_best_so_far_and_gives_up(stored, direction, best):
    asked = []

    def stop(epoch, score):
        asked.append((epoch, score))
        return epoch == 4

    task = Scripted(labels=TASK.labels, script=(1, 3, 2, 5, 4))
    fitted = train(plain(), distillation(), stored, task=task, score=("accuracy", direction), stop=stop)
    assert asked == list(enumerate(best, 1))
    assert fitted.pruned == 4
    assert {len(curve) for curve in fitted.curves.values()} == {4}


def test_curves_have_one_value_for_each_epoch_and_those_of_gradients_fewer_and_fewer(stored):
    curves = train(plain(), distillation(), stored).curves
    assert set(curves) == {"val/loss", "val/loss/task", "val/loss/kd", "train/grad/task", "train/grad/kd"}
    assert all(
        len(curve) == SETTINGS.epochs and None not in curve
        for name, curve in curves.items()
        if "grad" not in name
    )
    assert [norm is not None for norm in curves["train/grad/kd"]] == [True, True, False, True]
    assert len(set(curves["val/loss/kd"])) == SETTINGS.epochs


def test_a_schedule_decides_the_weight_of_each_epoch(stored):
    """A term with weight 0 teaches nothing, not even its own trainable part; its loss is told all the same."""
    schedule = kdorch.Schedule(from_=0, to=0.8, epochs=2)
    losses = {"task": Supervised(weight=0.3), "kd": Projected(weight=schedule)}
    objective = Objective(losses, TASK, SHOWN, SHOWN)
    (part,) = objective.parts()
    initial = part.layer.weight.clone()
    train(plain(), objective, stored, epochs=1, weight_decay=0.0)
    assert torch.equal(part.layer.weight, initial)
    task = Scripted(labels=TASK.labels, script=(1, 2, 3, 4, 5))
    curves = train(plain(), objective, stored, task=task, score=("x", "max")).curves
    assert curves["train/weight/kd"] == pytest.approx([0, 0.4, 0.8, 0.8, 0.8])
    assert "train/weight/task" not in curves
    assert [norm and norm > 0 for norm in curves["train/grad/kd"]] == [0, True, None, True]
    assert min(curves["val/loss/kd"]) > 0
    assert not torch.equal(part.layer.weight, initial)


def test_the_seed_decides_the_order(stored):
    torch.manual_seed(0)
    networks = [plain()]
    networks += [copy.deepcopy(networks[0]) for _ in range(2)]
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        torch.rand(seed)  # the order does not come from the global generator
        train(network, distillation(), stored, seed=seed)
    first, again, other = (network[0].weight for network in networks)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_streamed_rows_train_the_same_network(stored):
    networks = []
    for budget in (0, 2**40):
        torch.manual_seed(0)
        networks.append(Normed())
        train(networks[-1], distillation(), stored, budget=budget)
    assert_same(networks[0].state_dict(), networks[1].state_dict())


@pytest.mark.parametrize("budget", [0, 2**40], ids=["streamed", "in memory"])
def test_batch_norm_learns_where_one_row_is_left_over(stored, budget):
    assert TRAIN % 20 == 1
    network, settings = Normed(), {"batch": 20, "epochs": 3, "budget": budget}
    task = Scripted(labels=TASK.labels, script=(1, 2, 3))
    train(network, distillation(), stored, task=task, score=("x", "max"), **settings)
    assert network[1].num_batches_tracked == 3 * 5


def test_the_learning_rate_reaches_the_end_of_its_cosine_where_one_row_is_left_over(stored, monkeypatch):
    rates = []
    step = AdamW.step

    def noted(self, rate):
        rates.append(rate)
        return step(self, rate)

    monkeypatch.setattr(AdamW, "step", noted)
    train(plain(), distillation(), stored, batch=20, epochs=2)
    expected = [SETTINGS.lr * (1 + math.cos(math.pi * number / 10)) / 2 for number in range(10)]
    assert rates == pytest.approx(expected)


def test_learns_in_training_mode_and_validates_in_evaluation_mode(stored):
    SEEN.clear()
    train(Watching().eval(), distillation(), stored, epochs=2)
    steps = [(32, True), (32, True), (32, True), (TRAIN - 96, True)]
    assert [seen[:2] for seen in SEEN] == [*steps, (VALIDATION, False)] * 2


def test_only_training_rows_move_batch_norm(stored):
    network, objective = Normed(), Objective({"it": Projected()}, TASK, SHOWN, SHOWN)
    task = Scripted(labels=TASK.labels, script=(1, 2, 5, 4, 3))
    fitted = train(network, objective, stored, task=task, score=("x", "max"))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert before["1.num_batches_tracked"] == fitted.epoch * 4
    assert objective.parts()[0].norm.num_batches_tracked == fitted.epoch * 4
    evaluate(network, rows(stored, "train"), TASK, objective)
    assert_same(network.state_dict(), before)


def test_the_trainable_part_of_a_loss_learns_and_is_taken_from_the_same_epoch(stored):
    objective = Objective({"it": Projected()}, TASK, SHOWN, SHOWN)
    (part,) = objective.parts()
    initial = part.layer.weight.clone()
    network, task = plain(), Scripted(labels=TASK.labels, script=(1, 5, 4, 3, 2))
    fitted = train(network, objective, stored, task=task, score=("x", "max"))
    assert not torch.allclose(part.layer.weight, initial, atol=1e-3)
    after = evaluate(network, rows(stored, "validation"), TASK, objective).losses["it"]
    assert after == pytest.approx(fitted.curves["val/loss/it"][1])
    assert part.training


def test_divergence_names_the_epoch(stored):
    with pytest.raises(TrainingError, match=r"diverged in epoch 1: .*NaN or infinity.*learning rate"):
        train(plain(), distillation(), stored, lr=1e30)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_ends_the_training(stored, bad):
    task = Scripted(labels=TASK.labels, script=(1.0, bad))
    with pytest.raises(TrainingError, match=rf"diverged in epoch 2: val/x is {bad}"):
        train(plain(), distillation(), stored, task=task, score=("x", "min"))

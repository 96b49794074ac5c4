"""A whole trial, as a worker runs it."""

from __future__ import annotations

import json
import math
import random
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy, softmax
from training_toys import CLASSES, FEATURES, SEEN, TRAIN, VALIDATION, job, plain

from kdorch.training import trial
from kdorch.training.building import SAMPLE

METRICS = {
    *("val/accuracy", "val/f1", "val/loss", "val/agreement", "val/kl", "val/ece"),
    *("val/loss/task", "val/loss/kd", "train/loss/task", "train/loss/kd"),
    *("size/params", "size/bytes", "cost/flops", "cost/train_seconds"),
}


def column(path, name, split="validation"):
    return torch.from_numpy(np.load(Path(path) / split / f"{name}.npy"))


# ---------------------------------------------------------------- what it returns


def test_measures_everything(run):
    result = run()
    assert set(result["metrics"]) == METRICS
    assert all(math.isfinite(value) for value in result["metrics"].values())
    assert json.loads(json.dumps(result)) == result


def test_metrics_are_those_of_the_shipped_weights(own, spec):
    described = spec()
    metrics = own("plain", losses=described["losses"])["metrics"]
    network = plain()
    network.load_state_dict(load_file(described["weights"]))
    with torch.no_grad():
        logits = network(column(described["data"], "inputs"))
        chosen = torch.arange(VALIDATION) * TRAIN // VALIDATION
        learnt = network(column(described["data"], "inputs", "train")[chosen])
    targets, teacher = column(described["data"], "targets"), column(described["teacher"], "logits")
    expected, found = softmax(teacher, -1), softmax(logits, -1)
    by_hand = {
        "val/accuracy": (logits.argmax(-1) == targets).float().mean(),
        "val/loss": cross_entropy(logits, targets),
        "val/loss/task": cross_entropy(logits, targets),
        "train/loss/task": cross_entropy(learnt, column(described["data"], "targets", "train")[chosen]),
        "val/agreement": (logits.argmax(-1) == teacher.argmax(-1)).float().mean(),
        "val/kl": (expected * (expected.log() - found.log())).sum(-1).mean(),
        "size/params": (FEATURES + 1) * 8 + (8 + 1) * CLASSES,
        "size/bytes": 4 * ((FEATURES + 1) * 8 + (8 + 1) * CLASSES),
        "cost/flops": 2 * (FEATURES * 8 + 8 * CLASSES),
    }
    numbers = {name: float(value) for name, value in by_hand.items()}
    assert {name: metrics[name] for name in numbers} == pytest.approx(numbers, abs=1e-5)


def test_without_a_teacher_nothing_is_said_about_one(run):
    metrics = run(teacher=None, losses={"task": {"use": "task"}})["metrics"]
    absent = {"val/agreement", "val/kl", "val/loss/kd", "train/loss/kd"}
    assert set(metrics) == METRICS - absent


def test_returns_the_best_epoch(run):
    result = run()
    accuracy, kd = result["curves"]["val/accuracy"], result["curves"]["val/loss/kd"]
    best = result["epoch"] - 1
    assert len(accuracy) == len(kd) == 4
    assert result["metrics"]["val/accuracy"] == accuracy[best] == max(accuracy)
    assert result["metrics"]["val/loss/kd"] == pytest.approx(kd[best])


def test_a_network_is_not_asked_twice_for_the_same(own):
    SEEN.clear()
    own("Watching", train={"epochs": 1, "batch": 32})
    asked = [count for count, training, _ in SEEN if not training and count > SAMPLE]
    assert asked == [VALIDATION, VALIDATION]  # after the epoch, and as many of the training rows


def test_the_digest_is_that_of_the_file(run, spec):
    assert run()["digest"] == sha256(Path(spec()["weights"]).read_bytes()).hexdigest()


def test_the_parts_of_a_loss_are_not_shipped(own, spec):
    result = own("plain", losses={"it": {"use": "projected"}})
    assert set(load_file(spec()["weights"])) == set(plain().state_dict())
    assert result["metrics"]["size/params"] == sum(parameter.numel() for parameter in plain().parameters())


@pytest.mark.parametrize("network", ["Normed", "Lazy", "Tied", "Transposed"])
def test_stored_weights_give_the_measured_scores(own, spec, network):
    metrics = own(network)["metrics"]
    student = {"use": "module", "target": f"training_toys:{network}"}
    reports = []
    trial.read_test(job(spec(student=student, split="validation")), reports.append)
    scores = reports[0]["scores"]
    assert {f"val/{name}": value for name, value in scores.items()} == pytest.approx(
        {name: metrics[name] for name in ("val/accuracy", "val/f1", "val/loss")}
    )


# ---------------------------------------------------------------- the seed


@pytest.mark.parametrize("network", ["plain", "Normed", "Elsewhere"])
def test_the_seed_decides_the_weights_bit_for_bit(own, network):
    digests = []
    for state, seed in ((1, 0), (2, 0), (3, 1)):
        for generator in (torch.manual_seed, np.random.seed, random.seed):
            generator(state)  # whatever happened before in this process
        digests.append(own(network, seed=seed)["digest"])
    assert digests[0] == digests[1] != digests[2]


def test_the_seed_is_set_before_the_network_is_built(own, spec):
    own("plain", train={"epochs": 1, "batch": 32, "lr": 1e-20, "weight_decay": 0.0}, seed=5)
    torch.manual_seed(5)
    expected = dict(plain().state_dict())
    torch.testing.assert_close(load_file(spec()["weights"]), expected, rtol=0, atol=0)


@pytest.mark.parametrize("network", ["plain", "Normed"])
def test_streamed_rows_give_the_same_trial(own, network):
    streamed, in_memory = (own(network, budget=budget) for budget in (0, 2**40))
    assert streamed["curves"] == in_memory["curves"]
    assert streamed["digest"] == in_memory["digest"]


def test_deterministic_holds_for_the_trial_and_no_longer(own):
    for wanted in (True, False):
        SEEN.clear()
        own("Watching", train={"epochs": 1, "batch": 32, "lr": 0.01, "deterministic": wanted})
        assert {seen[2] for seen in SEEN} == {wanted}
        assert not torch.are_deterministic_algorithms_enabled()

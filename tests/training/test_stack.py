"""Trials in a stack come out as they do alone."""

from __future__ import annotations

import pytest
import torch
import training_toys
from safetensors import safe_open
from torch import nn
from training_toys import CLASSES, FEATURES, job

from kdorch.training import trial

KD = {"task": {"use": "task", "weight": 0.3}, "kd": {"use": "hinton", "weight": 0.7}}


@pytest.fixture
def described(spec, tmp_path):
    """Return a function that describes trials, each with a file of its own for its weights."""

    def call(*trials):
        files = (str(tmp_path / f"{place}.safetensors") for place in range(len(trials)))
        return [spec(**({"weights": file} | each)) for file, each in zip(files, trials, strict=True)]

    return call


def ran(*described):
    """Run one job and return the last report of each of its trials, weights included."""
    last = {}
    trial.run(job(*described), lambda data: last.update({int(data["trial"]): data}))
    for place, each in enumerate(described):
        if "digest" in last[place].get("result", {}):
            with safe_open(each["weights"], "pt") as file:
                names = list(file.keys())
                last[place]["result"]["weights"] = {name: file.get_tensor(name).clone() for name in names}
    return [last[place] for place in range(len(described))]


@pytest.fixture
def both(described):
    """Return a function that runs trials one by one and as one job, and returns both results."""

    def call(*trials):
        each = described(*trials)
        return [ran(one)[0]["result"] for one in each], [found["result"] for found in ran(*each)]

    return call


def logits_of(result):
    state = result["weights"]
    first, second = ("late.1.", "head.") if "late.1.weight" in state else ("late.0.", "head.")
    inputs = torch.randn(50, FEATURES, generator=torch.Generator().manual_seed(0))
    hidden = (inputs @ state[f"{first}weight"].T + state[f"{first}bias"]).relu()
    return hidden @ state[f"{second}weight"].T + state[f"{second}bias"]


def points(curve):
    return {epoch: value for epoch, value in enumerate(curve, start=1) if value is not None}


def assert_equal(alone, stacked, *, stack):
    for one, other in zip(alone, stacked, strict=True):
        assert one["placement"] == "alone"
        assert other["placement"] == f"in a stack of {stack}"
        assert one["metrics"]["val/accuracy"] == other["metrics"]["val/accuracy"]
        assert one["epoch"] == other["epoch"]
        assert one["curves"].keys() == other["curves"].keys()
        for name, curve in one["curves"].items():
            assert points(other["curves"][name]) == pytest.approx(points(curve), abs=1e-4, rel=1e-4), name
        for name in one["weights"]:
            assert torch.allclose(one["weights"][name], other["weights"][name], atol=1e-4), name
        assert torch.allclose(logits_of(one), logits_of(other), atol=1e-4)


def mlp(width, **fields):
    return {"student": {"use": "mlp", "width": width}, **fields}


def losses(temperature, weight):
    return {
        "task": {"use": "task", "weight": 1 - weight},
        "kd": {"use": "hinton", "weight": weight, "temperature": temperature},
    }


def rate(lr, **fields):
    return {"epochs": 4, "batch": 32, "lr": lr, **fields}


# ---------------------------------------------------------------- equal


def test_widths_rates_decays_temperatures_and_weights_may_differ(both):
    found = both(
        mlp(3, losses=losses(1.5, 0.9), train=rate(0.01)),
        mlp(16, losses=losses(4.0, 0.2), train=rate(0.03, weight_decay=0.3)),
        mlp(8, losses=losses(8.0, 0.5), train=rate(0.003, weight_decay=0.0)),
    )
    assert_equal(*found, stack=3)


def test_each_seed_keeps_its_own_order_of_rows(both):
    assert_equal(*both(*(mlp(8, losses=KD, seed=seed) for seed in (0, 1, 1, 7))), stack=4)


def test_students_without_a_teacher_learn_beside_those_with_one(both):
    labels = {"task": {"use": "task"}}
    found = both(mlp(8, losses=KD), mlp(8, losses=labels), mlp(6, losses=KD, seed=3), mlp(6, losses=labels))
    assert_equal(*found, stack=4)
    assert "val/loss/kd" not in found[1][1]["metrics"]


@pytest.mark.parametrize(
    "loss",
    [
        "dist", "dkd", "forward_kl", "hinton", "jsd", "logit_mse", "logit_standardization", "nkd", "reverse_kl",
        "skew_kl", "skew_reverse_kl", "soft_cross_entropy",
    ],
)  # fmt: skip
def test_every_loss_with_a_closed_form_is_as_alone(both, loss):
    terms = [{"task": {"use": "task", "weight": 0.1}, "it": {"use": loss, "weight": w}} for w in (0.5, 0.9)]
    assert_equal(*both(mlp(4, losses=terms[0]), mlp(9, losses=terms[1])), stack=2)


@pytest.mark.parametrize(
    ("loss", "field", "values"),
    [
        ("hinton", "temperature", (1.0, 7.0)),
        ("dkd", "beta", (2.0, 8.0)),
        ("dkd", "alpha", (0.5, 2.0)),
        ("nkd", "temperature", (1.0, 2.5)),
        ("jsd", "beta", (0.1, 0.6)),
        ("dist", "temperature", (1.0, 3.0)),
        ("logit_standardization", "temperature", (1.0, 3.0)),
    ],
)
def test_settings_of_losses_may_differ(both, loss, field, values):
    trials = [mlp(8, losses={"it": {"use": loss, field: value}}) for value in values]
    assert_equal(*both(*trials), stack=2)


def test_schedules_are_followed_by_each(both):
    warm = {"task": {"use": "task"}, "kd": {"use": "hinton", "weight": {"from": 0.0, "to": 0.9, "epochs": 3}}}
    alone, stacked = both(mlp(8, losses=warm), mlp(5, losses=KD))
    assert_equal(alone, stacked, stack=2)
    assert stacked[0]["curves"]["train/weight/kd"] == pytest.approx([0.0, 0.3, 0.6, 0.9])


def test_other_activations_without_bias_stay_equal(both, monkeypatch):
    def other(width):
        return nn.Sequential(nn.Linear(FEATURES, width, bias=False), nn.GELU(), nn.Linear(width, CLASSES))

    monkeypatch.setattr(training_toys, "other", other, raising=False)
    part = {"use": "module", "target": "training_toys:other"}
    alone, stacked = both(*({"student": part | {"args": {"width": width}}} for width in (4, 11)))
    for one, two in zip(alone, stacked, strict=True):
        assert two["placement"] == "in a stack of 2"
        for name in one["weights"]:
            assert torch.allclose(one["weights"][name], two["weights"][name], atol=1e-4)


# ---------------------------------------------------------------- what cannot be stacked


def own(network):
    return {"student": {"use": "module", "target": f"training_toys:{network}"}}


def test_what_cannot_be_stacked_is_trained_alone_and_says_why(both):
    alone, found = both(mlp(8), own("Normed"), mlp(4), own("Tied"), own("Watching"))
    assert [each["placement"] for each in found] == [
        "in a stack of 2",
        "alone, as it has a BatchNorm1d",
        "in a stack of 2",
        "alone, as it has a Tied",
        "alone, as it has a Watching",
    ]
    for one, other in zip(alone, found, strict=True):
        assert one["metrics"]["val/loss"] == pytest.approx(other["metrics"]["val/loss"], abs=1e-5)
    for place in (1, 3, 4):  # to the last bit: the generators were as they are alone
        assert alone[place]["digest"] == found[place]["digest"]


def test_each_depth_has_a_stack_of_its_own(both):
    deep = {"student": {"use": "mlp", "width": 6, "depth": 2}}
    _, found = both(mlp(8), deep, mlp(4), deep, {"student": {"use": "mlp", "depth": 0}})
    assert [each["placement"] for each in found] == [
        *["in a stack of 2"] * 4,
        "alone",
    ]


def test_losses_without_a_closed_form_are_not_stacked(both):
    shy, projected = {"it": {"use": "shy"}}, {"it": {"use": "projected"}}
    _, found = both(mlp(8, losses=shy), mlp(4, losses=shy), mlp(4, losses=projected))
    assert {each["placement"] for each in found} == {
        "alone, as one of its losses has no closed-form gradient"
    }


def test_one_that_diverges_hurts_no_other(described, both):
    trials = mlp(8), mlp(6, train=rate(0.02)), mlp(6, train=rate(1e30))
    *well, ill = ran(*described(*trials))
    assert ill["error"].startswith("TrainingError: diverged in epoch 1:")
    alone, _ = both(*trials[:2])
    assert_equal(alone, [each["result"] for each in well], stack=3)


def test_one_that_is_given_up_is_trained_no_further_and_hurts_no_other(described, both):
    bar = {
        "objectives": {"val/accuracy": "max", "size/params": "min"},
        "hope": [0.5] * 4,
        "front": [[0.0, 1]],
    }
    trials = mlp(8), mlp(6, bar=bar), mlp(3, train=rate(0.02)), mlp(12, bar=bar)
    one, two, three, four = (each["result"] for each in ran(*described(*trials)))
    assert (two["pruned"], four["pruned"]) == (1, 1)
    assert {len(curve) for curve in two["curves"].values()} == {1}
    alone, _ = both(trials[0], trials[2])
    assert_equal(alone, [one, three], stack=4)


def test_who_stays_keeps_the_weights_of_its_best_epoch_when_another_leaves(described, both):
    bar = {
        "objectives": {"val/accuracy": "max", "size/params": "min"},
        "hope": [0, 0, 1, 1],
        "front": [[1e-3, 1]],
    }
    trials = mlp(8, train=rate(0.5)), mlp(6, bar=bar), mlp(3, train=rate(0.4))
    one, two, three = (each["result"] for each in ran(*described(*trials)))
    assert two["pruned"] == 3
    assert one["epoch"] == 2  # before that, and never again as good
    alone, _ = both(trials[0], trials[2])
    assert_equal(alone, [one, three], stack=3)

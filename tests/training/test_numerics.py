"""Other layouts and precisions: who may have them, and that they leave what is learnt as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from training_toys import job, result_of

import kdorch
from kdorch.study import Train
from kdorch.training import comparing, trial
from kdorch.training.alone import fit_alone
from kdorch.training.blind import blind
from kdorch.training.layout import against_bfloat16, against_channels_last
from kdorch.training.numerics import Numerics, settle
from kdorch.training.prepared import Bench

SIDE, ROWS = 10, 40
IMAGES = torch.randn(3, 3, SIDE, SIDE)
HALVES = pytest.mark.skipif(
    not torch.cpu.get_capabilities().get("avx512_bf16"), reason="this processor only imitates bfloat16"
)


class Viewing(nn.Module):
    """Takes it that its maps are contiguous."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3), nn.Linear(8 * 8 * 8, 3)

    def forward(self, inputs):
        return self.last(self.first(inputs).view(len(inputs), -1))


class Owning(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(4, 3, 1, 1))
        self.last = nn.Conv2d(4, 3, 8)

    def forward(self, inputs):
        return self.last(nn.functional.conv2d(inputs, self.kernel, stride=2)).flatten(1)


@pytest.fixture
def images(spec, tmp_path):
    """Return a function that describes a trial on small images in colour."""
    generator = np.random.default_rng(0)
    for split in ("train", "validation"):
        targets = np.arange(ROWS) % 3
        inputs = generator.normal(size=(ROWS, 3, SIDE, SIDE)) + targets[:, None, None, None]
        columns = {"inputs": inputs.astype(np.float32), "targets": targets, "rows": np.arange(ROWS)}
        (tmp_path / "images" / split).mkdir(parents=True)
        for name, column in columns.items():
            np.save(tmp_path / "images" / split / f"{name}.npy", column)

    def describe(**fields):
        task = kdorch.Classification(labels=("a", "b", "c"), input_shape=(3, SIDE, SIDE))
        default = {
            "data": str(tmp_path / "images"),
            "task": task.model_dump(),
            "student": {"use": "cnn", "width": 4},
            "losses": {"task": {"use": "task"}},
        }
        return spec(**{"teacher": None, **default, **fields})

    return describe


def fitted(described, numerics):
    bench = Bench(job(described))
    prepared = replace(bench.prepare(job(described)["trials"][0]), numerics=numerics)
    fit_alone(prepared)
    return prepared


def shallow(*layers):
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3)).eval()


# ---------------------------------------------------------------- what is learnt


@pytest.mark.parametrize("loss", [{"use": "task"}, {"use": "viewed"}], ids=["logits", "features"])
def test_channels_last_teaches_the_same(images, loss):
    described = images(losses={"it": loss})
    one, other = (fitted(described, Numerics(layout)).network for layout in ("contiguous", "channels_last"))
    for mine, yours in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, yours, rtol=1e-3, atol=1e-5)
        assert yours.is_contiguous()


@HALVES
def test_bfloat16_teaches_nearly_the_same_in_float32_weights(images):
    one, other = (fitted(images(), Numerics(precision=each)).network for each in ("float32", "bfloat16"))
    for mine, yours in zip(one.parameters(), other.parameters(), strict=True):
        assert yours.dtype == torch.float32
        torch.testing.assert_close(mine, yours, rtol=0.1, atol=0.05)
    assert any(not torch.equal(*both) for both in zip(one.parameters(), other.parameters(), strict=True))


@HALVES
@pytest.mark.parametrize("epochs", [1, 2])
def test_what_is_measured_is_the_shipped_network_in_float32(images, epochs):
    described = images(train={"epochs": epochs, "batch": 16, "lr": 0.01, "precision": "bfloat16"})
    result = result_of(described)
    assert result["placement"].startswith("alone, in bfloat16")
    reports = []
    trial.read_test(job(described | {"split": "validation"}), reports.append)
    assert reports[0]["scores"]["loss"] == result["metrics"]["val/loss"]
    assert {tensor.dtype for tensor in load_file(described["weights"]).values()} == {torch.float32}


def test_by_default_nothing_is_in_between():
    network = nn.Linear(2, 2)
    with Numerics().applied(network) as computed:
        assert computed is network


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize(
    "network",
    [
        shallow(nn.Conv2d(3, 8, 1, stride=2), nn.Conv2d(8, 16, 3)),  # the error of oneDNN
        shallow(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 16, 3, groups=2)),
        shallow(nn.Conv2d(3, 16, 3), nn.GroupNorm(2, 16)),
        shallow(nn.ConvTranspose2d(3, 3, 2), nn.Conv2d(3, 16, 3)),
        Owning(),
        nn.Sequential(nn.Flatten(), nn.Linear(300, 3)),
    ],
    ids=["leaping", "grouped", "other norm", "transposed", "own weights", "no maps"],
)
def test_what_is_not_known_to_be_safe_stays_contiguous(network):
    assert against_channels_last(network, IMAGES)
    settled = settle(Train(memory_format="channels_last"), {}, network, IMAGES)
    assert settled == Numerics()
    assert settled.note.startswith(", not channels_last, as ")


@pytest.mark.parametrize(
    "network",
    [
        shallow(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 1)),
        shallow(nn.Conv2d(3, 16, 3), nn.MaxPool2d(2), nn.Conv2d(16, 16, 1, stride=2)),
    ],
)
def test_what_was_searched_may_have_channels_last(network):
    assert not against_channels_last(network, IMAGES)
    assert settle(Train(memory_format="channels_last"), {}, network, IMAGES) == Numerics("channels_last")


def test_a_network_that_fails_with_channels_last_is_trained_without(images):
    network = Viewing().eval()
    assert not against_channels_last(network, IMAGES)
    settled = settle(Train(memory_format="channels_last"), {}, network, IMAGES)
    assert settled == Numerics()
    assert "it fails so: " in settled.note


@HALVES
@pytest.mark.parametrize(
    ("side", "stride", "blind"), [(2, 3, True), (4, 4, True), (4, 2, False), (3, 1, False)]
)
def test_weights_that_only_see_padding_are_not_trained_in_bfloat16(side, stride, blind):
    network, inputs = nn.Conv2d(3, 4, 3, stride, padding=1), torch.randn(2, 3, side, side, requires_grad=True)
    network(inputs).sum().backward()
    unseen = (network.weight.grad == 0).any().item()  # in float32 they have no gradient
    assert unseen == blind
    assert bool(against_bfloat16(network, inputs)) == blind


# ---------------------------------------------------------------- who decides


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Numerics("channels_last")),  # precision is float32 unless somebody asks
        ({"memory_format": "contiguous"}, Numerics()),
        ({"deterministic": True}, Numerics()),
        pytest.param({"precision": "auto"}, Numerics("channels_last", "bfloat16"), marks=HALVES),
    ],
)
def test_settings_come_before_what_was_measured(settings, expected):
    measured = {"memory_format": "channels_last", "precision": "bfloat16"}
    network = shallow(nn.Conv2d(3, 16, 3))
    assert settle(Train(**settings), measured, network, IMAGES) == expected
    assert settle(Train(**settings), {}, network, IMAGES) == Numerics()


def test_a_trial_obeys_and_says_so(images):
    described = images() | {"train": {"epochs": 1, "batch": 16, "lr": 0.01}}
    spec = job(described)
    spec["trials"][0]["numerics"] = {"memory_format": "channels_last", "precision": "float32"}
    reports = []
    trial.run(spec, reports.append)
    assert reports[-1]["result"]["placement"].startswith("alone, channels last, as ")


# ---------------------------------------------------------------- what is measured


def timed(described, *precisions):
    few = {"rows": None, "precisions": precisions or ("float32", "bfloat16")}
    return comparing.times(job(described) | few, print)["seconds"]


def test_each_layout_is_measured_and_precision_only_on_request(images):
    seconds = timed(images())
    assert all(value > 0 for value in seconds.values())
    assert seconds["contiguous float32"] == seconds["contiguous bfloat16"]
    assert seconds["contiguous float32"] != seconds["channels_last float32"]


@HALVES
def test_precisions_may_be_measured_apart(images):
    described = images(train={"epochs": 1, "batch": 8, "precision": "auto"})
    assert timed(described).keys() == timed(described, "float32").keys() | timed(described, "bfloat16").keys()
    vectors = described | {"student": {"use": "mlp", "width": 8}}
    assert all(len(timed(vectors, name)) == 2 for name in ("float32", "bfloat16"))


def test_a_longer_training_takes_longer(images):
    short, long = (images(train={"epochs": epochs, "batch": 8}) for epochs in (1, 100))
    assert min(timed(long).values()) > 10 * max(timed(short).values())


def test_where_nothing_is_to_be_decided_nothing_is_measured(images):
    assert timed(images(student={"use": "mlp", "width": 8})) == {}


def test_what_cannot_be_trained_is_left_to_the_trials(images):
    assert timed(images(losses={"task": {"use": "task"}, "bad": {"use": "poisoned"}})) == {}


def scored(described, precision):
    return comparing.score(job(described) | {"wanted": f"contiguous {precision}", "rows": None}, print)


@HALVES
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_student_is_scored_after_a_short_training_on_labels(images, precision):
    train = {"epochs": 25, "batch": 8, "lr": 0.01, "precision": "auto"}
    poisoned = {"task": {"use": "task"}, "bad": {"use": "poisoned"}}
    described = images(train=train, losses=poisoned, student={"use": "cnn", "width": 8})
    found = scored(described, precision)
    assert found["before"] == scored(described, "float32")["before"]
    assert found["after"] > found["before"] + found["error"]
    share = found["after"]
    rows = len(next(blind(job(images()))).validation)
    assert found["error"] == pytest.approx((share * (1 - share) / rows) ** 0.5)


def test_an_error_is_known_of_a_share_alone(images):
    found = scored(images(score=["loss", "min"]), "float32")
    assert found["after"] < found["before"]
    assert np.isnan(found["error"])

"""Trials that come to an early end, and what they leave behind."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from training_toys import CLASSES, FEATURES, SEEN, TRAIN, job

import kdorch
from kdorch.errors import TrainingError
from kdorch.training import trial
from kdorch.training.building import build


def globals_of_torch():
    debug = torch.get_deterministic_debug_mode()
    return torch.get_num_threads(), debug, torch.get_default_dtype(), torch.is_grad_enabled()


# ---------------------------------------------------------------- limits


def test_a_limit_that_is_broken_before_training_spares_it(own, spec):
    SEEN.clear()
    reports = []
    part = {"use": "module", "target": "training_toys:Watching"}
    described = spec(student=part, limits=[["size/params", 20.0, "min"], ["size/bytes", 1e9, "min"]])
    trial.run(job(described), reports.append)
    [told] = reports
    result = told["result"]
    params = FEATURES * CLASSES + CLASSES
    assert result == {
        "infeasible": {"size/params": params - 20.0},
        "metrics": {"size/params": params, "size/bytes": 4 * params, "cost/flops": 2 * FEATURES * CLASSES},
    }
    assert [seen[:2] for seen in SEEN] == [
        (2, False),
        (1, False),
    ]  # its shape is read, its operations counted
    assert not Path(described["weights"]).exists()


def test_a_limit_on_operations_spares_training_as_well(run):
    operations = 2 * (FEATURES * 8 + 8 * CLASSES)
    assert run(limits=[["cost/flops", operations - 1.0, "min"]])["infeasible"] == {"cost/flops": 1.0}
    assert "infeasible" not in run(limits=[["cost/flops", operations, "min"]])


def test_a_limit_from_below_counts_as_well(run):
    result = run(measures=[{"use": "known"}], limits=[["toy/known", 3.0, "max"]])
    assert result["infeasible"] == {"toy/known": 2.0}


def test_a_limit_that_holds_or_is_not_known_yet_stops_nothing(spec):
    reports = []
    bounds = [["size/params", 83.0, "min"], ["val/accuracy", 2.0, "max"]]
    trial.run(job(spec(limits=bounds)), reports.append)
    before, after = reports
    assert before == {"trial": "0", "known": {"size/params": 83, "size/bytes": 332, "cost/flops": 144}}
    assert after["result"]["metrics"]["size/params"] == 83


def test_one_that_cannot_clear_the_bar_is_given_up_and_the_next_goes_on(spec):
    objectives = {"val/accuracy": "max", "size/params": "min"}
    perfect = {"objectives": objectives, "hope": [0.0, 0.9, 0.9, 1.0]}
    known = {"size/params": 83, "size/bytes": 332, "cost/flops": 144}
    bars = [perfect | {"front": [[1e-9, params]]} for params in (82, 84)]
    described = [spec(bar=bar, weights=f"{spec()['weights']}{place}") for place, bar in enumerate(bars)]
    reports = []
    trial.run(job(*described), reports.append)
    given_up, whole = (each["result"] for each in reports if "result" in each)
    assert (given_up["pruned"], given_up["metrics"]) == (2, known)
    assert {len(curve) for curve in given_up["curves"].values()} == {2}
    assert not Path(described[0]["weights"]).exists()
    assert "pruned" not in whole
    assert {len(curve) for curve in whole["curves"].values()} == {4}
    assert given_up["curves"]["val/accuracy"] == whole["curves"]["val/accuracy"][:2]


# ---------------------------------------------------------------- what goes wrong


def test_a_student_of_another_shape_is_told_what_is_expected(own):
    with pytest.raises(
        TrainingError, match=r"\(training_toys:Scalar\) answers 2 rows with shape \(2,\).*\(rows, 3\)"
    ):
        own("Scalar")


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("Wide", r"fails on 2 rows of shape \(6,\): RuntimeError: mat1 and mat2 .* \(2x6 and 7x3\)"),
        ("Tuple", r"answers a tuple\. Return the logits as a tensor, or a kdorch\.Output\."),
        ("Greedy", r"fails on 2 rows of shape \(6,\): RuntimeError: .*allocate memory"),
        ("Missing", r"cannot be built: ValueError: training_toys:Missing .* no attribute 'Missing'"),
    ],
)
def test_a_student_that_fails_is_told_where_and_why(own, network, told):
    with pytest.raises(TrainingError, match=rf"^student 'module' \(training_toys:{network}\) {told}"):
        own(network)


class Forgetful(kdorch.Student, name="forgetful"):
    """Builds a network and does not return it."""

    def build(self, task):
        torch.nn.Linear(2, 2)


def test_a_student_that_returns_no_network_is_told_so():
    batch = kdorch.Batch(torch.zeros(2, 2), torch.zeros(2), torch.arange(2))
    with pytest.raises(
        TrainingError, match=r"^student 'forgetful' cannot be built: build returns a NoneType, not"
    ):
        build(Forgetful(), kdorch.Classification(labels=["a", "b"], input_shape=(2,)), batch)


def test_a_loss_of_nan_names_the_epoch(run):
    steps = math.ceil(TRAIN / 32)
    losses = {"task": {"use": "task"}, "bad": {"use": "poisoned", "step": steps + 1}}
    with pytest.raises(TrainingError, match=r"diverged in epoch 2: .*losses \(task, bad\)"):
        run(losses=losses)


def test_a_loss_of_nan_in_validation_names_the_loss(run):
    with pytest.raises(TrainingError, match=r"diverged in epoch 1: val/loss/bad is nan"):
        run(losses={"task": {"use": "task"}, "bad": {"use": "poisoned"}})


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("end", ["complete", "infeasible", "failed"])
def test_leaves_torch_as_it_was(run, end, deterministic):
    rate = 1e30 if end == "failed" else 0.01
    train = {"epochs": 1, "batch": 32, "lr": rate, "deterministic": deterministic}
    limits = [["size/params", 1.0, "min"]] if end == "infeasible" else []
    before = globals_of_torch()
    try:
        run(train=train, limits=limits)
    except TrainingError:
        assert end == "failed"
    assert globals_of_torch() == before


# ---------------------------------------------------------------- beside one that changes the process


@pytest.fixture
def told(spec):
    """Return a function that runs trials in one job, and returns the names of those that were told."""

    def call(*students):
        before, reports = np.geterr(), []
        try:
            trial.run(job(*(spec(student=student) for student in students)), reports.append)
        finally:
            np.seterr(**before)
        return [report["trial"] for report in reports if "result" in report]

    return call


RUDE = {"use": "module", "target": "training_toys:Rude"}
POLITE = {"use": "module", "target": "training_toys:Watching"}
STACKED = {"use": "mlp", "width": 8}


@pytest.mark.parametrize(
    ("students", "names"),
    [
        ((POLITE, RUDE, POLITE), ["0", "1"]),
        ((RUDE, STACKED, STACKED), ["0"]),
        ((STACKED, RUDE), ["1"]),
        ((RUDE,), ["0"]),
        ((POLITE, STACKED, POLITE), ["0", "2", "1"]),
    ],
)
def test_nobody_is_trained_in_a_process_that_another_one_has_changed(told, students, names):
    assert told(*students) == names

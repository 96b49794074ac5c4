"""What a few steps tell of how students are trained quickest."""

from __future__ import annotations

import pytest
import torch
from training_toys import CLASSES, TASK, TRAIN, job

from kdorch.training import placing
from kdorch.training.rows import open_rows
from kdorch.training.supposed import Supposed
from kdorch.training.threads import torch_threads

STACK = 8


@pytest.fixture
def measured(spec):
    def call(*trials, **asked):
        described = job(*(spec(**each, teacher=None) for each in trials))
        return placing.run({**described, "rows": None, "stack": STACK, "alone": {}, **asked}, print)

    return call


def test_each_student_is_measured_alone_and_in_a_stack(measured):
    found = measured({"student": {"use": "mlp", "width": 4}}, {"student": {"use": "mlp", "width": 32}})
    assert len(found["alone"]) == len(found["stacked"]) == 2
    assert sum(found["stacked"]) < sum(found["alone"])
    assert (found["pays"], found["threads"]) == (True, 1)
    assert found["against"] == []
    assert found["bytes"] == 4 * (6 * 32 + 32 + 32 * 3 + 3)


def test_more_rows_and_more_epochs_take_longer(measured):
    few = sum(measured({"train": {"epochs": 2, "batch": 32}})["alone"])
    more = sum(measured({"train": {"epochs": 200, "batch": 32}}, rows=10 * TRAIN)["alone"])
    assert more > 100 * few  # and about 1,000 times as long


def test_what_cannot_be_stacked_takes_as_long_and_says_why(measured):
    found = measured({"student": {"use": "module", "target": "training_toys:Normed"}})
    assert found["alone"] == found["stacked"]
    assert found["against"] == ["it has a BatchNorm1d"]


@pytest.mark.parametrize(
    ("target", "threads", "known"), [("Normed", 1, True), ("Normed", 2, False), ("Plain", 1, False)]
)
def test_what_was_measured_before_is_measured_again_where_it_is_compared(measured, target, threads, known):
    student = {"use": "module", "target": "training_toys:Normed"} if target == "Normed" else {"use": "mlp"}
    with torch_threads(threads):
        found = measured({"student": student}, alone={"0": 1e9, "1": 1e9})
    assert (found["alone"] == [1e9]) == known


@pytest.mark.parametrize(
    ("loss", "why"),
    [
        ({"use": "shy"}, "loss"),  # it offers a gradient, and has none
        ({"use": "attention", "layers": {"a": "b"}}, "one of its losses has no closed-form gradient"),
    ],
    ids=["no gradient", "features"],
)
def test_losses_may_forbid_a_stack(measured, loss, why):
    found = measured({"losses": {"task": {"use": "task"}, "other": loss}})
    assert found["alone"] == found["stacked"]
    assert why in found["against"][0]


def test_threads_are_tried_on_the_way_that_is_taken(measured, monkeypatch):
    tried = []

    def quickest(seconds, alone):
        tried.append((torch.get_num_threads(), alone, seconds()))
        return 2, 1.5

    monkeypatch.setattr(placing, "quickest", quickest)
    with torch_threads(2):
        found = measured({"train": {"epochs": 2, "batch": 32}})
    assert (found["threads"], found["gain"]) == (2, 1.5)
    [(threads, alone, _again)] = tried
    assert (threads, alone) == (2, found["stacked"][0])


def test_what_a_teacher_might_say_differs_from_row_to_row_and_from_class_to_class(stored):
    rows = Supposed(open_rows(stored / "data", "train", None, budget=0), TASK)
    (_, told), (_, again), *_ = rows.batches(32)
    assert told.logits.shape == (32, CLASSES)
    assert told.logits.std(0).min() > 0.5
    assert told.logits.std(1).min() > 0.01
    assert torch.equal(told.logits, again.logits)  # nobody waits for new noise


def test_limits_and_divergence_are_left_to_the_trials(measured):
    mlp = {"student": {"use": "mlp", "width": 8}, "limits": [["size/params", 1.0, "min"]]}
    assert measured(mlp)["alone"][0] > 0
    poisoned = {"losses": {"task": {"use": "task"}, "bad": {"use": "poisoned"}}}
    assert measured(poisoned)["alone"] == []

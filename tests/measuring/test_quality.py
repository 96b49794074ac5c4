"""What is measured on the validation rows, under its metric names."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

import kdorch
from kdorch.measuring.quality import Calibration, Fidelity, Quality

TASK = kdorch.Classification(labels=("a", "b"))
ANSWERS = torch.tensor([[0.8, 0.2], [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]], dtype=torch.float64).log()
TEACHER = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.1, 0.9]], dtype=torch.float64).log()
SUBJECT = kdorch.Subject(
    network=nn.Identity(),
    task=TASK,
    inputs=torch.zeros(2, 2),
    logits=ANSWERS,
    targets=torch.tensor([0, 1, 1, 1]),
    teacher=TEACHER,
)


def test_quality_is_the_tasks_scores() -> None:
    found = Quality()(SUBJECT)
    assert set(found) == {"val/accuracy", "val/f1", "val/loss"}
    assert found["val/accuracy"] == pytest.approx(0.75)
    assert found["val/loss"] == TASK.score("loss", ANSWERS, SUBJECT.targets)


def test_fidelity_compares_with_the_teacher() -> None:
    assert Fidelity()(SUBJECT) == {
        "val/agreement": pytest.approx(0.75),
        "val/kl": pytest.approx(TASK.fidelity(ANSWERS, TEACHER)["kl"]),
    }
    same = Fidelity()(replace(SUBJECT, teacher=ANSWERS))
    assert same == {"val/agreement": 1.0, "val/kl": pytest.approx(0.0, abs=1e-12)}


def test_fidelity_says_nothing_without_a_teacher() -> None:
    assert Fidelity()(replace(SUBJECT, teacher=None)) == {}


def test_fidelity_is_of_the_tokens_that_count() -> None:
    task, said = kdorch.Tokens(labels=("a", "b")), ANSWERS.unflatten(0, (2, 2))
    subject = replace(SUBJECT, task=task, logits=said, teacher=TEACHER.unflatten(0, (2, 2)))
    counted = replace(subject, targets=torch.tensor([[0, -100], [-100, -100]]))
    assert Fidelity()(replace(subject, targets=torch.zeros(2, 2, dtype=torch.long)))["val/agreement"] == 0.75
    first = task.fidelity(ANSWERS[None, :1], TEACHER[None, :1])
    assert Fidelity()(counted) == {"val/agreement": 1.0, "val/kl": pytest.approx(first["kl"])}


def test_calibration_is_the_tasks() -> None:
    gaps = (1 - 0.8) + 2 * abs(0.5 - 0.6) + (1 - 0.9)  # the rows that say 0.6 share a bin: one is right
    assert Calibration()(SUBJECT) == {"val/ece": pytest.approx(gaps / 4, rel=1e-6)}


@pytest.mark.parametrize("measure", [Quality(), Fidelity(), Calibration()])
def test_measures_produce_what_they_announce(measure: kdorch.Measure) -> None:
    assert set(measure(SUBJECT)) == set(measure.produces(type(TASK)))
    assert not measure.before_training


def test_directions_say_what_is_better() -> None:
    announced = (
        Quality().produces(type(TASK)) | Fidelity().produces(type(TASK)) | Calibration().produces(type(TASK))
    )
    assert announced == {
        "val/accuracy": "max",
        "val/f1": "max",
        "val/loss": "min",
        "val/agreement": "max",
        "val/kl": "min",
        "val/ece": "min",
    }

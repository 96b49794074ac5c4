"""Do losses fit what they are given: shapes, class counts, tasks, and their own fields."""

from __future__ import annotations

import pytest
import torch
from lessons import CASES, FLAGS, TASK
from pydantic import ValidationError

import kdorch
from kdorch.builtin.losses import Dist, Dkd, ForwardKl, Jsd, LogitMse, LogitStandardization, Nkd, SkewKl, Uld
from kdorch.discovery import installed

TWO = kdorch.Classification(labels=("no", "yes"))
each_case = pytest.mark.parametrize("name", CASES)


def shown(*shape: int) -> kdorch.Output:
    return kdorch.Output(torch.zeros(shape))


@each_case
def test_rows_and_tokens_must_be_the_same(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"shape \(2, 5, 10\), the teacher's \(2, 4, 10\)\. Both need the same"
    ):
        CASES[name].build(TASK, shown(2, 5, 10), shown(2, 4, 10))


@pytest.mark.parametrize("name", [name for name in CASES if name != "uld"])
def test_classes_must_be_the_same(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"shape \(2, 10\), the teacher's \(2, 12\): \w+ compares them class by"
    ):
        CASES[name].build(TASK, shown(2, 10), shown(2, 12))


@pytest.mark.parametrize("name", ["hinton", "forward_kl", "reverse_kl", "jsd", "skew_kl", "skew_reverse_kl"])
def test_two_vocabularies_lead_to_uld(name: str) -> None:
    with pytest.raises(ValueError, match="For two vocabularies, use uld"):
        CASES[name].build(TASK, shown(2, 5, 10), shown(2, 5, 12))
    assert Uld().build(TASK, shown(2, 5, 10), shown(2, 5, 12)) == Uld()


@pytest.mark.parametrize("loss", [Dkd(), Nkd(), LogitStandardization()], ids=lambda loss: loss.name)
def test_two_classes_are_too_few(loss: kdorch.Loss) -> None:
    assert loss.misfits(kdorch.Classification, 3) == loss.misfits(kdorch.Classification) == {}
    [(field, what)] = loss.misfits(kdorch.Classification, 2).items()
    assert field == "use"
    assert what.startswith(f"{loss.name} has no meaning for 2 classes: ")
    assert what.endswith(". Use hinton.")
    with pytest.raises(ValueError, match="has no meaning for 2 classes"):
        loss.build(TWO, shown(2, 2), shown(2, 2))


def test_dist_of_two_classes_needs_columns() -> None:
    """A row's correlation is 1 or -1 there, and has no gradient."""
    assert Dist().misfits(kdorch.Classification, 2) == {}
    assert Dist(gamma=0).misfits(kdorch.Classification, 3) == {}
    assert Dist(gamma=0).misfits(kdorch.Classification, 2).keys() == {"gamma"}
    student, teacher = (kdorch.Output(torch.randn(6, 2, dtype=torch.float64)) for _ in range(2))
    batch = kdorch.Batch(student.logits, torch.zeros(6), torch.arange(6))
    assert Dist(gamma=0).gradient(student, teacher, batch).abs().max() < 1e-12
    assert Dist(beta=0).gradient(student, teacher, batch).abs().max() > 1e-3


def test_what_each_loss_is_for() -> None:
    tasks = {name: CASES[name].tasks for name in CASES if "-" not in name}
    several = {
        "hinton",
        "soft_cross_entropy",
        "forward_kl",
        "reverse_kl",
        "jsd",
        "skew_kl",
        "skew_reverse_kl",
    }
    assert {name for name, able in tasks.items() if "multilabel" in able} == several
    assert {name for name, able in tasks.items() if not able} == {"logit_mse"}
    assert all("classification" in able for name, able in tasks.items() if name != "logit_mse")


@pytest.mark.parametrize("task", [TASK, FLAGS], ids=lambda task: task.name)
def test_a_loss_that_fits_is_built(task: kdorch.Task) -> None:
    assert LogitMse().build(task, shown(2, 10), shown(2, 10)) == LogitMse()
    assert callable(ForwardKl().build(task, shown(2, 10), None))


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_mixtures_need_some_of_both(end: float) -> None:
    for kind, field in ((Jsd, "beta"), (SkewKl, "alpha")):
        with pytest.raises(ValidationError):
            kind.model_validate({field: end})


def test_every_number_of_a_loss_has_a_range_that_it_takes() -> None:
    for entry in installed().registries["loss"]:
        space = entry.spec.search_space()
        numbers = {
            name for name, field in entry.spec.model_fields.items() if field.annotation in (int, float)
        }
        assert numbers - {"weight"} <= space.keys(), entry.name
        for field, mark in space.items():
            ends = mark.options if isinstance(mark, kdorch.Choice) else (mark.low, mark.high)
            required = {"layers": {"late": "late"}} if "layers" in entry.spec.model_fields else {}
            for end in ends:
                assert getattr(entry.spec.model_validate({field: end} | required), field) == end

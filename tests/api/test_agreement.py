"""Which numbers of two trainings are told apart."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from kdorch.api.reproduction.agreement import TOLERANCE, Difference, Outcome, apart, verdict

BEFORE = Outcome(
    weights="abc",
    epoch=2,
    metrics={"val/accuracy": 0.9, "val/loss": 20.0, "cost/train_seconds": 1.0},
    curves={"val/accuracy": {1: 0.8, 2: 0.9, 3: 0.85}, "train/grad/kd": {1: 3.0, 2: 2.0}},
)


def names(tolerance: float = TOLERANCE, **changed: Any) -> list[str]:
    return [difference.name for difference in apart(BEFORE, replace(BEFORE, **changed), tolerance)]


def metrics(**changed: float) -> dict[str, float]:
    return {**BEFORE.metrics, **{name.replace("__", "/"): value for name, value in changed.items()}}


def test_the_same_is_the_same() -> None:
    assert names(0) == []


@pytest.mark.parametrize(
    ("value", "exact", "near"),
    [(20.0 + 1e-9, ["val/loss"], []), (20.001, ["val/loss"], []), (20.01, ["val/loss"], ["val/loss"])],
)
def test_rounding_is_none_only_where_it_may_be(value: float, exact: list[str], near: list[str]) -> None:
    assert names(0, metrics=metrics(val__loss=value)) == exact
    assert names(metrics=metrics(val__loss=value)) == near


@pytest.mark.parametrize("name", ["cost__train_seconds", "latency__p50", "test__accuracy"])
def test_what_is_not_trained_is_not_compared(name: str) -> None:
    assert names(0, metrics=metrics(**{name: 7.0})) == []


def test_a_number_that_is_none_is_like_itself_alone() -> None:
    nothing = replace(BEFORE, metrics=metrics(val__loss=math.nan))
    assert apart(nothing, replace(nothing, metrics=metrics(val__loss=math.nan)), 0) == []
    assert names(metrics=metrics(val__loss=math.nan)) == ["val/loss"]
    infinite = replace(BEFORE, metrics=metrics(val__loss=math.inf))
    assert apart(infinite, infinite, 0) == []


def test_what_is_there_once_is_told() -> None:
    fewer = {name: value for name, value in BEFORE.metrics.items() if name != "val/loss"}
    (found,) = apart(BEFORE, replace(BEFORE, metrics=fewer), TOLERANCE)
    assert str(found) == "val/loss was 20.0, is no longer there"
    assert str(Difference("val/f1", None, 0.5)) == "val/f1 was not there, is now 0.5"


def test_of_a_curve_the_first_number_that_differs_is_told() -> None:
    other = {1: 0.8, 2: 0.7, 3: 0.6}
    assert names(curves=BEFORE.curves | {"val/accuracy": other}) == ["val/accuracy of epoch 2"]
    assert names(curves=BEFORE.curves | {"val/accuracy": {1: 0.8, 2: 0.9}}) == ["val/accuracy of epoch 3"]
    assert names(curves={"val/accuracy": BEFORE.curves["val/accuracy"]}) == ["train/grad/kd of epoch 1"]


def test_another_best_epoch_is_another_training() -> None:
    assert names(epoch=3) == ["the best epoch"]


@pytest.mark.parametrize(
    ("logits", "further", "told"),
    [
        (4e-5, [], "within 1e-4"),
        (2e-4, [], "differs"),  # though no score tells
        (math.nan, [], "differs"),
        (None, [], "differs"),
        (0.0, [Difference("val/accuracy", 0.9, 0.8)], "differs"),
    ],
)
def test_logits_and_numbers_have_to_agree(logits: float | None, further: list[Difference], told: str) -> None:
    assert verdict(exact=False, further=further, logits=logits) == told
    assert verdict(exact=True, further=[], logits=0.0) == "bit for bit"

"""Weights that change with the epochs, and how a study writes them."""

from __future__ import annotations

import json

import pytest

from kdorch import Schedule
from kdorch.builtin.losses import Hinton

WARM = {"from": 0, "to": 0.9, "epochs": 3}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("linear", [0, 0.3, 0.6, 0.9, 0.9]),
        ("cosine", [0, 0.225, 0.675, 0.9, 0.9]),
        ("step", [0, 0, 0, 0.9, 0.9]),
    ],
)
def test_it_begins_in_epoch_1_and_ends_after_its_epochs(shape: str, expected: list[float]) -> None:
    up = Hinton.model_validate({"weight": WARM | {"shape": shape}}).weight
    down = Schedule(from_=0.9, to=0, epochs=3, shape=shape)
    assert [up.at(epoch) for epoch in range(1, 6)] == pytest.approx(expected)
    assert [down.at(epoch) for epoch in range(1, 6)] == pytest.approx([0.9 - each for each in expected])


def test_the_ends_are_exact() -> None:
    schedule = Schedule(from_=0.1, to=0.7, epochs=7)
    assert (schedule.at(1), schedule.at(8), schedule.at(1000)) == (0.1, 0.7, 0.7)


def test_a_mapping_and_an_object_are_one_thing() -> None:
    written, made = Hinton(weight=WARM), Hinton(weight=Schedule(from_=0, to=0.9, epochs=3))
    assert written == made != Hinton(weight=0.9)
    tree = made.model_dump(mode="json")
    assert tree["weight"] == WARM | {"shape": "linear"}
    fields = json.loads(json.dumps(tree))
    assert Hinton.model_validate(fields) == made
    assert Hinton(weight=1).model_dump()["weight"] == 1.0

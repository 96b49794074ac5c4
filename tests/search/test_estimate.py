"""What a study says it will take, beside what it does take."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.api.rehearsal import rehearse
from kdorch.search.estimate import Estimate, extremes

Tree = Callable[..., dict[str, Any]]


def test_the_ends_of_every_range_are_tried_for_each_student(tree: Tree) -> None:
    study = kdorch.Study(
        **tree(
            student={"any": [{"use": "mlp"}, {"use": "cnn"}]},
            tune={
                "student.mlp.width": {"low": 4, "high": 24},
                "student.cnn.width": [2, 3, 8],
                "train.batch": {"low": 16, "high": 128},
                "train.lr": {"low": 1e-3, "high": 1e-2},
            },
        )
    )
    found = [(trial["student"], trial["train"]["batch"], trial["train"]["lr"]) for trial in extremes(study)]
    assert found == [
        ({"use": "mlp", "width": 4, "depth": 1}, 128, 1e-3),
        ({"use": "mlp", "width": 24, "depth": 1}, 16, 1e-2),
        ({"use": "cnn", "width": 2}, 128, 1e-3),
        ({"use": "cnn", "width": 8}, 16, 1e-2),
    ]


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ((0.38, 0.38), "about 16 s with 2 at once, up to 5.0 MB: 40 trials of 0.4 s"),
        ((1.0, 100.0), "about 28 s to 33 min with 2 at once, up to 5.0 MB: 40 trials of 1.0 s to 100 s"),
        ((500.0, 9000.0), "about 3 h to 50 h with 2 at once, up to 5.0 MB: 40 trials of 8 min to 2 h"),
    ],
)
def test_it_is_said_in_units_of_its_size(training: tuple[float, float], told: str) -> None:
    expected = Estimate(0.0, training, trials=40, confirmations=0, workers=2, disk=5_000_000)
    assert str(expected) == told


@pytest.mark.slow
def test_it_is_of_the_right_size(tree: Tree, home: Path) -> None:
    study = kdorch.Study(
        **tree(
            train={"epochs": 30}, search={"trials": 20, "sampler": "random"}, confirm={"top": 1, "seeds": 1}
        )
    )
    expected = rehearse(study, home=home, workers=2).estimate
    assert (expected.trials, expected.confirmations, expected.workers) == (20, 2, 2)
    started = time.monotonic()
    results = kdorch.run(study, home=home, workers=2)
    took = time.monotonic() - started
    low, high = (expected.whole(seconds) for seconds in expected.training)
    assert low / 3 < took < 3 * high
    seconds = results.trials["cost/train_seconds"]
    assert expected.training[0] / 4 < seconds.median() < 4 * expected.training[1]


@pytest.mark.slow
def test_a_teacher_from_elsewhere_and_twins_are_warned_of_before_a_run(
    tree: Tree, home: Path, cli: Any, write: Callable[..., Path]
) -> None:
    state = next(home.glob("store/teacher/*/state.safetensors"))
    teacher = {"use": "checkpoint", "network": tree()["teacher"]["network"], "weights": str(state)}
    file = write(teacher=teacher)
    told = cli("--home", str(home), "study", "check", str(file))
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].startswith("warning: the teacher 'checkpoint' was made elsewhere. If it has seen rows")
    assert lines[1] == f"{file} is fine: 4 trials over 3 parameters."
    assert lines[2].startswith("It will take about ")
    assert not (home / "studies").exists()

"""What one trial makes of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

import kdorch
from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton
from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Trained
from kdorch.spec import Choice, Range
from kdorch.study import Study
from kdorch.study.space import bind, space

Load = Callable[..., Study]
CHOICES = (
    "student={any: {small: {use: mlp, width: 4}, wide: {use: mlp, width: 64}, conv: {use: cnn}}}",
    "losses={task: {use: task}, kd: {any: [{use: hinton}, {use: logit_mse}]}}",
)
MODULE = "student={use: module, target: 'net:Net', args: {width: 8, deep: {er: 1}}}"


def test_a_trial_has_its_parameters_in_place(load: Load, small: str) -> None:
    study = load(small, "tune.student.width=auto")
    params = {"student.width": 5, "losses.kd.temperature": 2.5, "train.batch": 16}
    assert bind(study, params) == {
        "student": {"use": "mlp", "width": 5, "depth": 1},
        "losses": {
            "task": {"use": "task", "weight": 0.1},
            "kd": {"use": "hinton", "weight": 0.9, "temperature": 2.5},
        },
        "train": study.tree()["train"] | {"batch": 16},
    }
    assert study == load(small, "tune.student.width=auto")


def test_a_schedule_is_tuned_field_by_field(load: Load, small: str) -> None:
    schedule = "{from: 0, to: 0.9, epochs: 3}"
    study = load(
        small,
        f"losses={{kd: {{any: [{{use: hinton, weight: {schedule}}}, {{use: logit_mse, weight: {schedule}}}]}}}}",
        "tune.losses.kd.hinton.weight.to={low: 0.1, high: 1}",
        "tune.losses.kd.logit_mse.weight.epochs={low: 1, high: 5}",
    )
    assert [each.kind for each in space(study)] == ["choice", "float", "int"]
    written = {"from": 0.0, "to": 0.9, "epochs": 3, "shape": "linear"}
    trial = bind(study, {"losses.kd": "hinton", "losses.kd.hinton.weight.to": 0.5})
    assert trial["losses"]["kd"] == {"use": "hinton", "weight": written | {"to": 0.5}, "temperature": 4.0}
    trial = bind(study, {"losses.kd": "logit_mse", "losses.kd.logit_mse.weight.epochs": 5})
    assert trial["losses"]["kd"] == {"use": "logit_mse", "weight": written | {"epochs": 5}}


def test_a_trial_has_the_options_that_were_taken(load: Load, small: str) -> None:
    study = load(small, *CHOICES)
    taken = {
        "student": "wide",
        "losses.kd": "hinton",
        "student.wide.depth": 3,
        "losses.kd.hinton.weight": 0.5,
    }
    trial = bind(study, taken)
    assert trial["student"] == {"use": "mlp", "width": 64, "depth": 3}
    assert trial["losses"]["kd"] == {"use": "hinton", "weight": 0.5, "temperature": 4.0}
    other = bind(study, taken | {"student": "conv", "losses.kd": "logit_mse"})
    assert other["student"] == {"use": "cnn", "width": 8}
    assert other["losses"]["kd"] == {"use": "logit_mse", "weight": 1.0}


def test_a_label_may_be_called_like_a_field(load: Load, small: str) -> None:
    study = load(
        small, "student={any: {width: {use: mlp}, depth: {use: cnn}}}", "tune.student.width.width=auto"
    )
    assert bind(study, {"student": "width", "student.width.width": 7})["student"]["width"] == 7


def test_arguments_of_a_module_are_bound(load: Load, small: str) -> None:
    params = {"student.args.width": 5, "student.args.deep.er": 2, "student.args.new": 1}
    args = bind(load(small, MODULE), params)["student"]["args"]
    assert args == {"width": 5, "deep": {"er": 2}, "new": 1}


def test_a_network_inside_a_network_can_be_tuned() -> None:
    class Quantised(kdorch.Student, name="quantised"):
        network: kdorch.Student
        bits: Annotated[int, Field(ge=2)] = 8

    study = Study(
        name="nested",
        data=Digits(),
        teacher=Trained(network=Mlp()),
        student=Quantised(network=Module(target="a:B", args={"width": 3})),
        losses={"kd": Hinton()},
        tune={"student.network.args.width": Range(1, 9), "student.bits": Choice(4, 8)},
        objectives={"val/accuracy": "max"},
    )
    assert [(each.path, each.kind) for each in space(study)] == [
        ("student.network.args.width", "int"),
        ("student.bits", "choice"),
    ]
    bound: dict[str, Any] = bind(study, {"student.network.args.width": 7})
    assert bound["student"]["network"]["args"] == {"width": 7}

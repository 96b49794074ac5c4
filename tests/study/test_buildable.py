"""What would fail in a worker only is told before a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file

import kdorch
from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton, Supervised
from kdorch.builtin.networks import Mlp, Module
from kdorch.builtin.teachers import Checkpoint, Trained

Complaints = Callable[..., list[str]]
NO_WEIGHT = ("losses.task.weight=0", "losses.kd.weight=0")


class Mine(kdorch.Student, name="mine"):
    pass


class Nameless(kdorch.Student):
    pass


class Double(kdorch.Student, name="mlp"):
    pass


def in_python(**sections: Any) -> kdorch.Study:
    small: dict[str, Any] = {
        "name": "small",
        "data": Digits(),
        "teacher": Trained(network=Mlp()),
        "student": Mlp(),
        "losses": {"task": Supervised(), "kd": Hinton()},
        "objectives": {"val/accuracy": "max"},
    }
    return kdorch.Study(**small | sections)


def refusal(**sections: Any) -> list[str]:
    with pytest.raises(kdorch.StudyError) as error:
        kdorch.check(in_python(**sections))
    return [str(problem) for problem in error.value.problems]


# ---------------------------------------------------------------- weights of losses


def test_losses_without_any_weight_are_refused(complaints: Complaints, small: str) -> None:
    assert complaints(small, *NO_WEIGHT) == [
        "losses (line 5): every weight is 0, so there is nothing to learn. Give one a weight above 0, or tune one."
    ]
    choice = "losses={kd: {any: [{use: hinton, weight: 0}, {use: logit_mse, weight: 0}]}}"
    assert [line.partition(":")[0] for line in complaints(small, choice)] == ["losses"]


@pytest.mark.parametrize(
    "fine",
    [
        NO_WEIGHT[:1],
        (*NO_WEIGHT, "tune.losses.kd.weight={low: 0.1, high: 1}"),
        ("losses={kd: {any: [{use: hinton, weight: 0}, {use: logit_mse}]}}",),
        (
            "losses={kd: {any: [{use: hinton, weight: 0}, {use: logit_mse, weight: 0}]}}",
            "tune.losses.kd.hinton.weight={low: 0, high: 1}",
        ),
    ],
)
def test_one_weight_that_is_or_may_become_more_is_enough(
    load: Callable[..., kdorch.Study], small: str, fine: tuple[str, ...]
) -> None:
    assert load(small, *fine)


def test_a_loss_that_cannot_be_read_may_have_a_weight(complaints: Complaints, small: str) -> None:
    [complaint] = complaints(small, "losses.task.weight=0", "losses.kd={use: hintom}")
    assert complaint.startswith("losses.kd: No loss is called 'hintom'.")


# ---------------------------------------------------------------- files and code


def test_weights_that_are_missing_are_told_at_their_line(
    write: Callable[[str], Path], small: str, tmp_path: Path
) -> None:
    teacher = "teacher:\n  use: checkpoint\n  network: {use: mlp}\n  weights: best.safetensors\n"
    text = small.replace("teacher: {use: trained, network: {use: mlp, width: 64}}\n", teacher)
    with pytest.raises(kdorch.StudyError) as error:
        kdorch.Study.load(write(text))
    [problem] = error.value.problems
    assert str(problem) == f"teacher.weights (line 6): there is no file {tmp_path}/best.safetensors."
    save_file({}, tmp_path / "best.safetensors")
    assert kdorch.Study.load(write(text))


def test_code_that_is_missing_is_told_wherever_it_is_named(complaints: Complaints, small: str) -> None:
    near = "there is no module 'nett'. Did you mean 'net'?"
    assert complaints(small, "student={use: module, target: 'nett:Net'}") == [
        f"student.target: nett:Net: {near}"
    ]
    choice = "student={any: [{use: mlp}, {use: module, target: 'nett:Net'}]}"
    assert complaints(small, choice) == [f"student.any.module.target: nett:Net: {near}"]
    [complaint] = complaints(small, "teacher.network={use: module, target: 'net:Nett'}")
    assert complaint.startswith("teacher.network.target: net:Nett: ")
    assert complaint.endswith("net.py has no 'Nett'. Did you mean 'Net'?")


def test_a_study_in_python_is_checked_for_files_and_code_too(tmp_path: Path) -> None:
    lost = tmp_path / "lost.safetensors"
    teacher = Checkpoint(network=Module(target="no_such_net_here:Net"), weights=lost)
    file, code = refusal(teacher=teacher)
    assert file == f"teacher.weights: there is no file {lost}."
    assert code.startswith(
        "teacher.network.target: no_such_net_here:Net: there is no module 'no_such_net_here'."
    )


# ---------------------------------------------------------------- objects that workers could not find


def test_an_object_whose_class_is_not_registered_is_refused() -> None:
    told = "workers find plugins by name. No student is called 'mine'. Known: cnn, mlp, module."
    hint = "Register Mine through an entry point, as the README shows."
    assert refusal(student=Mine()) == [f"student: {told} {hint}"]
    assert refusal(teacher=Trained(network=Mine())) == [f"teacher.network: {told} {hint}"]
    assert refusal(student=kdorch.OneOf(any=[Mlp(), Mine()])) == [f"student.any.mine: {told} {hint}"]


def test_an_object_whose_name_is_somebody_else_s_is_refused() -> None:
    [complaint] = refusal(student=Double())
    assert complaint.startswith("student: this is ")
    assert "Double, but by the name 'mlp' workers would find kdorch.builtin.networks.Mlp." in complaint


def test_an_object_without_a_name_is_refused() -> None:
    [complaint] = refusal(student=Nameless())
    assert complaint.startswith(
        "student: the class Nameless has no name that workers could find it by. Write class"
    )


def test_objects_of_registered_plugins_are_fine() -> None:
    kdorch.check(in_python())

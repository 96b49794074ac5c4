"""What is searched: paths under ``tune``, choices of plugins, and what one trial makes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kdorch.spec import Choice, Range
from kdorch.study import Study
from kdorch.study.space import Dimension, space

Load = Callable[..., Study]
CHOICES = (
    "student={any: {small: {use: mlp, width: 4}, wide: {use: mlp, width: 64}, conv: {use: cnn}}}",
    "losses={task: {use: task}, kd: {any: [{use: hinton}, {use: logit_mse}]}}",
)


def tuned(load: Load, small: str, path: str, mark: str, *more: str) -> Dimension:
    [found] = [each for each in space(load(small, *more, f"tune.{path}={mark}")) if each.path == path]
    return found


# ---------------------------------------------------------------- dimensions


@pytest.mark.parametrize(
    ("path", "mark", "kind", "expected"),
    [
        ("student.width", "auto", "int", Range(4, 64, log=True)),
        ("student.width", "{low: 2, high: 8}", "int", Range(2, 8)),
        ("student.width", "{low: 8.0, high: 64, step: 8}", "int", Range(8, 64, step=8)),
        ("losses.kd.temperature", "auto", "float", Range(1.0, 20.0, log=True)),
        ("losses.kd.weight", "{low: 0, high: 1}", "float", Range(0, 1)),
        ("train.lr", "{low: 1e-4, high: 3e-2, log: true}", "float", Range(1e-4, 3e-2, log=True)),
        ("train.batch", "[32, 64]", "choice", Choice(32, 64)),
        ("train.deterministic", "[true, false]", "choice", Choice(True, False)),
    ],
)
def test_dimensions(load: Load, small: str, path: str, mark: str, kind: str, expected: object) -> None:
    found = tuned(load, small, path, mark)
    assert (found.kind, found.mark, found.when) == (kind, expected, None)


def test_choices_come_first_and_parameters_of_options_depend_on_them(load: Load, small: str) -> None:
    study = load(
        small, *CHOICES, "tune.student.wide.depth=auto", "tune.losses.kd.hinton.weight={low: 0, high: 1}"
    )
    assert space(study) == [
        Dimension("student", "choice", Choice("small", "wide", "conv")),
        Dimension("losses.kd", "choice", Choice("hinton", "logit_mse")),
        Dimension("student.wide.depth", "int", Range(1, 3), ("student", "wide")),
        Dimension("losses.kd.hinton.weight", "float", Range(0, 1), ("losses.kd", "hinton")),
    ]


MODULE = "student={use: module, target: 'net:Net', args: {width: 8, drop: 0.0, act: relu, deep: {er: 1}}}"


@pytest.mark.parametrize(
    ("key", "mark", "kind"),
    [
        ("width", "{low: 4, high: 64}", "int"),
        ("width", "{low: 0.5, high: 64}", "float"),
        ("drop", "{low: 0, high: 1}", "float"),
        ("new", "{low: 4, high: 64}", "int"),
        ("new", "{low: 4, high: 64.0}", "float"),
        ("deep.er", "{low: 1, high: 3}", "int"),
        ("act", "[relu, gelu]", "choice"),
    ],
)
def test_arguments_of_a_module_take_their_type_from_what_is_written(
    load: Load, small: str, key: str, mark: str, kind: str
) -> None:
    assert tuned(load, small, f"student.args.{key}", mark, MODULE).kind == kind


# ---------------------------------------------------------------- what cannot be tuned


@pytest.mark.parametrize(
    ("path", "mark", "expected"),
    [
        ("train.lr", "auto", "says auto, but train declares no range for it. Write {low: ..., high: ...}."),
        ("student.wdth", "auto", "student 'mlp' has no field 'wdth'. Did you mean 'width'?"),
        (
            "student",
            "[mlp, cnn]",
            "names no field. Known: student.width, student.depth. To choose the plugin,",
        ),
        ("student.width.x", "auto", "leads into something that holds no keys."),
        ("losses", "auto", "losses are tuned one by one. Write losses.task.weight, say."),
        ("losses.kb.weight", "auto", "there is no loss 'kb'. Known: kd, task."),
        ("losses.kd", "auto", "names no field. Known: losses.kd.weight, losses.kd.temperature."),
        ("losses.kd.use", "[hinton, task]", "loss 'hinton' has no field 'use'. Known: temperature, weight."),
        ("teacher.epochs", "[1, 2]", "teacher cannot be searched: it runs once for all trials. "),
        ("data.use", "[digits]", "data cannot be searched: all trials see the same rows. Make one study"),
        ("studnt.width", "auto", "nothing under 'studnt' can be searched. Did you mean 'student'?"),
        ("seed", "[1, 2]", "nothing under 'seed' can be searched. Known: losses, student, train."),
        ("student.width", "{low: 1, high: 2.5}", "takes whole numbers, not 1 to 2.5."),
        ("student.width", "{low: 1, high: 2, step: 0.5}", "takes whole numbers, not 1 to 2"),
        (
            "train.deterministic",
            "{low: 0, high: 1}",
            "is not a number. Write a list of options to choose from.",
        ),
        (
            "student.width",
            "{low: 0, high: 9}",
            "student 'mlp' does not take 0: it should be at least 1.",
        ),
        (
            "student.width",
            "[8, wide]",
            "student 'mlp' does not take 'wide': it should be a whole number.",
        ),
        ("train.lr", "{low: 0, high: 1}", "train does not take 0: it should be above 0."),
        (
            "train.batch",
            "[[1, 2]]",
            "has a list for an option. Options are numbers, words, true, false or null.",
        ),
        ("train.lr", "[]", "a choice needs at least one option."),
        ("train.lr", "3", "write auto, {low: ..., high: ...} or a list of options, not 3."),
        ("train.lr", "Auto", "write auto, {low: ..., high: ...} or a list of options, not 'Auto'."),
        ("train.lr", "{low: 1}", "a range needs high: {low: ..., high: ...}."),
        ("train.lr", "{}", "a range needs low and high: {low: ..., high: ...}."),
        (
            "train.lr",
            "{low: 1, hgih: 2, lug: 3}",
            "a range has no 'hgih'. Did you mean 'high'? a range has no 'lug'.",
        ),
        ("train.lr", "{low: 3, high: 2}", "low (3) is above high (2); swap them."),
        ("train.lr", "{low: a, high: 2}", "low must be a number, not 'a'."),
        ("train.lr", "{low: 1, high: 2, log: on}", "log must be true or false, not 'on'."),
    ],
)
def test_lines_that_cannot_be_searched(
    complaints: Callable[..., list[str]], small: str, path: str, mark: str, expected: str
) -> None:
    [complaint] = complaints(small, f"tune.{path}={mark}")
    assert complaint.startswith(f"tune.{path}: {expected}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("student", "student is a choice, so it is searched already. Remove this line."),
        (
            "student.width",
            "say of which option. Write student.small.width or student.wide.width or student.conv.",
        ),
        ("student.depth", "say of which option. Write student.small.depth or student.wide.depth."),
        ("student.cnv.width", "student has no option 'cnv'. Did you mean 'conv'?"),
        ("student.conv.depth", "student 'cnn' has no field 'depth'. Did you mean 'width'?"),
        (
            "losses.kd.temperature",
            "losses.kd is a choice, so say of which option. Write losses.kd.hinton.temperature.",
        ),
    ],
)
def test_paths_through_a_choice_name_the_option(
    complaints: Callable[..., list[str]], small: str, path: str, expected: str
) -> None:
    [complaint] = complaints(small, *CHOICES, f"tune.{path}=auto")
    assert expected in complaint


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("act", "is not a number. Write a list of options"),
        ("deep", "is not a number."),
        ("width.x", "leads into something that holds no keys."),
        ("none.x", "leads into something that holds no keys."),
    ],
)
def test_arguments_that_cannot_be_searched(
    complaints: Callable[..., list[str]], small: str, key: str, expected: str
) -> None:
    [complaint] = complaints(small, MODULE, f"tune.student.args.{key}={{low: 1, high: 2}}")
    assert complaint.startswith(f"tune.student.args.{key}: {expected}")
    [complaint] = complaints(small, MODULE, "tune.student.args.width=auto")
    assert "says auto, but student 'module' declares no range for it." in complaint


def test_every_option_that_a_plugin_refuses_is_told(complaints: Callable[..., list[str]], small: str) -> None:
    refused = "it should be at least"
    assert complaints(
        small, *CHOICES, "tune.student.small.width=[0, 4, -1]", "tune.student.wide.depth={low: -2, high: 3}"
    ) == [
        f"tune.student.small.width: student 'mlp' does not take 0: {refused} 1.",
        f"tune.student.small.width: student 'mlp' does not take -1: {refused} 1.",
        f"tune.student.wide.depth: student 'mlp' does not take -2: {refused} 0.",
    ]

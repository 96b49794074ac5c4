"""What is wrong with one section by itself, in one sentence that helps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kdorch.study import Study

Complaints = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("data=digits", "data: write {use: digits} to say which dataset."),
        ("data={name: digits}", "data: write {use: NAME, ...} to say which dataset."),
        ("data={use: 3}", "data: use: takes the name of a dataset, not 3."),
        (
            "teacher={use: mlp}",
            "teacher: No teacher is called 'mlp'. Known: checkpoint, ensemble, exported, predictions",
        ),
        ("data={use: files, path: a.npy, size: [1]}", "data.size.1: is missing. Write at least 2."),
        ("teacher.network=mlp", "teacher.network: write {use: mlp} to say which student."),
        ("teacher={use: trained}", "teacher.network: is missing."),
        ("student=", "student: is empty."),
        ("losses=", "losses: is empty."),
        ("losses={}", "losses: is empty. Write losses: {task:"),
        (
            "losses={use: hinton}",
            "losses.use: each loss stands under a label of its own, as in losses: {kd: {use: ...}}.",
        ),
        ("losses={any: {use: hinton}}", "losses.any: any: stands inside a label, as in losses: "),
        ("losses.kd=", "losses.kd: write {use: NAME, ...} to say which loss."),
        ("train=fast", "train: should be a mapping of keys, not 'fast'."),
        ("train=[1]", "train: should be a mapping of keys, not a list."),
        ("train.epochs={a: 1}", "train.epochs: should be a whole number, not a mapping of keys."),
        ("train.epochs=", "train.epochs: has no value; it should be a whole number."),
        ("train.lr=.inf", "train.lr: should be a finite number, not inf."),
        ("train.deterministic=2", "train.deterministic: should be true or false, not 2."),
        ("train.epochs=!mine thing", "train.epochs: should be a whole number, not 'thing'."),
        ("train.epochs=!!set {a, b}", "train.epochs: should be a whole number, not a list."),
        ("name=[a]", "name: should be text, not a list."),
        (
            "name=../up",
            "name: should be a letter or digit and then letters, digits, _ . or -, at most 100 in all, as in up, not '../up'.",
        ),
        ("seed=-1", "seed: should be at least 0, not -1."),
        ("objectives={}", "objectives: is empty. Write objectives: {val/accuracy: max"),
        ("objectives=max", "objectives: should be a mapping of keys, not 'max'."),
        ("limits={size/params: .nan}", "limits.size/params: should be a finite number, not nan."),
        ("measures={use: size}", "measures: should be a list, not a mapping of keys."),
        ("measures=[size]", "measures.0: write {use: size} to say which measure."),
        ("tune=auto", "tune: should be a mapping of keys, not 'auto'."),
        (
            "student={any: [{use: mlp}]}",
            "student.any: a choice needs at least two options: write any: [{use: NAME}",
        ),
        ("student={any: [mlp, cnn]}", "student.any: write each option as {use: mlp}, not 'mlp'."),
        ("student={any: [{use: mlp}, {use: mlp}]}", "student.any: two options have one name; label them"),
        ("student={any: {a: {use: mlp}, b.c: {use: mlp}}}", "student.any.b.c: a label is made of letters"),
        (
            "student={any: [{use: mlp}, {use: cnn}], width: 3}",
            "student: any: stands alone; width belongs into each of its options.",
        ),
        ("student={any: [{use: mlp}, {use: cmm}]}", "student.any.cmm: No student is called 'cmm'."),
        ("student={any: {a: {use: mlp}, b: {any: 1}}}", "student.any.b: write {use: NAME, ...}"),
    ],
)
def test_one_mistake_makes_one_sentence(
    complaints: Complaints, small: str, assignment: str, expected: str
) -> None:
    [complaint] = complaints(small, assignment)
    assert complaint.startswith(expected)


def test_missing_sections_are_told_without_consequences(complaints: Complaints) -> None:
    found = complaints("name: x\ntune: {losses.kd.weight: auto, student.width: auto}\n")
    assert all("Write " in complaint for complaint in found)
    assert [complaint.partition(" Write ")[0] for complaint in found] == [
        "data: is missing.",
        "teacher: is missing.",
        "student: is missing.",
        "losses: is missing.",
        "objectives: is missing.",
    ]


def test_empty_sections_take_their_defaults(load: Callable[..., Study], small: str) -> None:
    empty = load(small + "tune:\n#  train.lr: auto\nlimits:\nconfirm:\n")
    assert empty == load(small)

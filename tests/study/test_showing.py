"""What can be shown of data that have been read, and by which teachers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kdorch
from kdorch.discovery import installed
from kdorch.study.showing import unshowable, unshown

DIGITS = kdorch.Classification(labels=tuple("0123456789"), input_shape=(1, 8, 8), counts=(10, *[20] * 9))
FLAGS = kdorch.Multilabel(labels=("red", "ripe"), input_shape=(30,))
IMAGES, TABLE = np.zeros((200, 1, 8, 8), np.float32), np.zeros((200, 30), np.float32)


@pytest.fixture
def said(tree: Callable[..., dict[str, Any]]) -> Callable[..., list[str]]:
    def said(task: kdorch.Task, inputs: np.ndarray, labelled: int = 190, **sections: Any) -> list[str]:
        study = kdorch.Study(**tree(**sections))
        return [str(problem) for problem in unshown(study, task, labelled, inputs)]

    return said


@pytest.mark.parametrize(
    ("transfer", "problems"),
    [
        ({"labels": 10}, []),
        ({"labels": 190, "omit": []}, []),
        (
            {"labels": 9},
            ["transfer.labels: 9 labels are too few for 10 classes: each needs one. Write 10 or more."],
        ),
        ({"labels": 9, "omit": ["7"]}, []),
        ({"labels": 180, "omit": ["0"]}, []),
        (
            {"labels": 181, "omit": ["0", "0"]},
            [
                "transfer.labels: 181 labels cannot be kept: 180 of the training rows that are shown have one. Write fewer, or leave it out."
            ],
        ),
        ({"rows": 200}, []),
        (
            {"rows": 201},
            ["transfer.rows: 201 rows cannot be shown: there are 200. Write fewer, or leave it out."],
        ),
        (
            {"rows": 50, "labels": 51},
            [
                "transfer.labels: 51 labels cannot be kept: 50 of the training rows that are shown have one. Write fewer, or leave it out."
            ],
        ),
        ({"omit": ["3", "33"]}, ["transfer.omit.1: there is no class '33'. Did you mean '3'?"]),
        (
            {"omit": list("9876543210"), "labels": 20},
            ["transfer.omit: no class is left to show. Leave out at least one of them."],
        ),
    ],
)
def test_rows_and_labels_that_are_there_can_be_shown(
    said: Callable[..., list[str]], transfer: dict[str, Any], problems: list[str]
) -> None:
    assert said(DIGITS, IMAGES, transfer=transfer) == problems


def test_labels_of_other_tasks_are_counted(said: Callable[..., list[str]]) -> None:
    assert said(FLAGS, TABLE, transfer={"labels": 1}) == []
    [problem] = said(FLAGS, TABLE, labelled=50, transfer={"labels": 51})
    assert "51 labels cannot be kept: 50" in problem


@pytest.mark.parametrize("field", [{"shift": 1}, {"flip": True}], ids=str)
def test_only_images_are_moved_and_mirrored(said: Callable[..., list[str]], field: dict[str, Any]) -> None:
    augment = {"views": 2, **field}
    assert said(DIGITS, IMAGES, augment=augment) == []
    [problem] = said(FLAGS, TABLE, augment=augment)
    name = next(iter(field))
    assert problem.startswith(
        f"augment.{name}: is for images (channels, height, width), and the inputs here have shape (30,)."
    )


class Spots(kdorch.Multilabel, name="spots"):
    located = True


@pytest.mark.parametrize("field", [{"shift": 1}, {"flip": True}], ids=str)
def test_what_labels_say_the_place_of_is_not_moved(
    said: Callable[..., list[str]], field: dict[str, Any]
) -> None:
    task = Spots(labels=("nose",), input_shape=(1, 8, 8))
    [problem] = said(task, IMAGES, augment={"views": 2, **field})
    told = "would move what the labels of spots say is elsewhere. Use noise or mixup."
    assert problem == f"augment.{next(iter(field))}: {told}"
    assert said(task, IMAGES, augment={"views": 2, "noise": 0.1}) == []


def test_an_image_stays_in_sight(said: Callable[..., list[str]]) -> None:
    assert said(DIGITS, IMAGES, augment={"views": 2, "shift": 7}) == []
    [problem] = said(DIGITS, IMAGES, augment={"views": 2, "shift": 8})
    assert problem.startswith("augment.shift: an image of 8 x 8 pixels would be moved out of sight by 8.")


@pytest.mark.parametrize("field", [{"noise": 0.1}, {"mixup": 0.2}], ids=str)
def test_codes_have_nothing_between_them(said: Callable[..., list[str]], field: dict[str, Any]) -> None:
    augment = {"views": 2, **field}
    assert said(FLAGS, TABLE, augment=augment) == []
    [problem] = said(FLAGS, TABLE.astype(np.int64), augment=augment)
    name = next(iter(field))
    assert problem.startswith(f"augment.{name}: needs inputs that are fractions, and these are int64.")


def test_views_and_answers_fit_the_disk_or_are_refused_with_the_numbers(
    said: Callable[..., list[str]],
) -> None:
    size = 2 * 200 * (4 * 64 + 4 * 10)
    sections = {"augment": {"views": 3, "shift": 1}}
    assert said(DIGITS, IMAGES, **sections, store={"disk": size}) == []
    [problem] = said(DIGITS, IMAGES, **sections, store={"disk": size - 1})
    assert problem == (
        "augment.views: 2 further views of 200 rows and the teacher's answers to them take 118.4 kB; store.disk "
        "is 118.4 kB. Write fewer views, or allow more under store."
    )


class Folded(kdorch.Teacher, name="folded"):
    def folds(self) -> int:
        return 5


class Listed(kdorch.Teacher, name="listed"):
    @property
    def by_rows(self) -> bool:
        return True


class Raw(kdorch.Teacher, name="raw"):
    @property
    def raw(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("teacher", "why"),
    [
        (Folded(), "5 out-of-fold teachers cannot answer views"),
        (Listed(), "knows its answers by row"),
        (Raw(), "takes rows as the dataset ships them"),
    ],
)
def test_a_teacher_that_cannot_answer_views_is_refused(teacher: kdorch.Teacher, why: str) -> None:
    sections = {"teacher": teacher, "augment": kdorch.Augment(views=2, noise=0.1)}
    [problem] = unshowable(sections, installed())
    assert problem.where == "augment"
    assert why in problem.what
    assert list(unshowable(sections | {"augment": kdorch.Augment()}, installed())) == []


@pytest.mark.parametrize("field", ["shift", "flip", "noise", "target", "mixup"])
def test_a_change_needs_views_and_views_need_a_change(field: str) -> None:
    value = "my_aug:augment" if field == "target" else 1
    with pytest.raises(
        ValueError, match=f"views: 1 is the rows as they are, so {field} would change nothing"
    ):
        kdorch.Augment.model_validate({field: bool(value) if field == "flip" else value})
    with pytest.raises(ValueError, match="all 3 views would be the same"):
        kdorch.Augment(views=3)

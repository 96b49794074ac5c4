"""Where teacher and student differ, of answers that are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kdorch
from kdorch.api.report.answers import Answers
from kdorch.api.report.classes import classes
from kdorch.api.report.differing import differing_section
from kdorch.api.report.outputs import labels, numbers
from kdorch.reporting.page.blocks import Beside, Examples, Picture, Quote, Table, Words
from kdorch.tasks.tokens import Tokens

LETTERS = ("a", "b", "c")


def logits(*classes: int, sure: float = 3.0, outputs: int = 3) -> np.ndarray:
    return sure * np.eye(outputs)[list(classes)]


def answers(task: Any, student: np.ndarray, teacher: np.ndarray | None, targets: Any, **more: Any) -> Answers:
    rows = np.arange(len(student)) + 100
    return Answers(
        "trial 1", task, rows, student, teacher, np.array(targets), lambda ids: ids[:, None] * 1.0, **more
    )


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_confusions_quarters_and_the_rows_on_which_they_disagree() -> None:
    student, teacher = logits(0, 1, 1, 2), logits(0, 1, 2, 0)
    quarters, told, beside, shown = classes(
        answers(kdorch.Classification(labels=LETTERS), student, teacher, [0, 1, 2, 2])
    )
    assert isinstance(quarters, Table)
    assert [row[1] for row in cells(quarters)] == ["2", "1", "1", "0", "0"]
    assert isinstance(told, Words)
    assert isinstance(beside, Beside)
    of_teacher, of_student = beside.tables
    assert cells(of_teacher) == [["a", "1", "·", "·"], ["b", "·", "1", "·"], ["c", "1", "·", "1"]]
    assert cells(of_student) == [["a", "1", "·", "·"], ["b", "·", "1", "·"], ["c", "·", "1", "1"]]
    assert isinstance(shown, Examples)
    assert [row.title for row in shown.rows] == ["Row 102", "Row 103"]
    assert dict(shown.rows[0].said) == {"label": "c", "teacher": "c (91%)", "student": "b (91%)"}
    assert shown.rows[0].text == "102"


def test_those_of_which_both_are_surest_come_first_and_not_all_come() -> None:
    sure = np.linspace(1, 5, 30)[:, None]
    student, teacher = sure * np.eye(3)[[0] * 30], sure * np.eye(3)[[1] * 30]
    shown = classes(answers(kdorch.Classification(labels=LETTERS), student, teacher, [0] * 30))[-1]
    assert isinstance(shown, Examples)
    assert [row.title for row in shown.rows] == [f"Row {100 + place}" for place in range(29, 17, -1)]


def test_of_many_classes_the_most_common_confusions_are_named() -> None:
    names = tuple(f"class {number}" for number in range(30))
    student = logits(7, 7, 7, 3, 29, outputs=30)
    (beside,) = classes(answers(kdorch.Classification(labels=names), student, None, [5, 5, 7, 2, 29]))
    assert isinstance(beside, Beside)
    assert cells(beside.tables[0]) == [["class 5", "class 7", "2"], ["class 2", "class 3", "1"]]


def test_rows_that_cannot_be_loaded_any_more_are_not_shown() -> None:
    def gone(ids: np.ndarray) -> np.ndarray:
        raise kdorch.DataError("dataset 'x' has lost 3 rows.")

    known = answers(kdorch.Classification(labels=LETTERS), logits(0), logits(1), [0])
    last = classes(
        Answers(known.who, known.task, known.rows, known.student, known.teacher, known.targets, gone)
    )[-1]
    assert last == Words("Examples are not shown: dataset 'x' has lost 3 rows.")


def test_labels_have_recall_and_precision() -> None:
    task = kdorch.Multilabel(labels=["x", "y"])
    student = np.array([[1.0, -1], [1, -1], [-1, -1], [1, -1]])
    table, _ = labels(answers(task, student, -student, [[1, 0], [1, 0], [1, 0], [0, 0]]))
    assert isinstance(table, Table)
    assert cells(table) == [
        ["x", "3", "0.6667", "0.6667", "0.3333", "1.0000"],
        ["y", "0", "–", "–", "–", "0.0000"],  # noqa: RUF001
    ]


def test_rows_that_differ_in_most_labels_come_first_and_others_not() -> None:
    task = kdorch.Multilabel(labels=["x", "y"])
    student = np.array([[1.0, 1], [1, -1], [-1, -1]])
    teacher = np.array([[1.0, -1], [-1, 1], [-1, -1]])
    _, shown = labels(answers(task, student, teacher, [[1, 1], [0, 0], [0, 0]]))
    assert isinstance(shown, Examples)
    assert [row.title for row in shown.rows] == ["Row 101", "Row 100"]
    assert dict(shown.rows[0].said) == {"labels": "none", "teacher": "y", "student": "x"}
    assert dict(shown.rows[1].said) == {"labels": "x, y", "teacher": "x", "student": "x, y"}


def test_numbers_are_in_their_own_units() -> None:
    task = kdorch.Regression(labels=["age"], mean=(40.0,), deviation=(10.0,))
    student, teacher, true = (
        np.array(values)[:, None] for values in ([0.0, 1.0, 2.0], [0.0, 0.0, 2.5], [0.0, 1.0, 3.0])
    )
    picture, shown = numbers(answers(task, student, teacher, true))
    assert isinstance(picture, Picture)
    assert cells(picture.table)[-1] == ["on all", "10", "10"]
    assert isinstance(shown, Examples)
    assert shown.rows[0].title == "Row 101"
    assert dict(shown.rows[0].said) == {"true": "50", "teacher": "40", "student": "50"}


@pytest.mark.parametrize("teacher", [None, logits(0, 1)])
def test_nothing_to_disagree_on_is_no_example(teacher: np.ndarray | None) -> None:
    blocks = classes(answers(kdorch.Classification(labels=LETTERS), logits(0, 1), teacher, [0, 1]))
    assert not any(isinstance(block, Examples) for block in blocks)


def test_what_a_model_writes_is_quoted_without_the_fence_of_markdown() -> None:
    samples = {"teacher": "```text\nabc [...] d``e\nf\n```", "trial 1, with the teacher": "*one* line"}
    section = differing_section(answers(Tokens(labels=["a", "b"]), logits(0), None, [0]), samples)
    assert section is not None
    assert section.blocks == [
        Quote("Teacher", "abc [...] d``e\nf"),
        Quote("Trial 1, with the teacher", "*one* line"),
    ]

"""What is said about divided data that make results look better than they are."""

from __future__ import annotations

import numpy as np
import pytest

import kdorch
from kdorch.teaching.cautions import strangeness

TASK = kdorch.Classification(labels=tuple("abcdefgh"))
PARTS = {"train": np.arange(0, 8), "validation": np.arange(8, 16), "test": np.arange(16, 24)}


@pytest.fixture
def columns() -> kdorch.Columns:
    return kdorch.Columns(np.arange(48.0).reshape(24, 2), np.tile(np.arange(8), 3), TASK)


def test_nothing_is_said_about_rows_that_differ(columns: kdorch.Columns) -> None:
    assert strangeness(columns, PARTS) == []


def test_rows_that_stand_in_two_splits_are_counted(columns: kdorch.Columns) -> None:
    columns.inputs[[16, 17]] = columns.inputs[[0, 1]]
    columns.inputs[18] = columns.inputs[8]
    advice = "so scores on them say little about new rows. Drop duplicates before they are divided."
    assert strangeness(columns, PARTS) == [
        f"2 of 8 test rows (25.0%) have the inputs of a train row, {advice}",
        f"1 of 8 test rows (12.5%) have the inputs of a validation row, {advice}",
    ]


def test_twins_within_one_split_are_nobodys_business(columns: kdorch.Columns) -> None:
    columns.inputs[1] = columns.inputs[0]
    assert strangeness(columns, PARTS) == []


def test_classes_without_a_row_are_named(columns: kdorch.Columns) -> None:
    columns.targets[8:14] = 6
    columns.targets[16:24] = 0
    advice = "so nothing can be said about them. Divide the rows otherwise."
    assert strangeness(columns, PARTS) == [
        f"the validation split has no row of a, b, c, d, e and 1 more, {advice}",
        f"the test split has no row of b, c, d, e, f and 2 more, {advice}",
    ]


def test_rows_without_a_label_have_no_class(columns: kdorch.Columns) -> None:
    labelled = np.ones(24, bool)
    labelled[7] = False
    found = kdorch.Columns(columns.inputs, columns.targets, TASK, labelled=labelled)
    (told,) = strangeness(found, PARTS)
    assert told.startswith("the train split has no row of h, ")


def test_numbers_have_no_classes() -> None:
    columns = kdorch.Columns(np.arange(24.0)[:, None], np.arange(24.0), kdorch.Regression(labels=("weight",)))
    assert strangeness(columns, PARTS) == []

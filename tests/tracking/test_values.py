from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kdorch.tracking.values import Point, finite_points, table_json, text


def test_curves_begin_at_step_one_and_finals_are_at_zero() -> None:
    points, tags = finite_points({"train/loss": [2.0, 1.0]}, {"size/params": np.int64(7)})
    assert points == [
        Point("epoch/train/loss", 2.0, 1),
        Point("epoch/train/loss", 1.0, 2),
        Point("size/params", 7.0, 0),
    ]
    assert tags == {}


def test_a_hole_in_a_curve_keeps_the_epochs_of_the_others() -> None:
    points, _ = finite_points({"loss": [2.0, float("nan"), 1.0]}, {})
    assert [(point.value, point.step) for point in points] == [(2.0, 1), (1.0, 3)]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("adam", "adam"),
        (1e-05, "1e-05"),
        (np.float64(0.1), "0.1"),
        (np.int64(3), "3"),
        (True, "true"),
        (None, "null"),
        ({"late": [1, None]}, '{"late": [1, null]}'),
        (Path("a"), "a"),
    ],
)
def test_settings_read_as_in_a_study_file(value: object, written: str) -> None:
    assert text(value, 100) == written


def test_what_is_too_long_says_so() -> None:
    assert text("x" * 50, 50) == "x" * 50
    cut = text("x" * 51, 50)
    assert len(cut) == 50
    assert cut.endswith("x… (51 characters)")


def test_a_table_keeps_the_order_of_columns_and_leaves_gaps() -> None:
    written = table_json([{"trial": 1, "loss": float("nan")}, {"trial": 2, "student": Path("mlp")}])
    assert json.loads(written) == {
        "columns": ["trial", "loss", "student"],
        "data": [[1, None, None], [2, None, "mlp"]],
    }

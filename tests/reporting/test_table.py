from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kdorch.reporting.table import front_rows

OBJECTIVES = {"val/accuracy": "max", "size/params": "min"}
FRONT = pd.DataFrame(
    {
        "val/accuracy": [0.9, 0.96],
        "size/params": [500, 5000],
        "student.use": ["mlp", "cnn"],
        "student.width": [8.0, np.nan],
    },
    index=pd.Index([7, 3], name="trial"),
)


def test_rows_say_what_is_kept_and_what_it_costs():
    rows = front_rows(FRONT, {"val/accuracy": 0.96, "size/params": 50_000}, {3: 0.93}, OBJECTIVES, [])
    assert rows == [
        {
            "trial": 7,
            "val/accuracy": 0.9,
            "size/params": 500,
            "retention %": pytest.approx(93.75),
            "size %": pytest.approx(1.0),
            "without teacher": None,
        },
        {
            "trial": 3,
            "val/accuracy": 0.96,
            "size/params": 5000,
            "retention %": pytest.approx(100.0),
            "size %": pytest.approx(10.0),
            "without teacher": 0.93,
        },
    ]


def test_hyperparameters_are_plain_values_and_missing_ones_none():
    rows = front_rows(FRONT, None, None, OBJECTIVES, ["student.use", "student.width"])
    assert json.loads(json.dumps(rows, allow_nan=False)) == [
        {"trial": 7, "val/accuracy": 0.9, "size/params": 500, "student.use": "mlp", "student.width": 8},
        {"trial": 3, "val/accuracy": 0.96, "size/params": 5000, "student.use": "cnn", "student.width": None},
    ]


def test_retention_of_an_error_falls_as_it_grows():
    front = FRONT.rename(columns={"val/accuracy": "val/mse"}).assign(**{"val/mse": [0.2, 0.1]})
    rows = front_rows(front, {"val/mse": 0.1}, None, {"val/mse": "min", "size/params": "min"}, [])
    assert [row["retention %"] for row in rows] == pytest.approx([50, 100])
    assert [row["size %"] for row in rows] == [None, None]


def test_a_share_of_nothing_is_unknown():
    (row, _) = front_rows(FRONT, {"val/accuracy": 0.0}, None, {"val/accuracy": "max"}, [])
    assert row["retention %"] is None
    assert "size %" not in row

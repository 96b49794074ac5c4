"""Trials as a table, and the front: within the limits, whichever way each metric is better."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kdorch.search.frames import front_of, trials_frame
from kdorch.search.journal import open_journal
from kdorch.search.record import Record
from kdorch.study import Study

Front = Callable[..., pd.DataFrame]


@pytest.fixture
def front(tree: Callable[..., dict[str, Any]]) -> Front:
    """The front of the small study under these limits."""

    def find(trials: pd.DataFrame, **limits: float) -> pd.DataFrame:
        named = {metric.replace("_", "/", 1): bound for metric, bound in limits.items()}
        return front_of(Study(**tree(limits=named)), trials)

    return find


def test_limits_bound_the_bad_side_and_include_their_bound(front: Front) -> None:
    trials = pd.DataFrame(
        {
            "trial": range(6),
            "val/accuracy": [0.5, 0.6, 0.7, 0.8, 0.85, 0.9],
            "size/params": [1, 2, 3, 4, 5, 6],
            "val/agreement": [0.9, 0.9, 0.5, np.nan, 0.9, 0.9],  # no objective, and more of it is better
        }
    )
    assert front(trials, val_accuracy=0.6, size_params=5, val_agreement=0.9)["trial"].tolist() == [1, 4]


def test_a_trial_over_a_limit_hides_no_other(front: Front) -> None:
    trials = pd.DataFrame(
        {"trial": [0, 1], "val/accuracy": [0.9, 0.8], "size/params": [1, 2], "val/ece": [0.5, 0.1]}
    )
    assert front(trials, val_ece=0.2)["trial"].tolist() == [1]


def test_where_no_trial_keeps_the_limits_the_front_is_empty(front: Front) -> None:
    trials = pd.DataFrame({"trial": [0], "val/accuracy": [0.9], "size/params": [10]})
    found = front(trials, size_params=5, val_accuracy=0.5)
    assert len(found) == 0
    assert list(found.columns) == list(trials.columns)


def test_no_trials_have_an_empty_front(front: Front) -> None:
    assert len(front(pd.DataFrame({"trial": pd.Series(dtype="int64")}), size_params=5)) == 0


def test_integers_stay_integers_where_a_choice_leaves_gaps(tmp_path: Path) -> None:
    record = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max"])
    for kind in ("mlp", "cnn"):
        trial = record.ask()
        if kind == "mlp":
            trial.suggest_int("student.mlp.width", 7, 7)
            trial.suggest_float("student.mlp.dropout", 1.0, 1.0)
            trial.suggest_categorical("student.mlp.bias", [True])
            trial.suggest_categorical("student.mlp.scale", [2])
        trial.set_user_attr("metrics", {"size/params": 12})
        trial.set_user_attr("run_id", "abc")
        trial.set_user_attr("weights", "def")
        record.tell(trial.number, [0.5])
    first, second = trials_frame(record).to_dict("records")
    assert (repr(first["student.mlp.width"]), repr(first["student.mlp.scale"])) == ("7", "2")
    assert (repr(first["student.mlp.dropout"]), first["student.mlp.bias"]) == ("1.0", True)
    assert (repr(first["size/params"]), repr(second["size/params"])) == ("12", "12")
    assert all(pd.isna(second[column]) for column in first if column.startswith("student.mlp."))

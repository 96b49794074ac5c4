"""The front of a study: within its limits, whichever way each metric is better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kdorch.search.frames import front_of
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

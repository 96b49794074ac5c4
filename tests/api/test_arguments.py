"""Numbers that make no sense are refused before anything is begun, all of them at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.api import tracking_uri


@pytest.mark.parametrize(
    "wrong",
    [
        {"trials": 0},
        {"trials": -3},
        {"workers": 0},
        {"workers": -1},
        {"timeout": 0},
        {"timeout": -1.0},
        {"timeout": math.nan},
        {"device": "gpu"},
        {"device": "cuda:"},
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    wrong: dict[str, Any], tree: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    [(name, number)] = wrong.items()
    with pytest.raises(
        kdorch.ArgumentError, match=rf"^{name} should be .*, not {re.escape(repr(number))}\. Leave it out "
    ):
        kdorch.run(kdorch.Study(**tree()), home=tmp_path / "home", **wrong)
    assert not (tmp_path / "home").exists()


def test_all_of_them_are_told(tree: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(kdorch.KdorchError) as caught:
        kdorch.run(kdorch.Study(**tree()), home=tmp_path, workers=0, trials=0, timeout=0, device="tpu")
    told = [line.split()[0] for line in str(caught.value).splitlines()]
    assert told == ["workers", "trials", "timeout", "device"]


def test_the_projects_own_database_is_no_other_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As after ``mlflow.set_tracking_uri("sqlite:///.kdorch/mlflow.db")``, which ends in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///.kdorch/mlflow.db")
    assert tracking_uri(Path(".kdorch")) is None
    assert tracking_uri(tmp_path / ".kdorch") is None
    assert tracking_uri(Path("elsewhere")) == "sqlite:///.kdorch/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert tracking_uri(Path(".kdorch")) == "http://127.0.0.1:5000"

"""A study as a user runs it, small: from scenes to a model that answers boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from kdorch_detection.drawing import draw

import kdorch
from kdorch.tracking.database import local_uri

SMALL: dict[str, Any] = {
    "name": "small",
    "data": {"use": "scenes", "scenes": 80},
    "teacher": {"use": "trained", "network": {"use": "centernet", "width": 8}, "epochs": 2, "batch": 16},
    "student": {"use": "centernet"},
    "losses": {
        "task": {"use": "task"},
        "maps": {"use": "heat_map"},
        "cwd": {"use": "cwd", "layers": {"late": "late"}},
        "pkd": {"use": "pkd", "layers": {"late": "late"}},
    },
    "train": {"epochs": 1, "batch": 16, "lr": 5e-3},
    "tune": {"student.width": {"low": 4, "high": 8, "step": 4}},
    "objectives": {"val/ap50": "max", "size/params": "min"},
    "search": {"trials": 1, "sampler": "random"},
    "confirm": {"top": 0},
}


@pytest.mark.slow
def test_from_scenes_to_a_model_that_answers_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`promote` compares it where kdorch, and so this plugin, cannot be imported."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    results = kdorch.run(kdorch.Study(**SMALL), home=tmp_path, workers=1)
    assert len(results.trials) == 1
    assert {"val/ap", "val/heat_mae", "val/box_mae"} <= set(results.trials.columns)
    promoted = kdorch.promote(results, model="digits", trial=0, unconfirmed=True)
    assert "0 0, 1 1, 2 2" in promoted.card
    assert "`x1`, `y1`, `x2`, `y2`, `score`, `class`" in promoted.card

    images, _, _ = draw(3, seed=1)
    mlflow.set_tracking_uri(local_uri(tmp_path))
    boxes = mlflow.pyfunc.load_model(promoted.uri).predict(images)
    assert boxes.shape == (3, 12, 6)
    assert (boxes[..., 2:4] >= boxes[..., :2]).all()
    assert boxes[..., :4].max() <= 96
    assert (np.diff(boxes[..., 4]) <= 0).all()

"""A study as a user runs it, small: from scenes to a model that answers boxes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

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
    "search": {"trials": 2, "sampler": "random"},
}
CLIENT = """
import sys
sys.modules["kdorch"] = sys.modules["kdorch_detection"] = None
import mlflow, numpy
model = mlflow.pyfunc.load_model(sys.argv[1])
numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2])))
"""


@pytest.mark.slow
def test_from_scenes_to_a_model_that_answers_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    results = kdorch.run(kdorch.Study(**SMALL), home=tmp_path)
    assert len(results.trials) == 2
    assert {"val/ap", "val/heat_mae", "val/box_mae"} <= set(results.trials.columns)
    promoted = kdorch.promote(results, model="digits", trial=0, unconfirmed=True)
    assert "0 0, 1 1, 2 2" in promoted.card
    assert "`x1`, `y1`, `x2`, `y2`, `score`, `class`" in promoted.card

    images, _, _ = draw(3, seed=1)
    rows, answers = tmp_path / "rows.npy", tmp_path / "answers.npy"
    np.save(rows, images)
    words = [sys.executable, "-c", CLIENT, promoted.uri, str(rows), str(answers)]
    environment = {"MLFLOW_TRACKING_URI": local_uri(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run(words, check=True, capture_output=True, env=environment)
    boxes = np.load(answers)
    assert boxes.shape == (3, 12, 6)
    assert (boxes[..., 2:4] >= boxes[..., :2]).all()
    assert boxes[..., :4].max() <= 96
    assert (np.diff(boxes[..., 4]) <= 0).all()

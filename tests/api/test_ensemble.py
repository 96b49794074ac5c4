"""A whole study whose teacher is several, and whose trials choose how to weigh them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kdorch

pytestmark = pytest.mark.slow

ENSEMBLE = {
    "use": "ensemble",
    "members": {
        "good": {"use": "trained", "network": {"use": "mlp", "width": 48}, "epochs": 12, "lr": 0.01},
        "useless": {"use": "sklearn", "estimator": "sklearn.dummy:DummyClassifier"},
    },
    "weights": {"useless": 3},
    "cross_fit": 2,
}


def test_each_trial_weighs_the_members_its_own_way(tree: Callable[..., dict[str, Any]], home: Path) -> None:
    said: list[str] = []

    class Notes(kdorch.Observer):
        def say(self, text: str) -> None:
            said.append(text)

    study = kdorch.Study(
        **tree(
            teacher=ENSEMBLE,
            losses={"kd": {"use": "hinton", "temperature": 1.0}},
            tune={"teacher.weights.good": [0.001, 3.0]},
            search={"trials": 4, "sampler": "random"},
        )
    )
    results = kdorch.run(study, home=home, workers=2, observer=Notes())
    by_weight = results.trials.groupby("teacher.weights.good")["val/kl"].median()
    assert set(by_weight.index) == {0.001, 3.0}
    (told,) = [line for line in said if line.startswith("teacher")]
    assert "2 teachers for out-of-fold outputs; 36 epochs trained, 1,437 rows evaluated now" in told
    folder = Path(results.record["teacher"]["path"]) / "validation"
    names = sorted(file.name for file in folder.glob("*.npy"))
    assert names == ["features.members.good.npy", "features.members.useless.npy", "logits.npy"]
    # Told by the useless member alone, a student's answers are as flat as that one's, and so is its divergence.
    assert by_weight[0.001] < 0.05 < by_weight[3.0]
    assert np.ptp(np.load(folder / "features.members.useless.npy"), 0).max() < 1e-3
    assert len(results.confirmed) == 2  # one seed, and its twin without the teacher
    assert results.record["teacher"]["facts"]["test"]["accuracy"] > 0.5

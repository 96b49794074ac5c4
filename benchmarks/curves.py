"""Learning curves of random trials, recorded once by kdorch's own training, to replay pruning on.

``python -m benchmarks.curves NAME`` records those of a name below again, in minutes; they lie in ``curves/``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

import kdorch
from benchmarks.work import WORKS, given

SEEDS, TRIALS = 3, 40
_FOLDER = Path(__file__).parent / "curves"
_UNSURE = {"train.lr": {"low": 1e-4, "high": 1e-1, "log": True}}  # of somebody who does not know it better
_SETS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "w2": ("w2", {}),
    "w2-wide": ("w2", {"tune": {**_UNSURE, "student.width": {"low": 4, "high": 64, "log": True}}}),
    "w1-wide": ("w1", {"tune": _UNSURE, "transfer": {"rows": 2000}}),
}


@dataclass(frozen=True)
class Recorded:
    """One trial, trained to its end.

    Attributes:
        curve: Validation accuracy after each epoch.
        params: Of the student.
        seconds: Of the training.
    """

    curve: list[float]
    params: int
    seconds: float

    @property
    def score(self) -> float:
        """What it reached, as the weights of the best epoch are kept."""
        return max(self.curve)


def recorded(name: str) -> list[list[Recorded]]:
    """Return the trials of each seed, in the order in which they were proposed."""
    seeds = json.loads((_FOLDER / f"{name}.json").read_text())
    return [[Recorded(**trial) for trial in trials] for trials in seeds]


def study(name: str, /, **sections: Any) -> kdorch.Study:
    """Return the study of a name, with other sections."""
    work, own = _SETS[name]
    tree = WORKS[work].study().tree()
    tune = tree["tune"] | own.get("tune", {})
    return kdorch.Study(**tree | own | {"name": name, "tune": tune} | sections)


def fresh(name: str) -> Path:
    """Return a project directory for the study of a name, with data and teacher."""
    return given(_SETS[name][0]).fresh()


def record(name: str, seed: int) -> list[Recorded]:
    """Train random students to their end, one by one."""
    home = fresh(name)
    search = {"trials": TRIALS, "sampler": "random", "stack": 1}
    trials = kdorch.run(study(name, seed=seed, search=search), home=home, workers=1).trials
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    found = []
    for _, row in trials.iterrows():
        points = client.get_metric_history(row["run_id"], "epoch/val/accuracy")
        curve = [round(point.value, 5) for point in sorted(points, key=lambda point: point.step)]
        found.append(Recorded(curve, int(row["size/params"]), round(float(row["cost/train_seconds"]), 4)))
    return found


def main(name: str) -> None:
    """Record the curves of a name."""
    seeds = [[asdict(trial) for trial in record(name, seed)] for seed in range(SEEDS)]
    _FOLDER.mkdir(exist_ok=True)
    lines = ",\n".join("[" + ",\n".join(map(json.dumps, trials)) + "]" for trials in seeds)
    (_FOLDER / f"{name}.json").write_text(f"[{lines}]\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

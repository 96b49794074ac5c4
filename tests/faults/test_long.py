"""A training that takes long goes on where its worker died, and can be watched while it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from long_lived import STEPS

import kdorch

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
EPOCHS = 8


@pytest.fixture
def run(tree: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[[Path], Any]:
    """Run a study of one trial whose worker dies in the fifth epoch, unless the mark is there."""

    def begin(home: Path) -> Any:
        study = tree(
            student={"use": "module", "target": "long_lived:Net", "args": {"mark": str(tmp_path / "mark")}},
            tune={"train.lr": {"low": 5e-3, "high": 3e-2}},
            train={"epochs": EPOCHS},
            search={"trials": 1, "sampler": "random"},
            confirm={"top": 0},
        )
        return kdorch.run(kdorch.Study(**study), home=home, workers=1, folders=[HERE])

    return begin


def test_it_goes_on_where_its_worker_died(
    run: Any, whole: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdorch.search.coordinator._EVERY", (0.0, 0.0))
    monkeypatch.setattr("kdorch.search.arrivals._LONG", -1.0)
    results = run(home)
    assert (tmp_path / "mark").read_text() == "." * (EPOCHS - 4) * STEPS
    found = whole(home)
    found.check(trials=1, confirmed=0)
    [trial] = found.search.complete()
    assert trial.user_attrs["attempt"] == 2
    [lost] = [each for each in found.of_kind("trial") if each.info.status == "FAILED"]
    seen = [point.step for point in found.client.get_metric_history(lost.info.run_id, "epoch/val/accuracy")]
    assert seen == [1, 2, 3, 4]
    assert not results.folder.checkpoints.exists()

    undisturbed = run(tmp_path / "other")
    [[one], [other]] = (each.searched.complete() for each in (results, undisturbed))
    assert one.user_attrs["weights"] == other.user_attrs["weights"]

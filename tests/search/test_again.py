"""Studies that are run again: complete, with more trials, elsewhere, or beside another that needs the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kdorch
from kdorch.search.observer import Observer

pytestmark = pytest.mark.slow

UNREPEATABLE = ["cost/train_seconds", "run_id"]


class Ear(Observer):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def run(home: Path, tree: Callable[..., dict[str, Any]]) -> Callable[..., tuple[kdorch.Results, list[str]]]:
    def begin(*, at: Path = home, trials: int | None = None, workers: int = 1, **sections: Any) -> Any:
        ear, study = Ear(), kdorch.Study(**tree(**sections))
        return kdorch.run(study, home=at, trials=trials, workers=workers, observer=ear), ear.heard

    return begin


def teacher_work(found: Any) -> dict[str, float]:
    (teacher,) = found.of_kind("teacher")
    return {name: teacher.data.metrics[f"teacher/{name}"] for name in ("epochs_trained", "rows_evaluated")}


def test_again_more_and_beside_another(run: Any, whole: Any, home: Path) -> None:
    first, heard = run()
    assert "4 trainings" in "".join(line for line in heard if line.startswith("search: "))

    started = time.monotonic()
    second, heard = run()
    assert heard == ["tiny is complete. For more: --trials 8"]
    assert time.monotonic() - started < 1
    pd.testing.assert_frame_equal(first.trials, second.trials)
    whole(home).check(trials=4, confirmed=2)

    more, heard = run(trials=7)
    assert any(line.startswith("search: 3 trainings") for line in heard)
    pd.testing.assert_frame_equal(more.trials[:4], first.trials)
    found = whole(home)
    found.check(trials=7, confirmed=2 * len(set(more.confirmed["candidate"])))
    (summary,) = found.of_kind("summary")
    assert summary.data.metrics["trials"] == 7

    _, heard = run(name="other", train={"epochs": 2, "batch": 64, "lr": 0.01})
    assert any("0 epochs trained, 0 rows evaluated now" in line for line in heard)
    assert teacher_work(whole(home, "other")) == {"epochs_trained": 0, "rows_evaluated": 0}

    other = {"use": "trained", "network": {"use": "mlp", "width": 49, "depth": 1}, "epochs": 3}
    _, heard = run(name="third", teacher=other)
    assert any("3 epochs trained, 1,437 rows evaluated now" in line for line in heard)
    assert teacher_work(whole(home, "third")) == {"epochs_trained": 3, "rows_evaluated": 1437}


def test_the_same_file_gives_the_same_numbers_bit_for_bit(run: Any, tmp_path: Path) -> None:
    once, again = (
        run(at=tmp_path / name, train={"epochs": 2, "deterministic": True}, search={"trials": 4})[0]
        for name in ("once", "again")
    )
    for table in ("trials", "confirmed"):
        one, other = (getattr(results, table).drop(columns=UNREPEATABLE) for results in (once, again))
        assert len(one)
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_equal_weights_read_the_test_rows_once(run: Any, whole: Any, home: Path) -> None:
    # Candidates that differ in their losses only have twins that are equal to the last bit.
    results, _ = run(
        tune={"losses.kd.temperature": "auto", "losses.kd.weight": {"low": 0.0, "high": 1.0}},
        objectives={"val/accuracy": "max", "val/kl": "min"},
        confirm={"top": 3, "seeds": 1},
        search={"trials": 6, "sampler": "random"},
        workers=6,  # so that equal twins are ready to read at the same time
    )
    twins = results.confirmed[results.confirmed["role"] == "baseline"]
    assert len(twins) == 3
    assert twins["weights"].nunique() == 1
    assert twins["test/accuracy"].nunique() == 1
    found = whole(home)
    found.check(trials=6, confirmed=6)
    assert len(found.ledger) == 1 + 3 + 1  # the teacher, three students, their twins


def test_a_limit_that_nobody_keeps_leaves_an_empty_front(run: Any, whole: Any, home: Path) -> None:
    results, _ = run(limits={"val/accuracy": 0.999}, search={"trials": 2, "sampler": "random"})
    assert (len(results.trials), len(results.front), len(results.confirmed)) == (2, 0, 0)
    found = whole(home)
    found.check(trials=2, confirmed=0)
    assert found.ledger == []
    with pytest.raises(kdorch.ChoiceError, match="the front is empty"):
        results.choose()


def test_limits_follow_the_metric_where_it_is_no_objective(run: Any) -> None:
    results, _ = run(limits={"val/agreement": 0.3}, train={"epochs": 3, "batch": 32, "lr": 0.02})
    assert results.front["val/agreement"].min() >= 0.3


def test_two_projects_on_one_server_do_not_touch_each_others_study(
    run: Any, whole: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"search": {"trials": 1, "sampler": "random"}, "confirm": {"top": 1, "seeds": 1}}
    uri = f"sqlite:///{tmp_path}/shared.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    run(**few)
    with pytest.raises(kdorch.KdorchError, match="belongs to another study of that name"):
        run(at=tmp_path / "other", **few)
    whole(home, uri=uri).check(trials=1, confirmed=2)


def test_another_place_for_the_runs_is_refused(
    run: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(search={"trials": 1, "sampler": "random"}, confirm={"top": 0})
    elsewhere = f"sqlite:///{tmp_path}/other.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", elsewhere)
    told = f"'tiny' is tracked in the project directory, not in {elsewhere}. Unset MLFLOW_TRACKING_URI"
    with pytest.raises(kdorch.KdorchError, match=told):
        run(search={"trials": 2, "sampler": "random"}, confirm={"top": 0})
    with pytest.raises(kdorch.KdorchError, match=told):
        kdorch.promote(kdorch.Results("tiny", home), model="toy", unconfirmed=True)

"""The front as people read it, also where there is nothing to compare with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.api.front import front_rows

pytestmark = pytest.mark.slow


@pytest.fixture
def altered(finished: Any, tmp_path: Path) -> Any:
    """Copy the finished study with other things on record."""

    def make(objectives: dict[str, str], **facts: Any) -> kdorch.Results:
        home = tmp_path / "home"
        shutil.copytree(finished.home, home)
        file = home / "studies" / "tiny" / "study.json"
        record = json.loads(file.read_text())
        record["study"]["objectives"] = objectives
        record["teacher"]["facts"] |= facts
        file.write_text(json.dumps(record))
        return kdorch.Results("tiny", home)

    return make


def test_shares_are_of_the_teacher(finished: Any) -> None:
    results = kdorch.Results("tiny", finished.home)
    for row in front_rows(results):
        assert row["retention"] == row["val/accuracy"] / results.teacher["val/accuracy"]
        assert row["of teacher"] == row["size/params"] / results.teacher["size/params"]


def test_more_retention_is_better_where_a_lower_score_is(altered: Any) -> None:
    results = altered({"val/loss": "min", "size/params": "min"})
    rows = front_rows(results)
    assert rows[0]["val/loss"] > rows[-1]["val/loss"]
    assert rows[0]["retention"] < rows[-1]["retention"]
    assert [row["retention"] for row in rows] == [
        results.teacher["val/loss"] / row["val/loss"] for row in rows
    ]


def test_a_teacher_of_unknown_size_or_without_any_skill_is_no_measure(altered: Any, cli: Any) -> None:
    scores = {"accuracy": 0.0, "loss": 9.0}
    results = altered({"val/accuracy": "max", "size/params": "min"}, params=0, validation=scores, test=scores)
    assert "size/params" not in results.teacher
    for row in front_rows(results):
        assert (row["of teacher"], row["retention"], row["test retention"]) == (None, None, None)
    shown = cli("--home", str(results.home.path), "study", "show", "tiny")
    assert shown.returncode == 0, shown.stderr
    assert "teacher: val/accuracy 0.0000, test/accuracy 0.0000\n" in shown.stdout
    assert (
        "nan" not in cli("--home", str(results.home.path), "study", "show", "tiny", "--json").stdout.lower()
    )

"""Where distillation must win: what the student is not told, the teacher knows.

The studies are those in ``studies``, with five fresh seeds each, beside the same student without a teacher. Their
figures in ``docs/transfer.md`` are what these tests print: ``tox -e wins``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import kdorch
from kdorch.choosing.intervals import mean_interval
from kdorch.discovery import discover

pytestmark = [pytest.mark.slow, pytest.mark.wins]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def _recall(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a measure of one class's recall."""
    monkeypatch.syspath_prepend(Path(__file__).with_name("site"))
    discover.cache_clear()
    yield
    discover.cache_clear()


def by_role(confirmed: pd.DataFrame, metric: str) -> dict[str, pd.Series]:
    found = {role: rows[metric] for role, rows in confirmed.groupby("role")}
    for role, values in found.items():
        over = mean_interval(list(values))
        assert over.n == 5
        print(f"{metric}, {role}: {over.mean:.4f} ± {over.high - over.mean:.4f}")  # noqa: T201
    return found


@pytest.mark.usefixtures("_recall")
def test_threes_are_read_by_a_student_that_never_saw_one(tmp_path: Path) -> None:
    """Hinton, Vinyals and Dean 2015, section 3."""
    study = kdorch.Study.load(ROOT / "studies" / "omitted.yaml", ["measures=[{use: recall_of, label: '3'}]"])
    confirmed = kdorch.run(study, home=tmp_path).confirmed
    recall = by_role(confirmed, "val/recall")
    by_role(confirmed, "test/accuracy")
    assert recall["baseline"].mean() <= 0.01
    assert recall["confirm"].mean() >= 0.85


def test_fifty_labels_are_enough_with_a_teacher_for_the_other_rows(tmp_path: Path) -> None:
    study = kdorch.Study.load(ROOT / "studies" / "few-labels.yaml")
    accuracy = by_role(kdorch.run(study, home=tmp_path).confirmed, "test/accuracy")
    assert accuracy["confirm"].mean() - accuracy["baseline"].mean() >= 0.10

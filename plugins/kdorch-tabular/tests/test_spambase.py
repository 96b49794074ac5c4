"""The contract of datasets, and what is special about this one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from kdorch_tabular.preparing import Logarithms
from kdorch_tabular.spambase import Spambase

import kdorch
from kdorch.testing import DatasetContract

ABSENT = Spambase().absent()
fetched = pytest.mark.skipif(bool(ABSENT), reason=ABSENT)
STUDY = Path(__file__).parents[3] / "studies" / "spambase.yaml"


class TestSpambase(DatasetContract):
    dataset = Spambase()


@fetched
def test_the_rows_are_those_that_kernlab_documents() -> None:
    columns = Spambase().load()
    assert columns.inputs.shape == (4207, 57)
    assert columns.task.labels == ("nonspam", "spam")
    assert columns.rows is not None
    assert columns.rows.max() == 4600  # of 4,601 rows, whose positions are the ids
    names = [column["name"] for column in columns.legend]
    assert (names[0], names[24], names[51], names[56]) == ("make", "hp", "charExclamation", "capitalTotal")
    first = dict(zip(names, columns.inputs[0], strict=True))
    assert (first["address"], first["capitalTotal"], columns.targets[0]) == (0.64, 278.0, 1)


@fetched
def test_what_repeats_an_earlier_row_is_dropped_and_counted() -> None:
    columns = Spambase().load()
    assert list(columns.notes) == ["394 rows that repeat the numbers of an earlier one are dropped"]
    assert len(np.unique(columns.inputs, axis=0)) == len(columns.inputs)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "spam.rda is missing"),
        (
            b"",
            "spam.rda has the sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, not",
        ),
    ],
)
def test_files_of_somebody_else_are_told_before_they_are_read(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "spam.rda").write_bytes(content)
    dataset = Spambase(folder=tmp_path)
    assert told in dataset.complaints()["folder"]
    with pytest.raises(kdorch.DataError, match="does not hold the files of 'spambase'"):
        dataset.load()


def test_numbers_become_logarithms_of_zero_mean_and_unit_deviation() -> None:
    raw = torch.tensor([[0.0, 1.0], [0.9, 1.0], [9.9, 15841.0]], dtype=torch.float64)
    prepared = Logarithms(raw)(raw)
    assert prepared.dtype == torch.float32
    assert torch.allclose(prepared.mean(0), torch.zeros(2), atol=1e-6)
    assert torch.allclose(prepared[:, 0], torch.tensor([-1.5, 0.0, 1.5]) / 1.5**0.5, atol=1e-5)  # 0.1, 1, 10


@fetched
def test_the_study_in_short_beats_the_most_frequent_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    small = ["search.trials=2", "confirm.seeds=1", "confirm.top=1", "train.epochs=3"]
    small += ["teacher.args.max_iter=10", "teacher.cross_fit=2"]
    results = kdorch.run(kdorch.Study.load(STUDY, small), home=tmp_path)
    assert len(results.trials) == 2
    assert results.trials["val/accuracy"].min() > 0.8

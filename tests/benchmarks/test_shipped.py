"""The table of verdicts."""

from __future__ import annotations

from typing import Any

import pytest

import kdorch
from benchmarks.shipped import table


@pytest.mark.slow
def test_each_confirmed_student_has_a_row(finished: Any) -> None:
    titles, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table(finished.home))
    results = kdorch.Results("tiny", finished.home)
    found = [dict(zip(titles, row, strict=True)) for row in rows]
    assert [row["verdict"] for row in found] == [each.word for each in results.verdicts.values()]
    for row, (trial, verdict) in zip(found, results.verdicts.items(), strict=True):
        assert (row["study"], row["score"]) == ("tiny", "accuracy")
        assert row["teacher"] == f"{results.teacher['test/accuracy']:.4f}"
        assert row["with it"].startswith(f"{results.confirmed_of(trial)['test/accuracy'].mean():.4f} ± ")
        twins = results.confirmed_of(trial, "baseline")["test/accuracy"]
        assert row["without"].startswith(f"{twins.mean():.4f} ± ")
        assert verdict.difference
        assert row["gain"].startswith(f"{verdict.difference.mean:+.4f} (")

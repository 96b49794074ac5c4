"""What single rows contribute to a score."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from kdorch.kinds import Task
from kdorch.tasks.classification import Classification
from kdorch.tasks.multilabel import Multilabel
from kdorch.tasks.regression import Regression
from kdorch.tasks.tokens import Tokens
from kdorch.training.by_row import BLOCKS, by_row

ROWS = 500


@pytest.fixture
def draw() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def classified(draw: torch.Generator, rows: int = ROWS) -> tuple[Tensor, Tensor]:
    targets = torch.randint(3, (rows,), generator=draw)
    return torch.randn(rows, 3, generator=draw) + 2 * torch.eye(3)[targets], targets


CLASSES = Classification(labels=("a", "b", "c"))
TASKS = {
    "classification": (CLASSES, classified),
    "multilabel": (
        Multilabel(labels=("a", "b"), metrics=("exact_match",)),
        lambda draw: (torch.randn(ROWS, 2, generator=draw), torch.randint(2, (ROWS, 2), generator=draw).float()),
    ),
    "regression": (
        Regression(labels=("a", "b"), mean=(1.0, 2.0), deviation=(3.0, 9.0)),
        lambda draw: (torch.randn(ROWS, 2, generator=draw), torch.randn(ROWS, 2, generator=draw)),
    ),
    "tokens": (
        Tokens(labels=("a", "bc", "def"), input_shape=(8,)),
        lambda draw: (torch.randn(ROWS, 8, 3, generator=draw), torch.randint(3, (ROWS, 8), generator=draw)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_the_mean_of_the_rows_is_the_score(name: str, draw: torch.Generator) -> None:
    task, make = TASKS[name]
    logits, targets = make(draw)
    for score in (*task.directions, *task.metrics):
        values = by_row(task, score, logits, targets)
        exact = task.row_scores(score, logits, targets) is not None
        assert len(values) == (ROWS if exact else BLOCKS), score
        whole = task.score(score, logits, targets)
        # A jackknife's mean has less bias than the score, which is of the order of one in the rows.
        assert np.mean(values) == pytest.approx(whole, rel=1e-5 if exact else 5 / ROWS), score


def test_a_right_row_is_one_and_a_wrong_one_zero(draw: torch.Generator) -> None:
    logits, targets = classified(draw)
    values = by_row(CLASSES, "accuracy", logits, targets)
    assert values == [float(row.argmax() == target) for row, target in zip(logits, targets, strict=True)]


def test_the_jackknife_finds_the_spread_that_fresh_rows_show(draw: torch.Generator) -> None:
    scores, found = [], []
    for _ in range(60):
        logits, targets = classified(draw)
        scores.append(CLASSES.score("f1", logits, targets))
        found.append(np.std(by_row(CLASSES, "f1", logits, targets), ddof=1) / math.sqrt(BLOCKS))
    assert np.mean(found) == pytest.approx(np.std(scores, ddof=1), rel=0.25)


def test_blocks_are_the_same_for_everybody(draw: torch.Generator) -> None:
    logits, targets = classified(draw)
    torch.manual_seed(1)
    first = by_row(CLASSES, "f1", logits, targets)
    torch.manual_seed(2)
    assert by_row(CLASSES, "f1", logits, targets) == first


def test_with_few_rows_each_is_left_out(draw: torch.Generator) -> None:
    assert len(by_row(CLASSES, "f1", *classified(draw, 12))) == 12
    assert by_row(CLASSES, "f1", *classified(draw, 1)) == []


class Steep(Task, name="steep"):
    """A task of somebody's whose score is nothing where its last row is missing."""

    directions: ClassVar = {"steep": "max"}

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        return 1.0 if targets[-1] == 1 else math.nan


def test_what_is_no_number_is_not_told() -> None:
    targets = torch.zeros(50)
    targets[-1] = 1
    assert by_row(Steep(), "steep", torch.zeros(50, 1), targets) == []

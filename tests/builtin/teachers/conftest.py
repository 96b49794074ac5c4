"""A classroom of a few rows, for teachers that ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch

import kdorch

TASKS = {
    "classification": kdorch.Classification(labels=("a", "b", "c"), input_shape=(4,)),
    "multilabel": kdorch.Multilabel(labels=("x", "y"), input_shape=(4,)),
    "regression": kdorch.Regression(labels=("z",), mean=(100.0,), deviation=(10.0,), input_shape=(4,)),
}


@dataclass
class Room:
    """Thirty rows, whose first input says what is right; ids are 100 to 129."""

    task: Any
    seed: int = 0
    tracking_uri: str = ""
    notes: list[str] = field(default_factory=list)
    labelled: torch.Tensor | None = None

    def __post_init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        kinds = torch.arange(30) % 3
        inputs = torch.randn(30, 4, generator=generator)
        inputs[:, 0] = kinds
        targets = {"multilabel": torch.stack([kinds > 0, kinds > 1], 1).float(), "classification": kinds}
        truth = targets.get(self.task.name, kinds.float().unsqueeze(1) - 1)
        self.train = kdorch.Batch(inputs, truth, torch.arange(100, 130), self.labelled, raw=inputs * 2)

    def ids(self, split: str) -> torch.Tensor:
        cuts = {"train": slice(0, 18), "validation": slice(18, 24), "test": slice(24, 30)}
        return self.train.rows[cuts[split]]

    def under(self, seed: int) -> Room:
        return replace(self, seed=seed)

    def note(self, fact: str) -> None:
        self.notes.append(fact)


@pytest.fixture
def room() -> Any:
    """Make a classroom: ``room("classification")``."""
    return lambda task="classification", **facts: Room(TASKS[task], **facts)

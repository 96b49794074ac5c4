"""Texts that a few words decide, for teachers and studies that have to be quick."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from kdorch_text.data.base import TextDataset

import kdorch

GOOD, BAD = ("good", "great", "fun"), ("bad", "awful", "dull")


class MadeUp(TextDataset, name="made_up_texts", tasks={"classification"}):
    """Sentences of a film that is good or bad."""

    rows: int = 160
    bytes: int = 60
    length: int = 12
    vocabulary: int = 60

    def load(self) -> kdorch.Columns:
        random = np.random.default_rng(0)
        targets = np.arange(self.rows) % 2
        texts = [
            f"the film is {random.choice(GOOD if label else BAD)} , no {number} point about plot"
            for number, label in enumerate(targets)
        ]
        task = kdorch.Classification(labels=("no", "yes"))
        return self.columns(texts, kdorch.Columns(np.arange(self.rows), targets, task))


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    register(MadeUp)

"""Sentences over four letters, some shorter than others, and a network for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
from torch import Tensor, nn

import kdorch

USAGE = """\
import numpy as np


def encode(texts):
    rows = np.full((len(texts), 6), ord("d"), np.uint8)
    for row, text in zip(rows, texts):
        row[: len(text)] = list(text.encode())
    return rows"""


class Ids(nn.Module):
    """Letters to their places in the alphabet."""

    def forward(self, letters: Tensor) -> Tensor:
        return letters.long() - ord("a")


class Letters(kdorch.Dataset, name="letters", tasks={"tokens"}):
    """After each letter comes the next of the alphabet, but one in ten; what follows the end does not count."""

    def load(self) -> kdorch.Columns:
        random = np.random.default_rng(0)
        jumps = np.where(random.random((90, 7)) < 0.9, 1, 2)
        letters = (random.integers(4, size=(90, 1)) + jumps.cumsum(1)) % 4
        targets = np.where(np.arange(6) < random.integers(3, 7, size=(90, 1)), letters[:, 1:], -100)
        task = kdorch.Tokens(labels=("a", "b", "c", "d"))
        letters = (letters[:, :6] + ord("a")).astype(np.uint8)
        return kdorch.Columns(letters, targets, task, notes=["3 letters are lost"], usage=USAGE)

    def preprocess(self, inputs: Tensor) -> nn.Module:
        return Ids()


class NextLetter(kdorch.Student, name="next_letter", tasks={"tokens"}):
    """One letter back."""

    width: Annotated[int, kdorch.Range(2, 8)] = 4

    def build(self, task: kdorch.Task) -> nn.Module:
        return nn.Sequential(nn.Embedding(task.outputs, self.width), nn.Linear(self.width, task.outputs))


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    register(Letters)


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    register(NextLetter)

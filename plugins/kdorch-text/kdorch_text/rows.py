"""Texts as rows of bytes, which is what a dataset ships and a shipped model takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

USAGE = '''import numpy as np


def encode(texts):
    """Rows of a list of texts: UTF-8, cut after {limit} bytes, filled up with 0."""
    rows = np.array([text.encode() for text in texts], dtype="S{limit}")
    return rows.view("uint8").reshape(len(texts), {limit})'''


def encode(texts: Sequence[str], limit: int) -> NDArray[np.uint8]:
    """Return texts as UTF-8, uint8 (texts, limit): cut after ``limit`` bytes, filled up with 0."""
    plain = [text.replace("\0", " ").encode(errors="replace") for text in texts]
    return np.array(plain, dtype=f"S{limit}").view(np.uint8).reshape(len(texts), limit)


def decode(rows: NDArray[np.uint8]) -> list[str]:
    """Return rows as texts, without a character that was cut in two."""
    width = rows.shape[1]
    return [text.decode(errors="ignore") for text in np.ascontiguousarray(rows).view(f"S{width}")[:, 0]]


def cut(texts: Sequence[str], limit: int) -> int:
    """Return how many texts are longer than the limit of bytes."""
    return sum(len(text.encode(errors="replace")) > limit for text in texts)

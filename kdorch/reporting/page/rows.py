"""Rows of data as a reader knows them: images drawn, texts quoted, numbers named."""

from __future__ import annotations

from base64 import b64encode
from codecs import getincrementaldecoder
from collections.abc import Sequence
from io import BytesIO

import numpy as np

from kdorch.choosing.numbers import readable

_NUMBERS = 12  # of a row without names for them
_LETTERS = 600  # of a text
_LEAST_TEXT, _LEAST_IMAGE, _LEAST_SOUND = 8, 4, 64
_WAVE = (300, 80)  # pixels of a drawn sound
_COLOURS = (1, 3, 4)  # channels of an image
_PLANE, _CUBE = 2, 3

Shown = tuple[str, str]


def shown_rows(rows: np.ndarray, names: Sequence[str] = ()) -> list[Shown]:
    """Return each row as the address of an image, and as text; either may be empty.

    What a row is, its form tells: two dimensions and channels are an image, bytes that are UTF-8 a text, many
    numbers without names a wave.

    Args:
        rows: As a dataset ships them.
        names: Of its columns, where it is a table.
    """
    images = _images(rows)
    if images is not None:
        return [(_png(image), "") for image in images]
    flat = rows.reshape(len(rows), -1)
    if flat.dtype == np.uint8 and not names:
        texts = [_text(row) for row in flat]
        if all(text is not None for text in texts):
            return [("", text or "") for text in texts]
    if not names and flat.shape[1] >= _LEAST_SOUND:
        return [(_wave(row), "") for row in _known(flat.astype(float))]
    return [("", _numbers(row, names)) for row in flat]


def _images(rows: np.ndarray) -> np.ndarray | None:
    """Return rows that are images as bytes, shape (rows, height, width) or with channels at the end."""
    if rows.ndim == _CUBE + 1 and rows.shape[-1] not in _COLOURS and rows.shape[1] in _COLOURS:
        rows = np.moveaxis(rows, 1, -1)
    if rows.ndim == _CUBE + 1 and rows.shape[-1] == 1:
        rows = rows[..., 0]
    coloured = rows.ndim == _CUBE + 1 and rows.shape[-1] in _COLOURS
    if not (rows.ndim == _CUBE or coloured) or min(rows.shape[1:_CUBE]) < _LEAST_IMAGE:
        return None
    if rows.dtype == np.uint8:
        return rows
    rows = _known(rows)
    low, high = float(rows.min()), float(rows.max())
    return ((rows - low) / ((high - low) or 1.0) * 255).round().astype(np.uint8)


def _known(rows: np.ndarray) -> np.ndarray:
    """Return numbers that can be drawn, the smallest of them in the place of those that are none."""
    there = np.isfinite(rows)
    return np.where(there, rows, rows[there].min() if there.any() else 0)


def _png(image: np.ndarray) -> str:
    from PIL import Image

    out = BytesIO()
    Image.fromarray(image).save(out, format="PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"


def _wave(row: np.ndarray) -> str:
    """Draw how far a long row swings, column by column."""
    width, height = _WAVE
    canvas = np.full((height, width), 255, dtype=np.uint8)
    scale = (height / 2 - 1) / (np.abs(row).max() or 1.0)
    for column, part in enumerate(np.array_split(row, width)):
        if len(part):
            top, bottom = (int(height / 2 - end * scale) for end in (part.max(), part.min()))
            canvas[top : bottom + 1, column] = 60
    return _png(canvas)


def _text(row: np.ndarray) -> str | None:
    """Return bytes as a text; None if they are none."""
    if len(row) < _LEAST_TEXT:
        return None
    try:
        # A text that was cut to fill its row may end in half a letter, which waits for the rest in vain.
        text = getincrementaldecoder("utf-8")().decode(row.tobytes().rstrip(b"\0"), final=bool(row[-1] == 0))
    except UnicodeDecodeError:
        return None
    if not all(letter.isprintable() or letter.isspace() for letter in text):
        return None
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"


def _numbers(row: np.ndarray, names: Sequence[str]) -> str:
    shown = [readable(float(value)) for value in row[: len(names) or _NUMBERS]]
    named = [f"{name}: {value}" for name, value in zip(names, shown, strict=False)] if names else shown
    more = len(row) - _NUMBERS if not names else 0
    return "\n".join(named) if names else ", ".join(named) + (f" and {more} more" if more > 0 else "")

"""Rows are shown as what they are."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from kdorch.reporting.page.rows import shown_rows

LONG = "ein Satz mit Umlauten: äöü <b>&</b>"


def opened(address: str) -> np.ndarray:
    head, _, content = address.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(BytesIO(b64decode(content))))


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3), (8, 9, 1), (3, 8, 9), (1, 8, 9), (8, 9, 4)])
def test_images_are_drawn_whatever_the_order_of_their_axes(shape: tuple[int, ...]) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (2, *shape)).astype(np.uint8)
    for row, (image, text) in zip(rows, shown_rows(rows), strict=True):
        assert text == ""
        channels_last = np.moveaxis(row, 0, -1) if shape[0] in (1, 3) else row
        np.testing.assert_array_equal(opened(image), np.squeeze(channels_last))


def test_images_of_any_range_become_black_to_white() -> None:
    rows = np.linspace(-3.0, 16.0, 2 * 64).reshape(2, 8, 8)
    dark, bright = (opened(image) for image, _ in shown_rows(rows))
    assert dark.min() == 0
    assert bright.max() == 255


@pytest.mark.parametrize("shape", [(8, 8), (80,)])
@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_missing_leaves_the_others_to_be_seen(shape: tuple[int, ...], hole: float) -> None:
    rows = np.random.default_rng(0).normal(size=(2, *shape))
    whole = rows.copy()
    whole[0].flat[3] = rows.min()
    rows[0].flat[3] = hole
    assert shown_rows(rows) == shown_rows(whole)
    assert shown_rows(np.full((1, *shape), np.nan)) == shown_rows(np.zeros((1, *shape)))


def test_bytes_that_are_a_text_are_quoted() -> None:
    rows = np.zeros((1, 80), dtype=np.uint8)
    content = LONG.encode()
    rows[0, : len(content)] = list(content)
    assert shown_rows(rows) == [("", LONG)]


def test_a_text_that_fills_its_row_may_end_in_half_a_letter() -> None:
    content = ("x" * 9 + "ä").encode()[:-1]
    assert shown_rows(np.frombuffer(content, dtype=np.uint8)[None]) == [("", "x" * 9)]


def test_bytes_that_are_no_text_are_numbers() -> None:
    assert shown_rows(np.full((1, 9), 255, dtype=np.uint8)) == [("", ", ".join(["255"] * 9))]


def test_columns_of_a_table_are_named() -> None:
    assert shown_rows(np.array([[1.0, 0.25]]), ["age", "share"]) == [("", "age: 1\nshare: 0.25")]


def test_a_long_row_of_numbers_is_a_wave() -> None:
    (image, text), *_ = shown_rows(np.sin(np.linspace(0, 40, 4000))[None])
    assert text == ""
    assert opened(image).min() < 255

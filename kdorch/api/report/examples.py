"""Rows of data on a page."""

from __future__ import annotations

import numpy as np

from kdorch.api.report.answers import Answers
from kdorch.errors import KdorchError
from kdorch.reporting.page.blocks import Block, Example, Examples, Words
from kdorch.reporting.page.rows import shown_rows

SHOWN = 12


def examples(
    answers: Answers, places: np.ndarray, said: list[list[tuple[str, str]]], title: str
) -> list[Block]:
    """Return rows as the dataset ships them, drawn or quoted.

    Args:
        answers: Where the rows are from.
        places: Which of its rows.
        said: Who said what of each.
        title: What they are examples of.
    """
    if not len(places):
        return []
    ids = answers.rows[places]
    try:
        shown = shown_rows(answers.raw(ids), answers.columns)
    except KdorchError as error:
        return [Words(f"Examples are not shown: {error}")]
    rows = [
        Example(f"Row {number}", what, image, text)
        for number, what, (image, text) in zip(ids, said, shown, strict=True)
    ]
    return [Examples(title, rows)]

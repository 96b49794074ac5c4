"""Texts as they come, to rows that can be learnt from; what is changed is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import kdorch
from kdorch_text.rows import USAGE, cut, decode, encode

_PER_ROW = ("targets", "rows", "labelled", "parts", "groups", "times")


def repaired(texts: Sequence[str], columns: kdorch.Columns, *, limit: int, once: bool) -> kdorch.Columns:
    """Return the columns with texts of at most so many bytes, without rows that have none.

    Args:
        texts: One for each row.
        columns: Everything else.
        limit: Bytes.
        once: Leave out copies.

    Raises:
        DataError: If no row has a text.
    """
    inputs = encode(texts, limit)
    there = np.array([bool(text.strip()) for text in decode(inputs)])
    if not there.any():
        raise kdorch.DataError("no row has a text.")
    first = _firsts(inputs) if once else np.ones(len(inputs), bool)
    kept = there & first
    long = cut([text for text, keep in zip(texts, kept, strict=True) if keep], limit)
    notes = [
        _told(long, f"cut after {limit:,} bytes", "the rest is not seen"),
        _told(int((~there).sum()), "empty", "these rows are left out"),
        _told(int((there & ~first).sum()), "copied from an earlier row", "these rows are left out"),
    ]
    return replace(
        _rows(replace(columns, rows=columns.ids), kept),
        inputs=inputs[kept],
        notes=(*columns.notes, *filter(None, notes)),
        usage=USAGE.format(limit=limit),
    )


def _rows(columns: kdorch.Columns, kept: NDArray[np.bool_]) -> kdorch.Columns:
    chosen = {name: getattr(columns, name) for name in _PER_ROW}
    return replace(columns, **{name: value[kept] for name, value in chosen.items() if value is not None})


def _firsts(inputs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which rows are no copies of an earlier one."""
    found = np.zeros(len(inputs), bool)
    found[np.unique(inputs, axis=0, return_index=True)[1]] = True
    return found


def _told(count: int, what: str, so: str) -> str:
    if not count:
        return ""
    return f"{count:,} {'text is' if count == 1 else 'texts are'} {what}: {so}."

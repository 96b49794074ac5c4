"""What boxes cannot be."""

from __future__ import annotations

import numpy as np


def first_wrong(targets: np.ndarray, size: tuple[int, int], classes: int) -> str:
    """Return what is wrong with the first wrong box of the first row that has one; empty if all are right.

    Args:
        targets: Shape (rows, boxes, 5): x1, y1, x2, y2, class; -1 where there is no box.
        size: Height and width of the images.
        classes: How many there are.
    """
    there = ~(targets == -1).all(2)
    faults = {
        name: there & wrong
        for name, wrong in (
            ("is not finite", ~np.isfinite(targets).all(2)),
            ("is empty: its right edge must be beyond its left, its bottom below its top", _empty(targets)),
            (f"reaches outside the image of {size[0]} x {size[1]} pixels", _outside(targets, size)),
            (f"has a class that is none of 0 to {classes - 1}", _strange(targets, classes)),
        )
    }
    anywhere = np.any(list(faults.values()), axis=0)
    if not anywhere.any():
        return ""
    row, place = np.argwhere(anywhere)[0]
    what = next(name for name, wrong in faults.items() if wrong[row, place])
    x1, y1, x2, y2, label = targets[row, place].tolist()
    box = f"x {x1:g} to {x2:g}, y {y1:g} to {y2:g}, class {label:g}"
    return f"row {row}: box {place} ({box}) {what}. Mend it, or fill a row that has fewer boxes with -1."


def _empty(targets: np.ndarray) -> np.ndarray:
    return np.asarray((targets[..., 2:4] <= targets[..., :2]).any(-1))


def _outside(targets: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    return np.asarray((targets[..., :2] < 0).any(-1) | (targets[..., 2:4] > (width, height)).any(-1))


def _strange(targets: np.ndarray, classes: int) -> np.ndarray:
    return ~np.isin(targets[..., 4], np.arange(classes))

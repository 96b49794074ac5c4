"""Average precision, by the rules of COCO."""

from __future__ import annotations

from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster  # type: ignore[import-untyped]

HALF = (0.5,)
TEN = tuple(np.linspace(0.5, 0.95, 10).tolist())


def average_precision(found: np.ndarray, targets: np.ndarray, thresholds: tuple[float, ...]) -> float:
    """Return the mean average precision over classes and thresholds; 0 where there is nothing to find.

    Args:
        found: Boxes of shape (rows, most, 6): x1, y1, x2, y2, score, class; none where the score is 0.
        targets: Shape (rows, boxes, 5): x1, y1, x2, y2, class; -1 where there is none.
        thresholds: Intersections over union from which on a box is found.
    """
    truth = _truth(targets)
    rows, places = np.nonzero(found[..., 4] > 0)
    boxes = found[rows, places]
    if not truth["annotations"] or not len(boxes):
        return 0.0
    known = COCO(truth)
    said = known.loadRes(np.column_stack([rows, _sized(boxes), boxes[:, 4], boxes[:, 5]]))
    evaluation = COCOeval_faster(known, said, "bbox")
    evaluation.params.iouThrs = np.array(thresholds)
    evaluation.params.maxDets = [found.shape[1]]
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]  # of all sizes; -1 for a class without boxes
    return float(precision[precision > -1].mean())


def _truth(targets: np.ndarray) -> dict[str, Any]:
    rows, places = np.nonzero(targets[..., 4] >= 0)
    boxes = targets[rows, places]
    annotations = [
        {
            "id": number,
            "image_id": row,
            "category_id": int(kind),
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
        }
        for number, (row, box, kind) in enumerate(
            zip(rows.tolist(), _sized(boxes).tolist(), boxes[:, 4], strict=True), start=1
        )
    ]
    return {
        "images": [{"id": row} for row in range(len(targets))],
        "categories": [{"id": kind} for kind in sorted({each["category_id"] for each in annotations})],
        "annotations": annotations,
    }


def _sized(boxes: np.ndarray) -> np.ndarray:
    """Return left, top, width and height."""
    return np.concatenate([boxes[:, :2], boxes[:, 2:4] - boxes[:, :2]], axis=1)

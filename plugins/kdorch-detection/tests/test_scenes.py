"""The scenes: what is in them, and that no digit is in two splits."""

from __future__ import annotations

import numpy as np
from kdorch_detection import drawing
from kdorch_detection.drawing import draw


def test_the_seed_decides_everything() -> None:
    one, same, other = draw(20, 3), draw(20, 3), draw(20, 4)
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_scenes_are_as_described() -> None:
    images, boxes, parts = draw(200, 0)
    assert images.shape == (200, 96, 96)
    assert images.dtype == np.uint8
    there = boxes[..., 4] >= 0
    assert set(there.sum(1).tolist()) == {1, 2, 3, 4}
    sides = (boxes[..., 2:4] - boxes[..., :2])[there]
    assert sides.min() >= 1
    assert sides.max() <= 36
    assert set(boxes[there][:, 4].tolist()) == set(range(10))
    assert {name: int((parts == name).sum()) for name in ("train", "validation", "test")} == {
        "train": 140,
        "validation": 30,
        "test": 30,
    }


def test_boxes_are_where_the_ink_is() -> None:
    """Ink is bright, whatever is behind it: boxes are brighter than their scene, and so is each of their edges."""
    images, boxes, _ = draw(50, 0)
    for image, found in zip(images, boxes, strict=True):
        for x1, y1, x2, y2, _digit in found[found[:, 4] >= 0].astype(int):
            inside = image[y1:y2, x1:x2]
            assert inside.mean() > image.mean()
            edges = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
            assert min(edge.max() for edge in edges) > 0.3 * 255 * 0.7


def test_no_digit_is_in_two_splits() -> None:
    digits = drawing._digits()
    seen = {name: {image.tobytes() for image in images} for name, (images, _) in digits.items()}
    assert [len(images) for images, _ in digits.values()] == [3500, 750, 750]
    assert not seen["train"] & (seen["validation"] | seen["test"])
    assert not seen["validation"] & seen["test"]
    assert all(set(labels.tolist()) == set(range(10)) for _, labels in digits.values())


def test_digits_overlap_by_a_quarter_at_most() -> None:
    _, boxes, _ = draw(200, 1)
    for found in boxes:
        there = [tuple(box[:4]) for box in found[found[:, 4] >= 0]]
        assert all(
            drawing._overlap(one, other) <= 0.25 for one in there for other in there if one is not other
        )

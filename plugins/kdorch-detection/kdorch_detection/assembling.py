"""From images and boxes in files to arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

import kdorch
from kdorch_detection.annotations import Box, read
from kdorch_detection.task import Detection

if TYPE_CHECKING:
    from kdorch_detection.files import Boxes


def assembled(source: Boxes) -> kdorch.Columns:
    """Return the rows, one for each image that the annotations name, in the order of names.

    Raises:
        DataError: If an image or a box cannot be used.
    """
    said = read(source.annotations)
    names = sorted(said.boxes)
    files = [source.images / name for name in names]
    images, mended = kdorch.read_images(files, source.size, source.channels)
    height, width = source.size
    most = max(len(boxes) for boxes in said.boxes.values())
    targets = np.full((len(names), most, 5), -1, np.float32)
    clipped = 0
    for row, (name, file) in enumerate(zip(names, files, strict=True)):
        own = kdorch.image_size(file)
        scale = np.array([width / own[1], height / own[0]] * 2)
        for place, box in enumerate(said.boxes[name]):
            edges, cut = _inside(box, name, own, clip=source.outside == "clip")
            clipped += cut
            targets[row, place] = *(edges * scale), said.labels.index(box.label)
    targets[..., 2:4] = np.minimum(targets[..., 2:4], (width, height))  # what scaling rounds up
    notes = [*mended, *said.notes]
    if clipped:
        notes.append(f"boxes cut off at the edge of their image: {clipped:,}")
    task = Detection(labels=tuple(said.labels), size=source.size, most=source.most)
    return kdorch.Columns(images, targets, task, notes=notes, usage=kdorch.image_usage(images.shape[1:]))


def _inside(box: Box, name: str, size: tuple[int, int], *, clip: bool) -> tuple[np.ndarray, bool]:
    """Return the edges within the image, and whether they had to be cut.

    Raises:
        DataError: If nothing of the box is in the image, or some of it is not and should not be cut.
    """
    edges = np.array(box.edges)
    height, width = size
    inside = edges.clip(0, (width, height) * 2)
    x1, y1, x2, y2 = box.edges
    who = f"{box.where}: the box x {x1:g} to {x2:g}, y {y1:g} to {y2:g} of {name}"
    if not all(map(math.isfinite, box.edges)) or x2 <= x1 or y2 <= y1:
        advice = "Write x1 < x2 and y1 < y2; in COCO, a width and a height above 0."
        raise kdorch.DataError(f"{who} is empty. {advice}")
    if (inside[2:] <= inside[:2]).any():
        raise kdorch.DataError(f"{who} lies outside its {width} x {height} pixels. Mend it, or take it out.")
    cut = bool((inside != edges).any())
    if cut and not clip:
        what = f"reaches outside its {width} x {height} pixels"
        raise kdorch.DataError(f"{who} {what}. Mend it, or write outside: clip to have it cut off there.")
    return inside, cut

"""From images and boxes in files to arrays."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

import kdorch
from kdorch_detection.annotations import Box, read
from kdorch_detection.task import Detection

if TYPE_CHECKING:
    from kdorch_detection.files import Boxes

_MODES = {"grey": "L", "rgb": "RGB"}


def assembled(source: Boxes) -> kdorch.Columns:
    """Return the rows, one for each image that the annotations name, in the order of names.

    Raises:
        DataError: If an image or a box cannot be used.
    """
    said = read(source.annotations)
    names = sorted(said.boxes)
    height, width = source.size
    shape = (len(names), height, width, *((3,) if source.channels == "rgb" else ()))
    images = np.empty(shape, np.uint8)
    most = max(len(boxes) for boxes in said.boxes.values())
    targets = np.full((len(names), most, 5), -1, np.float32)
    clipped = 0
    for row, name in enumerate(names):
        image = _opened(source.images / name, _MODES[source.channels])
        images[row] = np.asarray(image.resize((width, height)))
        scale = np.array([width / image.width, height / image.height] * 2)
        for place, box in enumerate(said.boxes[name]):
            edges, cut = _inside(box, name, image.size, clip=source.outside == "clip")
            clipped += cut
            targets[row, place] = *(edges * scale), said.labels.index(box.label)
    targets[..., 2:4] = np.minimum(targets[..., 2:4], (width, height))  # what scaling rounds up
    notes = [*said.notes, *([f"{clipped:,} boxes are cut off at the edge of their image"] if clipped else [])]
    task = Detection(labels=tuple(said.labels), size=source.size, most=source.most)
    return kdorch.Columns(images, targets, task, notes=notes)


def _opened(file: Path, mode: str) -> Image.Image:
    try:
        with Image.open(file) as image:
            if image.mode.startswith(("I", "F")):  # Pillow would cut off what is above 255
                raise kdorch.DataError(f"{file} has more than 8 bits per pixel. Save it with 8.")
            return image.convert(mode)
    except FileNotFoundError as error:
        raise kdorch.DataError(f"there is no image {file}, which has boxes. Mend data.images.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        what = "is not an image that can be read, or is damaged"
        raise kdorch.DataError(f"{file} {what}: {error}. Mend it, or take its boxes out.") from error


def _inside(box: Box, name: str, size: tuple[int, int], *, clip: bool) -> tuple[np.ndarray, bool]:
    """Return the edges within the image, and whether they had to be cut.

    Raises:
        DataError: If nothing of the box is in the image, or some of it is not and should not be cut.
    """
    edges = np.array(box.edges)
    width, height = size
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

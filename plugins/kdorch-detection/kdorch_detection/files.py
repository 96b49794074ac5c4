"""Your own images, with boxes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

import kdorch
from kdorch_detection.task import Side

if TYPE_CHECKING:
    from torch import Tensor, nn


class Boxes(kdorch.Dataset, name="boxes", tasks={"detection"}):
    """Your own images, with boxes in one COCO JSON or CSV file.

    A CSV has the columns image, x1, y1, x2, y2 and label: one line for each box, in pixels of the image as it
    is seen, right and bottom edge beyond the last pixel. A line with nothing but an image is one
    without boxes. Of COCO, boxes of crowds are left out, and counted.

    Attributes:
        images: The folder that names of images start from.
        annotations: The ``.json`` or ``.csv`` file.
        size: Height and width that images and boxes are scaled to, multiples of 4.
        channels: ``rgb`` or ``grey``.
        outside: What to do with boxes that reach outside their image: ``refuse`` them, or ``clip`` them at
            its edge, which is counted and told.
        most: How many boxes the shipped model answers for an image.
    """

    images: Path
    annotations: Path
    size: tuple[Side, Side]
    channels: Literal["rgb", "grey"] = "rgb"
    outside: Literal["refuse", "clip"] = "refuse"
    most: Annotated[int, Field(ge=1)] = 20

    def complaints(self) -> dict[str, str]:
        """Return what is not there, or of another kind."""
        found = {}
        if not self.images.is_dir():
            found["images"] = f"there is no folder {self.images}."
        if not self.annotations.is_file():
            found["annotations"] = f"there is no file {self.annotations}."
        elif self.annotations.suffix.lower() not in {".json", ".csv"}:
            found["annotations"] = f"{self.annotations} is neither .json (COCO) nor .csv."
        return found

    def fingerprint(self) -> str:
        """Return a digest of the boxes, and of the names and sizes of images: pixels are compared later."""
        files = sorted(each for each in self.images.rglob("*") if each.is_file())
        listing = [f"{each.relative_to(self.images).as_posix()} {each.stat().st_size}" for each in files]
        return super().fingerprint() + sha256("\n".join(listing).encode()).hexdigest()

    def load(self) -> kdorch.Columns:
        """Return images of shape (rows, height, width) or (rows, height, width, 3), uint8, and their boxes.

        Raises:
            DataError: With the file, the image and the line or number of what is wrong.
        """
        for field, what in self.complaints().items():
            raise kdorch.DataError(f"data.{field}: {what}")
        from kdorch_detection.assembling import assembled

        return assembled(self)

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the standardisation of the bytes."""
        from kdorch_detection.pixels import Pixels

        return Pixels(inputs)

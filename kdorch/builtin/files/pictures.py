"""Code for the card of a shipped model: images become rows."""

from __future__ import annotations

_ENCODE = '''import numpy as np
from PIL import Image, ImageOps


def encode(*paths):
    """Rows of images, as of "new.png": turned as the camera noted, on white, {width} x {height} pixels."""
    rows = np.empty((len(paths), {shape}), np.uint8)
    for row, path in zip(rows, paths):
        with Image.open(path) as image:
            image = ImageOps.exif_transpose(image)
            if image.has_transparency_data:
                white = Image.new("RGBA", image.size, "white")
                image = Image.alpha_composite(white, image.convert("RGBA"))
            row[:] = image.convert("{mode}").resize(({width}, {height}))
    return rows'''
_MODES = {2: "L", 3: "RGB"}  # by dimensions of a row


def image_usage(shape: tuple[int, ...]) -> str:
    """Return Python that makes rows of images as `kdorch.read_images` does, for `kdorch.Columns.usage`.

    Args:
        shape: Of one row: (height, width) if it is grey, else (height, width, 3).
    """
    sides = ", ".join(map(str, shape))
    return _ENCODE.format(height=shape[0], width=shape[1], shape=sides, mode=_MODES[len(shape)])

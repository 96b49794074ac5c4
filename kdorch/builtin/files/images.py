"""Images: a folder with a sub-folder for each class, or a table that lists their paths."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.files.folders import files_by_class
from kdorch.builtin.files.pictures import image_usage
from kdorch.builtin.files.scratch import scratch
from kdorch.builtin.files.targets import assembled
from kdorch.errors import reason

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from PIL.Image import Image

    from kdorch.builtin.files.dataset import Channels, Files, Size

IMAGES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
# Whatever the name says: Pillow would have Ghostscript execute an EPS file that is called .png.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
_MODES = {"grey": "L", "rgb": "RGB"}
_ORIENTATION = 0x0112  # EXIF's tag
_UPRIGHT, _ON_THE_SIDE = 1, 5  # its values: the usual one, and from where on height and width change places
_TOLD = 5  # images that are wrong, each with its reason


def load(files: Files) -> kdorch.Columns:
    """Return the images of a folder; its sub-folders are the classes, or splits that hold these."""
    import numpy as np

    found, left_out = files_by_class(files.path, IMAGES, "images")
    labels = sorted({label for _, label, _ in found})
    codes = {label: code for code, label in enumerate(labels)}
    values = np.array([[codes[label]] for _, label, _ in found], dtype=np.float64)
    division = {"parts": np.array([part for *_, part in found])} if found[0][2] else {}
    inputs, notes = read_images([file for file, *_ in found], files.size, files.channels)
    columns = assembled(inputs, "classification", labels, values, division, str(files.path))
    return replace(columns, notes=[*left_out, *notes], usage=image_usage(inputs.shape[1:]))


def listed(
    table: Path, cells: pd.Series, size: Size | None, channels: Channels
) -> tuple[np.ndarray, list[str]]:
    """Return the images that a column names by paths, from the table's folder on; see `read_images`."""
    empty = cells.isna().to_numpy().nonzero()[0]
    if len(empty):
        raise kdorch.DataError(f"{table}, column {cells.name!r}: row {empty[0] + 1} names no image.")
    return read_images([table.parent / str(cell) for cell in cells], size, channels)


def read_images(paths: Sequence[Path], size: Size | None, channels: Channels) -> tuple[np.ndarray, list[str]]:
    """Return images as bytes, and what was mended, counted.

    They have shape (rows, height, width) if they are grey, else (rows, height, width, 3). What a camera
    marked as turned is turned back, and what is transparent becomes white.

    Raises:
        DataError: If some cannot be read, or they differ in size and none is asked for.
    """
    height, width = size or _common_size(paths)
    inputs = scratch((len(paths), height, width, *((3,) if channels == "rgb" else ())), "uint8")
    wrong: list[str] = []
    mended: Counter[str] = Counter()
    for row, path in enumerate(paths):
        try:
            inputs[row] = _pixels(path, (width, height), channels, mended)
        except kdorch.DataError as error:
            wrong.append(str(error))
    if wrong:
        more = f"\nand {len(wrong) - _TOLD} more images." if len(wrong) > _TOLD else ""
        raise kdorch.DataError("\n".join(wrong[:_TOLD]) + more)
    return inputs, [f"images {what}: {count:,}" for what, count in mended.items()]


def _pixels(path: Path, size: tuple[int, int], channels: Channels, mended: Counter[str]) -> np.ndarray:
    import numpy as np

    with opened(path) as image:
        if image.mode.startswith(("I", "F")):  # Pillow would cut off what is above 255
            raise kdorch.DataError(f"{path} has more than 8 bits per pixel ({image.mode}). Save it with 8.")
        try:
            with warnings.catch_warnings(action="ignore"):
                plain = _on_white(_turned(image, mended), mended).convert(_MODES[channels])
        except Exception as error:
            raise kdorch.DataError(f"{path} is a damaged image: {reason(error)}.") from error
    return np.asarray(plain if plain.size == size else plain.resize(size))


def _turned(image: Image, mended: Counter[str]) -> Image:
    if _orientation(image) == _UPRIGHT:
        return image
    from PIL.ImageOps import exif_transpose

    mended["turned as the camera noted (EXIF)"] += 1
    return exif_transpose(image)


def _on_white(image: Image, mended: Counter[str]) -> Image:
    if not image.has_transparency_data:
        return image
    from PIL import Image

    mended["with transparency, put on white"] += 1
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))


def _common_size(paths: Sequence[Path]) -> tuple[int, int]:
    sizes: dict[tuple[int, int], Path] = {}
    for path in paths:
        with suppress(kdorch.DataError), opened(path) as image:  # those that cannot be read are told later
            sizes.setdefault(upright(image), path)
        if len(sizes) > 1:
            (one, first), (other, second) = sizes.items()
            raise kdorch.DataError(
                f"images differ in size: {first} is {_shown(one)}, {second} is {_shown(other)}. Write "
                "size: [height, width]; all are scaled to it."
            )
    return next(iter(sizes), (1, 1))


def image_size(path: Path) -> tuple[int, int]:
    """Return height and width of an image as it is seen, without decoding its pixels.

    Raises:
        DataError: If it is none.
    """
    with opened(path) as image:
        return upright(image)


def upright(image: Image) -> tuple[int, int]:
    """Return height and width as the image is seen, however the camera was held."""
    turned = _orientation(image) >= _ON_THE_SIDE
    return (image.width, image.height) if turned else (image.height, image.width)


def _orientation(image: Image) -> int:
    """Return what the EXIF data say, without decoding pixels; upright where they say nothing."""
    if "exif" not in image.info:
        return _UPRIGHT
    with suppress(SyntaxError, TypeError, ValueError), warnings.catch_warnings(action="ignore"):
        return int(image.getexif().get(_ORIENTATION, _UPRIGHT))
    return _UPRIGHT


def opened(path: Path) -> Image:
    """Return an image whose pixels are not decoded yet.

    Raises:
        DataError: If it is none.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"):  # of what it mends, and of what is large
            return Image.open(path, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise kdorch.DataError(f"{path} is too large: {error}") from error
    except FileNotFoundError as error:
        raise kdorch.DataError(f"there is no image {path}.") from error
    except Exception as error:  # of a damaged header anything
        raise kdorch.DataError(f"{path} is not an image that can be read.") from error


def _shown(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"

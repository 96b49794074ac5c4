"""Images: a folder with a sub-folder for each class, or a table that lists their paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.files.division import SPLITS
from kdorch.builtin.files.scratch import scratch
from kdorch.builtin.files.targets import assembled

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from PIL.Image import Image

    from kdorch.builtin.files.dataset import Channels, Files, Size

IMAGES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
_MODES = {"grey": "L", "rgb": "RGB"}


def load(files: Files) -> kdorch.Columns:
    """Return the images of a folder; its sub-folders are the classes, or splits that hold these."""
    import numpy as np

    found = found_in(files.path)
    labels = sorted({label for _, label, _ in found})
    codes = {label: code for code, label in enumerate(labels)}
    values = np.array([[codes[label]] for _, label, _ in found], dtype=np.float64)
    division = {"parts": np.array([part for *_, part in found])} if found[0][2] else {}
    inputs = decoded([file for file, *_ in found], files.size, files.channels)
    return assembled(inputs, "classification", labels, values, division, str(files.path))


def found_in(folder: Path) -> list[tuple[Path, str, str]]:
    """Return file, class and split (empty if there is none) of each image in a folder, sorted.

    Raises:
        DataError: If its sub-folders hold no images.
    """
    above = _folders(folder)
    divided = bool(above) and all(each.name.lower() in SPLITS for each in above)
    classes = (
        [(each, SPLITS[part.name.lower()]) for part in above for each in _folders(part)]
        if divided
        else [(each, "") for each in above]
    )
    found = [
        (file, each.name, part)
        for each, part in classes
        for file in sorted(each.rglob("*"))
        if file.suffix.lower() in IMAGES and file.is_file()
    ]
    if not found:
        raise kdorch.DataError(f"{folder} has no sub-folders with images, one for each class.")
    return found


def listed(table: Path, cells: pd.Series, size: Size | None, channels: Channels) -> np.ndarray:
    """Return the images that a column names by paths, which start at the table's folder."""
    empty = cells.isna().to_numpy().nonzero()[0]
    if len(empty):
        raise kdorch.DataError(f"{table}, column {cells.name!r}: row {empty[0] + 1} names no image.")
    return decoded([table.parent / str(cell) for cell in cells], size, channels)


def decoded(paths: Sequence[Path], size: Size | None, channels: Channels) -> np.ndarray:
    """Return images as bytes, (rows, height, width) if they are grey, else (rows, height, width, 3).

    Raises:
        DataError: If one cannot be read, or they differ in size and none is asked for.
    """
    import numpy as np

    height, width = size or _common_size(paths)
    inputs = scratch((len(paths), height, width, *((3,) if channels == "rgb" else ())), "uint8")
    for row, path in enumerate(paths):
        with opened(path) as image:
            if image.mode.startswith(("I", "F")):  # Pillow would cut off what is above 255
                raise kdorch.DataError(
                    f"{path} has more than 8 bits per pixel ({image.mode}). Save it with 8."
                )
            try:
                plain = image.convert(_MODES[channels])
            except (OSError, SyntaxError, ValueError) as error:
                raise kdorch.DataError(f"{path} is a damaged image: {error}.") from error
            inputs[row] = np.asarray(
                plain.resize((width, height)) if plain.size != (width, height) else plain
            )
    return inputs


def _common_size(paths: Sequence[Path]) -> tuple[int, int]:
    sizes: dict[tuple[int, int], Path] = {}
    for path in paths:
        with opened(path) as image:
            sizes.setdefault((image.height, image.width), path)
        if len(sizes) > 1:
            (one, first), (other, second) = sizes.items()
            raise kdorch.DataError(
                f"images differ in size: {first} is {_shown(one)}, {second} is {_shown(other)}. Write "
                "size: [height, width]; all are scaled to it."
            )
    return next(iter(sizes))


def opened(path: Path) -> Image:
    """Return an image whose pixels are not decoded yet.

    Raises:
        DataError: If it is none.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(path)
    except FileNotFoundError as error:
        raise kdorch.DataError(f"there is no image {path}.") from error
    except (UnidentifiedImageError, OSError) as error:
        raise kdorch.DataError(f"{path} is not an image that can be read.") from error


def _folders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def _shown(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"

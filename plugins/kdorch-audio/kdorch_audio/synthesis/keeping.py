"""Clips are generated once, and kept in the data directory as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import kdorch

_ALGORITHM = 1  # raise it when the same fields would give other sounds


def kept(
    name: str, fields: Mapping[str, Any], make: Callable[[], Mapping[str, NDArray[Any]]]
) -> dict[str, NDArray[Any]]:
    """Return arrays by name, made now or earlier; they are read from the disk as they are used.

    Args:
        name: Of the dataset.
        fields: All that decides what is made.
        make: Makes them.
    """

    def write(folder: Path) -> None:
        for title, array in make().items():
            np.save(folder / f"{title}.npy", array)

    key = dict(fields) | {"algorithm": _ALGORITHM, "engine": _engine()}
    folder = kdorch.generated(name, key, write)
    return {file.stem: np.load(file, mmap_mode="r") for file in sorted(folder.glob("*.npy"))}


def _engine() -> str:
    try:
        return version("espeakng-loader")
    except PackageNotFoundError:
        return ""

"""Room on the disk for rows that may not fit in memory."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

import kdorch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike


def scratch(shape: tuple[int, ...], dtype: DTypeLike) -> np.memmap[Any, Any]:
    """Return an array in a file without a name: the disk has it back when nobody uses the array any more.

    Raises:
        DataError: If the disk has no room for it.
    """
    import numpy as np

    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    with tempfile.TemporaryFile(prefix="kdorch-") as file:
        try:
            os.posix_fallocate(
                file.fileno(), 0, size
            )  # a map that finds the disk full later kills the process
        except OSError as error:
            raise kdorch.DataError(
                f"the rows need {size:,} bytes for a while, and {tempfile.gettempdir()} has no room: "
                f"{error.strerror}. Let TMPDIR name a larger place."
            ) from error
        return np.memmap(file, dtype=dtype, mode="r+", shape=shape)

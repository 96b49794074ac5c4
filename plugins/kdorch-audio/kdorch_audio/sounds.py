"""A folder of the user's own recordings."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn

_WINDOW = 0.032  # seconds


class Sounds(kdorch.Dataset, name="sounds", tasks={"classification"}):
    """A folder with a sub-folder of WAV files, 16-bit PCM, for each class.

    Every file becomes a row of the same length at the same rate: channels are averaged, other rates are
    resampled, what is longer is cut off at its end and what is shorter ends in silence. Each of these is
    counted and told, and so are files of another kind, which are left out. Where folders called ``train``,
    ``validation`` and ``test`` hold the classes, these are the splits; else rows are divided at random, and a
    voice may be on both sides.

    Attributes:
        path: The folder; in a study file, from where that lies.
        rate: Samples per second.
        seconds: Length of a row.
        mels: Bands that networks are shown, each 16 ms.
    """

    path: Path
    rate: Annotated[int, Field(ge=2000, le=192_000)] = 16_000
    seconds: Annotated[float, Field(ge=_WINDOW, le=60)] = 1.0
    mels: Annotated[int, Field(ge=4, le=64)] = 32

    def complaints(self) -> dict[str, str]:
        """Return that there is no such folder."""
        return {} if self.path.is_dir() else {"path": f"there is no folder {self.path}."}

    def named_files(self) -> dict[str, Path]:
        """Return the folder."""
        return {"path": self.path} if self.path.is_dir() else {}

    def fingerprint(self) -> str:
        """Return a digest of the files' names and sizes: samples are compared when they are read."""
        files = sorted(file for file in self.path.rglob("*") if file.is_file())
        listing = [f"{file.relative_to(self.path).as_posix()} {file.stat().st_size}" for file in files]
        return sha256("\n".join(listing).encode()).hexdigest()

    def load(self) -> kdorch.Columns:
        """Return the files as rows of shape (rows, rate x seconds), int16.

        Raises:
            DataError: If there are none, or one cannot be read.
        """
        wrong = self.complaints()
        if wrong:
            raise kdorch.DataError("\n".join(f"data.{field}: {what}" for field, what in wrong.items()))
        import numpy as np

        from kdorch_audio.usage import encoding
        from kdorch_audio.wav import Reader

        found, left_out = kdorch.files_by_class(self.path, (".wav",), "WAV files")
        labels = sorted({label for _, label, _ in found})
        if len(labels) == 1:
            raise kdorch.DataError(f"{self.path}: all files are of one class, {labels[0]!r}; two are needed.")
        reader = Reader(self.rate, round(self.rate * self.seconds))
        rows = [reader.read(file) for file, *_ in found]
        return kdorch.Columns(
            np.array(rows),
            np.array([labels.index(label) for _, label, _ in found]),
            kdorch.Classification(labels=labels),
            parts=np.array([part for *_, part in found]) if found[0][2] else None,
            notes=[*left_out, *reader.notes()],
            usage=encoding(self.rate, reader.samples),
        )

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the way to log-mel frames, windows of 32 ms that overlap by half."""
        from kdorch_audio.logmel import LogMel

        hop = round(self.rate * _WINDOW / 2)
        return LogMel(inputs, rate=self.rate, window=2 * hop, hop=hop, mels=self.mels)

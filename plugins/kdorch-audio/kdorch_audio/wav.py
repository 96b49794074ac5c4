"""WAV files as rows of one length and rate; what does not fit is mended, and counted."""

from __future__ import annotations

import wave
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import kdorch

_BYTES = 2  # of a sample of 16 bits
# Of recorders; another one is a damaged header, and resampling it takes memory.
_RATES = range(1_000, 1_000_001)
_HOW = "Write it anew as a WAV file of 16-bit PCM, or remove it."
_TOLD = {
    "channels": "of {all} files {count} have several channels, which are averaged",
    "rate": "of {all} files {count} have another sampling rate and are resampled to {rate} Hz",
    "short": "of {all} files {count} are shorter than {seconds:g} s and end in silence",
    "long": "of {all} files {count} are longer than {seconds:g} s; what comes later is cut off",
}


@dataclass
class Reader:
    """Reads files, and counts what it has to mend.

    Attributes:
        rate: Samples per second that rows get.
        samples: Length of a row.
        mended: Files by what was done to them.
        files: How many were read.
    """

    rate: int
    samples: int
    mended: Counter[str] = field(default_factory=Counter)
    files: int = 0

    def read(self, path: Path) -> NDArray[np.int16]:
        """Return one file as a row.

        Raises:
            DataError: If it is no WAV file of 16-bit PCM, or has no sound.
        """
        rate, found = _content(path)
        self.files += 1
        row = self._resampled(self._one_channel(found), rate)
        self.mended["short"] += len(row) < self.samples
        self.mended["long"] += len(row) > self.samples
        return np.pad(row[: self.samples], (0, max(0, self.samples - len(row))))

    def notes(self) -> list[str]:
        """Return what was mended, in words."""
        facts = {"all": f"{self.files:,}", "rate": f"{self.rate:,}", "seconds": self.samples / self.rate}
        return [
            told.format(count=f"{self.mended[what]:,}", **facts)
            for what, told in _TOLD.items()
            if self.mended[what]
        ]

    def _one_channel(self, found: NDArray[np.int16]) -> NDArray[np.int16]:
        if found.shape[1] == 1:
            return found[:, 0]
        self.mended["channels"] += 1
        mean: NDArray[np.int16] = np.round(found.mean(1)).astype(np.int16)
        return mean

    def _resampled(self, found: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
        if rate == self.rate:
            return found
        from scipy.signal import resample_poly

        self.mended["rate"] += 1
        heard = resample_poly(found.astype(float), self.rate, rate)  # divides both by what they share
        rounded: NDArray[np.int16] = np.round(heard).clip(-(2**15), 2**15 - 1).astype(np.int16)
        return rounded


def _content(path: Path) -> tuple[int, NDArray[np.int16]]:
    """Return rate and samples, shape (samples, channels)."""
    try:
        with wave.open(str(path)) as file:
            if file.getsampwidth() != _BYTES:
                what = f"{path} has {8 * file.getsampwidth()} bits per sample, not 16."
                raise kdorch.DataError(f"{what} {_HOW}")
            rate, channels = file.getframerate(), file.getnchannels()
            if rate not in _RATES:
                raise kdorch.DataError(f"{path} says that it has {rate:,} samples per second. {_HOW}")
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:  # the last where a chunk is longer than the file
        raise kdorch.DataError(
            f"{path} cannot be read: {str(error) or 'it ends too early'}. {_HOW}"
        ) from error
    except OSError as error:
        raise kdorch.DataError(f"{path} cannot be read: {error.strerror}.") from error
    whole = len(content) // (_BYTES * channels) * _BYTES * channels  # the last sample may be cut in two
    if not whole:
        raise kdorch.DataError(f"{path} has no sound. Remove it.")
    return rate, np.frombuffer(content[:whole], "<i2").reshape(-1, channels).astype(np.int16)

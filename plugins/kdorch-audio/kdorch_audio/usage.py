"""Code for the card of a shipped model: recordings become rows."""

from __future__ import annotations

_ENCODE = '''import wave

import numpy as np


def encode(*paths):
    """Rows of WAV files, as of "new.wav", of one channel, 16 bits, {rate:,} Hz.

    Longer ones are cut, shorter ones end in silence.
    """
    rows = np.zeros((len(paths), {samples}), np.int16)
    for row, path in zip(rows, paths):
        with wave.open(path) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, {rate}):
                raise ValueError(f"{{path}} is not of one channel, 16 bits, {rate} Hz: {{file.getparams()}}")
            heard = np.frombuffer(file.readframes({samples}), "<i2")
        row[: len(heard)] = heard
    return rows'''


def encoding(rate: int, samples: int) -> str:
    """Return Python that makes rows of so many samples of WAV files at a rate."""
    return _ENCODE.format(rate=rate, samples=samples)

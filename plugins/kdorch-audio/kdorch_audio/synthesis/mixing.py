"""Speech put into a clip, with a background, at some loudness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kdorch_audio.synthesis.noises import Samples

_LOUDEST = 2**15 - 1


def placed(said: NDArray[np.floating], count: int, start: int) -> Samples:
    """Return ``count`` samples of silence with an utterance in it; what sticks out at an end is cut off."""
    clip = np.zeros(count)
    first, last = max(start, 0), min(start + len(said), count)
    clip[first:last] = said[first - start : last - start]
    return clip


def mixed(speech: Samples, background: Samples, ratio: float, loudest: float) -> NDArray[np.int16]:
    """Return int16 samples.

    Args:
        speech: Of a root mean square of 1 where somebody speaks.
        background: Of a root mean square of 1.
        ratio: Between the two, in dB.
        loudest: The largest sample, in dB below full scale.
    """
    mixture = speech + background * 10 ** (-ratio / 20)
    scale = _LOUDEST * 10 ** (-loudest / 20) / abs(mixture).max()
    sound: NDArray[np.int16] = np.round(mixture * scale).astype(np.int16)
    return sound

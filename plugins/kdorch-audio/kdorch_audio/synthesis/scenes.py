"""Clips of speech in noise, and where in them somebody speaks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from kdorch_audio.synthesis.mixing import mixed, placed
from kdorch_audio.synthesis.noises import background, unit
from kdorch_audio.synthesis.speech import VOICES, Utterance, speak

LANGUAGES = ("en-us", "en-gb-x-rp", "de", "es", "fr", "it", "nl", "pt")
FRAME = 512
"""Samples that one label is about: 32 ms at 16 kHz."""

_SILENT = 0.2  # share of clips without speech
_QUIET = 0.15  # share of clips with next to no background
_FLOOR = 10 ** (-30 / 20)  # a frame this far below the level of its utterance holds no speech
_PAUSE = 4  # frames; what is shorter is part of speech
_HOLD = 2  # frames that speech goes on after its last sound, as detectors have it, lest they cut endings off


@dataclass(frozen=True)
class Plan:
    """What clips are to be like.

    Attributes:
        clips: How many.
        frames: Labels of each.
        rate: Samples per second.
        seed: Of all that is random.
    """

    clips: int
    frames: int
    rate: int
    seed: int


def make(plan: Plan) -> dict[str, NDArray[Any]]:
    """Return clips that take the voices in turn.

    Returns:
        ``sounds``, int16, shape (clips, samples); ``speech``, whether each frame has some, int64, shape
        (clips, frames); ``voices``, the position in `VOICES` of who speaks, or would, int64, shape (clips,).
    """
    random = np.random.default_rng(plan.seed)
    voices = np.arange(plan.clips) % len(VOICES)
    utterances = [_utterance(random, VOICES[voice]) for voice in voices]
    made = [_clip(random, said, plan) for said in speak(utterances, plan.rate)]
    sounds, speech = (np.array(column) for column in zip(*made, strict=True))
    return {"sounds": sounds, "speech": speech.astype(np.int64), "voices": voices}


def _utterance(random: Generator, voice: str) -> Utterance:
    """Return words that nobody knows, in a language that will pronounce them its own way."""
    words = (
        "".join(random.choice(list("bdfgklmnprstvz")) + random.choice(list("aeiou")) for _ in range(count))
        for count in random.integers(1, 5, size=random.integers(1, 4))
    )
    speed, pitch = int(random.integers(110, 231)), int(random.integers(20, 81))
    return Utterance(" ".join(words), str(random.choice(LANGUAGES)), voice, speed, pitch)


def _clip(
    random: Generator, said: NDArray[np.float32], plan: Plan
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    count = plan.frames * FRAME
    speech = np.zeros(count)
    if random.random() >= _SILENT:
        middle = int(random.integers(count))  # so that clips may begin and end amid a word
        speech = placed(unit(said), count, middle - len(said) // 2)
    ratio = random.uniform(30, 50) if random.random() < _QUIET else random.uniform(-5, 15)
    sound = mixed(speech, background(random, count, plan.rate), ratio, loudest=random.uniform(1, 30))
    return sound, where(speech)


def where(speech: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which frames of clean speech, of a root mean square of 1 where there is any, hold some."""
    spoken: NDArray[np.bool_] = np.sqrt(np.mean(speech.reshape(-1, FRAME) ** 2, axis=1)) > _FLOOR
    edges = np.flatnonzero(spoken)
    for before, after in pairwise(edges):
        if after - before <= _PAUSE:
            spoken[before:after] = True
    for frame in edges:
        spoken[frame : frame + 1 + _HOLD] = True
    return spoken
